"""What must run now, what was missed, when to look again: one pure decision, asked at every heartbeat.

Nothing is remembered here. A slot counts as settled when the ledger says so, and with it all before it, so
the answer is the same after a restart, a suspend or a power cut. Whoever asks carries it out in this
order: enter `reset`, enter `missed`, make `run`; after each of these, ask again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, dropwhile, islice, takewhile
from typing import Final, Literal

from agent.daemon.schedule import Timetable, from_slot_id, slot_id, slots_until, start_of, upcoming
from agent.state import AccountState, FailingSlot

Trigger = Literal["schedule", "catch_up", "retry"]

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE

ON_TIME_MS: Final = 5 * _MINUTE
"""A run is on time when it starts this soon: a heartbeat may be late, another account may be running."""

LADDER_MS: Final = (15 * _MINUTE, _HOUR, 4 * _HOUR)
"""Waits after the end of the first, second and third failed run of a slot."""

PATIENCE_MS: Final = 48 * _HOUR
"""By as much the clock may be behind the ledger before the ledger's times are no longer waited for."""

ENTRIES_MOST: Final = 100
"""Missed slots entered one by one; all older ones are one entry with their count."""

COUNTED_MOST: Final = 100_000
"""Missed slots counted at most: three years of every quarter of an hour. More are said as so many."""


@dataclass(frozen=True, slots=True)
class Missed:
    """So many slots nobody ran, the newest of them by name."""

    slot: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Due:
    """What there is to do for one account. Times in ms UTC.

    Attributes:
        reset: a slot; enter `recovered` of kind `clock` with it: it and all before it count as settled, what
            lies after it is planned again. "" where the ledger's times can be.
        missed: to be entered as `slot_missed`, in this order.
        run: the slot to run for, and why, or None.
        wake_ms: when to ask again at the latest; now, where there is something to do.
        next: the next planned slot and when it starts, jitter included.
        retry_ms: when a failed run is tried again, or None.
        note: one sentence for a person where the clock is not as it should be, else "".
    """

    reset: str
    missed: tuple[Missed, ...]
    run: tuple[str, Trigger] | None
    wake_ms: int
    next: tuple[str, int]
    retry_ms: int | None = None
    note: str = ""


def decide(timetable: Timetable, state: AccountState, now_ms: int) -> Due:
    """What is due at `now_ms`, by the machine's clock, for an account that is not running.

    The newest slot whose start has come and that is not settled is run once: as `schedule` within
    `ON_TIME_MS`, as `catch_up` within the configured time. Others, and a later one, are missed. A slot whose
    runs failed is tried again by `LADDER_MS`, never once the next slot has started.

    With the clock set back by less than `PATIENCE_MS` nothing runs until it has passed what is settled, so
    nothing runs twice; set back by more, the ledger's times are taken for those of a wrong clock. A clock set
    forward cannot be told from a machine that was off.

    Raises:
        ConfigError: the schedule has no next slot.
    """
    settled = _settled(state)
    if settled is None:
        return _wait(timetable, None, now_ms, now_ms)
    if settled > now_ms + PATIENCE_MS:
        return _reset(timetable, state, settled, now_ms)
    if settled > now_ms:
        note = f"{_behind(settled)}; nothing runs until it has caught up, so that nothing runs twice."
        return _wait(timetable, None, settled, now_ms, note)
    begun = _begun(timetable, settled, now_ms)
    newest = next(begun, None)
    if newest is None:
        return _wait(timetable, state.failing, settled, now_ms)
    return _act(timetable, newest, begun, now_ms)


def _settled(state: AccountState) -> int | None:
    """Up to when no slot is due any more: settled, or before this account was to run at all."""
    slots = [state.slot, state.failing.slot if state.failing is not None else ""]
    known = [from_slot_id(slot) for slot in slots if slot]
    known += [since for since in (state.since, state.scheduled_since) if since is not None]
    return max(known, default=None)


def _begun(timetable: Timetable, settled: int, now_ms: int) -> Iterator[int]:
    """Slots after `settled` whose start has come, newest first."""
    slots = takewhile(lambda slot: slot > settled, slots_until(timetable, now_ms))
    return dropwhile(lambda slot: start_of(timetable, slot) > now_ms, slots)


def _act(timetable: Timetable, newest: int, older: Iterator[int], now_ms: int) -> Due:
    late = now_ms - start_of(timetable, newest)
    trigger: Trigger = "schedule" if late <= ON_TIME_MS else "catch_up"
    planned = _planned(timetable, newest, now_ms)
    if late > max(ON_TIME_MS, timetable.catch_up_ms):
        return Due("", _missed(chain((newest,), older)), None, now_ms, planned)
    return Due("", _missed(older), (slot_id(newest), trigger), now_ms, planned)


def _missed(slots: Iterator[int]) -> tuple[Missed, ...]:
    """Oldest first; no more than `ENTRIES_MOST` entries for any number of slots."""
    entries = [Missed(slot_id(slot)) for slot in islice(slots, ENTRIES_MOST - 1)][::-1]
    folded = next(slots, None)
    if folded is None:
        return tuple(entries)
    count = 1 + sum(1 for _ in islice(slots, COUNTED_MOST))
    return (Missed(slot_id(folded), count), *entries)


def _wait(
    timetable: Timetable, failing: FailingSlot | None, settled: int, now_ms: int, note: str = ""
) -> Due:
    """Nothing new has started: try a failed slot again, or wait for the next one."""
    planned = _planned(timetable, settled, now_ms)
    retry = _retry_at(failing, planned[1])
    if failing is not None and retry is not None and retry <= now_ms:
        if now_ms - retry <= max(ON_TIME_MS, timetable.catch_up_ms):
            return Due("", (), (failing.slot, "retry"), now_ms, planned)
        retry = None
    wake = planned[1] if retry is None else min(retry, planned[1])
    return Due("", (), None, wake, planned, retry, note)


def _retry_at(failing: FailingSlot | None, next_start: int) -> int | None:
    if failing is None or failing.tries > len(LADDER_MS):
        return None
    at = failing.last_ended + LADDER_MS[max(failing.tries, 1) - 1]
    return at if at < next_start else None


def _planned(timetable: Timetable, settled: int, now_ms: int) -> tuple[str, int]:
    """The first slot after `settled` that has not started yet."""
    slot = next(slot for slot in upcoming(timetable, max(settled, now_ms)) if slot > settled)
    return slot_id(slot), start_of(timetable, slot)


def _reset(timetable: Timetable, state: AccountState, settled: int, now_ms: int) -> Due:
    slot = state.slot
    if not slot or from_slot_id(slot) > now_ms:
        begun = (one for one in slots_until(timetable, now_ms) if start_of(timetable, one) <= now_ms)
        slot = slot_id(next(begun, now_ms))
    note = f"{_behind(settled)}, which was written by another clock; slots are planned by the clock as it is."
    return Due(slot, (), None, now_ms, _planned(timetable, now_ms, now_ms), None, note)


def _behind(settled: int) -> str:
    return f"The clock is behind the ledger, which has come to {slot_id(settled)}"
