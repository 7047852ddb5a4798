import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger.commitment import commitment, nonce, open_commitment
from agent.ledger.entry import (
    MAX_LINE,
    ZERO,
    Entry,
    EntryError,
    decode,
    encode,
    from_timestamp,
    line_hash,
    timestamp,
)
from agent.ledger.fields import OPTIONAL, REQUIRED, RUN_NEEDED
from agent.model import Event
from tests.support.ledger_samples import ended, intended, relisted, started

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OWN = {"seq", "prev", "t", "event", "run", "days"}
LAST_MS = 253_402_300_799_999
NONCE = "98630a0899621c721a02e2e7ba333271890cc14527335226cfd0ff6f2f332b10"
COMMITMENT = "8723d2f1917089929eb4a07594d0c7d3e8cc964cea67c2124412bec2e51758ea"


def line(**changes: object) -> bytes:
    """A good line with some of its values replaced; None takes one out."""
    raw = {
        "seq": 3,
        "prev": ZERO,
        "t": "2026-11-24T00:00:00.000Z",
        "event": "slot_missed",
        "slot": "s",
        **changes,
    }
    return json.dumps({name: value for name, value in raw.items() if value is not None}).encode()


def test_a_line_looks_as_documented() -> None:
    """Compact JSON in ASCII, in the documented order."""
    entry = Entry(0, ZERO, 1_790_000_000_007, Event.SLOT_MISSED, "r1", {"slot": "é"})
    assert encode(entry) == (
        b'{"seq":0,"prev":"' + b"0" * 64 + b'","t":"2026-09-21T14:13:20.007Z","event":"slot_missed",'
        b'"run":"r1","slot":"\\u00e9"}'
    )


@given(
    st.integers(0, 2**63),
    st.integers(0, LAST_MS),
    st.none() | st.text(min_size=1, max_size=20),
    st.dictionaries(st.text().filter(lambda name: name not in OWN), JSON, max_size=4),
)
def test_what_is_written_is_read(seq: int, at: int, run: str | None, fields: dict[str, object]) -> None:
    """Any entry comes back the same, unknown fields too, from one line of ASCII."""
    entry = Entry(seq, "ab" * 32, at, Event.SIGNED_IN, run, fields)
    written = encode(entry)
    assert written.isascii()
    assert b"\n" not in written
    assert decode(written) == entry


@given(st.integers(0, LAST_MS))
def test_time_survives_its_text(at: int) -> None:
    """Milliseconds to RFC 3339 and back, and the text sorts as the time does."""
    assert from_timestamp(timestamp(at)) == at
    assert timestamp(at) <= timestamp(min(at + 1, LAST_MS))


@pytest.mark.parametrize("at", [-1, LAST_MS + 1])
def test_times_that_have_no_text_are_refused(at: int) -> None:
    """Before 1970 and after 9999 there is no entry."""
    with pytest.raises(EntryError, match="out of range"):
        timestamp(at)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "unknown event"),
        (b"[" * 60_000, "not JSON"),
        ("{é}".encode(), "not ASCII"),
        (line(event="deleted"), "unknown event"),
        (line(event=["slot_missed"]), "unknown event"),
        (line(seq=-1), "seq"),
        (line(seq=True), "seq"),
        (line(seq=1.0), "seq"),
        (line(seq=None), "seq"),
        (line(prev="A" * 64), "prev"),
        (line(prev="0" * 63), "prev"),
        (line(t=None), "t is missing"),
        (line(t="2026-11-24T00:00:00Z"), "milliseconds"),
        (line(t="2026-11-24T00:00:00.000+01:00"), "milliseconds"),
        (line(t="2026-13-24T00:00:00.000Z"), "no moment"),
        (line(run=""), "run"),
        (line(slot=None), "slot_missed has no field slot"),
        (line(slot=3), "slot_missed has a field slot of another kind"),
        (line(x="y" * MAX_LINE), "64 KiB"),
        (line().replace(b'"s"', b'"s","x":NaN'), "not finite"),
        (line().replace(b'"s"', b'"s","x":-Infinity'), "not finite"),
        (line().replace(b'"s"', b'"s","x":[1e999]'), "not finite"),
        (line().replace(b'"s"', b'"s","slot":"t"'), "twice"),
        (line().replace(b'"s"', b'"s","x":{"a":1,"a":2}'), "twice"),
        (line().replace(b'"s"', b'"s","x":' + b"9" * 5000), "not JSON"),
        (line() + b"{}", "not JSON"),
        (line(event="run_ended", run="r"), "run_ended has no field verdict"),
        (line(event="recovered", kind="run"), "names no run"),
        (line(event="recovered", kind="tail"), "bytes and sha256"),
        (line(event="recovered", kind="clock").replace(b'"slot"', b'"s"'), "needs a slot"),
    ],
)
def test_what_is_no_entry_is_refused_with_the_reason(bad: bytes, says: str) -> None:
    """Each way to be wrong has its own words."""
    with pytest.raises(EntryError, match=says):
        decode(bad)


