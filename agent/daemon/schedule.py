"""When an account is to run: slots, their names, their jitter (pure), and APScheduler to wait for them.

A slot is a local time of day. These rules hold in every zone, also where clocks are set:

1. A time that does not exist means the first moment after the leap. Slots that thereby mean the same
   moment are one slot.
2. A time that exists twice means the first of the two, so a daily run stays one run a day. Only a
   schedule with slots in each of the 24 hours runs in the repeated time again: it asks for a distance.
3. Whole days are counted from Monday, 1970-01-05, not from the start of the service.

Nothing here reads a clock. APScheduler is given nothing but a date; which one is decided in `due`.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.daemon.wallclock import local_date, moments
from agent.errors import ConfigError
from agent.settings import Account, Schedule

_MILLISECOND: Final = timedelta(milliseconds=1)
_DAY: Final = timedelta(days=1)
_DAY_MINUTES: Final = 24 * 60
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MONDAY: Final = date(1970, 1, 5)
_FARTHEST: Final = 8 * 366 + 2
"""Days to look through: from one 29 February to the next it may be eight years."""
_ID: Final = "%Y-%m-%dT%H:%MZ"
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Timetable:
    """When one account is to run. Lengths in ms.

    Attributes:
        name: the account, which decides its jitter.
        schedule: as configured.
        zone: the zone its times of day are meant in.
        jitter_ms: each run starts at most this long after its slot.
        catch_up_ms: a slot is made up for at most this long after its start.
    """

    name: str
    schedule: Schedule
    zone: ZoneInfo
    jitter_ms: int
    catch_up_ms: int


def timetable(name: str, account: Account, timezone: str) -> Timetable:
    """The timetable of a configured account.

    Raises:
        ConfigError: the time zone database of this machine does not have the zone (any more).
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"The time zone database of this machine has no {timezone}.",
            next_step="Install or update tzdata, or correct `timezone` in the configuration.",
        ) from None
    jitter, catch_up = account.jitter // _MILLISECOND, account.catch_up // _MILLISECOND
    return Timetable(name, account.schedule, zone, jitter, catch_up)


def next_slot(timetable: Timetable, after_ms: int) -> int:
    """The first slot strictly after `after_ms`, both in ms UTC.

    Raises:
        ConfigError: there is none, at least not for eight years or before the calendar ends.
    """
    try:
        found = next(_walk(timetable, after_ms, 1), None)
    except (OverflowError, ValueError, OSError):
        found = None
    if found is None:
        raise ConfigError(
            f"The schedule of {timetable.name} has no next slot.",
            next_step="Check the schedule with `voicepurge config check`, and this machine's clock.",
        )
    return found


def slots_until(timetable: Timetable, until_ms: int) -> Iterator[int]:
    """The slots up to and including `until_ms`, newest first, in ms UTC.

    Ends where there is none within eight years or where the calendar begins.
    """
    try:
        yield from _walk(timetable, until_ms, -1)
    except (OverflowError, ValueError, OSError):
        return


def slot_id(slot_ms: int) -> str:
    """The name of a slot: its UTC minute, like `2026-11-24T02:10Z`. Names sort as their slots do."""
    return (_EPOCH + slot_ms * _MILLISECOND).strftime(_ID)


