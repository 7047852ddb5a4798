"""The values one request and one answer are made of. No I/O.

Nothing here shows a header, a body or a secret in its `repr`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agent.model import Incomplete


class Host(StrEnum):
    """Which of the account's three hosts a request goes to."""

    RETAIL = "retail"
    ALEXA = "alexa"
    API = "api"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that never shows itself. `reveal` is the only way to read it."""

    _text: str

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        """The text itself."""
        return self._text


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """One request, before cookies and tokens are added.

    Attributes:
        method: `GET`, `POST`, `PUT` or `DELETE`.
        path: from the first slash on, percent-encoded, without a query.
        query: names and values, not yet encoded.
        headers: more headers; a header of the session itself may not be among them.
        body: the bytes, None for none.
        content_type: of the body.
        host: which host of the account.
        csrf: whether the anti-CSRF header of the privacy pages is added.
        bearer: whether the access token is added.
        cookies: whether the account's cookies are added.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str | None = None
    host: Host = Host.RETAIL
    csrf: bool = False
    bearer: bool = False
    cookies: bool = True

    def __repr__(self) -> str:
        return f"Outgoing({self.method})"


@dataclass(frozen=True, slots=True, repr=False)
class Incoming:
    """One whole answer.

    Attributes:
        status: the HTTP status.
        headers: all but `set-cookie`; names in lower case.
        body: decoded bytes, None when there were too many to read.
        final_path: path that answered; for a redirect the path it points to.
        reason: what is wrong with it, None when it may be read. Says nothing about deletion.
        retry_after_s: Amazon's own wish in seconds, if it had one.
        cookies: values of its `Set-Cookie` headers.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = b""
    final_path: str = "/"
    reason: Incomplete | None = None
    retry_after_s: float | None = None
    cookies: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Incoming({self.status})"

    @property
    def content_type(self) -> str:
        """Media type in lower case, without parameters; "" if there was none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a session. Times in seconds, sizes in bytes.

    Attributes:
        requests_per_second: on average, all requests together.
        concurrency: requests at the same time.
        connect_s: for TCP and TLS.
        read_s: between two pieces of an answer.
        total_s: for one whole request.
        body: the most an answer may hold, decoded.
        listing_s: for one listing of all surfaces.
    """

    requests_per_second: float = 2.0
    concurrency: int = 4
    connect_s: float = 10.0
    read_s: float = 30.0
    total_s: float = 60.0
    body: int = 8 * 1024 * 1024
    listing_s: float = 7200.0
