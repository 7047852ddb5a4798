"""A captured request taken apart: path, query, the headers that matter, the body by its kind. Pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from agent.alexa import csrf
from agent.errors import UnexplainedError
from agent.methods.bounds import HEADER_NAME, RESERVED_HEADERS
from agent.methods.har import Exchange, Pairs
from agent.methods.unwrap import base64_in, json_in

JSON, FORM, MULTIPART, TEXT = "json", "form", "multipart", "text"
DEFAULT_TYPES = {
    JSON: "application/json",
    FORM: "application/x-www-form-urlencoded",
    TEXT: "text/plain;charset=UTF-8",
}
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?")
_LOOKS_LIKE_FORM = re.compile(r"[^\s=&]+=[^\s]*")
_NAME = re.compile(r'name="([^"]*)"')

_NOT_KEPT = RESERVED_HEADERS | {
    *("accept", "accept-language", "accept-charset", "user-agent", "referer", "origin", "dnt", "priority"),
    *("cache-control", "pragma", "if-none-match", "if-modified-since", "range", "upgrade-insecure-requests"),
    *("purpose", "device-memory", "downlink", "dpr", "ect", "rtt", "viewport-width", "width", "save-data"),
    *("csrf", csrf.HEADER, "traceparent", "tracestate", "baggage", "sentry-trace", "newrelic"),
    *("x-amzn-trace-id", "x-amzn-requestid", "x-amz-rid", "x-amzn-sessionid", "keep-alive", "alt-used"),
}
_NOT_KEPT_PREFIXES = ("sec-", "x-b3-", "x-datadog-", "access-control-", "x-client-data", "proxy-")


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One request.

    Attributes:
        path: as sent, percent-encoded.
        headers: those that may matter.
        csrf: whether it carried the anti-CSRF header.
        kind: of the body: `JSON`, `FORM`, `MULTIPART`, `TEXT`, or "" without one.
        body: a JSON value, pairs or a text.
        content_type: of the body, None where it is the usual one of its kind.
    """

    method: str
    path: str
    query: Pairs
    headers: Pairs
    csrf: bool
    kind: str = ""
    body: Any = None
    content_type: str | None = None

    @property
    def leaves(self) -> Iterator[tuple[str, str]]:
        """Every text in it with the name of its field, encodings undone where that is exact."""
        for segment in self.path.split("/"):
            yield from _leaves("", unquote(segment))
        for name, value in (*self.query, *self.headers):
            yield "", name
            yield from _leaves(name, value)
        if self.kind in (FORM, MULTIPART):
            for name, value in self.body:
                yield "", name
                yield from _leaves(name, value)
        elif self.kind:
            yield from _leaves("", self.body)


def _leaves(field: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, inner in value.items():
                yield "", name
                yield from _leaves(name, inner)
        case list():
            for inner in value:
                yield from _leaves(field, inner)
        case str():
            inner = json_in(value)
            packed = base64_in(value) if inner is None else None
            yield field, value
            if inner is not None:
                yield from _leaves(field, inner)
            elif packed is not None:
                yield from _leaves(field, packed[1])
        case bool() | None:
            pass
        case _:
            yield field, str(value)


def take_apart(exchange: Exchange) -> Request:
    """The request of an exchange.

    Raises:
        UnexplainedError: it has a body of a kind that no recipe can hold.
    """
    kind, body = _body(exchange)
    content_type = exchange.content_type
    if kind == MULTIPART or not kind or content_type == DEFAULT_TYPES[kind]:
        usual = None
    elif _TYPE.fullmatch(content_type):
        usual = content_type
    else:
        raise UnexplainedError("a content type that a recipe cannot hold", place="header content-type")
    return Request(
        exchange.method,
        exchange.path,
        exchange.query,
        tuple((name, value) for name, value in exchange.headers if _matters(name) and value),
        any(name == csrf.HEADER for name, _ in exchange.headers),
        kind,
        body,
        usual,
    )


def _matters(name: str) -> bool:
    return bool(
        HEADER_NAME.fullmatch(name) and name not in _NOT_KEPT and not name.startswith(_NOT_KEPT_PREFIXES)
    )


def _body(exchange: Exchange) -> tuple[str, Any]:
    if not exchange.body:
        return "", None
    try:
        text = exchange.body.decode()
    except UnicodeDecodeError:
        raise UnexplainedError("a body that is no text", place="body") from None
    kind = exchange.content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return MULTIPART, _multipart(text, exchange.content_type)
    if kind == DEFAULT_TYPES[FORM]:
        return FORM, tuple(parse_qsl(text, keep_blank_values=True))
    try:
        return JSON, json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise UnexplainedError("JSON that is nested too deep", place="body") from None
    except ValueError:
        if "json" in kind:
            raise UnexplainedError("a body that is no clean JSON", place="body") from None
    if _LOOKS_LIKE_FORM.fullmatch(text) and "&" in text:
        return FORM, tuple(parse_qsl(text, keep_blank_values=True))
    return TEXT, text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name twice")
    return made


def _multipart(text: str, content_type: str) -> Pairs:
    boundary = content_type.partition("boundary=")[2].partition(";")[0].strip('" ')
    first, *parts = ("\r\n" + text.replace("\r\n", "\n").replace("\n", "\r\n")).split(f"\r\n--{boundary}")
    if not boundary or first.strip() or not parts or not parts[-1].startswith("--"):
        raise UnexplainedError("a multipart body that is not whole", place="body")
    pairs = []
    for part in parts[:-1]:
        head, blank, value = part.removeprefix("\r\n").partition("\r\n\r\n")
        name = _NAME.search(head)
        if not blank or name is None or "filename" in head or head.count("\r\n"):
            raise UnexplainedError("a multipart field with a file or a type of its own", place="body")
        pairs.append((name[1].replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n"), value))
    return tuple(pairs)
