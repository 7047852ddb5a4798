from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.daemon.due import COUNTED_MOST, ENTRIES_MOST, LADDER_MS, ON_TIME_MS, PATIENCE_MS, Missed, decide
from agent.daemon.schedule import from_slot_id, next_slot, slot_id, start_of
from agent.errors import ConfigError
from agent.state import AccountState
from tests.support.daemon_life import STOPPED, Life
from tests.support.timetables import DAY, HOUR, MINUTE, ZONES, cronsim, ms, slots, timetable

BERLIN = "Europe/Berlin"
SIX = timetable(BERLIN, {"every": "6h"}, 20 * MINUTE)
START = ms("2026-11-24T12:00Z")
YEARS = (ms("2026-01-01T00:00Z"), ms("2028-01-01T00:00Z"))
CRON = {
    "every: 8h": ({"every": "8h"}, "0 0,8,16 * * *"),
    "at: 02:30": ({"at": "02:30"}, "30 2 * * 0,1,2,3,4,5,6"),
    "cron": ({"cron": "15 1,2 1-7,20-28 * *"}, "15 1,2 1-7,20-28 * *"),
}
everywhere = pytest.mark.parametrize("zone", ZONES)
each_schedule = pytest.mark.parametrize(("words", "line"), CRON.values(), ids=CRON)


def begun(life: Life, expected: list[int]) -> list[str]:
    """Names of the slots among `expected` whose start has come."""
    return [slot_id(slot) for slot in expected if start_of(life.table, slot) <= life.now]


@everywhere
@each_schedule
def test_for_two_years_each_slot_runs_once_and_on_time(
    zone: str, words: dict[str, object], line: str
) -> None:
    """Left alone, the daemon runs for each slot cronsim names, in order, for no other and for none twice."""
    life = Life(timetable(zone, words, 20 * MINUTE), YEARS[0])
    life.live(YEARS[1])
    assert [run.slot for run in life.runs] == [slot_id(slot) for slot in cronsim(line, zone, *YEARS)]
    assert {run.trigger for run in life.runs} == {"schedule"}
    assert all(run.at == start_of(life.table, from_slot_id(run.slot)) for run in life.runs)
    assert not life.missed and not life.resets


@everywhere
@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param(*pair, id=name, marks=[pytest.mark.heavy] if name.startswith("every") else [])
        for name, pair in CRON.items()
    ],
)
def test_for_two_years_of_trouble_no_slot_is_lost_or_doubled(
    zone: str, words: dict[str, object], line: str
) -> None:
    """With failures, kills, restarts and days without power each slot is settled, or failed, or missed.

    None is settled twice, none is missed that ran, none is retried when the next has started.
    """
    chance = Random(f"{zone} {line}")  # noqa: S311 - trouble that can be repeated
    ends = ["verified"] * 4 + ["throttled", "unverifiable", "interrupted", STOPPED, "blocked", "drifted"]
    life = Life(timetable(zone, words, 20 * MINUTE), YEARS[0], lambda: chance.choice(ends), 7 * MINUTE)
    while life.now < YEARS[1]:
        life.live(life.now + chance.randrange(9 * DAY))
        life.now += chance.choice([0, 0, MINUTE, chance.randrange(8 * HOUR), chance.randrange(9 * DAY)])
    life.wake()
    check(life, cronsim(line, zone, YEARS[0], life.now + DAY))


def check(life: Life, expected: list[int]) -> None:
    """Each slot whose start has come was settled once, or failed, or was missed."""
    names = begun(life, expected)
    settled, missed = life.settled(), life.entered_as_missed([slot_id(slot) for slot in expected])
    assert max([*settled.values(), *missed.values()], default=1) == 1
    assert {run.slot for run in life.runs} | missed.keys() == set(names)
    ran = {run.slot for run in life.runs if run.verdict != STOPPED}
    assert not ran & missed.keys()
    following = dict(pairwise(names))
    for slot in ran:
        tries = [run for run in life.runs if run.slot == slot and run.verdict != STOPPED]
        assert len(tries) <= 1 + len(LADDER_MS)
        assert not any(run.settles for run in tries[:-1])
    for run in life.runs:
        if run.slot in following:
            after = start_of(life.table, from_slot_id(following[run.slot]))
            assert run.at < after


