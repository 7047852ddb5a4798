"""The five fields of a cron line, read strictly. When it fires next is not decided here.

Differs from crontab(5) on purpose: day-of-month together with day-of-week is refused, because cron
means "or" where most people mean "and"; so are lines that never fire, and `@daily` and its like.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from agent.settings.problem import RefusedError

_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6}
_MONTHS |= {"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PART = re.compile(r"(\*|[0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?(?:/([0-9]{1,2}))?")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron line, taken apart. `weekdays` count from Monday = 0, as Python does.

    `text` is the line as written. A day must be in both `days` and `weekdays`; one of the two is whole.
    """

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def closest_minutes(self) -> int:
        """The fewest minutes between two times of day, counted over midnight too."""
        times = sorted(hour * 60 + minute for hour in self.hours for minute in self.minutes)
        around = [*times, times[0] + _DAY_MINUTES]
        return min(later - earlier for earlier, later in pairwise(around))


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: dict[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of month", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _DAYS),
)


def parse(value: object) -> Cron:
    """Reads `minute hour day-of-month month day-of-week`; 0 and 7 are Sunday.

    Raises:
        RefusedError: it is no such line, or it can never fire.
    """
    if not isinstance(value, str):
        raise RefusedError("must be text with five fields", 'quote it, like "10 3 * * *"')
    fields = value.lower().split()
    if len(fields) != len(_FIELDS):
        raise RefusedError("must have five fields", 'minute hour day month weekday, like "10 3 * * *"')
    minutes, hours, days, months, weekdays = (
        _members(field, text) for field, text in zip(_FIELDS, fields, strict=True)
    )
    python_weekdays = frozenset((day - 1) % 7 for day in weekdays)
    if len(days) < 31 and len(python_weekdays) < 7:  # noqa: PLR2004 - a month, a week
        raise RefusedError(
            "day of month and day of week together", "cron would take either; use `*` for one of them"
        )
    if min(days) > max(_LONGEST_MONTH[month - 1] for month in months):
        raise RefusedError("never fires: no such day in these months")
    return Cron(" ".join(value.split()), minutes, hours, days, months, python_weekdays)


def _members(field: _Field, text: str) -> frozenset[int]:
    return frozenset(number for part in text.split(",") for number in _range(field, part))


def _range(field: _Field, part: str) -> range:
    found = _PART.fullmatch(part)
    if found is None or (found[1] == "*" and found[2]):
        raise RefusedError(f"the {field.name} is not understood", "use numbers, `*`, a-b, a,b or */n")
    start, stop, step = found[1], found[2], int(found[3] or 1)
    if start == "*":
        low, high = field.low, field.high
    else:
        low = _number(field, start)
        high = _number(field, stop) if stop else (field.high if found[3] else low)
    if high < low:
        raise RefusedError(f"the {field.name} runs backwards", "write two ranges with a comma")
    if step == 0:
        raise RefusedError(f"the {field.name} has a step of 0")
    return range(low, high + 1, step)


def _number(field: _Field, word: str) -> int:
    number = int(word) if word.isdecimal() else field.words.get(word, -1)
    if not field.low <= number <= field.high:
        raise RefusedError(f"the {field.name} must be {field.low} to {field.high}")
    return number
