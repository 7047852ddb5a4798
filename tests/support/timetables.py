"""Timetables and moments as tests write them, and what cronsim says of the same lines."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from agent.daemon.schedule import Timetable, next_slot
from agent.settings import Schedule

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # set by half an hour
    "Asia/Kolkata",  # never set, and half an hour off
    "America/Sao_Paulo",  # was set at midnight, until 2019
)


def timetable(
    zone: str, schedule: Mapping[str, object], jitter: int = 0, catch_up: int = 3 * DAY
) -> Timetable:
    """A timetable of the account `home`; `schedule` as in the YAML, with tuples for lists."""
    return Timetable("home", Schedule.model_validate(schedule), ZoneInfo(zone), jitter, catch_up)


def ms(text: str) -> int:
    """`2026-03-29T01:00Z` or with another offset, in ms UTC."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def slots(table: Timetable, start: int, end: int) -> list[int]:
    """All slots after `start` and before `end`."""
    found, at = [], start
    while (at := next_slot(table, at)) < end:
        found.append(at)
    return found


def shown(table: Timetable, start: str, end: str) -> list[str]:
    """The same as local times with their offset."""
    found = slots(table, ms(start), ms(end))
    return [datetime.fromtimestamp(at / 1000, table.zone).strftime("%d %H:%M%z") for at in found]


def cronsim(line: str, zone: str, start: int, end: int) -> list[int]:
    """What cronsim says of a cron line, after `start` and before `end`.

    Like cron on Debian it knows two kinds of line. Where neither the minute nor the hour begins with `*`,
    a time that does not exist runs right after the leap and one that exists twice runs once: our rules. Other
    lines go by the hands of the clock: no run in a leap, two in a repeated hour.
    """
    begin = datetime.fromtimestamp(start / 1000, UTC).astimezone(ZoneInfo(zone))
    ticks: Iterator[int] = (int(tick.timestamp() * 1000) for tick in CronSim(line, begin))
    return list(takewhile(lambda tick: tick < end, (tick for tick in ticks if tick > start)))