troubles = st.lists(
    st.tuples(st.integers(0, 4 * DAY), st.integers(0, 5 * DAY) | st.just(8 * HOUR) | st.just(0)), max_size=8
)


@given(
    st.sampled_from(ZONES),
    st.sampled_from([{"every": "1h"}, {"every": "6h"}, {"at": "02:30"}, {"every": "2d"}]),
    st.integers(0, 40 * MINUTE),
    st.sampled_from([0, 2 * HOUR, 3 * DAY]),
    troubles,
    st.lists(st.sampled_from(["verified", "throttled", STOPPED, "blocked"]), min_size=1, max_size=12),
    st.sampled_from(["2026-03-26T00:00Z", "2026-10-22T00:00Z", "2018-11-01T00:00Z"]),
)
def test_any_history_settles_each_slot_once(
    zone: str,
    words: dict[str, object],
    jitter: int,
    catch_up: int,
    history: list[tuple[int, int]],
    verdicts: list[str],
    begin: str,
) -> None:
    """The same for any sequence of being up and being off, any ends of runs, any jitter and `catch_up`."""
    start, left = ms(begin), list(verdicts)
    life = Life(timetable(zone, words, jitter, catch_up), start, lambda: left.pop() if left else "verified")
    for up, off in history:
        life.live(life.now + up)
        life.now += off
    life.wake()
    check(life, slots(life.table, start, life.now + 3 * DAY))


def test_a_suspend_of_eight_hours_runs_once_on_wake() -> None:
    """The newest slot that passed runs at once, as a catch-up; the one before is entered as missed."""
    table = timetable(BERLIN, {"every": "2h"})
    life = Life(table, START)
    life.live(ms("2026-11-24T17:30Z"))
    before = len(life.runs)
    due = life.wake(ms("2026-11-25T01:30Z"))
    (run,) = life.runs[before:]
    assert (run.slot, run.trigger, run.at) == ("2026-11-25T01:00Z", "catch_up", ms("2026-11-25T01:30Z"))
    assert life.missed == [(f"2026-11-24T{hour}:00Z", 1) for hour in (19, 21, 23)]
    assert due.next == ("2026-11-25T03:00Z", ms("2026-11-25T03:00Z")) and not due.note


def test_a_machine_off_over_two_slots_makes_one_up_and_enters_the_other() -> None:
    """One catch-up, one missed slot; started again, it has nothing more to do."""
    life = Life(SIX, START)
    life.wake()
    life.wake(ms("2026-11-24T23:40Z"))
    assert [(run.slot, run.trigger) for run in life.runs] == [("2026-11-24T23:00Z", "catch_up")]
    assert life.missed == [("2026-11-24T17:00Z", 1)]
    assert life.wake(life.now + MINUTE).run is None and len(life.runs) == 1


def test_a_slot_that_is_waiting_for_its_jitter_is_not_due() -> None:
    """Between slot and start nothing runs; from the start on it is on time for `ON_TIME_MS`, then late."""
    slot = ms("2026-11-24T17:00Z")
    start = start_of(SIX, slot)
    assert slot + MINUTE < start < slot + 20 * MINUTE
    life = Life(SIX, START)
    waiting = decide(SIX, life.state, start - 1)
    assert waiting.run is None and waiting.wake_ms == start and waiting.next == (slot_id(slot), start)
    for late, trigger in ((0, "schedule"), (ON_TIME_MS, "schedule"), (ON_TIME_MS + 1, "catch_up")):
        assert decide(SIX, life.state, start + late).run == (slot_id(slot), trigger)


@pytest.mark.parametrize("catch_up", [0, HOUR])
def test_a_slot_later_than_catch_up_is_missed(catch_up: int) -> None:
    """Up to the last moment of `catch_up` it is made up; a few minutes late is on time in any case."""
    table = replace(SIX, catch_up_ms=catch_up)
    slot = ms("2026-11-24T17:00Z")
    last = start_of(table, slot) + max(catch_up, ON_TIME_MS)
    life = Life(table, START)
    assert decide(table, life.state, last).run is not None
    late = decide(table, life.state, last + 1)
    assert late.run is None and late.missed == (Missed(slot_id(slot)),)


