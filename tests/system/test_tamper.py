"""A copy of a real ledger, changed in any way, is caught by `ledger verify` with the place named."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.practice_home import Done, Home, practice_home

SAMPLES = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose ledger holds two real runs; never changed afterwards."""
    with practice_home(tmp_path_factory.mktemp("home"), recordings=24) as (made, _cloud):
        assert made.run("run").code == 0
        assert made.run("run").code == 0
        yield made


@pytest.fixture(scope="module")
def vkey(home: Home) -> str:
    """What the owner keeps off the machine."""
    return home.run("ledger", "key", "home").out.strip()


@pytest.fixture
def copy(home: Home, tmp_path: Path) -> Path:
    """The ledger file of a fresh copy of the account's directory."""
    return copied(home, tmp_path / "copy")


def copied(home: Home, place: Path) -> Path:
    shutil.copytree(home.directory(), place)
    return place / "ledger.jsonl"


def check(home: Home, file: Path, vkey: str, *more: str) -> Done:
    return home.run("ledger", "verify", str(file), "--key", vkey, *more)


def places(done: Done) -> list[str]:
    """Where it failed; each is named on stderr, and the exit code is that of a damaged ledger."""
    assert done.code == 5
    return [line.strip().split(":")[0] for line in done.err.splitlines() if line.startswith("  ")]


def test_an_untouched_copy_passes(home: Home, vkey: str, copy: Path) -> None:
    """Two files and a key are enough, in this process or another; stdout has the result."""
    done = check(home, copy, vkey)
    assert (done.code, done.err) == (0, "")
    assert "the ledger is as it was written" in done.out
    assert home.spawn("ledger", "verify", str(copy), "--key", vkey).code == 0
    assert home.run("ledger", "verify").code == 0


@given(at=st.integers(0, 10**9), flip=st.integers(1, 255))
@SAMPLES
def test_any_changed_byte_is_caught(home: Home, vkey: str, copy: Path, at: int, flip: int) -> None:
    """One byte anywhere, to anything: its line is named, or the signed lines it is in."""
    raw = bytearray(home.ledger())
    at %= len(raw)
    number = raw[:at].count(b"\n") + 1
    last = raw.count(b"\n")
    raw[at] ^= flip
    copy.write_bytes(raw)
    found = places(check(home, copy, vkey))
    assert f"line {number}" in found or (number == last and f"checkpoint of size {last}" in found)


def test_any_removed_line_is_caught(home: Home, vkey: str, copy: Path) -> None:
    """The first line that is not where it belongs is named."""
    lines = home.ledger().splitlines(keepends=True)
    for number in range(1, len(lines) + 1):
        copy.write_bytes(b"".join(lines[: number - 1] + lines[number:]))
        assert f"line {number}" in places(check(home, copy, vkey))


@given(keep=st.integers(0, 10**9))
@SAMPLES
def test_any_cut_below_the_newest_checkpoint_is_caught(home: Home, vkey: str, copy: Path, keep: int) -> None:
    """The first line that is missing is named, wherever the tail was cut."""
    raw = home.ledger()
    keep %= len(raw)
    copy.write_bytes(raw[:keep])
    whole = raw.count(b"\n", 0, keep)
    assert f"line {whole + 1}" in places(check(home, copy, vkey))


def test_the_live_ledger_is_checked_the_same_way(tmp_path: Path) -> None:
    """A changed byte in place: `ledger verify` and the next `run` both end with exit 5."""
    with practice_home(tmp_path, recordings=12) as (home, cloud):
        assert home.run("run").code == 0
        cloud.say(ago_ms=90_000_000)
        asked = len(cloud.truth()["requested"])
        raw = home.ledger()
        file = home.directory() / "ledger.jsonl"
        file.write_bytes(raw.replace(b'"verified"', b'"VERIFIED"'))
        assert places(home.run("ledger", "verify")) != []
        assert home.run("ledger", "verify", "--json").json["ledgers"][0]["ok"] is False
        assert home.run("run").code == 5
        assert len(cloud.truth()["requested"]) == asked
        file.write_bytes(raw)
        assert home.run("ledger", "verify").code == home.run("run").code == 0


def test_all_rolled_back_together_only_a_witness_sees(tmp_path: Path) -> None:
    """Ledger and checkpoints of an older day fit each other; a checkpoint remembered elsewhere does not."""
    with practice_home(tmp_path / "home", recordings=12) as (home, cloud):
        assert home.run("run").code == 0
        copied(home, tmp_path / "old")
        cloud.say(ago_ms=90_000_000)
        assert home.run("run").code == 0
        remembered = tmp_path / "remembered.txt"
        shutil.copy(home.directory() / "checkpoint", remembered)
        assert home.run("ledger", "verify", "--witnessed", str(remembered)).code == 0
        size = home.ledger().count(b"\n")
        shutil.rmtree(home.directory())
        shutil.copytree(tmp_path / "old", home.directory())
        left = home.ledger().count(b"\n")
        assert home.run("ledger", "verify").code == 0
        rolled = home.run("ledger", "verify", "--witnessed", str(remembered))
        assert places(rolled) == [f"line {left + 1}"]
        assert f"the witnessed checkpoint covers {size}" in rolled.err
