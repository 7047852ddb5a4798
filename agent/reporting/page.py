"""The page of one account: its figures as one self-contained HTML file. Pure.

No script and nothing that would be fetched. Every picture has its numbers in a table beside it. No
transcript, name of a device, serial or key: the figures hold none.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import cache
from itertools import pairwise
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from agent import __version__
from agent.model import Head
from agent.printable import printable
from agent.reasons import why
from agent.reporting import chart
from agent.reporting.days import RETURNED, Day, Month, days_of, legend, months
from agent.reporting.figures import Figures, Run
from agent.reporting.moments import MONTHS, Clock, age, count, length, moment, of_hour
from agent.reporting.status import Standing, advice, standing

GENERATOR: Final = "voicepurge report"
MOST_ROWS: Final = 3000
"""Runs in the table; older ones stand in the log."""

_HOUR_MS: Final = 3_600_000
_DAYS_FROM_H: Final = 72
_MOST_BARS: Final = 24
_MOST_STEPS: Final = 240
_TICKS: Final = 6


@dataclass(frozen=True, slots=True)
class Proof:
    """How the ledger stands: entries read, the newest checkpoint, its text, and its age's start (ms UTC)."""

    entries: int
    signed: Head | None
    note: str
    signed_at: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page is made from. `zone` names its times, `now` (ms UTC) is when it is made."""

    standing: Standing
    figures: Figures
    proof: Proof
    zone: tzinfo
    keep_ms: int | None
    now: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One month of the first picture, in units from the left and from above."""

    x: float
    width: float
    most: float
    median: float
    words: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A strip of the second picture that says what it shows."""

    x: float
    width: float
    words: str


def page(of: Page) -> str:
    """The HTML of the page."""
    clock = Clock(of.now, of.zone, printed=True)
    first = of.figures.since if of.figures.since is not None else of.now
    days = days_of(of.figures, of.zone)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            generator=f"{GENERATOR} {__version__}",
            one=of.standing,
            state=of.standing.state,
            figures=of.figures,
            proof=of.proof,
            clock=clock,
            sentence=_sentence(of.standing, clock),
            todo=advice(of.standing),
            tone=_tone(of.standing),
            first=first,
            now=of.now,
            zone=_zone_name(of.zone),
            keep=length(of.keep_ms) if of.keep_ms is not None else None,
            clean=sum(run.clean for run in of.figures.runs),
            missed=sum(one.count for one in of.figures.missed),
            returned=sum(one.count for one in of.figures.returns),
            stays=_stays(of),
            seen=_seen(of, clock),
            rows=_rows(of.figures.runs, clock),
            months=_months(days, first, of),
            legend=legend(days.values()),
            returned_mark=RETURNED,
        )
    )


def _sentence(one: Standing, clock: Clock) -> str:
    said = f"the ledger is damaged: {one.damage}" if one.damage else standing(one, clock)
    return said[:1].upper() + said[1:].rstrip(".") + "."


def _tone(one: Standing) -> str:
    """How loud the first sentence is: good, wait or bad."""
    run_ended = one.state.last_verdict is not None
    clean = one.state.clean_since is not None and one.signed_in and not one.damage and one.overdue is None
    return "good" if clean else "bad" if run_ended or one.damage else "wait"


def _zone_name(zone: tzinfo) -> str:
    return str(getattr(zone, "key", zone))


def _months(days: Mapping[date, Day], first: int, of: Page) -> list[Month]:
    return months(days, moment(first, of.zone).date(), moment(of.now, of.zone).date())


# How long things stay visible.


def _stays(of: Page) -> dict[str, object] | None:
    """The first picture, from the newest months; None before anything was seen gone."""
    found = list(of.figures.by_month.items())[-_MOST_BARS:]
    if not found:
        return None
    highest = [stay.most / _HOUR_MS for _, stay in found]
    keep = of.keep_ms / _HOUR_MS if of.keep_ms is not None else None
    scale = chart.scale([*highest, *([keep] if keep is not None else [])])
    slot = chart.WIDTH / len(found)
    bars = []
    for number, (month, stay) in enumerate(found):
        width = min(slot * 0.6, 60)
        words = f"{_month(month)}: {count(stay.count, 'recording')}, half within {span(stay.median)}, "
        bars.append(
            Bar(
                x=round(slot * number + (slot - width) / 2, 1),
                width=round(width, 1),
                most=scale.y(stay.most / _HOUR_MS),
                median=scale.y(stay.median / _HOUR_MS),
                words=f"{words}95 of 100 within {span(stay.most)}",
            )
        )
    every = math.ceil(len(found) / _TICKS)
    labels = [
        chart.Tick(round(100 * (number + 0.5) / len(found), 2), _month(month, short=True))
        for number, (month, _) in enumerate(found)
        if (len(found) - 1 - number) % every == 0
    ]
    return {
        "bars": bars,
        "lines": scale.lines(),
        "labels": labels,
        "keep": scale.y(keep) if keep is not None else None,
        "months": [(_month(month), stay) for month, stay in reversed(found)],
    }


def _month(text: str, *, short: bool = False) -> str:
    year, month = text.split("-")
    name = MONTHS[int(month) - 1]
    return f"{name[:3]} \u2019{year[2:]}" if short else f"{name} {year}"


def span(ms: int) -> str:
    """A length of time, rounded up to what the ledger can tell: whole hours, then days."""
    hours = max(math.ceil(ms / _HOUR_MS), 1)
    return count(hours, "hour") if hours < _DAYS_FROM_H else count(math.ceil(hours / 24), "day")


# What was visible before and after each run.


def _seen(of: Page, clock: Clock) -> dict[str, object] | None:
    """The second picture; None before any look came to its end."""
    if not any(run.before is not None or run.after is not None for run in of.figures.runs):
        return None
    groups = _groups(of.figures.runs)
    between = chart.Span(groups[0][0].ended, max(of.now, groups[-1][-1].ended))
    before = [(between.x(group[0].ended), _highest(run.before for run in group)) for group in groups]
    after = [(between.x(group[0].ended), _highest(run.after for run in group)) for group in groups]
    scale = chart.scale([number for _, number in (*before, *after) if number is not None])
    befores, afters = _heights(before, scale), _heights(after, scale)
    return {
        "before": chart.steps(befores),
        "after": chart.area(afters),
        "edge": chart.steps(afters),
        "lines": scale.lines(),
        "tenfold": scale.tenfold,
        "each": len(groups[0]),
        "labels": _dates(between, of.zone),
        "hits": _hits(groups, between, clock),
    }


def _groups(runs: Sequence[Run]) -> list[Sequence[Run]]:
    """The runs one by one, or several together where there are more than can be told apart."""
    size = math.ceil(len(runs) / _MOST_STEPS)
    return [runs[at : at + size] for at in range(0, len(runs), size)]


def _highest(numbers: Iterable[int | None]) -> int | None:
    """The highest that is known: what was visible is never made to look like less."""
    return max((number for number in numbers if number is not None), default=None)


def _heights(
    points: Sequence[tuple[float, int | None]], scale: chart.Scale
) -> list[tuple[float, float | None]]:
    """Places of the points, the last one held until the end."""
    ends = [*points, (float(chart.WIDTH), points[-1][1])]
    return [(x, scale.y(number) if number is not None else None) for x, number in ends]


def _dates(between: chart.Span, zone: tzinfo) -> list[chart.Tick]:
    """A few dates along the bottom."""
    apart = (between.end - between.start) / _TICKS
    far = apart > 40 * 24 * _HOUR_MS
    found: list[chart.Tick] = []
    for number in range(_TICKS + 1):
        at = int(between.start + apart * number)
        shown = moment(at, zone)
        label = f"{shown.day} {MONTHS[shown.month - 1][:3]}"
        if far:
            label = f"{MONTHS[shown.month - 1][:3]} \u2019{shown:%y}"
        if not found or found[-1].label != label:
            found.append(chart.Tick(round(100 * number / _TICKS, 2), label))
    return found


def _hits(groups: Sequence[Sequence[Run]], between: chart.Span, clock: Clock) -> list[Hit]:
    """Strips to point at."""
    starts = [between.x(group[0].ended) for group in groups] + [float(chart.WIDTH)]
    return [
        Hit(left, round(max(right - left, 0.5), 1), _of_group(group, clock))
        for group, (left, right) in zip(groups, pairwise(starts), strict=True)
    ]


def _of_group(group: Sequence[Run], clock: Clock) -> str:
    if len(group) == 1:
        return f"{clock.moment(group[0].ended)}: {_of_run(group[0])}"
    before, after = ([getattr(run, name) for run in group] for name in ("before", "after"))
    dates = f"{clock.day(group[0].ended)} to {clock.day(group[-1].ended)}"
    return f"{dates}, {len(group)} runs: {_range(before)} before, {_range(after)} after"


def _of_run(run: Run) -> str:
    return f"{_number(run.before)} before, {_number(run.after)} after, {run.verdict.value.replace('_', ' ')}"


def _range(numbers: Iterable[int | None]) -> str:
    known = [number for number in numbers if number is not None]
    if not known:
        return "not known"
    low, high = min(known), max(known)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _number(value: int | None) -> str:
    return f"{value:,}" if value is not None else "not known"


def _rows(runs: Sequence[Run], clock: Clock) -> list[tuple[str, str, str, str, str, str, str]]:
    """The runs as a table, newest first."""
    return [
        (
            f"{moment(run.ended, clock.zone):%Y-%m-%d %H:%M}",
            run.trigger.replace("_", " "),
            _number(run.before),
            f"{run.requested:,}",
            _number(run.after),
            _number(run.left),
            run.verdict.value.replace("_", " ") + (f": {why(run.reason)}" if run.reason else ""),
        )
        for run in reversed(runs[-MOST_ROWS:])
    ]


def _with_code(text: str) -> Markup:
    """Text whose parts between backticks are set as code; everything in it is escaped."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("agent.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # the files come with the program
    )
    made.filters |= {
        "age": age,
        "count": count,
        "span": span,
        "why": why,
        "of_hour": of_hour,
        "number": _number,
        "printable": printable,
        "with_code": _with_code,
    }
    return made
