"""Which entries `log` shows."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.log_choice import BESIDE, Choice, choice, moment
from agent.errors import UsageError
from agent.ledger.entry import ZERO, Entry, encode
from agent.model import Event, Verdict
from tests.support.ledger_samples import ended, relisted

BERLIN = ZoneInfo("Europe/Berlin")
NOW = 1_795_525_200_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-05-03", "2026-05-03T00:00+02:00", "2026-05-03T23:59:59.999+02:00"),
        ("2026-10-25", "2026-10-25T00:00+02:00", "2026-10-25T23:59:59.999+01:00"),
        ("2026-05-03T18:10", "2026-05-03T18:10+02:00", "2026-05-03T18:10:59.999+02:00"),
        ("2026-05-03 18:10:07", "2026-05-03T18:10:07+02:00", "2026-05-03T18:10:07.999+02:00"),
        ("2026-05-03T18:10Z", "2026-05-03T18:10+00:00", "2026-05-03T18:10:59.999+00:00"),
        ("2026-05-03T18:10-05:00", "2026-05-03T18:10-05:00", "2026-05-03T18:10:59.999-05:00"),
    ],
)
def test_a_moment_is_read_in_the_zone_of_the_configuration(text: str, first: str, last: str) -> None:
    """A date means its whole day, also one of 25 hours; a zone that is written counts."""
    assert moment(text, NOW, BERLIN) == ms(first)
    assert moment(text, NOW, BERLIN, end=True) == ms(last)


def test_a_length_means_so_long_ago() -> None:
    """The units of the configuration."""
    assert moment("2d", NOW, UTC) == NOW - 2 * 86_400_000 == moment("2d", NOW, UTC, end=True)


@given(st.text(max_size=20))
def test_anything_else_is_usage(text: str) -> None:
    """Whatever is typed is a moment or an error with an example, never a traceback."""
    try:
        found = moment(text, NOW, BERLIN)
    except UsageError as error:
        found, advice = None, error.next_step
        hinted = "2026-05-03" in advice
    else:
        hinted = False
    assert hinted != isinstance(found, int)


@pytest.mark.parametrize(("run", "verdicts"), [("8f", ["verified"]), ('a"b', []), ("", []), (None, ["fine"])])
def test_options_that_make_no_sense_are_usage(run: str | None, verdicts: list[str]) -> None:
    """A filter inside one run, an id that is none, a verdict that is none."""
    with pytest.raises(UsageError):
        choice(run, verdicts, None, None, now=NOW, zone=UTC)


ENTRIES = [
    Entry(0, ZERO, 5, Event.RUN_ENDED, "ab1", ended("verified")),
    Entry(1, ZERO, 6, Event.RUN_ENDED, "ab2", ended("residual")),
    Entry(2, ZERO, 7, Event.RELISTED, "ab2", relisted("ab1")),
    Entry(3, ZERO, 8, Event.SIGNED_IN, None, {}),
    Entry(4, ZERO, 9, Event.SLOT_MISSED, None, {"slot": "2026-11-24T02:10Z"}),
]


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        (Choice(), [0, 1, 3, 4]),
        (Choice(since=6, until=8), [1, 3]),
        (Choice(verdicts=(Verdict.RESIDUAL,)), [1]),
        (Choice(run="ab1"), [0, 2]),
        (Choice(run="ab"), [0, 1, 2]),
        (Choice(run="ab2"), [1, 2]),
    ],
)
def test_each_filter_takes_what_it_names(chosen: Choice, numbers: list[int]) -> None:
    """Ends included; a run also has what later runs saw of it."""
    assert [entry.seq for entry in ENTRIES if chosen.wants(entry)] == numbers


@given(
    st.builds(
        Choice,
        run=st.sampled_from(["", "a", "ab1", "ab2", "x"]),
        verdicts=st.lists(st.sampled_from(list(Verdict)), max_size=2).map(tuple),
    )
)
def test_a_wanted_entry_always_holds_one_of_the_words(chosen: Choice) -> None:
    """The cheap look never hides what the full one would show."""
    for entry in ENTRIES:
        if chosen.wants(entry):
            assert any(word in encode(entry) for word in chosen.words)
    assert set(BESIDE) < set(Event)
