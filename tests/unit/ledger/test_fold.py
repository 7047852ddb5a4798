import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger.entry import ZERO, Entry
from agent.ledger.fold import fold
from agent.ledger.summary import from_json, to_json
from agent.model import Event, Verdict, Window
from agent.state import AccountState, FailingSlot, OpenVerification
from tests.support.ledger_samples import ended, relisted, started

HASHES = st.sampled_from(["ab" * 32, "cd" * 32])
RUNS = st.sampled_from(["r1", "r2", "r3"])
SLOTS = ["2026-11-24T01:00Z", "2026-11-24T07:00Z", "2026-11-25T01:00Z"]
VISIBLE = {
    "at": 5,
    "start": 0,
    "recordings": 2,
    "texts": 1,
    "due": 0,
    "oldest": "2026-11-24T03Z",
    "surfaces": {"voice": 2},
    "devices": {"": 1, "abcdef": 1},
}
OPEN = st.none() | st.just({"from": 1, "to": 2, "methods": ["phrase"]})


Change = tuple[Event, str, dict[str, Any]]


@st.composite
def an_end(draw: st.DrawFn) -> Change:
    """A run's end of any kind."""
    more: dict[str, Any] = {
        "verdict": draw(st.sampled_from([verdict.value for verdict in Verdict])),
        "policy": draw(HASHES),
        "confirmed": draw(st.booleans()),
        "settled_through": draw(st.none() | st.integers(0, 100)),
        "full": draw(st.booleans()),
        "open": draw(OPEN),
        "reason": draw(st.sampled_from(["", "stopped"])),
        **draw(st.sampled_from([{}, {"visible": VISIBLE}])),
        **draw(st.sampled_from([{}, *({"slot": slot} for slot in SLOTS)])),
    }
    return Event.RUN_ENDED, draw(RUNS), ended(**more)


def of(event: Event, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Change]:
    """Any entry of this event with these fields."""
    return st.tuples(st.just(event), RUNS, st.fixed_dictionaries(fields))


def one() -> st.SearchStrategy[Change]:
    """Any entry that changes the state."""
    standing = st.sampled_from(["unproven", "proven", "failed"])
    return st.one_of(
        st.tuples(st.just(Event.RUN_STARTED), RUNS, st.just(started())),
        an_end(),
        st.tuples(
            st.just(Event.RELISTED),
            RUNS,
            st.builds(lambda run, closes: relisted(run, closes=closes), RUNS, st.booleans()),
        ),
        of(
            Event.METHOD_CHANGED,
            method=st.sampled_from(["phrase", "recipe:a"]),
            digest=HASHES,
            standing=standing,
            reason=st.just(""),
        ),
        of(Event.RECOVERED, kind=st.just("run")),
        of(Event.RECOVERED, kind=st.just("clock"), slot=st.sampled_from(SLOTS)),
        of(Event.SLOT_MISSED, slot=st.sampled_from(SLOTS), count=st.sampled_from([1, 7])),
        of(Event.CONFIG_APPLIED, config=HASHES, policy=HASHES, schedule_changed=st.booleans()),
        of(Event.CONFIG_REFUSED, problems=st.just(1)),
        st.tuples(
            st.sampled_from([Event.SIGNED_IN, Event.LEDGER_CREATED, Event.CHECKPOINTED]), RUNS, st.just({})
        ),
    )


def through(history: list[tuple[Event, str, dict[str, Any]]]) -> list[AccountState]:
    state, states = AccountState(), []
    for number, (event, run, fields) in enumerate(history):
        state = fold(state, Entry(number, ZERO, 1000 + number, event, run, fields))
        states.append(state)
    return states


HISTORY = st.lists(one(), max_size=12)


@given(HISTORY)
def test_the_summary_is_the_state(history: list[tuple[Event, str, dict[str, Any]]]) -> None:
    """Every state survives its JSON, through real text: going on from a summary equals never stopping."""
    for state in through(history):
        assert from_json(json.loads(json.dumps(to_json(state)))) == state


