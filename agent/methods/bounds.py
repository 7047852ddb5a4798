"""What a rendered request may address: one path below `/alexa-privacy/` on the account's retail host. Pure.

Another path of that host only where the recipe was learned from the owner's own capture (`own_path`).
Checked after rendering, because values come from a server: a hostile record key must not break out.
"""

import re
from urllib.parse import unquote

from agent.alexa.exchange import Host, Outgoing

ROOT = "/alexa-privacy/"
HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
RESERVED_HEADERS = frozenset(
    {
        *("host", "cookie", "authorization", "content-length", "content-type", "transfer-encoding"),
        *("connection", "te", "trailer", "upgrade", "accept-encoding", "expect", "proxy-authorization"),
        *("forwarded", "x-forwarded-host", "x-original-url", "x-rewrite-url"),  # readdress a request
        *("x-http-method", "x-http-method-override", "x-method-override"),  # make another one of it
    }
)
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:%/-]*")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PRINTED = re.compile(r"[\x20-\x7e]*")
_VISIBLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_CLIMBS = re.compile(r"\.{1,2}(?:;.*)?")  # `..;x`: some servers drop what follows the semicolon, then climb
_LONGEST = 8000


_NEVER = "/ap/"  # where people sign in


def problem_of_path(path: str, *, own_path: bool = False) -> str | None:
    """Why this path may not be addressed, or None; `own_path` allows one outside the privacy pages."""
    if not path.startswith("/" if own_path else ROOT):
        return f"not below {ROOT}"
    if len(path) > _LONGEST or not _PLAIN_PATH.fullmatch(path) or _ESCAPE.search(path):
        return "a character that has no place in a path"
    decoded = _fully_unquoted(path)
    if decoded is None or "\\" in decoded or not _PRINTED.fullmatch(decoded):
        return "a hidden slash, a control character or a letter beyond ASCII"
    if decoded.count("/") != path.count("/"):
        return "a hidden slash"
    climbs = "//" in path or any(_CLIMBS.fullmatch(part) for part in decoded.split("/"))
    return "a path that climbs, or signs in" if climbs or decoded.lower().startswith(_NEVER) else None


def _fully_unquoted(path: str) -> str | None:
    """The path with all layers of percent-encoding removed; None when there are too many."""
    for _ in range(5):
        inner = unquote(path, errors="replace")
        if inner == path:
            return path
        path = inner
    return None


def problem_of(outgoing: Outgoing, *, own_path: bool = False) -> str | None:
    """Why this request may not be sent, or None."""
    if outgoing.host is not Host.RETAIL or outgoing.bearer:
        return "not the retail host"
    problem = problem_of_path(outgoing.path, own_path=own_path)
    if problem is not None:
        return problem
    for name, value in outgoing.headers:
        if not HEADER_NAME.fullmatch(name) or name.lower() in RESERVED_HEADERS:
            return "a header that a recipe may not set"
        if not _VISIBLE.fullmatch(value):
            return "a header value that is no plain text"
    if outgoing.body is not None and outgoing.method == "GET":
        return "a GET with a body"
    return None
