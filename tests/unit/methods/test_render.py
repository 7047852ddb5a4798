import base64
import json
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from agent.methods.render import OutOfBoundsError
from agent.model import Recording, Window
from tests.support.recipe_texts import CUSTOMER, Draft, json_draft, row

# Lone surrogates too: JSON from a server may hold them, UTF-8 may not.
KEYS = st.text(st.characters(exclude_categories=()), min_size=1).filter(
    lambda key: not key.startswith("nokey:")
)
LONG_KEYS = st.text(st.characters(exclude_categories=()), min_size=9).filter(
    lambda key: not key.startswith("nokey:")
)
KEY_LISTS = st.lists(KEYS, min_size=1, max_size=5, unique=True)
EACH_KEY = {"$each": "record", "value": "{record_key}"}
HARMFUL = ['"}],"x":[', "a&b=c", "a\r\n--form", "\0", "\ud800", "{record_key}", "é\u202e", "../%2f"]


def writable(keys: list[str]) -> bool:
    """Whether the texts exist in UTF-8."""
    return not any("\ud800" <= char <= "\udfff" for key in keys for char in key)


def body_or_none(draft: Draft, keys: list[str]) -> bytes | None:
    """The rendered body; None exactly when a key cannot be written."""
    try:
        body = draft.render(*(row(key=key) for key in keys)).body
    except OutOfBoundsError:
        assert not writable(keys)
        return None
    assert writable(keys)
    assert body is not None
    return body


@given(KEY_LISTS)
@example(HARMFUL)
def test_json_parses_back_to_exactly_the_keys(keys: list[str]) -> None:
    """No key can close its string, add a member or get lost; the order stays."""
    draft = json_draft({"a": {"keys": EACH_KEY}, "fixed": [1, True, None, "é"]}, batch=50)
    body = body_or_none(draft, keys)
    if body is not None:
        assert json.loads(body) == {"a": {"keys": keys}, "fixed": [1, True, None, "é"]}


@given(KEY_LISTS)
@example(HARMFUL)
def test_keys_may_name_members(keys: list[str]) -> None:
    """An object by key has one member a record."""
    draft = json_draft({"$keyed": "record", "key": "{record_key}", "value": {"x": "{record_key}"}}, batch=50)
    body = body_or_none(draft, keys)
    if body is not None:
        assert json.loads(body) == {key: {"x": key} for key in keys}


@given(KEY_LISTS)
@example(HARMFUL)
def test_form_fields_parse_back(keys: list[str]) -> None:
    """A repeated field and a field of nested JSON, whatever the keys hold."""
    fields = [
        {"name": "k", "value": "{record_key}", "each": "record"},
        {"name": "all", "value": {"$json": {"keys": EACH_KEY}}},
        {"name": "b", "value": {"$base64": {"$json": EACH_KEY}}},
    ]
    body = body_or_none(Draft(batch=50, step={"body": {"form": fields}}), keys)
    if body is not None:
        *repeated, nested, packed = parse_qsl(body.decode("ascii"), keep_blank_values=True)
        assert repeated == [("k", key) for key in keys]
        assert (nested[0], json.loads(nested[1])) == ("all", {"keys": keys})
        assert json.loads(base64.b64decode(packed[1], validate=True)) == keys


@given(KEY_LISTS)
@example(HARMFUL)
def test_multipart_parses_back(keys: list[str]) -> None:
    """No key can end its part; the boundary depends on the content and repeats exactly."""
    fields = [{"name": "k[]", "value": "{record_key}", "each": "record"}]
    draft = Draft(batch=50, step={"body": {"multipart": fields}})
    body = body_or_none(draft, keys)
    if body is None:
        return
    outgoing = draft.render(*(row(key=key) for key in keys))
    assert outgoing.body == body
    boundary = str(outgoing.content_type).partition("boundary=")[2].encode()
    parts = body.split(b"--" + boundary)
    assert (parts[0], parts[-1]) == (b"", b"--\r\n")
    heads = [part.removeprefix(b"\r\n").partition(b"\r\n\r\n") for part in parts[1:-1]]
    assert [value.removesuffix(b"\r\n").decode() for _, _, value in heads] == keys
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(heads[0][0] + b"\r\n\r\n")
    assert message.get_param("name", header="content-disposition") == "k[]"


@given(KEY_LISTS)
@example(HARMFUL)
def test_query_values_are_handed_on_as_they_are(keys: list[str]) -> None:
    """The session encodes a query; nothing but the keys is in it."""
    draft = Draft(batch=50, step={"query": [{"name": "k", "value": "{record_key}", "each": "record"}]})
    try:
        query = draft.render(*(row(key=key) for key in keys)).query
    except OutOfBoundsError:
        assert not writable(keys)
        return
    assert writable(keys)
    assert query == tuple(("k", key) for key in keys)


@given(KEYS)
@example("\ud800")
def test_nested_encodings_come_undone_in_their_order(key: str) -> None:
    """JSON in a string in base64url in JSON."""
    assume(writable([key]))
    body = (
        json_draft({"v": {"$base64url": {"$json": {"inner": {"$json": ["{record_key}"]}}}}})
        .render(row(key=key))
        .body
    )
    packed = json.loads(body or b"")["v"]
    inner = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    assert json.loads(inner["inner"]) == [key]