def test_slots_before_the_account_was_to_run_are_not_due() -> None:
    """Neither those before the ledger was begun nor those before a new schedule took effect."""
    life = Life(SIX, ms("2026-11-24T16:59Z"))
    life.now = ms("2026-11-24T17:30Z")
    life.change_schedule(timetable(BERLIN, {"every": "15m"}))
    due = life.wake()
    assert not life.runs and not life.missed
    assert due.next[0] == "2026-11-24T17:45Z"
    nothing = decide(SIX, AccountState(), START)
    assert nothing.run is None and not nothing.missed and nothing.next[0] == "2026-11-24T17:00Z"


def test_a_failed_run_is_tried_again_three_times() -> None:
    """15 minutes, 1 hour and 4 hours after the end of the run before; then the next slot is waited for."""
    table = timetable(BERLIN, {"every": "1d"})
    life = Life(table, START, lambda: "throttled", took=2 * MINUTE)
    life.live(ms("2026-11-25T22:59Z"))
    first = ms("2026-11-24T23:00Z")
    at = [first, first + 17 * MINUTE, first + 79 * MINUTE, first + 321 * MINUTE]
    assert [run.at for run in life.runs] == at
    assert [run.trigger for run in life.runs] == ["schedule", "retry", "retry", "retry"]
    assert life.wake().next[0] == "2026-11-25T23:00Z"
    life.verdict = lambda: "verified"
    life.live(ms("2026-11-25T23:30Z"))
    assert life.runs[-1].slot == "2026-11-25T23:00Z" and not life.missed and life.state.failing is None


@pytest.mark.parametrize("verdict", ["blocked", "drifted", "residual", "watch_only", "nothing_due"])
def test_what_another_try_cannot_better_is_not_tried_again(verdict: str) -> None:
    """Any other verdict settles the slot: the next run is that of the next slot."""
    life = Life(timetable(BERLIN, {"every": "1d"}), START, lambda: verdict)
    life.live(ms("2026-11-25T22:59Z"))
    assert len(life.runs) == 1


def test_a_retry_does_not_eat_the_next_slot() -> None:
    """One that would come when the next slot has started is dropped; that slot runs in its own right."""
    life = Life(timetable(BERLIN, {"every": "1h"}), START, lambda: "throttled")
    life.live(START + HOUR + 30 * MINUTE)
    dropped = decide(life.table, life.state, life.now)
    assert dropped.retry_ms is None and dropped.wake_ms == START + 2 * HOUR
    life.live(START + 2 * HOUR + MINUTE)
    assert [(run.slot[11:16], run.trigger) for run in life.runs] == [
        ("13:00", "schedule"),
        ("13:00", "retry"),  # after a quarter of an hour; the next would come at 14:17
        ("14:00", "schedule"),
    ]
    due = decide(life.table, life.state, life.now)
    assert due.retry_ms == due.wake_ms == life.now + 15 * MINUTE


def test_a_retry_that_was_slept_through_is_made_on_wake_or_dropped() -> None:
    """Within `catch_up` of its time it is made; later it is not, and the slot is not missed: it was tried."""
    for off, tried in ((HOUR, 2), (6 * DAY, 1)):
        life = Life(timetable(BERLIN, {"every": "2w"}), ms("2026-11-22T12:00Z"))
        life.verdict = iter(["throttled", "verified"]).__next__
        first = next_slot(life.table, life.now)
        life.live(first + 2 * MINUTE)
        life.wake(life.now + off)
        assert len(life.runs) == tried and not life.missed
        assert life.wake().wake_ms == start_of(life.table, next_slot(life.table, first))


def test_a_run_that_was_killed_is_made_again_at_once() -> None:
    """Its slot has no verdict, so it is due when the daemon is back; that is no step on the ladder."""
    life = Life(SIX, START, iter([STOPPED, STOPPED, "verified"]).__next__)
    life.live(ms("2026-11-24T19:00Z"))
    assert [run.slot for run in life.runs] == ["2026-11-24T17:00Z"] * 3
    assert life.state.failing is None and life.state.slot == "2026-11-24T17:00Z"


