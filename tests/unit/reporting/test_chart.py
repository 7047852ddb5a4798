"""Places in a picture."""

import re

from hypothesis import given
from hypothesis import strategies as st

from agent.reporting.chart import HEIGHT, WIDTH, Span, area, scale, steps

NUMBERS = st.lists(st.integers(0, 10**6), min_size=1, max_size=60)
POINTS = st.lists(st.tuples(st.integers(0, 1000), st.none() | st.integers(0, 100)), max_size=30).map(
    lambda points: sorted(points, key=lambda point: point[0])
)


@given(NUMBERS)
def test_every_value_has_its_place_and_more_is_higher(values: list[int]) -> None:
    """Nothing leaves the picture; the order of values is the order of heights; zero is at the bottom."""
    found = scale(values)
    heights = [found.percent(value) for value in sorted(values)]
    assert heights == sorted(heights) and all(0 <= height <= 100 for height in heights)
    assert found.percent(0) == 0 and found.y(0) == HEIGHT
    assert found.top >= max(values)


@given(NUMBERS)
def test_lines_have_round_numbers(values: list[int]) -> None:
    """From 0 to the top, ascending, no two with one label, not too many to read."""
    lines = scale(values).lines()
    percents = [line.percent for line in lines]
    assert percents == sorted(set(percents)) and percents[0] == 0 and percents[-1] == 100
    assert len({line.label for line in lines}) == len(lines) <= 8


def test_a_few_towering_values_do_not_flatten_the_rest() -> None:
    """Then each step is ten times the one below, and that is known."""
    usual = [8, 12, 9, 11] * 50
    assert not scale(usual).tenfold
    tall = scale([*usual, 4200])
    assert tall.tenfold and tall.percent(12) > 20 and tall.percent(4200) < 100
    assert [line.label for line in tall.lines()] == ["0", "1", "10", "100", "1,000", "10,000"]


@given(POINTS)
def test_what_is_not_known_is_a_gap(points: list[tuple[int, int | None]]) -> None:
    """As many separate lines as stretches of known values; each area is closed; nothing unknown is drawn."""
    known = [y is not None for _, y in points]
    stretches = sum(now and not before for before, now in zip([False, *known], known, strict=False))
    line, below = steps(points), area(points)
    assert line.count("M") == below.count("M") == below.count("Z") == stretches
    drawn = {float(y) for y in re.findall(r"(?:V|M[\d.e+]+ )([\d.e+]+)", line)}
    assert drawn <= {float(y) for _, y in points if y is not None}


def test_a_step_is_held_until_the_next_point_or_the_gap() -> None:
    """A number holds until something newer is known."""
    assert steps([(0, 90), (10, 80), (20, None), (30, 70), (40, 70)]) == "M0 90h0H10V80H20M30 70h0H40V70"
    assert area([(0, 90), (20, None)]) == "M0 100V90H20V100Z"


@given(st.integers(0, 10**12), st.integers(0, 10**11), st.integers(0, 10**12))
def test_moments_stand_between_the_ends(start: int, long: int, at: int) -> None:
    """Also those outside, and in a span of no length."""
    assert 0 <= Span(start, start + long).x(at) <= WIDTH
