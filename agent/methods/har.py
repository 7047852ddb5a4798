"""HAR 1.2 as browsers write it, to exchanges in their order. Pure.

Chromium's DevTools, Firefox and Playwright differ: bodies as text or base64, in `text` or in `params`,
or missing. What is not of Amazon's own hosts is dropped while reading. Nothing here shows a value.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from agent.alexa.marketplaces import MARKETPLACES
from agent.errors import CutCaptureError, NotACaptureError

MOST_BYTES = 50 * 1024 * 1024
_NEAR_THE_END = 8
_HOSTS = frozenset(host for each in MARKETPLACES.values() for host in (each.retail_host, each.alexa_host))
_KEPT_ANSWERS = re.compile(r"json|html|text/plain|^$", re.IGNORECASE)
_NAMED_HEADERS = re.compile(r"(?:[A-Za-z-]+: ?[^\r\n]*\r\n)+\r\n")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """One request and its answer.

    Attributes:
        started: when it was sent, ms UTC.
        ended: when its answer was there, ms UTC.
        method, host, path: the path still percent-encoded, without a query.
        query: decoded names and values.
        headers: names in lower case, without cookies.
        cookies: all that were sent or set, name and value.
        content_type: of the request's body, "" without one.
        body: its bytes, None where there is none.
        body_cut: whether the capture holds less of it than was sent.
        kind: the browser's own word for who asked (`xhr`, `ping`), "" where it does not say.
        status: 0 where no answer came.
        answer_headers: names in lower case, without cookies.
        answer: bytes, None where the capture has none.
        answer_cut: whether the capture seems to hold less of it than came.
    """

    started: int
    ended: int
    method: str
    host: str
    path: str
    query: Pairs
    headers: Pairs
    cookies: Pairs
    content_type: str
    body: bytes | None
    body_cut: bool
    kind: str
    status: int
    answer_headers: Mapping[str, str]
    answer: bytes | None
    answer_cut: bool

    def __repr__(self) -> str:
        return f"Exchange({self.method})"

    @property
    def answer_type(self) -> str:
        """Media type of the answer in lower case, without parameters."""
        return self.answer_headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True, repr=False)
class Capture:
    """What was read: exchanges in time order, and which program wrote it."""

    exchanges: tuple[Exchange, ...]
    writer: str


def read(raw: bytes) -> Capture:
    """Reads a HAR file.

    Raises:
        NotACaptureError: it is none, or larger than 50 MB.
        CutCaptureError: it stops in the middle.
    """
    if len(raw) > MOST_BYTES:
        raise NotACaptureError(
            "the file is larger than 50 MB",
            next_step="Clear the network panel, reload the page, delete ONE recording, and save again.",
        )
    log = _document(raw).get("log")
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(log, dict) or not isinstance(entries, list):
        raise NotACaptureError("the file is no HAR: it has no list of requests")
    found = sorted(_exchanges(entries), key=lambda each: each.started)
    return Capture(tuple(found), _writer(log))


def _document(raw: bytes) -> dict[str, Any]:
    text = raw.decode("utf-8-sig", "replace").strip()
    if not text:
        raise CutCaptureError("the file is empty")
    if not text.startswith("{"):
        zipped = " but a ZIP archive; unpack it first" if raw[:2] == b"PK" else ""
        raise NotACaptureError(f"the file is no HAR{zipped}")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text) - _NEAR_THE_END or error.msg.startswith("Unterminated string"):
            raise CutCaptureError("the file stops in the middle") from None
        raise NotACaptureError("the file is no HAR: it is no JSON") from None
    except (ValueError, RecursionError):
        raise NotACaptureError("the file is no HAR: its JSON cannot be read") from None
    return value if isinstance(value, dict) else {}


def _writer(log: Mapping[str, Any]) -> str:
    for name in ("browser", "creator"):
        who = log.get(name)
        if isinstance(who, dict):
            words = f"{who.get('name', '')} {str(who.get('version', '')).partition('.')[0]}".strip()
            if re.fullmatch(r"[A-Za-z][A-Za-z .-]{0,30}( \d{1,4})?", words):
                return words
    return "a browser"


def _exchanges(entries: Iterable[object]) -> Iterator[Exchange]:
    for entry in entries:
        if isinstance(entry, dict):
            request, response = entry.get("request"), entry.get("response")
            if isinstance(request, dict):
                made = _exchange(entry, request, response if isinstance(response, dict) else {})
                if made is not None:
                    yield made


def _exchange(
    entry: Mapping[str, Any], request: Mapping[str, Any], response: Mapping[str, Any]
) -> Exchange | None:
    try:
        url = urlsplit(_text(request.get("url")))
        host = (url.hostname or "").lower()
    except ValueError:
        return None
    if host not in _HOSTS or url.scheme not in ("http", "https"):
        return None
    started = _moment(entry.get("startedDateTime"))
    headers = list(_pairs(request.get("headers")))
    given = list(_pairs(response.get("headers")))
    content_type, body, cut = _body(request, dict(headers))
    content = response.get("content")
    answer, answer_cut = _answer(content if isinstance(content, dict) else {}, dict(given))
    return Exchange(
        started=started,
        ended=started + _number(entry.get("time")),
        method=_text(request.get("method")).upper(),
        host=host,
        path=url.path or "/",
        query=tuple(parse_qsl(url.query, keep_blank_values=True)),
        headers=tuple(pair for pair in headers if pair[0] not in ("cookie", "authorization")),
        cookies=tuple(_cookies(request, response, headers, given)),
        content_type=content_type,
        body=body,
        body_cut=cut,
        kind=_text(entry.get("_resourceType")).lower(),
        status=_number(response.get("status")),
        answer_headers={name: value for name, value in given if name != "set-cookie"},
        answer=answer,
        answer_cut=answer_cut,
    )


def _body(request: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[str, bytes | None, bool]:
    """Content type and bytes of a request's body, and whether some of it is missing."""
    sent = max(_number(request.get("bodySize")), _number(headers.get("content-length")))
    posted = request.get("postData")
    if not isinstance(posted, dict):
        return headers.get("content-type", ""), None, sent > 0
    content_type = headers.get("content-type") or _text(posted.get("mimeType"))
    text, params = _text(posted.get("text")), posted.get("params")
    if text:
        body = _bytes(text, posted.get("encoding"))
        cut = len(body) < sent
        if _NAMED_HEADERS.match(text):  # Firefox puts the headers of an upload before it
            body = _bytes(_NAMED_HEADERS.sub("", text, count=1), posted.get("encoding"))
        return content_type, body, cut
    fields = [(name, value) for name, value in _pairs(params, lower=False) if name]
    if fields and "multipart" not in content_type:
        return content_type or "application/x-www-form-urlencoded", urlencode(fields).encode(), False
    return content_type, None, sent > 0 or bool(fields)


