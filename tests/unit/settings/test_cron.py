import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.settings import cron
from agent.settings.problem import RefusedError

REFUSED = {
    "* * * *": "five fields",
    "@daily": "five fields",
    "60 3 * * *": "minute must be 0 to 59",
    "0 24 * * *": "hour must be 0 to 23",
    "0 3 0 * *": "day of month must be 1 to 31",
    "0 3 * 13 *": "month must be 1 to 12",
    "0 3 * * 8": "day of week must be 0 to 7",
    "0 3 * * sunday": "day of week is not understood",
    "0 3 * * fri-mon": "runs backwards",
    "5-1 3 * * *": "runs backwards",
    "*/0 3 * * *": "step of 0",
    "*-5 3 * * *": "not understood",
    "1,,2 3 * * *": "not understood",
    "L 3 * * *": "not understood",
    "0 3 1 * mon": "together",
    "0 3 31 2 *": "never fires",
    "0 3 31 4,6 *": "never fires",
    "0 3 30-31 2 *": "never fires",
}


@pytest.mark.parametrize(("line", "problem"), REFUSED.items(), ids=REFUSED)
def test_what_is_no_cron_line_is_refused(line: str, problem: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(RefusedError, match=problem):
        cron.parse(line)


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN"])
def test_sunday_is_0_and_7(sunday: str) -> None:
    """Both numbers and the name are Python's weekday 6."""
    assert cron.parse(f"10 3 * * {sunday}").weekdays == {6}


@pytest.mark.parametrize(
    ("field", "weekdays"), [("1", {0}), ("mon-fri", {0, 1, 2, 3, 4}), ("5-7", {4, 5, 6})]
)
def test_weekdays_count_from_monday(field: str, weekdays: set[int]) -> None:
    """As Python's `weekday()` does, so 1 is Monday and becomes 0."""
    assert cron.parse(f"10 3 * * {field}").weekdays == weekdays


def test_fields_are_taken_apart() -> None:
    """Lists, ranges, steps and names, spaces folded."""
    line = cron.parse("5,35  */6 1-10/3 jan,JUL *")
    assert line.minutes == {5, 35}
    assert line.hours == {0, 6, 12, 18}
    assert line.days == {1, 4, 7, 10}
    assert line.months == {1, 7}
    assert line.weekdays == set(range(7))
    assert line.text == "5,35 */6 1-10/3 jan,JUL *"
    assert cron.parse("50/5 3 * * *").minutes == {50, 55}


def test_a_leap_day_fires() -> None:
    """The 29th of February comes, if rarely."""
    assert cron.parse("0 3 29 2 *").days == {29}


@given(minutes=st.sets(st.integers(0, 59), min_size=1), hours=st.sets(st.integers(0, 23), min_size=1))
@settings(deadline=None)
def test_the_closest_two_times(minutes: set[int], hours: set[int]) -> None:
    """The distance found is the smallest between any two starts on two days in a row."""
    line = cron.parse(f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *")
    starts = [day * 1440 + hour * 60 + minute for day in (0, 1) for hour in hours for minute in minutes]
    assert line.closest_minutes() == min(abs(a - b) for a in starts for b in starts if a != b)
