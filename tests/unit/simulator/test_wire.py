"""The whole product of axes: what a template fills in, it also recognises, and nothing else."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.simulator import multipart
from agent.simulator.axes import Place, Scope
from agent.simulator.matching import MismatchError, match_json, match_pairs, match_path
from agent.simulator.shapes import SHAPES, Shape, random_shape
from agent.simulator.wire import (
    CUSTOMER,
    END,
    MULTIPART,
    START,
    TICKET,
    TOKEN,
    Asking,
    Named,
    Template,
    Values,
    fill,
)

SEEDS = st.integers(0, 10_000)
SERIALS = st.from_regex(r"[ +&=/%\"\\üA-Z0-9]{1,6}", fullmatch=True)
PARTS = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5), max_size=3)


def taken(template: Template, asking: Asking) -> Values:
    """What the server reads from a request."""
    values = Values()
    parts = urlsplit(asking.target)
    assert match_path(template.path, parts.path, values)
    match_pairs(template.query, parse_qsl(parts.query, keep_blank_values=True), values)
    for name, value in template.headers:
        match_json(value, asking.headers[name], values)
    if template.json is not None:
        match_json(template.json, json.loads(asking.body), values)
    elif template.content_type == MULTIPART:
        match_pairs(template.form, multipart.read(asking.headers["content-type"], asking.body), values)
    else:
        match_pairs(template.form, parse_qsl(asking.body.decode(), keep_blank_values=True), values)
    return values


def expected(shape: Shape, records: list[Named]) -> list[Named]:
    """How the server sees these records: parts in one list lose their key, parts of keys their owner."""
    place = shape.axes.place
    if shape.scope is not Scope.RECORDS:
        return []
    if place is Place.ITEMS:
        return [Named("", tuple(part for each in records for part in each.item_keys))]
    if place is Place.UTTERANCES:
        return [Named("", (), tuple(part for each in records for part in each.utterance_ids))]
    bare = place is Place.PARTS
    with_parts = "{item_keys}" in repr(shape.templates)
    return [
        Named(
            each.key.removeprefix("A1") if bare else each.key,
            each.item_keys if with_parts else (),
            each.utterance_ids if with_parts else (),
        )
        for each in records
    ]


@settings(max_examples=400)
@example(seed=0, serials=["S"], parts=["p"])
@given(seed=SEEDS, serials=st.lists(SERIALS, min_size=1, max_size=3, unique=True), parts=PARTS)
def test_what_a_shape_asks_for_is_what_the_server_understands(
    seed: int, serials: list[str], parts: list[str]
) -> None:
    """Over the product of axes, filling in and matching are inverse, in both steps."""
    shape = random_shape(seed)
    parts = parts or ["p"]
    records = [
        Named(f"A1#{n}#T#{serial}", tuple(parts), tuple(parts))
        for n, serial in enumerate(serials[: shape.batch])
    ]
    given: dict[str, str | int] = {TOKEN: "secret", START: 5, END: 9, TICKET: "t"}
    for step, template in enumerate(shape.templates):
        found = taken(template, fill(template, Values(records, dict(given))))
        assert found.records == ([] if step else expected(shape, records))
        assert set(found.one) <= {*given, CUSTOMER}
        assert all(value == given.get(name, "A1") for name, value in found.one.items())


@pytest.mark.parametrize(
    "given",
    [{}, {"keys": "k"}, {"keys": [1]}, {"keys": ["k"], "more": 1}, [], None, "k", {"keys": {"k": 1}}],
)
def test_json_of_another_form_is_a_mismatch(given: object) -> None:
    """Missing, additional and wrongly typed members are all refused."""
    with pytest.raises(MismatchError):
        match_json({"keys": {"$each": "{key}"}}, given, Values())


@pytest.mark.parametrize(
    ("template", "given"),
    [
        ({"$json": {"k": "{key}"}}, {"k": "A"}),
        ({"$json": {"k": "{key}"}}, "{"),
        ({"$json": {"k": "{key}"}}, '{"k":"A","more":1}'),
        ({"$base64": "{key}"}, "QQ"),
        ({"$base64": "{key}"}, "QQ==="),
        ({"$base64": "{key}"}, "QR=="),
        ({"$base64": "{key}"}, "_-8="),
        ({"$base64url": "{key}"}, "QQ=="),
        ({"$base64url": "{key}"}, "Ü"),
        ({"$base64url": "{key}"}, "_w"),
        ([["{key}"]], [["A", "B"]]),
        ({"k": "{key}", "t": "{stamp}"}, {"k": "A#5#T#S", "t": 6}),
        ({"k": "{key}", "d": "{kind}"}, {"k": "A#5#T#S", "d": "U"}),
        ({"a": "{customer}", "b": "{customer}"}, {"a": "A1", "b": "A2"}),
    ],
)
def test_what_is_written_another_way_is_a_mismatch(template: object, given: object) -> None:
    """Text for JSON, sloppy base64, a time or device that is not the key's: each is refused."""
    with pytest.raises(MismatchError):
        match_json(template, given, Values())


