import time

import pytest

from agent.simulator.clock import PracticeClock


def test_the_clock_starts_where_it_is_told_and_jumps_by_what_is_advanced() -> None:
    """Time is the start, plus what really went by, plus what was advanced."""
    clock = PracticeClock(1_000_000)
    clock.advance(5_000)
    assert 1_005_000 <= clock.now() < 1_010_000


def test_without_a_start_it_begins_at_the_wall_clock() -> None:
    """A practice cloud without a fixed start lives in the present."""
    assert abs(PracticeClock().now() - time.time() * 1000) < 2_000


def test_time_never_goes_back() -> None:
    """A negative advance is refused and changes nothing."""
    clock = PracticeClock(0)
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)
    assert clock.now() >= 0
