import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alexa.wire import KEY_FIELD, LIST_FIELD, TOKEN_FIELD, Reader, merge
from agent.errors import AgentError, SchemaError, WrongAccountError
from agent.model import NO_KEY, Recording, Surface

ME = "A1CUSTOMER"
AT = 1_694_871_794_279
KEY = f"{ME}#{AT}#A10A33FOX2NUBK#G070SERIAL"
ITEMS = [
    {
        "recordItemKey": f"{AT}#A10A33FOX2NUBK#G070SERIAL#1694871794277-0",
        "recordItemType": "CUSTOMER_TRANSCRIPT",
        "utteranceId": "A10A33FOX2NUBK:1.0/2023/09/16/13/DEVICE_UNSPECIFIED/43:12::TNIH_2V.0ZXV/0",
        "timestamp": 1694871794277,
        "transcriptText": "alexa good morning",
        "agentVisualName": "",
        "personsInfo": [],
    },
    {
        "recordItemKey": f"{AT}#x-2",
        "recordItemType": "ALEXA_RESPONSE",
        "utteranceId": "u2",
        "transcriptText": "",
    },
    {"recordItemKey": None, "recordItemType": "PROFILE", "utteranceId": None, "transcriptText": None},
]
VOICE: dict[str, Any] = {
    "recordKey": KEY,
    "recordType": "VOICE_HISTORY",
    "timestamp": AT,
    "customerId": ME,
    "device": {"deviceName": "Bedroom", "deviceEntityId": "…"},
    "voiceHistoryRecordItems": ITEMS,
    "personsInfo": [],
    "cardResponse": None,
    "somethingNew": [[]],
}
ACTIVITY: dict[str, Any] = {
    "activityKey": KEY,
    "recordType": "utterance",
    "timestamp": AT,
    "utteranceType": "GENERAL",
    "title": "t",
    "subTitle": "s",
    "deviceInfo": {"deviceName": "Bedroom", "deviceSerialNumber": "G070SERIAL"},
    "voiceHistoryRecordItems": ITEMS,
}
ROWS = {Surface.VOICE: VOICE, Surface.ACTIVITY: ACTIVITY}


def reader(*, items: bool = False, text: bool = False) -> Reader:
    return Reader(ME, b"k" * 32, items, text)


def read(surface: Surface, *rows: object, items: bool = False, text: bool = False) -> list[Recording]:
    value = {LIST_FIELD[surface]: list(rows)}
    return list(reader(items=items, text=text).page(surface, value).recordings)


def row(surface: Surface, **changes: object) -> Recording:
    return read(surface, ROWS[surface] | changes)[0]


@pytest.mark.parametrize("surface", Surface)
def test_a_row_as_it_was_seen(surface: Surface) -> None:
    """Key, time, device, words and audio of a published log come out on either surface."""
    [seen] = read(surface, ROWS[surface])
    assert (seen.key, seen.spoken_at, seen.surfaces) == (KEY, AT, frozenset({surface}))
    assert (seen.serials, seen.device_type, seen.customer_id) == (("G070SERIAL",), "A10A33FOX2NUBK", ME)
    assert seen.has_text
    assert seen.audio
    assert seen.deletable


def test_only_what_is_asked_for_is_kept() -> None:
    """Item keys, utterances and words cost memory and are private: they stay only on demand."""
    [plain] = read(Surface.VOICE, VOICE)
    assert (plain.item_keys, plain.utterance_ids, plain.text) == ((), (), None)
    [full] = read(Surface.VOICE, VOICE, items=True, text=True)
    assert (len(full.item_keys), len(full.utterance_ids), full.text) == (2, 2, "alexa good morning")


def test_the_envelope_of_a_published_log() -> None:
    """The tail of a page as clients logged it in 2024 reads as: there is more."""
    tail = '"encodedRequestToken":"abc%3D","noDataFoundWithinTimeLimit":false,"lastRecordTimestamp":null'
    text = (
        f'{{"customerHistoryRecords":[{json.dumps(VOICE)}],{tail},"voiceProfileAssociatedWithPerson":false}}'
    )
    page = reader().page(Surface.VOICE, json.loads(text))
    assert (len(page.recordings), page.token, page.null, page.time_limit) == (1, "abc%3D", False, False)


