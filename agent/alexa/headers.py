"""Which headers a request carries and where it may go. Pure.

The block of headers is the union of what public clients send (PROTOCOL.md, section "Headers"); only the
cookie and the anti-CSRF token are common to all of them.
"""

import re
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, parse_qsl, urljoin, urlsplit

from agent.alexa import csrf
from agent.alexa.exchange import Host, Outgoing
from agent.alexa.marketplaces import Marketplace
from agent.errors import UsageError

Headers = tuple[tuple[str, str], ...]

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 voicepurge"

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_PATH = re.compile(r"/(?!/)[\x21\x24-\x3e\x40-\x5b\x5d-\x7e]*")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
_OURS = frozenset(
    {"host", "cookie", "authorization", "content-length", "content-type", "transfer-encoding", "connection"}
    | {"te", "trailer", "upgrade", "accept-encoding", "proxy-authorization", "expect"}
)
_HTTPS_PORTS = frozenset({None, 443})


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """An anti-CSRF token and the address of the page it came from."""

    value: str
    page: str


def common(marketplace: Marketplace) -> Headers:
    """Headers of every request, to any host."""
    return (
        ("User-Agent", USER_AGENT),
        ("Accept", "application/json, text/html;q=0.9, */*;q=0.8"),
        ("Accept-Language", marketplace.locale),
        ("Accept-Encoding", "gzip"),
    )


def content(outgoing: Outgoing, bearer: str | None) -> Headers:
    """What the body is, and the access token where one goes along."""
    found = [("Content-Type", outgoing.content_type)] if outgoing.content_type is not None else []
    return (*found, ("Authorization", f"Bearer {bearer}")) if bearer is not None else tuple(found)


def origin(outgoing: Outgoing, marketplace: Marketplace, token: Token | None, cookie: str | None) -> Headers:
    """Where the request seems to come from, and the proofs against forgery."""
    if outgoing.host is Host.API or not outgoing.cookies:
        return ()
    retail = outgoing.host is Host.RETAIL
    home = f"https://{marketplace.retail_host if retail else marketplace.alexa_host}"
    page = token.page if token else home + (csrf.PAGES[0].path if retail else "/spa/index.html")
    given = {name.lower() for name, _ in outgoing.headers}
    found = [("Referer", page)]
    if outgoing.method != "GET":
        found.append(("Origin", home))
    if token is not None:
        found.append((csrf.HEADER, token.value))
    if cookie is not None:
        found.append(("csrf", cookie))
    return tuple((name, value) for name, value in found if name.lower() not in given)


def allow(outgoing: Outgoing) -> None:
    """Lets a request pass that keeps to one path of one host.

    Raises:
        UsageError: another method, a path that could leave the host, or a header of the session's own.
    """
    if outgoing.method not in _METHODS or not _PATH.fullmatch(outgoing.path) or _climbs(outgoing.path):
        raise UsageError("a request must name a plain path on the account's own host")
    for name, value in outgoing.headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) or name.lower() in _OURS:
            raise UsageError("a request may not set this header")
    if not _VALUE.fullmatch(outgoing.content_type or ""):
        raise UsageError("a content type that is none")


def _climbs(path: str) -> bool:
    return any(part.lower().replace("%2e", ".") in {".", ".."} for part in path.split("/"))


def redirect_target(at: str, location: str, marketplace: Marketplace) -> SplitResult | None:
    """Where a redirect leads from the address `at`; None unless it is https on one of the account's hosts."""
    try:
        target = urlsplit(urljoin(at, location))
        port = target.port
    except ValueError:
        return None
    own = target.hostname in marketplace.hosts() and port in _HTTPS_PORTS
    plain = target.scheme == "https" and target.username is None and target.password is None
    return target if own and plain and location else None


def bare(outgoing: Outgoing) -> Outgoing:
    """The same request without anything but cookies: what goes along with a redirect."""
    return replace(outgoing, headers=(), csrf=False, bearer=False, body=None, content_type=None)


def pairs(target: SplitResult) -> tuple[tuple[str, str], ...]:
    """The query of an address."""
    return tuple(parse_qsl(target.query, keep_blank_values=True))
