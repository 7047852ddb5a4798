"""Moments and lengths of time in words that can be read aloud. Pure; all times in ms UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR
_STEPS: Final = (
    (365.25 * _DAY, 2.0, "year"),
    (30.44 * _DAY, 2.0, "month"),
    (_DAY, 2.0, "day"),
    (_HOUR, 2.0, "hour"),
    (60_000, 1.0, "minute"),
)
"""Length of a unit in ms, from how many of them on it is used, its name."""


def moment(at: int, zone: tzinfo) -> datetime:
    """What clocks in `zone` show at `at`."""
    return datetime.fromtimestamp(at / 1000, zone)


@dataclass(frozen=True, slots=True)
class Clock:
    """Says moments as seen at `now`, in `zone`.

    What is `printed` is read some other day: it names each day by its whole date.
    """

    now: int
    zone: tzinfo
    printed: bool = False

    def when(self, at: int) -> str:
        """As part of a sentence: `today at 18:10`, `on 3 May at 18:10`; printed: `on 3 May 2026 at 18:10`."""
        if not self.printed:
            return when(at, self.now, self.zone)
        return f"on {self.day(at)} at {hours(at, self.zone)}"

    def day(self, at: int) -> str:
        """The day alone."""
        if not self.printed:
            return day(at, self.now, self.zone)
        shown = moment(at, self.zone)
        return f"{shown.day} {MONTHS[shown.month - 1]} {shown.year}"

    def moment(self, at: int) -> str:
        """As it stands behind `since`: without `today at` or `on`, which would jar there."""
        return self.when(at).removeprefix("today at ").removeprefix("on ")


def when(at: int, now: int, zone: tzinfo) -> str:
    """A moment as people say it: `today at 18:10`, `yesterday at 03:12`, `on 3 May at 18:10`."""
    near = _near(at, now, zone)
    return f"{near or 'on ' + date(at, now, zone)} at {hours(at, zone)}"


def hours(at: int, zone: tzinfo) -> str:
    """The time of day. It names the zone where nobody could say which one is the person's."""
    return f"{moment(at, zone):%H:%M}{' UTC' if zone is UTC else ''}"


def day(at: int, now: int, zone: tzinfo) -> str:
    """The day of a moment: `today`, `yesterday`, `3 May`, `3 May 2025`."""
    return _near(at, now, zone) or date(at, now, zone)


def date(at: int, now: int, zone: tzinfo) -> str:
    """The date of a moment, with its year where that is not the present one."""
    shown = moment(at, zone)
    year = "" if shown.year == moment(now, zone).year else f" {shown.year}"
    return f"{shown.day} {MONTHS[shown.month - 1]}{year}"


def _near(at: int, now: int, zone: tzinfo) -> str:
    apart = (moment(at, zone).date() - moment(now, zone).date()) / timedelta(days=1)
    return {-1.0: "yesterday", 0.0: "today", 1.0: "tomorrow"}.get(apart, "")


def age(ms: int) -> str:
    """A length of time in one unit: `4 hours`, `12 days`; a negative one is told as none."""
    for length, least, name in _STEPS:
        if ms >= length * least:
            return count(int(ms // length), name)
    return "less than a minute"


def length(ms: int) -> str:
    """A length as somebody configured it, exactly: `24 hours`, `3 days`, `90 minutes`."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (60_000, "minute")):
        if ms % unit == 0 and ms >= unit and not (unit == _DAY and ms == _DAY):
            return count(ms // unit, name)
    return count(round(ms / 1000), "second")


def count(number: int, thing: str, things: str = "") -> str:
    """A number of things: `1 day`, `1,204 recordings`; `things` where the plural is not made by an s."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def of_hour(text: str) -> int:
    """The start of an hour of the ledger, `2026-11-24T03Z`, in ms UTC."""
    return int(datetime.fromisoformat(f"{text[:13]}:00:00+00:00").timestamp()) * 1000
