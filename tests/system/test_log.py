"""`voicepurge log` as a user meets it: filters, following, and who reads it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.simulator.server import PracticeCloud, running
from tests.support.practice_home import Home, documents, practice_home


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Home, PracticeCloud]]:
    """A home signed in to an honest cloud with 40 recordings."""
    with practice_home(tmp_path) as both:
        yield both


@contextmanager
def following(home: Home, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """`log --follow` in a process of its own; killed at the end if it still runs."""
    command = [sys.executable, "-u", "-m", "agent", "log", "--follow", *arguments]
    with subprocess.Popen(
        command, env=home.environment(), cwd=home.place, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read(process: "subprocess.Popen[str]", number: int) -> list[dict[str, Any]]:
    """The next documents, as soon as they are there."""
    assert process.stdout is not None
    return [json.loads(process.stdout.readline()) for _ in range(number)]


def test_filters_choose_runs(bench: tuple[Home, PracticeCloud]) -> None:
    """By verdict, by time, and none at all where nothing fits; `--run` is whole and stands alone."""
    home, _cloud = bench
    first, second = home.run("run", "--json").run, home.run("run", "--json").run
    (only,) = documents(home.run("log", "--json", "--verdict", "nothing_due").out)
    assert only["run"] == second["run"]
    both = documents(home.run("log", "--json", "--verdict", "nothing_due", "--verdict", "verified").out)
    assert [one["run"] for one in both] == [first["run"], second["run"]]
    since = documents(home.run("log", "--json", "--since", second["started"]).out)
    assert [one["run"] for one in since] == [second["run"]]
    until = documents(home.run("log", "--json", "--until", first["started"]).out)
    assert [one["event"] for one in until] == ["ledger_created", "signed_in"]
    assert home.run("log", "--since", "1s", "--verdict", "drifted").out == ""
    assert home.run("log", "--run", first["run"], "--verdict", "verified").code == 64


def test_a_run_is_shown_with_all_that_was_asked_and_answered(bench: tuple[Home, PracticeCloud]) -> None:
    """Each recording that was asked for stands there, and each with its fate; nothing of it is a name."""
    home, cloud = bench
    run = home.run("run", "--json").run
    text = home.run("log", "--run", run["run"]).out
    entries = documents(home.run("log", "--json", "--run", run["run"]).out)
    asked = [one for entry in entries if entry["event"] == "deletion_intended" for one in entry["recordings"]]
    assert len(asked) == len(cloud.truth()["requested"]) == 36
    for commitment, hour in asked:
        assert f"{commitment[:12]} {hour}" in text and f"{commitment[:12]} gone" in text
    assert "begins (manual): lists everything" in text and "activity: complete, 4 pages" in text


def test_what_a_later_run_saw_of_it_belongs_to_a_run(bench: tuple[Home, PracticeCloud]) -> None:
    """A verification left open is closed by the next run: that look is shown for both."""
    home, cloud = bench
    home.top["verify"] = {"recheck": ["0s", "1s"]}
    cloud.turn(delay_until_gone_ms=300_000)
    home.write()
    first = home.run("run", "--json").run
    assert (first["verdict"], first["reason"]) == ("residual", "pending")
    cloud.advance(600_000)
    second = home.run("run", "--json").run
    shown = documents(home.run("log", "--json", "--run", first["run"]).out)
    assert shown[-1]["event"] == "relisted" and shown[-1]["run"] == second["run"]
    assert f"listed again for run {first['run']}" in home.run("log", "--run", first["run"]).out


def test_it_follows_a_ledger_that_does_not_exist_yet(tmp_path: Path) -> None:
    """What is entered is printed as it comes, each line once; Ctrl-C is no failure."""
    with running(recordings=12) as cloud:
        home = Home(tmp_path)
        home.accounts["home"] = {"marketplace": "amazon.de", "keep_for": "1d"}
        home.write()
        with following(home, "--json") as process:
            home.join(cloud)
            assert [one["event"] for one in read(process, 2)] == ["ledger_created", "signed_in"]
            run = home.run("run", "--json").run
            (ended,) = read(process, 1)
            assert (ended["run"], ended["verdict"]) == (run["run"], "verified")
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_reader_that_goes_away_is_no_bug(bench: tuple[Home, PracticeCloud], form: tuple[str, ...]) -> None:
    """`log | head` ends quietly, as if by SIGPIPE."""
    home, _cloud = bench
    with following(home, *form) as process:
        assert process.stdout is not None and process.stdout.readline()
        process.stdout.close()
        assert home.run("run").code == 0
        assert process.wait(20) == 141


def test_it_needs_no_vault_and_no_valid_configuration(bench: tuple[Home, PracticeCloud]) -> None:
    """A lost key or a broken file keeps nobody from the record."""
    home, _cloud = bench
    home.run("run")
    before = home.run("log").out
    (home.state / "vault" / "key").unlink()
    assert home.run("log").out == before
    home.config.write_text("version: 1\n")
    assert home.run("log").out == before and "[practice] home" in before