@pytest.mark.parametrize(
    ("info", "serials"),
    [
        ({"deviceSerialNumber": "S2"}, ("G070SERIAL", "S2")),
        ([{"deviceSerialNumber": "S2"}, {"deviceSerialNumber": "S1"}], ("G070SERIAL", "S1", "S2")),
        ([], ("G070SERIAL",)),
        (None, ("G070SERIAL",)),
        ({"deviceName": "x"}, ("G070SERIAL",)),
    ],
)
def test_devices_in_each_of_their_shapes(info: object, serials: tuple[str, ...]) -> None:
    """One object for an utterance, an array for a conversation, null for a routine."""
    assert row(Surface.ACTIVITY, deviceInfo=info).serials == serials


def test_a_row_without_a_key_can_be_watched() -> None:
    """A conversation has no key: type and time stand for it, and it cannot be named in a request."""
    first, again = (row(Surface.ACTIVITY, activityKey=None, recordType="conversation") for _ in range(2))
    assert first.key == again.key
    assert first.key.startswith(NO_KEY)
    assert not first.deletable
    assert row(Surface.ACTIVITY, activityKey=None, timestamp=AT + 1).key != first.key


def test_a_row_without_words_is_still_a_recording() -> None:
    """A wake word alone is counted too."""
    bare = row(Surface.VOICE, voiceHistoryRecordItems=None, utteranceType="WAKE_WORD_ONLY")
    assert (bare.has_text, bare.audio, bare.kind) == (False, False, "WAKE_WORD_ONLY")


def test_a_replacement_text_is_text() -> None:
    """What stands where the words were is still visible."""
    kept = {"recordItemType": "ASR_REPLACEMENT_TEXT", "transcriptText": "Audio deleted"}
    assert row(Surface.VOICE, voiceHistoryRecordItems=[kept]).has_text
    assert not row(Surface.VOICE, voiceHistoryRecordItems=[kept | {"transcriptText": " \t"}]).has_text


def _said(words: str, answer: str = "") -> Recording:
    items = [
        {"recordItemType": "CUSTOMER_TRANSCRIPT", "transcriptText": words},
        {"recordItemType": "ALEXA_RESPONSE", "transcriptText": answer},
    ]
    return row(Surface.VOICE, voiceHistoryRecordItems=items)


def test_the_same_words_have_the_same_digest() -> None:
    """Case, spaces and Alexa's answer do not hide that the words came back; other words differ."""
    assert _said("Stop  it").text_digest == _said(" stop it", "ok").text_digest
    assert _said("stop it").text_digest != _said("go on").text_digest
    digest = _said("stop it").text_digest
    assert digest is not None
    assert len(digest) == 16


def test_digests_mean_nothing_in_another_process() -> None:
    """Another key, another digest: nobody can look up guessed words later."""
    rows = {LIST_FIELD[Surface.VOICE]: [VOICE]}
    one, two = (Reader(ME, key).page(Surface.VOICE, rows).recordings[0] for key in (b"a", b"b"))
    assert one.text_digest != two.text_digest


@pytest.mark.parametrize(
    "change",
    [
        {"recordKey": 7},
        {"timestamp": "1694871794279"},
        {"timestamp": AT // 1000},
        {"timestamp": AT * 1000},
        {"timestamp": True},
        {"timestamp": 1.5},
        {"customerId": 5},
        {"utteranceType": []},
        {"voiceHistoryRecordItems": {}},
        {"voiceHistoryRecordItems": ["x"]},
        {"voiceHistoryRecordItems": [{"transcriptText": 1}]},
        {"voiceHistoryRecordItems": [{"utteranceId": []}]},
        {"deviceInfo": "x"},
        {"deviceInfo": [3]},
        {"deviceInfo": {"deviceSerialNumber": 3}},
    ],
)
def test_a_field_of_another_type_is_refused(change: dict[str, object]) -> None:
    """A half-understood row would be miscounted."""
    with pytest.raises(SchemaError):
        row(Surface.VOICE, **change)


@pytest.mark.parametrize(
    "change", [{"customerId": "A2OTHER"}, {"recordKey": KEY.replace(ME, "A2OTHER"), "customerId": None}]
)
def test_a_row_of_somebody_else_stops_everything(change: dict[str, object]) -> None:
    """Neither the field nor the key may name another customer."""
    with pytest.raises(WrongAccountError):
        row(Surface.VOICE, **change)


def test_the_key_knows_the_time_when_the_row_does_not() -> None:
    """Its second part is the time."""
    assert row(Surface.VOICE, timestamp=None).spoken_at == AT


@pytest.mark.parametrize("surface", Surface)
@pytest.mark.parametrize(
    "value",
    [None, [], "x", {}, {"records": []}, {"message": "hello"}],
)
def test_an_answer_without_the_list_is_no_empty_history(surface: Surface, value: object) -> None:
    """Only a list says how much there is."""
    with pytest.raises(SchemaError):
        reader().page(surface, value)


@pytest.mark.parametrize("surface", Surface)
@pytest.mark.parametrize(
    "more",
    [{"nextPageToken": "x"}, {"cursor": "x"}, {TOKEN_FIELD[Surface.VOICE] + "V3": "x"}],
)
def test_a_renamed_token_is_not_the_last_page(surface: Surface, more: dict[str, str]) -> None:
    """If paging works in another way, we do not know that this is all."""
    with pytest.raises(SchemaError):
        reader().page(surface, {LIST_FIELD[surface]: []} | more)


@pytest.mark.parametrize("surface", Surface)
@pytest.mark.parametrize("token", [None, ""])
def test_an_empty_token_is_none(surface: Surface, token: str | None) -> None:
    """Null and the empty text both mean: no further page."""
    assert reader().page(surface, {LIST_FIELD[surface]: [], TOKEN_FIELD[surface]: token}).token is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
items = st.lists(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("recordItemKey", "recordItemType", "utteranceId", "transcriptText"), anything
        ),
    ),
    max_size=3,
)


