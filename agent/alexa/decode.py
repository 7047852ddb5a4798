"""Bytes to JSON, strictly. Pure.

Refused: text that is not UTF-8, a name twice in one object, NaN and infinities, lone surrogates
(RFC 8259 sections 4, 6, 8; RFC 7493), and nesting deeper than 50. A document that stops in the middle
is told apart from one that is wrong.
"""

import json
import math
import re
import zlib

from agent.errors import SchemaError, TooLargeError, TruncatedError

MAX_DEPTH = 50

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def parse(body: bytes) -> object:
    """The JSON value in `body`.

    Raises:
        TruncatedError: it is empty or its brackets do not close.
        SchemaError: it is no strict JSON, or too deep.
    """
    still_open = _depth(body)
    if still_open or not body.strip():
        raise TruncatedError("the answer stops in the middle")
    try:
        value: object = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite
        )
        if rb"\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise SchemaError("the answer is not the JSON it should be") from error
    return value


def _depth(body: bytes) -> int:
    """How many brackets are open at the end. Looks at brackets outside strings only."""
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise SchemaError("the answer is nested too deeply")
    return max(depth, 0)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name appears twice")
    return made


def _constant(_name: str) -> object:
    raise ValueError("not a number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("too large a number")
    return number


class Inflater:
    """Puts an answer together piece by piece and never holds more than `limit` decoded bytes."""

    def __init__(self, encoding: str, limit: int) -> None:
        """`encoding` is the value of `Content-Encoding`.

        Raises:
            SchemaError: an encoding nobody asked for.
        """
        name = encoding.strip().lower()
        if name not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise SchemaError("the answer is encoded in a way nobody asked for")
        self._zip = None if name in {"", "identity"} else zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        self._limit = limit
        self._whole = bytearray()

    def feed(self, piece: bytes) -> None:
        """Takes the next raw piece.

        Raises:
            TooLargeError: there would be more than `limit` bytes.
            SchemaError: the compressed data is damaged.
        """
        room = self._limit - len(self._whole)
        if self._zip is not None:
            try:
                piece = self._zip.decompress(piece, room + 1)
            except zlib.error as error:
                raise SchemaError("the answer cannot be unpacked") from error
        if len(piece) > room:
            raise TooLargeError("the answer is too large")
        self._whole += piece

    def finish(self) -> bytes:
        """All of it.

        Raises:
            TruncatedError: the compressed data has no end.
        """
        if self._zip is not None and self._whole and not self._zip.eof:
            raise TruncatedError("the answer stops in the middle")
        return bytes(self._whole)
