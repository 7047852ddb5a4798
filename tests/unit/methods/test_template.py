import base64
import json
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.methods.template import NAMES, Hole, TemplateError, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DECODERS: dict[str, Callable[[str], str]] = {
    "url": unquote,
    "base64": lambda text: base64.b64decode(text, validate=True).decode(),
    "base64url": lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode(),
    "base64url_padded": lambda text: base64.urlsafe_b64decode(text).decode(),
    "json": lambda text: json.loads(f'"{text}"'),
}


@given(TEXT)
def test_doubled_braces_are_plain_text(text: str) -> None:
    """Any text can be written; without holes it comes out as it went in."""
    template = parse(text.replace("{", "{{").replace("}", "}}"))
    assert template.render({}) == text
    assert not template.names


@given(TEXT, st.sampled_from(sorted(NAMES)))
def test_a_value_is_never_read_as_a_placeholder(value: str, name: str) -> None:
    """What a server sends stays a value, braces and all."""
    rendered = parse(f"<{{{name}}}>").render({name: value})
    assert rendered == f"<{value}>"


@given(TEXT, st.lists(st.sampled_from(sorted(DECODERS)), max_size=3))
def test_filters_nest_from_left_to_right_and_can_be_undone(value: str, filters: list[str]) -> None:
    """Decoding from the outermost filter inwards gives exactly the value."""
    text = parse("{record_key" + "".join(f"|{each}" for each in filters) + "}").render({"record_key": value})
    for each in reversed(filters):
        text = DECODERS[each](text)
    assert text == value


@given(st.text(alphabet="{}|abrecodkyn_ 1"))
def test_a_text_is_a_template_or_refused_with_our_error(text: str) -> None:
    """Nothing else ever leaves the parser, and its holes are known ones."""
    try:
        found = parse(text)
    except TemplateError:
        return
    assert found.names <= NAMES


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "}",
        "a{b",
        "{}",
        "{record_key",
        "{Record_key}",
        "{record_key|}",
        "{record_key|rot13}",
        "{who}",
        "{record_key|seconds}",
        "{start|base64|seconds}",
        "{record_key }",
        "{{record_key}",
        "{0}",
    ],
)
def test_what_is_no_template_is_refused(text: str) -> None:
    """Stray braces, unknown names and filters, and times cut where there is no time."""
    with pytest.raises(TemplateError):
        parse(text)


@given(st.integers(0, 10**13), st.integers(0, 10**6))
def test_a_range_in_seconds_never_grows(start: int, length: int) -> None:
    """The start is rounded up and the end down: nothing outside the range in ms is asked for."""
    values = {"start": str(start), "end": str(start + length)}
    first, last = (int(parse(f"{{{name}|seconds}}").render(values)) * 1000 for name in ("start", "end"))
    assert start <= first < start + 1000
    assert start + length - 1000 < last <= start + length


def test_holes_keep_their_filters() -> None:
    """`{a|b|c}` is one hole with two filters."""
    assert parse("x{csrf|json|url}").parts == ("x", Hole("csrf", ("json", "url")))
    assert parse("{end|seconds}").in_seconds
    assert not parse("{end}").in_seconds


def test_times_as_browsers_write_them() -> None:
    """`iso` is what `toISOString` makes of ms; a random id keeps its number in its name."""
    values = {"now": "1790000000007", "uuid_2": "ab"}
    assert (
        parse("{now|iso} {now|seconds} {uuid_2}").render(values) == "2026-09-21T14:13:20.007Z 1790000000 ab"
    )
    for wrong in ("{record_key|iso}", "{now|url|iso}", "{uuid}", "{uuid_4}"):
        with pytest.raises(TemplateError):
            parse(wrong)
