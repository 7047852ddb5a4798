import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import VaultError
from agent.vault import Keepsakes, Kept
from agent.vault.keepsake import KEEP_MS

SECRET = bytes(range(32))
ROWS = [Kept(1, "A1#1#TYPE#SERIAL"), Kept(2, "A1#2#TYPE#SERIAL"), Kept(3, "\ud83d")]


def numbered() -> Callable[[int], bytes]:
    """Random bytes that repeat from test to test."""
    count = itertools.count()
    return lambda length: next(count).to_bytes(length)


def test_what_was_kept_comes_back_in_order_each_once(tmp_path: Path) -> None:
    """Of the run that was asked for, over several writes; another run has its own."""
    kept = Keepsakes(tmp_path / "receipts", SECRET)
    kept.keep("r1", ROWS[:2])
    kept.keep("r2", ROWS[:1])
    kept.keep("r1", ROWS[1:])
    assert kept.of("r1") == tuple(ROWS)
    assert kept.of("r2") == tuple(ROWS[:1])
    assert kept.of("r3") == ()


def test_nothing_stands_there_in_the_clear(tmp_path: Path) -> None:
    """No key in any byte of the directory; only the owner may look at all."""
    Keepsakes(tmp_path / "receipts", SECRET).keep("r1", ROWS)
    raw = (tmp_path / "receipts" / "r1").read_bytes()
    assert b"SERIAL" not in raw and b"A1#" not in raw
    assert (tmp_path / "receipts").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "receipts" / "r1").stat().st_mode & 0o777 == 0o600


def test_it_opens_only_in_its_place_with_its_secret(tmp_path: Path) -> None:
    """Another secret, another run's name, one changed bit: each is damage, said without any value."""
    place = tmp_path / "receipts"
    kept = Keepsakes(place, SECRET, numbered())
    kept.keep("r1", ROWS)
    with pytest.raises(VaultError, match="damaged"):
        Keepsakes(place, bytes(32)).of("r1")
    (place / "r2").write_bytes((place / "r1").read_bytes())
    with pytest.raises(VaultError, match="damaged"):
        kept.of("r2")
    good = (place / "r1").read_bytes()
    for at in range(4, len(good)):
        (place / "r1").write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(VaultError, match="damaged"):
            kept.of("r1")


def test_a_part_that_a_crash_left_is_passed_over(tmp_path: Path) -> None:
    """Cut at any byte of the last part, all parts before it still come back."""
    place = tmp_path / "receipts"
    kept = Keepsakes(place, SECRET)
    kept.keep("r1", ROWS[:1])
    whole = (place / "r1").stat().st_size
    kept.keep("r1", ROWS[1:2])
    raw = (place / "r1").read_bytes()
    for end in range(whole, len(raw)):
        (place / "r1").write_bytes(raw[:end])
        assert kept.of("r1") == tuple(ROWS[:1])


def test_keys_are_not_kept_for_ever(tmp_path: Path) -> None:
    """After 400 days a run's keys go; younger ones stay, the newest first."""
    kept = Keepsakes(tmp_path / "receipts", SECRET)
    now = 2_000_000_000_000
    for run, age in (("old", KEEP_MS + 1000), ("young", KEEP_MS - 1000), ("new", 0)):
        kept.keep(run, ROWS)
        os.utime(tmp_path / "receipts" / run, ((now - age) / 1000,) * 2)
    assert kept.prune(now) == 1
    assert kept.runs() == ("new", "young")
    assert Keepsakes(tmp_path / "none", SECRET).runs() == ()


def test_what_cannot_be_kept_is_an_error_of_ours(tmp_path: Path) -> None:
    """A directory in the way of the file raises VaultError, never an OSError."""
    (tmp_path / "receipts" / "r1").mkdir(parents=True, mode=0o700)
    with pytest.raises(VaultError, match="cannot be kept"):
        Keepsakes(tmp_path / "receipts", SECRET).keep("r1", ROWS)
