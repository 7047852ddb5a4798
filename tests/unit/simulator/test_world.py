from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.simulator.recording import SURFACES, Hidden, Surface
from agent.simulator.scenario import Dials
from agent.simulator.shapes import shape
from agent.simulator.world import Place, World

NOW = 1_800_000_000_000


def world(recordings: int = 40, seed: int = 1, **dials: object) -> World:
    """A world without a server."""
    return World.create(
        seed=seed,
        recordings=recordings,
        shape=shape("json-batch"),
        dials=Dials.model_validate(dials),
        domain="amazon.de",
        start_ms=NOW,
    )


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 99),
    size=st.integers(1, 12),
    hidden=st.integers(0, 40),
    surface=st.sampled_from(SURFACES),
    cuts=st.tuples(st.integers(0, 90), st.integers(0, 90)),
)
def test_pages_put_together_are_the_window_newest_first(
    seed: int, size: int, hidden: int, surface: Surface, cuts: tuple[int, int]
) -> None:
    """Whatever the page size, pages give every visible row of the closed window once, newest first."""
    made = world(seed=seed, conversations=3)
    for row in Random(seed).sample(made.rows, hidden):  # noqa: S311 - meant to repeat
        row.hidden[surface] = Hidden(NOW)
    start, end = sorted(NOW - cut * 86_400_000 for cut in cuts)
    start = made.rows[cuts[0] % 43].at if cuts[0] % 2 else start
    wanted = [
        row
        for row in reversed(made.rows)
        if start <= row.at <= end and surface in row.surfaces and row.visible(surface, made.now())
    ]
    found, before = [], None
    while page := made.page(surface, start, end, before, size):
        found += [row for _, row in page]
        before = page[-1][0]
    assert [row.at for row in found] == [row.at for row in wanted]


def test_a_row_spoken_in_the_past_stands_where_its_time_puts_it() -> None:
    """A late row does not disturb paging: it appears between its neighbours."""
    made = world()
    late = made.speak("late", "Kitchen", ago_ms=30 * 86_400_000)
    places: list[Place] = [place for place, _ in made.page("voice", 0, NOW * 2, None, 100)]
    assert places == sorted(places, reverse=True)
    assert late in [row for _, row in made.page("voice", late.at, late.at, None, 5)]
    assert (late.text, late.device.name) == ("late", "Kitchen")


def test_new_rows_carry_the_time_of_amazons_clock() -> None:
    """A skewed clock stamps new recordings; the true time stays ours."""
    made = world(clock_skew_ms=-600_000)
    assert abs(made.speak().at - (NOW - 600_000)) < 5_000
    assert abs(made.now() - NOW) < 5_000


def test_two_words_in_one_millisecond_get_two_keys() -> None:
    """No key is ever given twice."""
    made = world(recordings=0)
    keys = [made.speak(device="Kitchen", ago_ms=0).key for _ in range(50)]
    assert len(set(keys)) == 50
