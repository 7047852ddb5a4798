"""What a browser sends and gets, in memory only, as the HAR that `agent.methods.learn` reads.

Only what goes to the account's own hosts is kept, and of answers only what can be read as text.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from agent.methods.har import MOST_BYTES

_TEXTS = ("json", "html", "text/plain")
_LARGEST = 8 * 1024 * 1024
_WRITER = {"name": "voicepurge browser", "version": "1"}


class Sent(Protocol):
    """A finished request, as a driver of the browser shows it."""

    @property
    def method(self) -> str: ...  # noqa: D102 - as in HTTP
    @property
    def url(self) -> str: ...  # noqa: D102 - same
    @property
    def resource_type(self) -> str: ...  # noqa: D102 - the browser's word for who asked


class Recorder:
    """Collects exchanges. `hosts` are those of the account."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._starts = tuple(f"https://{host}/" for host in hosts)
        self._entries: list[dict[str, Any]] = []
        self._room = MOST_BYTES - 1024 * 1024

    def wants(self, url: str) -> bool:
        """Whether an address is one of the account's."""
        return url.startswith(self._starts)

    def keep(self, sent: Sent, began_ms: float, asked: "Asked", came: "Came") -> None:
        """Adds one exchange; the oldest knowledge wins where there is no room for more."""
        body = _encoded(asked.body) if asked.body is not None else None
        posted = {"mimeType": asked.headers.get("content-type", ""), **body} if body is not None else None
        text = (
            came.body
            if came.body is not None and readable(came.headers) and len(came.body) <= _LARGEST
            else None
        )
        self._room -= 2 * len(text or b"") + 2 * len(asked.body or b"") + 4096
        if self._room < 0:
            return
        began = datetime.fromtimestamp(began_ms / 1000, UTC)
        self._entries.append(
            {
                "startedDateTime": began.isoformat(timespec="milliseconds"),
                "time": came.took_ms,
                "_resourceType": sent.resource_type,
                "request": {
                    "method": sent.method,
                    "url": sent.url,
                    "headers": _rows(asked.headers),
                    "bodySize": len(asked.body or b""),
                    **({"postData": posted} if posted is not None else {}),
                },
                "response": {
                    "status": came.status,
                    "headers": _rows(came.headers),
                    "content": {
                        "mimeType": came.headers.get("content-type", ""),
                        **(_encoded(text) if text is not None else {}),
                    },
                },
            }
        )

    def har(self) -> bytes:
        """All of it."""
        return json.dumps({"log": {"version": "1.2", "creator": _WRITER, "entries": self._entries}}).encode()


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What went out. Names of headers in lower case."""

    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True, repr=False)
class Came:
    """What came back; status 0 where nothing did, no body where none was kept."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    took_ms: int = 0


def readable(headers: Mapping[str, str]) -> bool:
    """Whether an answer with these headers is text that learning looks at."""
    kind = headers.get("content-type", "").lower()
    return not kind or any(word in kind for word in _TEXTS)


def _rows(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def _encoded(body: bytes) -> dict[str, object]:
    try:
        return {"text": body.decode(), "size": len(body)}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64", "size": len(body)}