def test_bytes_are_predictable() -> None:
    """Compact JSON in the recipe's order, letters as they are; forms as a browser writes them."""
    outgoing = json_draft({"z": "ü {{}} {timestamp}", "a": {"$int": "{timestamp}"}}).render(row(7))
    assert outgoing.body == '{"z":"ü {} 7","a":7}'.encode()
    assert (outgoing.content_type, outgoing.csrf) == ("application/json", True)
    form = Draft(step={"body": {"form": [{"name": "a b", "value": "{record_key|base64}"}]}}).render(
        row(key="??>")
    )
    assert form.body == b"a+b=Pz8%2B"
    assert form.content_type == "application/x-www-form-urlencoded"
    typed = {"json": {"k": "{record_key}"}, "content_type": "text/plain;charset=UTF-8"}
    assert Draft(step={"body": typed}).render(row()).content_type == "text/plain;charset=UTF-8"


def test_parts_of_a_key_and_of_the_request() -> None:
    """Device and serial come from the key; customer, tokens and times from the request."""
    names = ("record_key", "timestamp", "serial", "device_type", "customer_id", "anti_csrf", "csrf")
    body = json_draft({name: f"{{{name}}}" for name in names}).render(row(5, "G7")).body
    key = f"{CUSTOMER}#5#TYPE#G7"
    assert list(json.loads(body or b"").values()) == [key, "5", "G7", "TYPE", CUSTOMER, "tok-1", "-77"]


def test_items_go_with_their_record() -> None:
    """Within a record its own items; without one those of all records, in order."""
    one = row(1, item_keys=("a", "b"), utterance_ids=("u",))
    two = row(2, item_keys=("c",), utterance_ids=())
    items = {"$each": "item", "value": "{item_key}"}
    spoken = {"$each": "utterance", "value": "{utterance_id}"}
    each = {"$each": "record", "value": {"k": {"$int": "{timestamp}"}, "i": items, "u": spoken}}
    body = json_draft({"each": each, "flat": items}, batch=9).render(one, two).body
    expected = [{"k": 1, "i": ["a", "b"], "u": ["u"]}, {"k": 2, "i": ["c"], "u": []}]
    assert json.loads(body or b"") == {"each": expected, "flat": ["a", "b", "c"]}


ALL_KEYS = json_draft({"keys": EACH_KEY}, batch=2)
ITEMS_ONLY = json_draft({"items": {"$each": "item", "value": "{item_key}"}}, batch=2)


@pytest.mark.parametrize(
    ("draft", "rows"),
    [
        (ALL_KEYS, ()),
        (ALL_KEYS, (row(1), row(2), row(3))),
        (ALL_KEYS, (row(1), row(1))),
        (ALL_KEYS, (row(1), row(key="nokey:abc"))),
        (ITEMS_ONLY, (row(1, item_keys=("a",)), row(2))),
        (json_draft("{serial}{timestamp}"), (row(key="short#key"),)),
        (json_draft({"$int": "{record_key}"}), (row(),)),
        (json_draft({"$int": "{record_key}"}), (row(key="007"),)),
        (json_draft({"$int": "{record_key}"}), (row(key="٣"),)),
        (json_draft({"a": 1, "{record_key}": 2}), (row(key="a"),)),
        (
            json_draft({"$keyed": "record", "key": "{timestamp}", "value": 1}, batch=2),
            (row(1, "A"), row(1, "B")),
        ),
    ],
)
def test_what_cannot_be_named_exactly_is_not_asked_for(draft: Draft, rows: tuple[Recording, ...]) -> None:
    """An empty list might mean "all", a lost member might spare one, a guess might hit another."""
    with pytest.raises(OutOfBoundsError):
        draft.render(*rows)


@pytest.mark.parametrize(("start", "end"), [(10, 9), (1_001, 1_999), (2_001, 2_500)])
def test_an_empty_range_is_not_asked_for(start: int, end: int) -> None:
    """Cut to seconds a short range holds nothing; turned round it might hold anything."""
    body = {"s": {"$int": "{start|seconds}"}, "e": {"$int": "{end|seconds}"}}
    draft = json_draft(body, scope="range")
    with pytest.raises(OutOfBoundsError):
        draft.render(window=Window(start, end))
    assert draft.render(window=Window(1_001, 2_000)).body == b'{"s":2,"e":2}'


@given(LONG_KEYS)
def test_an_error_never_carries_a_value(key: str) -> None:
    """Neither the message nor a cause behind it shows what was filled in."""
    with pytest.raises(OutOfBoundsError) as caught:
        json_draft({"$int": "x{record_key}"}).render(row(key=key))
    assert key not in caught.value.message
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_body_of_text() -> None:
    """A text, or whatever makes one; its type is the one a browser gives it."""
    outgoing = Draft(step={"body": {"text": {"$base64": {"$json": {"k": "{record_key}"}}}}}).render(
        row(key="ä")
    )
    assert json.loads(base64.b64decode(outgoing.body or b"")) == {"k": "ä"}
    assert outgoing.content_type == "text/plain;charset=UTF-8"


def test_the_only_part_of_a_recording_needs_no_list() -> None:
    """Where there are several, or none, nothing is sent."""
    draft = json_draft({"k": "{record_key}", "u": "{utterance_id}"})
    assert json.loads(draft.render(row(key="k", utterance_ids=("u1",))).body or b"") == {"k": "k", "u": "u1"}
    for several in ((), ("u1", "u2")):
        with pytest.raises(OutOfBoundsError):
            draft.render(row(key="k", utterance_ids=several))