@given(HISTORY)
def test_clean_since_is_the_start_of_the_unbroken_clean_row(
    history: list[tuple[Event, str, dict[str, Any]]],
) -> None:
    """It is the end of the first run after the last one that was not clean, or None."""
    ends = [
        (1000 + number, fields["verdict"])
        for number, (event, _, fields) in enumerate(history)
        if event is Event.RUN_ENDED
    ]
    since = None
    for at, verdict in reversed(ends):
        if verdict not in ("verified", "nothing_due"):
            break
        since = at
    assert not history or through(history)[-1].clean_since == since


@given(HISTORY)
def test_what_was_settled_never_comes_unsettled(history: list[tuple[Event, str, dict[str, Any]]]) -> None:
    """`verified_through` only grows and is the largest settled moment; every ended run is counted once."""
    states = through(history)
    settled = [
        fields["settled_through"]
        for event, _, fields in history
        if event is Event.RUN_ENDED and fields["settled_through"] is not None
    ]
    known = [state.verified_through for state in states if state.verified_through is not None]
    assert known == sorted(known)
    if states:
        assert states[-1].verified_through == max(settled, default=None)
        ends = sum(event is Event.RUN_ENDED for event, _, _ in history)
        assert sum(states[-1].runs.values()) == ends


def test_a_confirmation_is_remembered_for_its_policy() -> None:
    """A confirmed run leaves the hash of its policy; an unconfirmed one leaves what was there."""
    states = through(
        [
            (Event.RUN_ENDED, "r1", ended(confirmed=True)),
            (Event.RUN_ENDED, "r2", ended(policy="cd" * 32)),
        ]
    )
    assert [state.confirmed_policy for state in states] == ["ab" * 32, "ab" * 32]


def test_a_full_run_counts_only_when_it_settled_something() -> None:
    """`last_full` needs a full run that came to a complete listing."""
    states = through(
        [
            (Event.RUN_ENDED, "r1", ended("unverifiable", full=True)),
            (Event.RUN_ENDED, "r2", ended(full=True, settled_through=5)),
        ]
    )
    assert [state.last_full for state in states] == [None, 1001]


def test_an_open_verification_ends_with_its_own_run_or_a_closing_listing() -> None:
    """Another run's clean end and a listing that does not close leave it; its own run's end clears it."""
    owed = {"from": 1, "to": 2, "methods": []}
    history = [
        (Event.RUN_ENDED, "r1", ended("residual", open=owed)),
        (Event.RUN_ENDED, "r2", ended()),
        (Event.RELISTED, "r2", relisted("r1")),
        (Event.RUN_ENDED, "r1", ended()),
    ]
    first = OpenVerification("r1", Window(1, 2), 1000)
    assert [state.open for state in through(history)] == [first, first, first, None]


def test_two_owed_verifications_are_owed_as_one() -> None:
    """It keeps the older run, covers both windows and names both methods, each once."""
    history = [
        (Event.RUN_ENDED, "r1", ended("residual", open={"from": 5, "to": 7, "methods": ["a"]})),
        (Event.RUN_ENDED, "r2", ended("residual", open={"from": 2, "to": 6, "methods": ["b", "a"]})),
    ]
    assert through(history)[-1].open == OpenVerification("r1", Window(2, 7), 1001, ("a", "b"))


def test_a_lost_run_owes_a_look_at_everything() -> None:
    """Nobody knows what a run without an end requested: all that was spoken until it was found lost."""
    history: list[tuple[Event, str, dict[str, Any]]] = [
        (Event.RUN_STARTED, "r1", started()),
        (Event.RECOVERED, "r1", {"kind": "run"}),
    ]
    state = through(history)[-1]
    assert (state.running, state.open) == (None, OpenVerification("r1", Window(0, 1001), 1001))