@pytest.mark.parametrize(
    "given", [{"start": "1", "end": 2}, {"start": True, "end": 2}, {"start": 1.0, "end": 2}]
)
def test_times_are_whole_numbers(given: object) -> None:
    """A time as text, truth or fraction is refused in JSON."""
    with pytest.raises(MismatchError):
        match_json({"start": START, "end": END}, given, Values())


def test_fixed_values_must_be_equal_and_of_one_type() -> None:
    """`true` is not 1, and a fixed word is that word."""
    match_json({"a": True}, {"a": True}, Values())
    for wrong in ({"a": 1}, {"a": "true"}, {"a": None}):
        with pytest.raises(MismatchError):
            match_json({"a": True}, wrong, Values())


@pytest.mark.parametrize("given", [[], [("a", "1"), ("a", "1")], [("b", "1")], [("a", "1"), ("b", "2")]])
def test_fields_missing_repeated_or_added_are_a_mismatch(given: list[tuple[str, str]]) -> None:
    """A form is exact too."""
    with pytest.raises(MismatchError):
        match_pairs((("a", "1"),), given, Values())


def test_a_key_in_the_path_is_one_segment() -> None:
    """Encoded keys are found; a slash makes another path of it, an empty key none."""
    values = Values()
    assert match_path("/r/{key}/delete", "/r/A1%231%23T%23S/delete", values)
    assert values.records == [Named("A1#1#T#S")]
    assert not match_path("/r/{key}", "/r/a/b", Values())
    assert not match_path("/r/{key}", "/r/", Values())
    assert not match_path("/r", "/r/", Values())
    assert not match_path("/r/{key64}", "/r/A1%231%23T%23S", Values())


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: text/plain\r\n\r\n1\r\n--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n1\r\n--x--\r\n',
        ),
    ],
)
def test_a_broken_multipart_body_has_no_fields(content_type: str, body: bytes) -> None:
    """No boundary, no end, no name, or a file: nothing is read from it."""
    assert multipart.read(content_type, body) == []


@given(st.lists(st.tuples(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.text(max_size=20)), min_size=1))
def test_multipart_fields_are_read_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    """Writing and reading are inverse, whatever the values hold."""
    pairs = [(name, value.encode("utf-8", "replace").decode()) for name, value in pairs]
    assert multipart.read(*multipart.write(pairs)) == pairs


def test_ranges_and_everything_need_no_records() -> None:
    """Scopes other than records carry times, or nothing."""
    ranged = random_shape(1, scope=Scope.RANGE).templates[0]
    found = taken(ranged, fill(ranged, Values([Named("A1#1#T#S")], {TOKEN: "t", START: 5, END: 9})))
    assert (found.one[START], found.one[END], found.records) == (5, 9, [])
    everything = SHAPES["everything"].templates[0]
    assert fill(everything, Values(one={TOKEN: "t"})).body == b'{"range":"ALL_HISTORY"}'
