"""Times in words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.record import hour
from agent.reporting.moments import age, count, day, length, of_hour, when

BERLIN = ZoneInfo("Europe/Berlin")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


NOW = ms("2026-11-24T00:30+01:00")


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-24T00:10+01:00", "today at 00:10"),
        ("2026-11-23T23:10+01:00", "yesterday at 23:10"),
        ("2026-11-25T18:10+01:00", "tomorrow at 18:10"),
        ("2026-05-03T18:10+02:00", "on 3 May at 18:10"),
        ("2025-05-03T18:10+02:00", "on 3 May 2025 at 18:10"),
    ],
)
def test_moments_are_said_in_the_local_day(at: str, words: str) -> None:
    """Near days by name, others by date, another year with its number; midnight is the zone's."""
    assert when(ms(at), NOW, BERLIN) == words
    assert day(ms(at), NOW, BERLIN) in words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (60 * 86400, "60 days"),
        (61 * 86400, "2 months"),
        (800 * 86400, "2 years"),
    ],
)
def test_ages_have_one_unit(seconds: int, words: str) -> None:
    """The largest unit of which there are two, never more than has passed."""
    assert age(seconds * 1000) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (86400, "24 hours"),
        (3 * 86400, "3 days"),
        (36 * 3600, "36 hours"),
        (90 * 60, "90 minutes"),
        (5, "5 seconds"),
    ],
)
def test_a_configured_length_is_said_exactly(seconds: int, words: str) -> None:
    """Never rounded: it is what was promised."""
    assert length(seconds * 1000) == words


@given(st.integers(0, 4_000_000_000_000))
def test_an_hour_of_the_ledger_comes_back_as_its_start(at: int) -> None:
    """At most an hour earlier, never later."""
    assert 0 <= at - of_hour(hour(at)) < 3_600_000


def test_numbers_agree_with_their_things() -> None:
    """One of it, many of it."""
    assert count(1, "entry", "entries") == "1 entry" and count(1204, "entry", "entries") == "1,204 entries"
    assert count(0, "slot") == "0 slots"
    assert datetime.fromtimestamp(of_hour("2026-11-24T03Z") / 1000, UTC).hour == 3
