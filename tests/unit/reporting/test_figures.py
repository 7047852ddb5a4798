"""The figures of a report, from small ledgers that can be counted by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger.entry import ZERO, Entry
from agent.model import Event, Verdict
from agent.record import hour
from agent.reporting.figures import Missed, Return, Stay, figures, stay_of
from tests.support.ledger_samples import COUNTS, ENDS, HASH, ended, intended, relisted, started

HOUR = 3_600_000
BEGUN = int(datetime(2026, 11, 24, tzinfo=UTC).timestamp()) * 1000
CREATED = {"format": "f", "origin": "o", "vkey": "k", "tool": "t", "practice": True}
INCOMPLETE = {"voice": {"complete": False, "rows": 3, "pages": 1, "reason": "connection"}}
LISTED = {"surfaces": ENDS, "recordings": 7, "texts": 2, "due": 3, "undecided": 0}

Step = tuple[int, Event, str | None, Mapping[str, object]]


def counted(*steps: Step) -> Any:  # noqa: ANN401 - a Figures, whose parts the tests take apart
    """Figures of a ledger begun at midnight, with steps so many hours later."""
    entries = [Entry(0, ZERO, BEGUN, Event.LEDGER_CREATED, None, CREATED)]
    for number, (hours, event, run, fields) in enumerate(steps, start=1):
        entries.append(Entry(number, ZERO, BEGUN + hours * HOUR, event, run, fields))
    return figures(entries, UTC)


def asked(at: int, name: str, spoken: int, run: str = "r1") -> Step:
    fields = intended() | {"recordings": [[name, hour(BEGUN + spoken * HOUR)]]}
    return (at, Event.DELETION_INTENDED, run, fields)


def looked(at: int, run: str = "r1", **fates: object) -> Step:
    return (at, Event.RELISTED, run, relisted(run, **fates))


def test_an_empty_ledger_has_no_figures() -> None:
    """Nothing is made up where nothing was seen."""
    found = figures([], UTC)
    assert (found.since, found.runs, found.stay, found.backlog, found.asked) == (None, (), None, None, 0)


def test_a_stay_lasts_from_the_hour_spoken_to_the_first_look_that_saw_it_gone() -> None:
    """Not to the request, not to a look that still saw it, not to a later one."""
    found = counted(
        asked(30, HASH, 5),
        looked(31, still_visible=[HASH]),
        looked(33, gone=[HASH]),
        looked(40, gone=[HASH]),
    )
    assert found.stay == Stay(1, 28 * HOUR, 28 * HOUR, 28 * HOUR)
    assert found.by_month == {"2026-11": found.stay} and found.backlog is None
    assert (found.asked, found.gone, found.still, found.unknown) == (1, 1, 0, 0)


def test_what_is_older_than_the_ledger_is_told_apart() -> None:
    """A backlog of years says nothing about how long things stay from now on."""
    found = counted(asked(1, HASH, -5000), looked(2, gone=[HASH]))
    assert found.stay is None and found.by_month == {}
    assert found.backlog is not None and found.backlog.longest == 5002 * HOUR


def test_what_is_not_gone_is_in_no_stay() -> None:
    """Asked and not looked, still visible, words left: each is counted as what it is."""
    found = counted(
        asked(1, "aa" * 32, 0),
        asked(1, "bb" * 32, 0),
        asked(1, "cc" * 32, 0),
        looked(2, still_visible=["aa" * 32], text_remains=["bb" * 32]),
    )
    assert found.stay is None
    assert (found.asked, found.gone, found.still, found.texts, found.unknown) == (3, 0, 1, 1, 1)


def test_what_came_back_is_no_longer_gone_until_it_is_again() -> None:
    """It counts as a return; a second request and look make a second stay."""
    back = (10, Event.REAPPEARED, "r2", {"recordings": [HASH]})
    found = counted(asked(1, HASH, 0), looked(2, gone=[HASH]), back)
    assert found.returns == (Return(BEGUN + 10 * HOUR, 1),)
    assert (found.gone, found.still) == (0, 1)
    again = counted(
        asked(1, HASH, 0), looked(2, gone=[HASH]), back, asked(11, HASH, 0), looked(12, gone=[HASH])
    )
    assert (again.gone, again.still) == (1, 0)
    assert again.stay == Stay(2, 2 * HOUR, 12 * HOUR, 12 * HOUR)


def test_a_run_knows_what_was_visible_only_from_complete_looks() -> None:
    """Before from its listing, after from its last look; None where either did not come to its end."""
    seen = {"at": 1, "start": 0, "recordings": 4, "texts": 1, "due": 1, "oldest": ""}
    whole = {**seen, "surfaces": {"voice": 4}, "devices": {"": 4}}
    counts = COUNTS | {"requested": 3, "gone": 2}
    found = counted(
        (6, Event.RUN_STARTED, "r1", started(trigger="schedule")),
        (6, Event.LISTED, "r1", LISTED),
        (7, Event.RUN_ENDED, "r1", ended("residual", reason="still_visible", counts=counts, visible=whole)),
        (12, Event.RUN_STARTED, "r2", started()),
        (12, Event.LISTED, "r2", LISTED | {"surfaces": INCOMPLETE}),
        (13, Event.RUN_ENDED, "r2", ended("interrupted", reason="connection")),
    )
    one, two = found.runs
    assert (one.trigger, one.started, one.ended) == ("schedule", BEGUN + 6 * HOUR, BEGUN + 7 * HOUR)
    assert (one.before, one.due, one.requested, one.gone, one.after, one.left) == (7, 3, 3, 2, 4, 1)
    assert (two.before, two.due, two.after, two.left) == (None, None, None, None)
    assert (one.verdict, one.clean, two.verdict) == (Verdict.RESIDUAL, False, Verdict.INTERRUPTED)


def test_missed_slots_stand_where_they_were_due() -> None:
    """Not where the machine noticed; a name that is no time stands where it was entered."""
    found = counted(
        (90, Event.SLOT_MISSED, None, {"slot": "2026-11-24T06:00Z", "count": 3}),
        (91, Event.SLOT_MISSED, None, {"slot": "some day"}),
    )
    assert found.missed == (
        Missed("2026-11-24T06:00Z", 3, BEGUN + 6 * HOUR),
        Missed("some day", 1, BEGUN + 91 * HOUR),
    )


@given(st.dictionaries(st.integers(0, 10**12), st.integers(1, 50), min_size=1, max_size=40))
def test_percentiles_are_lengths_that_were_seen(lengths: dict[int, int]) -> None:
    """At least so many of 100 are not longer, and fewer are shorter: nearest rank."""
    flat = sorted(length for length, number in lengths.items() for _ in range(number))
    found = stay_of(lengths)
    assert found is not None and (found.count, found.longest) == (len(flat), flat[-1])
    for percent, value in ((50, found.median), (95, found.most)):
        assert 100 * sum(length <= value for length in flat) >= percent * len(flat)
        assert 100 * sum(length < value for length in flat) < percent * len(flat)


def test_there_is_no_percentile_of_nothing() -> None:
    """None, never 0."""
    assert stay_of({}) is None


@pytest.mark.parametrize(("hours", "month"), [(0, "2026-11"), (24 * 7, "2026-12")])
def test_a_month_is_that_of_the_zone(hours: int, month: str) -> None:
    """The month in which it was seen gone."""
    found = counted(asked(hours, HASH, 0), looked(hours, gone=[HASH]))
    assert list(found.by_month) == [month]