def from_slot_id(text: str) -> int:
    """The slot of that name, in ms UTC.

    Raises:
        ValueError: it is no name of a slot.
    """
    found = (datetime.strptime(text, _ID).replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
    if slot_id(found) != text:
        raise ValueError("not the name of a slot")
    return found


def jitter_of(timetable: Timetable, slot_ms: int) -> int:
    """How long after its slot a run starts, in ms: always the same for a slot, and before the next one."""
    room = next_slot(timetable, slot_ms) - slot_ms - 1
    digest = hashlib.sha256(f"{timetable.name} {slot_id(slot_ms)}".encode()).digest()
    return int.from_bytes(digest[:8]) % (min(timetable.jitter_ms, room) + 1)


def start_of(timetable: Timetable, slot_ms: int) -> int:
    """When the run of a slot starts, in ms UTC: the slot and its jitter."""
    return slot_ms + jitter_of(timetable, slot_ms)


def upcoming(timetable: Timetable, at_ms: int) -> Iterator[int]:
    """The slots whose start lies after `at_ms`, in order, without end. Raises as `next_slot`."""
    slot = next(slots_until(timetable, at_ms), None)
    if slot is None or start_of(timetable, slot) <= at_ms:
        slot = next_slot(timetable, at_ms)
    while True:
        yield slot
        slot = next_slot(timetable, slot)


@dataclass(frozen=True, eq=False)
class _Rhythm:
    """A schedule as times of day and the dates they hold on."""

    times: tuple[time, ...]
    every_days: int = 1
    weekdays: frozenset[int] = frozenset(range(7))
    days: frozenset[int] = frozenset(range(1, 32))
    months: frozenset[int] = frozenset(range(1, 13))

    @property
    def hourly(self) -> bool:
        return len({at.hour for at in self.times}) == 24  # noqa: PLR2004 - the hours of a day

    def dates(self, start: date, sign: int) -> Iterator[date]:
        """Dates with slots from `start` on, forward or back."""
        beyond = (start - _FIRST_MONDAY).days % self.every_days
        first = start + timedelta(-beyond if sign < 0 or not beyond else self.every_days - beyond)
        for step in range(_FARTHEST):
            day = first + sign * step * self.every_days * _DAY
            if day.weekday() in self.weekdays and day.day in self.days and day.month in self.months:
                yield day


@lru_cache(maxsize=64)
def _rhythm(schedule: Schedule) -> _Rhythm:
    if schedule.at is not None:
        days = frozenset(_WEEK.index(day) for day in schedule.days or _WEEK)
        return _Rhythm((schedule.at,), weekdays=days)
    if schedule.cron is not None:
        line = schedule.cron
        times = tuple(time(hour, minute) for hour in sorted(line.hours) for minute in sorted(line.minutes))
        return _Rhythm(times, weekdays=line.weekdays, days=line.days, months=line.months)
    every = schedule.every or _DAY
    if every >= _DAY:
        return _Rhythm((time(0),), every_days=every // _DAY)
    minutes = range(0, _DAY_MINUTES, every // timedelta(minutes=1))
    return _Rhythm(tuple(time(*divmod(minute, 60)) for minute in minutes))


@lru_cache(maxsize=1024)
def _on(rhythm: _Rhythm, zone: ZoneInfo, day: date) -> frozenset[int]:
    """The slots that belong to a local date."""
    most = None if rhythm.hourly else 1
    return frozenset(moment for at in rhythm.times for moment in moments(day, at, zone)[:most])


def _walk(timetable: Timetable, from_ms: int, sign: int) -> Iterator[int]:
    """Slots after `from_ms`, or with `sign` -1 back from it, it included.

    The slots of a date may lie among those of the next, where midnight is repeated or leapt over; so two
    dates are always looked at together.
    """
    rhythm, zone = _rhythm(timetable.schedule), timetable.zone
    limit = from_ms if sign > 0 else -from_ms - 1
    held: list[int] = []
    for day in rhythm.dates(local_date(from_ms, zone) - sign * _DAY, sign):
        slots = sorted({*held, *(sign * slot for slot in _on(rhythm, zone, day) if sign * slot > limit)})
        edge = held[-1] if held else limit
        yield from (sign * slot for slot in slots if slot <= edge)
        held = [slot for slot in slots if slot > edge]
    yield from (sign * slot for slot in held)


Action = Callable[[], Awaitable[None]]
Failed = Callable[[str, BaseException], None]


class Appointments:
    """Calls coroutine functions at dates, by the machine's clock. The only user of APScheduler.

    What is called runs in tasks of our own: APScheduler cancels its own when it is shut down, only logs
    what they raise, and drops a date that comes while the one before is still under way.

    Its timer stands still while the machine is suspended and does not see a clock that is set, so
    somebody has to call `look` now and then.

    Args:
        failed: told the key and the error of each action that raised.
    """

    def __init__(self, failed: Failed) -> None:
        from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]  # it has no types
            AsyncIOScheduler,
        )

        self._failed = failed
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._running: set[asyncio.Task[None]] = set()
        self._newest: dict[str, asyncio.Task[None]] = {}
        self._open = False

    def start(self) -> None:
        """Begins to wait. To be called once, in a running event loop."""
        self._scheduler.start()
        self._open = True

    def call_at(self, key: str, when_ms: int, action: Action) -> None:
        """Calls `action` at `when_ms` (ms UTC), or at once if that has passed; replaces what `key` had.

        An action whose key is still under way begins when that has ended. After `shutdown` nothing is
        called any more.
        """
        self._scheduler.add_job(
            self._begin,
            "date",
            run_date=_EPOCH + when_ms * _MILLISECOND,
            args=(key, action),
            id=key,
            coalesce=True,
            misfire_grace_time=None,
            max_instances=1,
            replace_existing=True,
        )

    def cancel(self, key: str) -> None:
        """Forgets the date of `key`, if it has one. What is under way goes on."""
        if self._scheduler.get_job(key) is not None:
            self._scheduler.remove_job(key)

    def look(self) -> None:
        """Looks at the clock again: after a suspend, or when the clock was set."""
        if self._open:
            self._scheduler.wakeup()

    async def shutdown(self, grace_s: float = 0.0) -> None:
        """Calls nothing any more; waits `grace_s` seconds for what is under way, then cancels it.

        May be called more than once.
        """
        if self._open:
            self._open = False
            self._scheduler.shutdown(wait=False)
        if self._running:
            _, late = await asyncio.wait(set(self._running), timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _begin(self, key: str, action: Action) -> None:
        """The job as APScheduler sees it: over at once."""
        if self._open:
            task = asyncio.create_task(self._act(action, self._newest.get(key)), name=key)
            self._running.add(task)
            self._newest[key] = task
            task.add_done_callback(lambda done: self._over(key, done))

    @staticmethod
    async def _act(action: Action, earlier: asyncio.Task[None] | None) -> None:
        if earlier is not None:
            await asyncio.wait({earlier})
        await action()

    def _over(self, key: str, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._newest.get(key) is task:
            del self._newest[key]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._failed(key, error)
