"""Receipts through the command line, from a real run to a machine that has nothing but the file."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.simulator.server import PracticeCloud
from tests.support.practice_home import ROOT, Home, practice_home


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, PracticeCloud, str]]:
    """A home after one verified run, with that run's id."""
    with practice_home(tmp_path_factory.mktemp("home")) as (home, cloud):
        done = home.run("run", "home", "--json")
        assert done.code == 0, done.err
        yield home, cloud, done.run["run"]


def key_of(home: Home) -> str:
    return home.run("ledger", "key", "home").out.strip()


def elsewhere(place: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command where there is no configuration, no vault, no state and no home."""
    return subprocess.run(
        [sys.executable, "-m", "agent", *arguments],
        cwd=place,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_run_lists_its_gone_recordings_and_gives_a_receipt(
    bench: tuple[Home, PracticeCloud, str], tmp_path: Path
) -> None:
    """Chosen by the moment it was spoken, checked on a machine that has nothing else."""
    home, _, run = bench
    offered = home.run("receipt", "--run", run, "--json").json["recordings"]
    assert len(offered) > 1
    file = tmp_path / "one.txt"
    made = home.run("receipt", "--run", run, "--at", offered[0]["at"], "--out", str(file))
    assert made.code == 0, made.err
    done = elsewhere(tmp_path, "receipt", "verify", str(file), "--key", key_of(home))
    assert done.returncode == 0, done.stderr
    assert "This receipt holds." in done.stdout
    assert "PRACTICE" in done.stdout
    assert "does not show" in done.stdout
    file.write_bytes(file.read_bytes() + b"\n")
    done = elsewhere(tmp_path, "receipt", "verify", str(file), "--key", key_of(home), "--json")
    assert done.returncode == 5
    assert "does not hold" in done.stdout


def test_a_key_that_is_none_accuses_no_receipt(tmp_path: Path) -> None:
    """A slip in the key is a wrong call, not a receipt that does not hold."""
    (tmp_path / "r.txt").write_text("anything")
    done = elsewhere(tmp_path, "receipt", "verify", "r.txt", "--key", "voicepurge/x+1")
    assert done.returncode == 64 and "is no verifier key" in done.stderr


def test_all_receipts_of_a_run(bench: tuple[Home, PracticeCloud, str], tmp_path: Path) -> None:
    """One file each, none over another; each names a recording that was really requested."""
    home, cloud, run = bench
    out = tmp_path / "all"
    done = home.run("receipt", "--run", run[:5], "--all", "--out", str(out), "--json")
    assert done.code == 0, done.err
    files = [Path(name) for name in done.json["receipts"]]
    assert len(set(files)) == len(files) == len(list(out.iterdir()))
    wanted = set(cloud.truth()["requested"])
    named = {file.read_text().split("\n")[1].removeprefix('key "').removesuffix('"') for file in files}
    assert named <= wanted and named
    again = home.run("receipt", "--run", run, "--all", "--out", str(out))
    assert again.code == 64 and "is there already" in again.err


def test_by_key(bench: tuple[Home, PracticeCloud, str], tmp_path: Path) -> None:
    """Who has the record key needs no run; a recording that is still there gets none, and why."""
    home, cloud, _ = bench
    truth = cloud.truth()
    gone = truth["requested"][0]
    done = home.run("receipt", "--key", gone, "--out", str(tmp_path / "k.txt"))
    assert done.code == 0, done.err
    still = truth["surfaces"]["voice"][-1]
    done = home.run("receipt", "--key", still, "--out", str(tmp_path / "s.txt"))
    assert done.code == 64 and "never requested" in done.err
    assert still not in done.err and not (tmp_path / "s.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "either a run or a key"),
        (("--run", "x", "--key", "y"), "either a run or a key"),
        (("--run", "zzzz"), "No keys are kept"),
        (("--key", "y", "--account", "nobody"), "no account of that name"),
    ],
)
def test_what_was_asked_wrongly(
    bench: tuple[Home, PracticeCloud, str], arguments: tuple[str, ...], says: str
) -> None:
    """Each wrong question is a usage error that says what to do."""
    done = bench[0].run("receipt", *arguments)
    assert done.code == 64 and says in done.err and "Next:" in done.err


def test_a_moment_that_is_none(bench: tuple[Home, PracticeCloud, str]) -> None:
    """A time that cannot be read, and one at which nothing was said."""
    home, _, run = bench
    assert "is no time" in home.run("receipt", "--run", run, "--at", "yesterday").err
    assert "is known to be gone" in home.run("receipt", "--run", run, "--at", "1999-01-01 00:00").err


def test_keys_that_cannot_be_kept_stop_no_run(tmp_path: Path) -> None:
    """The purge goes on, is verified, and says that it will have no receipts."""
    with practice_home(tmp_path) as (home, _):
        home.directory().mkdir(parents=True, exist_ok=True)
        (home.directory() / "receipts").write_text("in the way")
        done = home.run("run", "home")
        assert done.code == 0, done.err
        assert done.err.count("will have no receipts") == 1
