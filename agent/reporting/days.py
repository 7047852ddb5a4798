"""A calendar of what happened: one mark a day. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from typing import Final

from agent.model import Verdict
from agent.reporting.figures import Figures
from agent.reporting.moments import MONTHS, count, moment

MOST_MONTHS: Final = 24
"""The newest months are shown; older ones only in numbers."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A kind of day: how it is drawn (`kind`), its letter, and what it means."""

    kind: str
    letter: str
    meaning: str


CLEAN: Final = Mark("clean", "\u2713", "clean: a complete look showed nothing that had to go")
MISSED: Final = Mark("missed", "M", "missed: a run that was due was not made")
NOTHING: Final = Mark("none", "", "no run")
RETURNED: Final = Mark("back", "\u21a9", "came back: something seen gone was visible again")
_BY_VERDICT: Final[Mapping[Verdict, Mark]] = {
    Verdict.BLOCKED: Mark("stop", "B", "blocked: a person had to act"),
    Verdict.DRIFTED: Mark("stop", "D", "drifted: Amazon's side had changed"),
    Verdict.RESIDUAL: Mark("left", "R", "residual: something that had to go was still visible"),
    Verdict.UNVERIFIABLE: Mark("left", "U", "unverifiable: asked, and could not look to the end"),
    Verdict.WATCH_ONLY: Mark("left", "W", "watched only: nothing could be requested"),
    Verdict.VERIFIED: CLEAN,
    Verdict.NOTHING_DUE: CLEAN,
    Verdict.THROTTLED: Mark("later", "L", "later: throttled or interrupted, no run ended well"),
    Verdict.INTERRUPTED: Mark("later", "L", "later: throttled or interrupted, no run ended well"),
}
_RANK: Final = ("B", "D", "R", "U", "W", MISSED.letter, CLEAN.letter, "L", "")
"""Whichever of a day's marks stands first is shown: what was put right the same day is not."""


@dataclass(slots=True)
class Day:
    """What happened on one local day."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    missed: int = 0
    returned: int = 0

    @property
    def mark(self) -> Mark:
        """The one that says most."""
        marks = [_BY_VERDICT[verdict] for verdict in self.verdicts]
        marks += [MISSED] if self.missed else []
        return min(marks, key=lambda mark: _RANK.index(mark.letter), default=NOTHING)

    @property
    def words(self) -> str:
        """Everything, in words."""
        parts = [f"{number} {verdict.value.replace('_', ' ')}" for verdict, number in self.verdicts.items()]
        parts += [count(self.missed, "missed slot")] if self.missed else []
        parts += [f"{count(self.returned, 'recording')} came back"] if self.returned else []
        return ", ".join(parts) or "no run"


@dataclass(frozen=True, slots=True)
class Cell:
    """One square: the number of the day, or 0 where the week reaches into another month."""

    number: int
    mark: Mark = NOTHING
    words: str = ""
    returned: bool = False
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """One month in weeks from Monday on."""

    name: str
    weeks: tuple[tuple[Cell, ...], ...]


def days_of(figures: Figures, zone: tzinfo) -> dict[date, Day]:
    """What happened, by local day."""
    days: dict[date, Day] = {}

    def on(at: int) -> Day:
        return days.setdefault(moment(at, zone).date(), Day())

    for run in figures.runs:
        on(run.ended).verdicts[run.verdict] += 1
    for missed in figures.missed:
        on(missed.due).missed += missed.count
    for back in figures.returns:
        on(back.at).returned += back.count
    return days


def months(days: Mapping[date, Day], first: date, last: date) -> list[Month]:
    """The months from `first` to `last`, newest first, at most `MOST_MONTHS`. Days outside are blank."""
    found: list[Month] = []
    year, month = last.year, last.month
    while (year, month) >= (first.year, first.month) and len(found) < MOST_MONTHS:
        cells = [_cell(day, days, first, last) for day in _dates(year, month)]
        blank = [Cell(0)] * date(year, month, 1).weekday()
        padded = [*blank, *cells]
        padded += [Cell(0)] * (-len(padded) % 7)
        weeks = tuple(tuple(padded[at : at + 7]) for at in range(0, len(padded), 7))
        found.append(Month(f"{MONTHS[month - 1]} {year}", weeks))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return found


def _dates(year: int, month: int) -> Iterator[date]:
    day = date(year, month, 1)
    while day.month == month:
        yield day
        day += timedelta(days=1)


def _cell(day: date, days: Mapping[date, Day], first: date, last: date) -> Cell:
    if not first <= day <= last:
        return Cell(day.day, outside=True)
    found = days.get(day, Day())
    return Cell(day.day, found.mark, found.words, found.returned > 0)


def legend(days: Iterable[Day]) -> Sequence[tuple[Mark, int]]:
    """Each mark that a day has, with how many have it; those that say most first."""
    tally = Counter(day.mark for day in days)
    return sorted(tally.items(), key=lambda pair: _RANK.index(pair[0].letter))
