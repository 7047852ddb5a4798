"""A large account costs time, not memory."""

from pathlib import Path

import pytest

from tests.support.measured import purge

pytestmark = pytest.mark.heavy

MOST_MORE_MB = 20
A_BATCH = 50


def test_ten_thousand_recordings_take_little_more_memory_than_a_thousand(tmp_path: Path) -> None:
    """Listed, requested in batches, verified; at most 20 MB more at the peak."""
    small, _ = purge(tmp_path / "small", 1_000)
    large, truth = purge(tmp_path / "large", 10_000)
    assert (small.done.code, large.done.code) == (0, 0), large.done.err
    run = large.done.run
    assert (run["verdict"], run["listed"]) == ("verified", 10_000)
    assert run["due"] == run["requested"] == run["gone"] > 9_000
    asked = truth["requested"]
    assert len(asked) == len(set(asked)) == run["requested"], "nothing was asked for twice"
    assert max(len(deletion["keys"]) for deletion in truth["deletions"]) == A_BATCH
    visible = set(truth["surfaces"]["voice"]) | set(truth["surfaces"]["activity"])
    assert len(visible) == run["listed"] - run["gone"] and visible.isdisjoint(asked)
    assert large.peak_mb - small.peak_mb <= MOST_MORE_MB
