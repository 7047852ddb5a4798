"""The calendar."""

import calendar
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from agent.model import Verdict
from agent.reporting.days import MOST_MONTHS, Day, days_of, legend, months
from agent.reporting.figures import Figures, Missed, Return, Run

DATES = st.dates(date(2000, 1, 1), date(2080, 1, 1))


def run(at: datetime, verdict: Verdict) -> Run:
    ms = int(at.timestamp() * 1000)
    return Run("r", "manual", ms, ms, verdict, "", True, 1, 0, 0, 0, 1, 0)


def whole(runs: list[Run], missed: tuple[Missed, ...] = (), returns: tuple[Return, ...] = ()) -> Figures:
    return Figures(0, "o", "k", False, tuple(runs), missed, returns, None, {}, None, 0, 0, 0, 0, 0)


@given(DATES, st.integers(0, 2000))
def test_months_are_those_of_the_calendar(first: date, long: int) -> None:
    """Weeks from Monday, each day in its column, newest month first, never more than are shown."""
    last = first + timedelta(days=long)
    found = months({}, first, last)
    year, month = last.year, last.month
    for shown in found:
        weeks = [[cell.number for cell in week] for week in shown.weeks]
        assert weeks == calendar.Calendar().monthdayscalendar(year, month)
        assert str(year) in shown.name
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    inside = sum(bool(cell.number) and not cell.outside for m in found for week in m.weeks for cell in week)
    assert len(found) <= MOST_MONTHS
    assert inside == long + 1 or len(found) == MOST_MONTHS


def test_a_day_is_that_of_the_zone() -> None:
    """Half past eleven in the evening in London is the next day in Berlin."""
    late = run(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), Verdict.VERIFIED)
    assert list(days_of(whole([late]), ZoneInfo("Europe/Berlin"))) == [date(2026, 7, 2)]
    assert list(days_of(whole([late]), UTC)) == [date(2026, 7, 1)]


@given(st.lists(st.sampled_from(list(Verdict)), max_size=6), st.integers(0, 3), st.integers(0, 3))
def test_a_clean_day_hides_nothing_but_what_was_put_right(
    verdicts: list[Verdict], missed: int, returned: int
) -> None:
    """The mark is clean only if some run was and no other says more; everything stands in the words."""
    day = Day(Counter(verdicts), missed, returned)
    clean = {Verdict.VERIFIED, Verdict.NOTHING_DUE}
    passing = {Verdict.THROTTLED, Verdict.INTERRUPTED}
    if day.mark.kind == "clean":
        assert set(verdicts) & clean and set(verdicts) <= clean | passing and not missed
    for verdict in verdicts:
        assert verdict.value.replace("_", " ") in day.words
    assert ("missed" in day.words) == bool(missed) and ("came back" in day.words) == bool(returned)


def test_the_worst_of_a_day_is_shown() -> None:
    """Blocked over residual over missed over clean over a try that came to nothing."""
    order = [Verdict.BLOCKED, Verdict.DRIFTED, Verdict.RESIDUAL, Verdict.UNVERIFIABLE, Verdict.WATCH_ONLY]
    for at, verdict in enumerate(order):
        assert Day(Counter([*order[at:], Verdict.VERIFIED]), 1).mark.letter == "BDRUW"[at]
        assert verdict.value in Day(Counter([verdict])).words.replace(" ", "_")
    assert Day(Counter([Verdict.VERIFIED]), 1).mark.letter == "M"
    assert Day(Counter([Verdict.INTERRUPTED])).mark.letter == "L"
    assert Day(Counter([Verdict.INTERRUPTED, Verdict.VERIFIED])).mark.kind == "clean"
    assert Day().mark.letter == ""


def test_the_legend_counts_days() -> None:
    """Each mark that occurs, once, with the number of its days."""
    made = [Day(Counter([Verdict.VERIFIED])), Day(Counter([Verdict.NOTHING_DUE])), Day(missed=2)]
    assert [(mark.letter, number) for mark, number in legend(made)] == [("M", 1), ("\u2713", 2)]


def test_missed_slots_and_returns_are_on_their_days() -> None:
    """Counted, not only marked."""
    noon = int(datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp() * 1000)
    days = days_of(whole([], (Missed("s", 3, noon),), (Return(noon, 2),)), UTC)
    (day,) = days.values()
    assert day.words == "3 missed slots, 2 recordings came back"
    (month,) = months(days, date(2026, 7, 1), date(2026, 7, 2))
    cells = [cell for week in month.weeks for cell in week if cell.number == 1]
    assert cells[0].returned and cells[0].mark.letter == "M"
