"""From a local date and time of day to moments. Pure.

Twice a year most clocks show a time that does not exist, or one that exists twice.
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo


def moments(day: date, at: time, zone: ZoneInfo) -> tuple[int, ...]:
    """When clocks in `zone` show `at` on `day`, in ms UTC, ascending.

    One moment on most days. Two when the clock is set back over `at`. A time that is leapt over counts as
    the first moment after the leap, so there is always at least one.

    Raises:
        OverflowError, ValueError: `day` lies at the edge of the calendar.
    """
    shown = datetime.combine(day, at, tzinfo=zone)
    first, second = (int(shown.replace(fold=fold).timestamp()) for fold in (0, 1))
    if first > second:  # how `datetime` tells a time that does not exist
        return (_after_leap(shown, second, first) * 1000,)
    return (first * 1000,) if first == second else (first * 1000, second * 1000)


def local_date(at_ms: int, zone: ZoneInfo) -> date:
    """Which date clocks in `zone` show at `at_ms`. Raises as `moments`."""
    return datetime.fromtimestamp(at_ms // 1000, zone).date()


def _after_leap(shown: datetime, before: int, after: int) -> int:
    """The first second whose local time is past `shown`; `before` is ahead of the leap, `after` is not."""
    wanted = shown.replace(tzinfo=None)
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, shown.tzinfo).replace(tzinfo=None) < wanted:
            before = middle
        else:
            after = middle
    return after
