import pytest

from agent.errors import UsageError
from agent.simulator.axes import Scope
from agent.simulator.shapes import SHAPES, random_shape, shape


def test_there_are_enough_different_shapes() -> None:
    """At least six, every scope among them, no two with the same requests, all below the privacy paths."""
    assert len(SHAPES) >= 6
    assert {each.scope for each in SHAPES.values()} == set(Scope)
    assert len({repr(each.templates) for each in SHAPES.values()}) == len(SHAPES)
    paths = [template.path for each in SHAPES.values() for template in each.templates]
    assert all(path.startswith(("/alexa-privacy/apd/rvh/", "/alexa-privacy/apd/rah/")) for path in paths)


def test_an_unknown_shape_is_a_usage_error_that_names_the_others() -> None:
    """Whoever mistypes a shape sees what there is."""
    with pytest.raises(UsageError, match="json-batch"):
        shape("round")


def test_a_drawn_shape_can_be_had_by_name() -> None:
    """`seed-N` is what that seed draws, so that a failure can be looked at with the simulator."""
    assert shape("seed-12") == random_shape(12)
    with pytest.raises(UsageError, match="seed-N"):
        shape("seed-")
