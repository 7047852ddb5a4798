"""Two requests that belong together: the answer to the first holds what the second sends. Pure."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from agent.methods.har import Exchange
from agent.methods.request import Request

_SHORTEST = 6
_LONGEST = 4096
_NAME = re.compile(
    r"ticket|token|nonce|confirm|challenge|handle|request.?id|operation|job|key|code", re.IGNORECASE
)
_NOT_TICKETS = re.compile(
    r"date|server|etag|expires|vary|via|age|connection|content-.*|cache-control|x-cache|x-amz-.*|x-amzn-request.*"
    r"|strict-transport-.*|transfer-encoding|set-cookie|accept-ch.*|permissions-policy|x-frame-.*|x-content-.*|alt-svc"
)
_POINTER = re.compile(r"(/[^/]+)+")


class Ticket(NamedTuple):
    """Where the first answer holds it, as a recipe says so, and its value."""

    place: dict[str, str]
    text: str

    def __repr__(self) -> str:
        return "Ticket(…)"


def ticket(first: Exchange, second: Request, secret: Callable[[str], bool]) -> Ticket | None:
    """What `second` has from the answer to `first`, None where there is nothing.

    Args:
        first: an exchange before it.
        second: the request that follows.
        secret: whether a text looks like one; an ordinary word is no ticket.
    """
    leaves = [text for _, text in second.leaves]
    sent = set(_texts_of(first))
    for name, place, text in _offered(first):
        if text in sent or not _SHORTEST <= len(text) <= _LONGEST:
            continue
        if not (_NAME.search(name) or secret(text)):
            continue
        if any(text in leaf for leaf in leaves):
            return Ticket(place, text)
    return None


def _texts_of(exchange: Exchange) -> Iterator[str]:
    for name, value in (*exchange.query, *exchange.headers):
        yield from (name, value)
    yield from re.split(r"[^A-Za-z0-9_.-]+", (exchange.body or b"").decode("utf-8", "replace"))


def _offered(exchange: Exchange) -> Iterator[tuple[str, dict[str, str], str]]:
    try:
        value = json.loads(exchange.answer or b"")
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict | list):
        for name, pointer, text in _pointed(value, "", ""):
            if _POINTER.fullmatch(pointer):
                yield name, {"json": pointer}, text
    for name, text in exchange.answer_headers.items():
        if re.fullmatch(r"[a-z0-9-]+", name) and not _NOT_TICKETS.fullmatch(name):
            yield name, {"header": name}, text


def _pointed(value: Any, pointer: str, name: str) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - JSON
    match value:
        case dict():
            for key, inner in value.items():
                yield from _pointed(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", key)
        case list():
            for number, inner in enumerate(value):
                yield from _pointed(inner, f"{pointer}/{number}", name)
        case bool() | None | float():
            pass
        case _:
            yield name, pointer, str(value)