def _answer(content: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[bytes | None, bool]:
    kind = headers.get("content-type") or _text(content.get("mimeType"))
    if not isinstance(content.get("text"), str) or not _KEPT_ANSWERS.search(kind):
        return None, False
    body = _bytes(content["text"], content.get("encoding"))
    return body, len(body) < _number(content.get("size"))


def _cookies(
    request: Mapping[str, Any],
    response: Mapping[str, Any],
    sent: Iterable[tuple[str, str]],
    given: Iterable[tuple[str, str]],
) -> Iterator[tuple[str, str]]:
    yield from _pairs(request.get("cookies"), lower=False)
    yield from _pairs(response.get("cookies"), lower=False)
    for name, value in (*sent, *given):
        lines = value.split(";") if name == "cookie" else value.split("\n") if name == "set-cookie" else ()
        for line in lines:
            key, equals, rest = line.partition(";")[0].strip().partition("=")
            if equals:
                yield key, rest


def _pairs(rows: object, *, lower: bool = True) -> Iterator[tuple[str, str]]:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            name = _text(row.get("name"))
            if name and not name.startswith(":"):  # pseudo-headers of HTTP/2
                yield name.lower() if lower else name, _text(row.get("value"))


def _bytes(text: str, encoding: object) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode(text)
        except ValueError:
            return b""
    return text.encode("utf-8", "surrogatepass")


def _moment(value: object) -> int:
    try:
        return round(datetime.fromisoformat(_text(value)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0


def _number(value: object) -> int:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else 0  # noqa: PLR2004 - no size has more digits
    return int(value) if isinstance(value, int | float) and 0 <= value < 1e12 else 0  # noqa: PLR2004 - same


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
