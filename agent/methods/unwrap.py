"""Encodings inside one another: what a text may hold, and how to write it so again. Pure.

`json_in`, `base64_in` and `url_in` are exact: they answer only where writing it again gives the same text.
`layers` is generous: it is for finding things, not for repeating them.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

_DEEPEST = 12
_SHORTEST = 8
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_PIECE = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_FORM = re.compile(r"[^\s=&]+=[^\s&]*(?:&[^\s=&]+=[^\s&]*)*")


def dump(value: object) -> str:
    """JSON as `JSON.stringify` writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_in(text: str) -> Any:  # noqa: ANN401 - JSON
    """The object or list that is written in `text`; None where there is none or it is written otherwise."""
    value = _container(text)
    return value if value is not None and dump(value) == text else None


def base64_in(text: str, *, padded: bool = True) -> tuple[str, str] | None:
    """The name of the encoding and the text in it; None where it is no printable text in base64.

    Where the length needs no padding nobody can see whether there would be some: `padded` decides.
    """
    inner = _decoded(text)
    if inner is None:
        return None
    raw = inner.encode()
    plain, safe = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()
    found = [("base64", plain), ("base64url", safe.rstrip("=")), ("base64url_padded", safe)]
    for name, written in found if padded else sorted(found, key=lambda one: one[0] != "base64url"):
        if written == text:
            return name, inner
    return None


def url_in(text: str) -> str | None:
    """The text that is percent-encoded in `text`, None where there is none."""
    if not _ESCAPE.search(text):
        return None
    inner = unquote(text, errors="replace")
    return inner if quote(inner, safe="") == text else None


def layers(text: str, depth: int = 0) -> Iterator[str]:
    """`text` and every text that is encoded in it, names of members included."""
    yield text
    if depth < _DEEPEST and len(text) > 1:  # nothing fits in a letter
        for inner in _within(text):
            yield from layers(inner, depth + 1)


def _within(text: str) -> Iterator[str]:
    value = _container(text)
    if value is not None:
        yield from leaves(value)
        return
    for piece in _PIECE.findall(text):
        inner = _decoded(piece)
        if inner is not None:
            yield inner
    if _ESCAPE.search(text):
        yield unquote(text, errors="replace")
    elif "=" in text and _FORM.fullmatch(text):
        for pair in parse_qsl(text, keep_blank_values=True):
            yield from (each for each in pair if len(each) < len(text))


def leaves(value: object) -> Iterator[str]:
    """Every text and number of a JSON value, names of members included."""
    match value:
        case dict():
            for name, inner in value.items():
                yield str(name)
                yield from leaves(inner)
        case list():
            for inner in value:
                yield from leaves(inner)
        case str():
            yield value
        case bool() | None:
            pass
        case _:
            yield str(value)


def _container(text: str) -> Any:  # noqa: ANN401 - JSON
    if text[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _decoded(text: str) -> str | None:
    if len(text) < _SHORTEST or not _BASE64.fullmatch(text):
        return None
    body = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        inner = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return inner if inner.isprintable() else None