@st.composite
def half_right(draw: st.DrawFn, surface: Surface) -> dict[str, object]:
    """A page whose fields have the right names and any value."""
    fields = [KEY_FIELD[surface], "timestamp", "customerId", "utteranceType", "recordType", "deviceInfo"]
    right: st.SearchStrategy[object] = st.sampled_from([KEY, AT, ME, None, "", {}, []])
    one = st.fixed_dictionaries(
        {}, optional=dict.fromkeys(fields, right | anything) | {"voiceHistoryRecordItems": items | anything}
    )
    listed = draw(st.lists(one | anything, max_size=3) | anything)
    return {LIST_FIELD[surface]: listed, TOKEN_FIELD[surface]: draw(anything)}


@given(st.sampled_from(Surface), st.data())
def test_arbitrary_json_gives_recordings_or_our_error(surface: Surface, data: st.DataObject) -> None:
    """Whatever Amazon sends, nothing but our own errors leaves the reader."""
    value = data.draw(anything | half_right(surface))
    code: str | None = None
    seen: tuple[Recording, ...] = ()
    try:
        seen = reader(items=True, text=True).page(surface, value).recordings
    except AgentError as error:
        code = error.code
    assert code in {None, "schema", "wrong_account"}
    assert all(one.surfaces == {surface} for one in seen)


texts = st.sampled_from(["", "a", "b"])
sightings = st.builds(
    Recording,
    key=st.just(KEY),
    spoken_at=st.integers(AT, AT + 2),
    surfaces=st.frozensets(st.sampled_from(Surface), min_size=1),
    serials=st.lists(st.sampled_from("xyz"), unique=True).map(lambda s: tuple(sorted(s))),
    device_type=texts,
    kind=texts,
    customer_id=texts,
    text_digest=st.none() | st.sampled_from([b"1", b"2"]),
    audio=st.booleans(),
    item_keys=st.lists(st.sampled_from("xyz"), unique=True).map(lambda s: tuple(sorted(s))),
    utterance_ids=st.just(()),
    text=st.none() | texts,
)


@given(sightings, sightings, sightings)
def test_sightings_add_up_in_any_order(a: Recording, b: Recording, c: Recording) -> None:
    """Pages and surfaces come in any order, some twice; the result is always the same."""
    assert merge(a, b) == merge(b, a)
    assert merge(a, a) == a
    assert merge(merge(a, b), b) == merge(a, b)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))


@given(sightings, sightings)
def test_nothing_visible_is_lost(a: Recording, b: Recording) -> None:
    """Seen anywhere is seen; words or audio anywhere are words and audio."""
    both = merge(a, b)
    assert both.surfaces == a.surfaces | b.surfaces
    assert set(both.serials) == {*a.serials, *b.serials}
    assert both.has_text == (a.has_text or b.has_text)
    assert both.audio == (a.audio or b.audio)


def test_equal_values_are_kept_once() -> None:
    """Thousands of rows share their device and surfaces in memory."""
    one, two = read(Surface.VOICE, VOICE, VOICE | {"timestamp": AT + 1})
    assert one.serials is two.serials
    assert one.surfaces is two.surfaces
    assert one.device_type is two.device_type
    other = replace(one, surfaces=frozenset({Surface.ACTIVITY}))
    assert merge(one, other).surfaces is merge(other, two).surfaces
