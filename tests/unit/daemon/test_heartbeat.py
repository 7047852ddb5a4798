import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.daemon.heartbeat import JUMP_MS, ClockWatch, FileWatch, period_s


@pytest.mark.parametrize(("watchdog", "period"), [(None, 60.0), (180.0, 60.0), (30.0, 10.0), (3600.0, 60.0)])
def test_a_beat_comes_every_minute_or_three_times_a_watchdog(watchdog: float | None, period: float) -> None:
    """The smaller of both."""
    assert period_s(watchdog) == period


STEPS = st.lists(st.tuples(st.integers(0, 10**7), st.integers(-(10**9), 10**9)), max_size=20)


@given(STEPS)
def test_a_jump_is_what_the_clock_moved_beyond_the_time_gone_by(steps: list[tuple[int, int]]) -> None:
    """Both ways, each told once; drift and small steps are not told."""
    wall, monotonic = 1_790_000_000_000, 0
    watch = ClockWatch(wall, monotonic / 1000)
    for awake, jump in steps:
        monotonic += awake
        wall += awake + jump
        assert watch.jump_ms(wall, monotonic / 1000) == (jump if abs(jump) >= JUMP_MS else 0)


def test_an_edit_is_noticed_once(tmp_path: Path) -> None:
    """By time and then by content: a touched file is the same file."""
    path = tmp_path / "file"
    path.write_text("one")
    watch = FileWatch(path, b"one")
    assert not watch.changed()
    path.touch()
    os.utime(path, (1, 1))
    assert not watch.changed()
    path.write_text("two")
    assert watch.changed()
    assert not watch.changed()


def test_a_file_that_vanishes_and_comes_back(tmp_path: Path) -> None:
    """Both are changes; another file of the same name with the same content is none."""
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_text("one")
    watch = FileWatch(path, b"one")
    other.write_text("one")
    other.replace(path)
    assert not watch.changed()
    path.unlink()
    assert watch.changed()
    path.write_text("one")
    assert watch.changed()


def test_an_edit_between_reading_and_watching_is_noticed(tmp_path: Path) -> None:
    """What counts is what was read, not what lay there when the watch began."""
    path = tmp_path / "file"
    path.write_text("two")
    assert FileWatch(path, b"one").changed()


def test_two_edits_in_one_tick_of_the_clock_are_noticed(tmp_path: Path) -> None:
    """The same time, size and number: the second look reads all the same."""
    path = tmp_path / "file"
    path.write_text("one")
    watch = FileWatch(path, b"one")
    for text in ("two", "six"):
        path.write_text(text)
        os.utime(path, ns=(5, 5))
        assert watch.changed()
    assert not watch.changed()


def test_a_directory_or_a_pipe_in_its_place_hangs_nobody(tmp_path: Path) -> None:
    """It is a change, and looking at it returns."""
    path = tmp_path / "file"
    path.write_text("one")
    watch = FileWatch(path, b"one")
    path.unlink()
    os.mkfifo(path)
    assert watch.changed()
    path.unlink()
    path.mkdir()
    watch.changed()
