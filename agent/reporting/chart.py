"""Numbers to places in a picture of 1000 by 100 units. Pure.

A picture is stretched to whatever width there is; words stand beside it in HTML, so they stay readable.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 1000
HEIGHT: Final = 100
_STEEP: Final = 12
"""So many times the usual value the highest one may be before tenfold steps are used."""
_NICE: Final = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across, at `percent` of the height or width, with its label."""

    percent: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from 0 to `top` as heights; `tenfold`: each step up is ten times the one below."""

    top: float
    ticks: tuple[float, ...]
    tenfold: bool = False

    def percent(self, value: float) -> float:
        """How high a value stands, 0 to 100; what is above the top stands at the top."""
        share = min(max(value, 0.0), self.top) / self.top
        if self.tenfold:
            share = math.log1p(min(max(value, 0.0), self.top)) / math.log1p(self.top)
        return round(100 * share, 2)

    def y(self, value: float) -> float:
        """The same from above, in units."""
        return round(HEIGHT - self.percent(value), 2)

    def lines(self) -> list[Tick]:
        """The lines across."""
        return [Tick(self.percent(value), f"{value:,.0f}") for value in self.ticks]


def scale(values: Sequence[float]) -> Scale:
    """A scale from 0 for all `values`, in equal steps unless a few tower above the rest."""
    top = max(values, default=0)
    usual = sorted(values)[int(len(values) * 0.95)] if len(values) > 1 else top
    if top > 100 and top > _STEEP * max(usual, 1):  # noqa: PLR2004 - below that equal steps are readable
        highest = 10 ** math.ceil(math.log10(top))
        powers = range(int(math.log10(highest)) + 1)
        return Scale(highest, (0, *(10**power for power in powers)), tenfold=True)
    step = _step(max(top, 1) / 4)
    steps = max(math.ceil(top / step), 1)
    return Scale(step * steps, tuple(step * number for number in range(steps + 1)))


def _step(least: float) -> float:
    """A round number of at least `least`, and at least 1."""
    power = 10 ** math.floor(math.log10(max(least, 1)))
    return float(next(nice * power for nice in _NICE if nice * power >= least and (nice * power) % 1 == 0))


@dataclass(frozen=True, slots=True)
class Span:
    """Moments from `start` to `end` (ms UTC) from left to right."""

    start: int
    end: int

    def x(self, at: int) -> float:
        """How far to the right a moment stands, in units."""
        share = (at - self.start) / max(self.end - self.start, 1)
        return round(WIDTH * min(max(share, 0.0), 1.0), 1)


def steps(points: Iterable[tuple[float, float | None]]) -> str:
    """The path of a line that keeps each height until the next point; from a None on there is a gap."""
    parts: list[str] = []
    drawn = False
    for x, y in points:
        if y is not None:
            parts.append(f"H{x:g}V{y:g}" if drawn else f"M{x:g} {y:g}h0")
        elif drawn:
            parts.append(f"H{x:g}")
        drawn = y is not None
    return "".join(parts)


def area(points: Iterable[tuple[float, float | None]]) -> str:
    """The path of the areas below such a line."""
    parts: list[str] = []
    drawn = False
    for x, y in points:
        if y is not None:
            parts.append(f"H{x:g}V{y:g}" if drawn else f"M{x:g} {HEIGHT}V{y:g}")
        elif drawn:
            parts.append(f"H{x:g}V{HEIGHT}Z")
        drawn = y is not None
    if drawn:
        parts.append(f"V{HEIGHT}Z")
    return "".join(parts)