@pytest.mark.parametrize("field", sorted(to_json(AccountState())))
def test_a_summary_of_another_shape_is_refused(field: str) -> None:
    """A summary with a part missing or changed in kind is no summary."""
    good = to_json(AccountState())
    with pytest.raises(ValueError, match="summary"):
        from_json({name: value for name, value in good.items() if name != field})
    with pytest.raises(ValueError, match="summary"):
        from_json({**good, field: 1.5})
    with pytest.raises(ValueError, match="summary"):
        from_json({**good, "more": 1})


@given(HISTORY)
def test_a_slot_is_settled_once_and_never_comes_back(
    history: list[tuple[Event, str, dict[str, Any]]],
) -> None:
    """The settled slot moves forward, or to where a wrong clock is owned up to; what fails lies after it."""
    states, before = through(history), ""
    for (event, _, fields), state in zip(history, states, strict=True):
        owned_up = event is Event.RECOVERED and fields["kind"] == "clock"
        assert state.slot == fields["slot"] if owned_up else state.slot >= before
        before = state.slot
    for state in states:
        assert state.failing is None or (state.failing.slot > state.slot and state.failing.tries > 0)


def test_only_a_verdict_that_another_try_could_better_leaves_a_slot_open() -> None:
    """Throttled twice counts two tries; a stop of our own none; blocked settles, for a person must act."""
    slot = {"slot": SLOTS[0]}
    states = through(
        [
            (Event.RUN_ENDED, "r1", ended("throttled", **slot)),
            (Event.RUN_ENDED, "r2", ended("interrupted", reason="stopped", **slot)),
            (Event.RUN_ENDED, "r3", ended("unverifiable", **slot)),
            (Event.RUN_ENDED, "r4", ended("blocked", **slot)),
        ]
    )
    assert [state.failing and state.failing.tries for state in states] == [1, 1, 2, None]
    assert [state.slot for state in states] == ["", "", "", SLOTS[0]]


def test_dates_ahead_of_a_clock_that_was_put_right_are_brought_back() -> None:
    """What was planned by lies at the entry's slot and time, not in a future that a wrong clock wrote."""
    hour = 3_600_000
    ahead = AccountState(since=0, scheduled_since=hour, slot=SLOTS[1], failing=FailingSlot("9999", 1, hour))
    owned_up = Entry(9, ZERO, hour // 2, Event.RECOVERED, None, {"kind": "clock", "slot": SLOTS[0]})
    right = fold(ahead, owned_up)
    assert right == AccountState(since=0, scheduled_since=hour // 2, slot=SLOTS[0])


def test_missed_slots_count_and_settle() -> None:
    """One entry may stand for several; nothing is owed for any slot up to its own."""
    state = through([(Event.SLOT_MISSED, "", {"slot": SLOTS[1], "count": 3})])[-1]
    assert (state.missed, state.last_missed, state.slot) == (3, SLOTS[1], SLOTS[1])


def test_a_refused_edit_stands_until_one_is_applied() -> None:
    """The first refusal counts until one is applied; a schedule that stays the same keeps its time."""
    applied = {"config": "ab" * 32, "policy": "ab" * 32}
    states = through(
        [
            (Event.CONFIG_APPLIED, "", applied),
            (Event.CONFIG_REFUSED, "", {"problems": 1}),
            (Event.CONFIG_REFUSED, "", {"problems": 2}),
            (Event.CONFIG_APPLIED, "", {**applied, "schedule_changed": False}),
        ]
    )
    assert [state.config_refused for state in states] == [None, 1001, 1001, None]
    assert [state.scheduled_since for state in states] == [1000, 1000, 1000, 1000]
    assert [state.config_since for state in states] == [1000, 1000, 1000, 1003]


def test_what_was_seen_last_is_kept_until_somebody_looks_again() -> None:
    """A run that could not look leaves what the last whole look showed."""
    history = [(Event.RUN_ENDED, "r1", ended(visible=VISIBLE)), (Event.RUN_ENDED, "r2", ended("blocked"))]
    seen = through(history)[-1].visible
    assert seen is not None and seen.devices == {"": 1, "abcdef": 1}
