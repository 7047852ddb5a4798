import gzip
import json
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alexa.decode import MAX_DEPTH, Inflater, parse
from agent.errors import AgentError, SchemaError, TooLargeError, TruncatedError

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_json_writes_is_read_back(value: object) -> None:
    """Every honest document is accepted as it is."""
    assert parse(json.dumps({"v": value}).encode()) == {"v": value}


@given(st.dictionaries(st.text(max_size=8), values, min_size=1), st.data())
def test_a_cut_document_is_truncated(value: dict[str, object], data: st.DataObject) -> None:
    """Wherever an object is cut, it reads as cut and never as another value."""
    whole = json.dumps(value, ensure_ascii=False).encode()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(TruncatedError):
        parse(whole[:cut])


@given(st.binary(max_size=300))
def test_any_bytes_give_a_value_or_our_error(body: bytes) -> None:
    """No foreign exception leaves the parser."""
    code = None
    try:
        parse(body)
    except AgentError as error:
        code = error.code
    assert code in {None, "schema", "truncated"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b"\xff\xfe{\x00}\x00",
        b'{"a":1}}',
        b"{'a':1}",
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_not_strict_is_refused(body: bytes) -> None:
    """Two values under one name, numbers that are none and broken text could be read in two ways."""
    with pytest.raises(SchemaError):
        parse(body)


@pytest.mark.parametrize(("depth", "fits"), [(MAX_DEPTH, True), (MAX_DEPTH + 1, False), (200_000, False)])
def test_nesting_is_bounded(depth: int, fits: bool) -> None:
    """Fifty levels are read, fifty-one are not, and no depth makes the parser crash."""
    body = b"[" * depth + b"]" * depth
    if fits:
        parse(body)
    else:
        with pytest.raises(SchemaError):
            parse(body)


def test_brackets_in_texts_do_not_count() -> None:
    """What a person said may hold any bracket or quote."""
    said = '"[{' * 100 + "\\"
    assert parse(json.dumps({"t": said}).encode()) == {"t": said}


def test_a_hostile_text_takes_no_more_than_linear_time() -> None:
    """Megabytes of escaped quotes without an end are looked at once."""
    began = time.perf_counter()
    with pytest.raises(TruncatedError):
        parse(b'{"a":"' + b'\\"' * 2_000_000)
    assert time.perf_counter() - began < 3


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "deflate", ""]), st.integers(1, 50))
def test_pieces_come_together(body: bytes, encoding: str, size: int) -> None:
    """Whatever the pieces, the whole is what was sent."""
    raw = {"gzip": gzip.compress(body), "deflate": zlib.compress(body), "": body}[encoding]
    inflater = Inflater(encoding, 2000)
    for start in range(0, len(raw), size):
        inflater.feed(raw[start : start + size])
    assert inflater.finish() == body


def test_a_compressed_bomb_never_unfolds() -> None:
    """A small answer that would unpack to gigabytes is dropped at the limit."""
    bomb = gzip.compress(bytes(50_000_000))
    inflater = Inflater("gzip", 1_000_000)
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        inflater.feed(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000


def test_the_limit_itself_still_fits() -> None:
    """An answer of exactly the limit is read; one byte more is not."""
    inflater = Inflater("", 10)
    inflater.feed(bytes(10))
    with pytest.raises(TooLargeError):
        inflater.feed(b"x")
    assert inflater.finish() == bytes(10)


def test_cut_or_damaged_compression_is_told() -> None:
    """Compressed data must end, and must be what it says."""
    whole = gzip.compress(b"x" * 1000)
    inflater = Inflater("gzip", 2000)
    inflater.feed(whole[:-6])
    with pytest.raises(TruncatedError):
        inflater.finish()
    with pytest.raises(SchemaError):
        Inflater("gzip", 2000).feed(b"not gzip at all")
    with pytest.raises(SchemaError):
        Inflater("br", 2000)