GOOD: dict[Event, Callable[[], dict[str, object]]] = {
    Event.RUN_STARTED: started,
    Event.DELETION_INTENDED: lambda: intended("ab" * 32),
    Event.RELISTED: lambda: relisted("r0", gone=["ab" * 32]),
    Event.RUN_ENDED: ended,
}


@pytest.mark.parametrize("event", GOOD)
def test_every_promised_field_is_asked_for(event: Event) -> None:
    """Without any one of its fields, or with a value of another kind, an entry is refused by name."""
    good = GOOD[event]()
    encode(Entry(1, ZERO, 0, event, "r1", good))
    for name in REQUIRED[event]:
        without = {key: value for key, value in good.items() if key != name}
        with pytest.raises(EntryError, match=f"no field {name}"):
            encode(Entry(1, ZERO, 0, event, "r1", without))
        with pytest.raises(EntryError, match=f"field {name} of another kind"):
            encode(Entry(1, ZERO, 0, event, "r1", {**good, name: object()}))
    for name in OPTIONAL.get(event, {}):
        with pytest.raises(EntryError, match=f"field {name} of another kind"):
            encode(Entry(1, ZERO, 0, event, "r1", {**good, name: object()}))
    with pytest.raises(EntryError, match="names no run"):
        encode(Entry(1, ZERO, 0, event, None, good))


def test_the_list_of_events_is_closed_and_whole() -> None:
    """Every event has its fields listed, none else does."""
    assert set(REQUIRED) == set(Event)
    assert set(OPTIONAL) | RUN_NEEDED <= set(Event)


@pytest.mark.parametrize("name", ["seq", "prev", "t", "event", "run"])
def test_a_caller_cannot_forge_the_ledgers_own_fields(name: str) -> None:
    """Number, chain, time and event are written by the ledger alone."""
    with pytest.raises(EntryError, match=f"field {name} is the ledger's own"):
        encode(Entry(0, ZERO, 0, Event.SIGNED_IN, None, {name: "x"}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {"a": {1, 2}}, b"x"])
def test_what_json_cannot_hold_is_not_written(value: object) -> None:
    """Numbers without a value and foreign objects are a mistake of the caller."""
    with pytest.raises(EntryError, match="cannot be written"):
        encode(Entry(0, ZERO, 0, Event.SIGNED_IN, None, {"x": value}))


def test_an_error_shows_no_value() -> None:
    """What stood in a bad entry does not leak into the message."""
    with pytest.raises(EntryError) as caught:
        decode(line(slot={"secret": "spoken words"}))
    assert "spoken" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_commitment_is_the_documented_one() -> None:
    """HMAC-SHA256(secret, key) is n and SHA-256(n || key) is c, with values computed by openssl 3.0.

    printf key-1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101...; { n; printf key-1; } | sha256sum
    """
    secret = b"\x01" * 32
    assert nonce(secret, "key-1").hex() == NONCE
    assert commitment(secret, "key-1") == COMMITMENT
    assert open_commitment(bytes.fromhex(NONCE), "key-1") == COMMITMENT


@given(st.text(), st.text(), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_other_keys_and_other_accounts_stand_as_others(a: str, b: str, one: bytes, two: bytes) -> None:
    """Equal only for an equal key under an equal secret."""
    assert (commitment(one, a) == commitment(one, b)) == (a == b)
    assert (commitment(one, a) == commitment(two, a)) == (one == two)


def test_the_chain_is_plain_sha256() -> None:
    """`prev` is what sha256sum prints for the line without its newline."""
    assert line_hash(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
