"""Durations as people write them: `90m`, `24h`, `3d`, `2w`, `0s`."""

import re
from datetime import timedelta

from agent.settings.problem import RefusedError

PATTERN = r"^(0|[1-9][0-9]{0,9})(s|m|h|d|w)$"
"""Also stands in the JSON Schema."""

LONGEST = timedelta(days=36_500)
"""Anything longer is a slip of the finger."""

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}


def parse(value: object) -> timedelta:
    """A whole number and one unit; what is a timedelta already passes.

    Raises:
        RefusedError: it is anything else, or longer than 100 years.
    """
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(PATTERN, value) if isinstance(value, str) else None
    if found is None:
        raise RefusedError("must be a whole number and a unit", "s, m, h, d or w, like 90m or 24h")
    count, unit = int(found[1]), _UNITS[found[2]]
    if count > LONGEST // unit:
        raise RefusedError("is longer than 100 years")
    return count * unit


def show(length: timedelta) -> str:
    """The shortest way to write it: 24 hours are `1d`. `parse` reads it back."""
    seconds = int(length.total_seconds())
    for letter, unit in _UNITS.items():
        count, rest = divmod(seconds, int(unit.total_seconds()))
        if count and not rest:
            return f"{count}{letter}"
    return "0s"
