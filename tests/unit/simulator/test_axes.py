"""The axes of the delete request: thousands of combinations, repeatable draws, values held out."""

from dataclasses import fields
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import agent
from agent.simulator.axes import CHOICES, FREE, HELD_OUT, Axes, combinations, consistent, draw
from agent.simulator.shapes import SHAPES, random_shape

ROOT = Path(__file__).parents[3]
THE_ONE_TEST = ROOT / "tests/browser/test_learn_seeds.py"


def test_there_are_thousands_of_different_requests() -> None:
    """Without the free axes, which multiply them, there are more than five thousand, no two the same."""
    found = list(islice(combinations(), 5000))
    assert len(found) == len(set(found)) == 5000
    assert all(consistent(each) for each in found)
    assert {name for name in CHOICES if len(CHOICES[name]) < 2} == set()


@given(st.integers())
def test_a_seed_draws_one_consistent_shape(seed: int) -> None:
    """The same seed gives the same requests, all below the privacy paths."""
    shape = random_shape(seed)
    assert consistent(shape.axes)
    assert shape == random_shape(seed)
    assert all(each.path.startswith("/alexa-privacy/apd/") for each in shape.templates)


def test_seeds_reach_every_value_of_every_axis() -> None:
    """Some thousand draws meet each value that may be drawn, and many different shapes."""
    drawn = [draw(seed) for seed in range(1500)]
    for name, values in CHOICES.items():
        assert {getattr(each, name) for each in drawn} == set(values), name
    assert len(set(drawn)) > 1400


def test_two_values_of_two_axes_are_held_out() -> None:
    """They lie on different axes, and no draw takes them unless it is told to."""
    assert len(HELD_OUT) == len({type(each) for each in HELD_OUT}) == 2
    assert not HELD_OUT & {value for values in CHOICES.values() for value in values}
    for axes in map(draw, range(500)):
        assert not HELD_OUT & {getattr(axes, each.name) for each in fields(Axes)}
    assert not any(
        HELD_OUT & {getattr(shape.axes, each.name) for each in fields(Axes)} for shape in SHAPES.values()
    )


def test_held_out_values_are_named_in_no_other_test() -> None:
    """Only the browser test of learning asks for them: what learns cannot have been built around them."""
    words = ["HELD_OUT", *(each.name for each in HELD_OUT), *(f'"{each.value}"' for each in HELD_OUT)]
    users = {
        path
        for path in (ROOT / "tests").rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in words)
    }
    assert users <= {THE_ONE_TEST, Path(__file__)}
    package = Path(agent.__file__).parent
    learning = [path for room in ("methods", "cli") for path in (package / room).rglob("*.py")]
    assert learning
    assert not any(word in path.read_text(encoding="utf-8") for path in learning for word in words)


def test_what_does_not_go_together_is_said() -> None:
    """Pinned values that contradict each other are refused, not bent."""
    with pytest.raises(ValueError, match="goes together"):
        draw(1, carrier=CHOICES["carrier"][4], method=CHOICES["method"][0])


def test_free_axes_go_with_everything() -> None:
    """Changing a free axis never makes a combination inconsistent."""
    for seed in range(100):
        for name in FREE:
            for value in CHOICES[name]:
                assert consistent(draw(seed, **{name: value}))