def test_a_clock_set_back_a_day_runs_nothing_twice() -> None:
    """Nothing runs until the clock has passed what is settled, and somebody can read why."""
    life = Life(SIX, START)
    life.live(ms("2026-11-25T12:00Z"))
    done = list(life.runs)
    due = life.wake(life.now - DAY)
    assert life.runs == done and not life.missed and not life.resets
    assert due.next[0] == "2026-11-25T17:00Z"
    assert "behind the ledger" in due.note and "2026-11-25T11:00Z" in due.note and "twice" in due.note
    life.live(ms("2026-11-26T12:00Z"))
    assert max(life.settled().values()) == 1 and not life.missed
    assert not life.wake().note


def test_a_clock_set_forward_a_year_writes_little_and_goes_on() -> None:
    """As if the machine had been off: one run, a hundred entries at most, every slot of the year counted."""
    life = Life(SIX, START)
    due = life.wake(START + 365 * DAY)
    assert len(life.runs) == 1 and life.runs[0].trigger == "catch_up"
    assert len(life.missed) == ENTRIES_MOST
    assert sum(count for _, count in life.missed) == life.state.missed
    year = slots(SIX, START, START + 365 * DAY)
    assert life.state.missed == len(year) - 1
    assert due.next[0] > life.runs[0].slot


def test_a_clock_set_forward_and_back_a_year_does_not_silence_the_daemon() -> None:
    """Slots that only a wrong clock settled are planned again, those before are not; entered and said."""
    life = Life(SIX, START)
    life.live(ms("2026-11-24T18:00Z"))
    life.wake(life.now + 365 * DAY)
    done = list(life.runs)
    wrong = decide(SIX, life.state, ms("2026-11-24T18:10Z"))
    assert wrong.reset == "2026-11-24T17:00Z" and "another clock" in wrong.note and "2027" in wrong.note
    due = life.wake(ms("2026-11-24T18:10Z"))
    assert life.resets == ["2026-11-24T17:00Z"] and life.runs == done
    assert due.next[0] == "2026-11-24T23:00Z" and not due.note
    life.live(ms("2026-11-25T12:00Z"))
    assert [run.slot[8:13] for run in life.runs[len(done) :]] == ["24T23", "25T05", "25T11"]
    assert len(life.missed) == ENTRIES_MOST


@settings(max_examples=40)
@given(
    st.lists(st.integers(-400 * DAY, 400 * DAY) | st.integers(-DAY, DAY), min_size=1, max_size=6),
    st.sampled_from([{"every": "6h"}, {"at": "02:30"}, {"every": "1w"}]),
)
def test_wherever_the_clock_is_set_the_daemon_runs_again(leaps: list[int], words: dict[str, object]) -> None:
    """After any leap it comes to rest at once, and waits for no more than its patience and the next slot."""
    life = Life(timetable(BERLIN, words, 10 * MINUTE), START)
    for leap in leaps:
        life.live(life.now + DAY)
        due = life.wake(life.now + leap)
        patient = next_slot(life.table, life.now + PATIENCE_MS)
        assert life.now < due.wake_ms <= start_of(life.table, patient)
    ran = len(life.runs)
    life.live(life.now + PATIENCE_MS + 15 * DAY)
    assert len(life.runs) > ran


def test_a_schedule_edited_under_a_wrong_clock_takes_effect() -> None:
    """Dates that lie far ahead are brought back as slots are; what has passed does not run once more."""
    life = Life(SIX, START)
    life.live(ms("2026-11-24T18:00Z"))
    life.now += 365 * DAY
    life.change_schedule(timetable(BERLIN, {"every": "1h"}))
    due = life.wake(ms("2026-11-24T18:10Z"))
    assert len(life.runs) == 1 and not life.missed
    assert due.next[0] == "2026-11-24T19:00Z"


def test_a_century_of_missed_slots_is_bounded() -> None:
    """Counting stops somewhere, and one entry settles them all."""
    table = timetable(BERLIN, {"every": "15m"})
    life = Life(table, START)
    life.wake(START + 36_500 * DAY)
    assert len(life.missed) == ENTRIES_MOST and len(life.runs) == 1
    assert life.state.missed == ENTRIES_MOST + COUNTED_MOST


def test_a_clock_beyond_the_calendar_is_a_clear_error() -> None:
    """Not a traceback of the calendar's."""
    with pytest.raises(ConfigError, match="no next slot"):
        decide(SIX, Life(SIX, START).state, 10**16)
