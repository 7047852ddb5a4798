"""The whole product of axes: what a template fills in, it also recognises, and nothing else."""

import json
from itertools import product
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.simulator.shapes import Place, Scope, Shape, Where
from agent.simulator.wire import (
    END,
    START,
    TOKEN,
    Asking,
    MismatchError,
    Named,
    Template,
    Values,
    fill,
    match_json,
    match_pairs,
    match_path,
)

JSON_PLACES = (Place.LIST, Place.OBJECTS, Place.KEYED, Place.SINGLE)
PAIR_PLACES = (Place.SINGLE, Place.REPEATED)
ALL = [
    Shape(
        "any",
        "POST",
        "/alexa-privacy/apd/rvh/x",
        place=place,
        encoding=encoding,
        items=items,
        nesting=nesting,
        token=token,
        noise=noise,
        batch=3,
    )
    for encoding, items, nesting, token, noise in product(
        (Where.JSON, Where.FORM, Where.QUERY),
        (False, True),
        ((), ("a",), ("a", "b")),
        (Where.HEADER, Where.QUERY, Where.JSON, Where.FORM),
        ((), (("n", "1"),)),
    )
    for place in (JSON_PLACES if encoding is Where.JSON else PAIR_PLACES)
    if (token in (Where.HEADER, Where.QUERY) or token is encoding)
    and (encoding is Where.JSON or (not items and not nesting))
    and (not items or place in (Place.OBJECTS, Place.KEYED))
]
KEYS = st.lists(
    st.from_regex(r"A1#[0-9]{1,13}#[A-Z]{3}#[ +&=/%\"\\üA-Z]{1,6}", fullmatch=True), max_size=3, unique=True
)


def taken(template: Template, asking: Asking) -> Values:
    """What the server reads from a request."""
    values = Values()
    parts = urlsplit(asking.target)
    assert match_path(template.path, parts.path, values)
    match_pairs(template.query, parse_qsl(parts.query, keep_blank_values=True), values)
    if template.json is not None:
        match_json(template.json, json.loads(asking.body), values)
    else:
        match_pairs(template.form, parse_qsl(asking.body.decode(), keep_blank_values=True), values)
    return values


@settings(max_examples=300, deadline=None)
@given(shape=st.sampled_from(ALL), keys=KEYS, ids=st.lists(st.text(max_size=4), max_size=2))
def test_what_a_shape_asks_for_is_what_the_server_understands(
    shape: Shape, keys: list[str], ids: list[str]
) -> None:
    """Over the product of axes, filling in and matching are inverse."""
    count = 1 if shape.place is Place.SINGLE else len(keys)
    if shape.encoding is not Where.JSON or shape.place is Place.SINGLE:
        keys = keys or ["A1#1#T#S"]
        count = max(count, 1)
    parts = tuple(ids) if shape.items else ()
    records = [Named(key, parts, parts) for key in keys[:count]]
    template = shape.templates[0]
    found = taken(template, fill(template, Values(records, {TOKEN: "secret"})))
    assert found.records == records
    assert found.one == ({} if shape.token is Where.HEADER else {TOKEN: "secret"})


def test_the_product_is_large_enough_to_mean_something() -> None:
    """Axes are independent: at least a hundred combinations are tried."""
    assert len(ALL) > 100


@pytest.mark.parametrize(
    "given",
    [{}, {"keys": "k"}, {"keys": [1]}, {"keys": ["k"], "more": 1}, [], None, "k", {"keys": {"k": 1}}],
)
def test_json_of_another_form_is_a_mismatch(given: object) -> None:
    """Missing, additional and wrongly typed members are all refused."""
    with pytest.raises(MismatchError):
        match_json({"keys": {"$each": "{key}"}}, given, Values())


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


def test_ranges_and_everything_need_no_records() -> None:
    """Scopes other than records carry times, or nothing."""
    ranged = Shape("r", "POST", "/x", scope=Scope.RANGE, encoding=Where.FORM).templates[0]
    found = taken(ranged, fill(ranged, Values(one={TOKEN: "t", START: 5, END: 9})))
    assert found.one == {START: 5, END: 9}
    everything = Shape("e", "POST", "/x", scope=Scope.EVERYTHING).templates[0]
    assert fill(everything, Values(one={TOKEN: "t"})).body == b"{}"
