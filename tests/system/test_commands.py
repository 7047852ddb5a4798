"""Each verb as a user meets it: what it does, how it ends, what it leaves alone."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.simulator.server import PracticeCloud
from tests.support.practice_home import ROOT, Home, documents, practice_account, practice_home

FOR_EVER: dict[str, object] = {"keep_for": "100d"}
AFTER_DELETE = {"on": "listing", "after_delete": True}
TOO_LONG_A_PAUSE = {"kind": "throttle_429", "retry_after_s": 100_000}

# name: dials, account, verdict, reason, exit code
OUTCOMES: dict[str, tuple[dict[str, object], dict[str, object], str, str, int]] = {
    "verified": ({}, {}, "verified", "", 0),
    "nothing due": ({}, FOR_EVER, "nothing_due", "", 0),
    "residual": ({"effect": "nothing"}, {}, "residual", "still_visible", 1),
    "watch only": ({}, {"methods": []}, "watch_only", "no_method", 1),
    "watch only, nothing due": ({}, {"methods": [], **FOR_EVER}, "nothing_due", "", 0),
    "unverifiable": (
        {"faults": [{"kind": "token_loop", **AFTER_DELETE}]},
        {},
        "unverifiable",
        "token_loop",
        2,
    ),
    "signed out": ({"faults": [{"kind": "revoked", "on": "any"}]}, {}, "blocked", "signed_out", 3),
    "a kept device nobody has": ({}, {"keep_devices": ["Cellar"]}, "blocked", "kept_device", 3),
    "collateral": ({"over_delete": 1}, {}, "blocked", "collateral", 3),
    "drifted": ({"faults": [{"kind": "not_found"}]}, {}, "drifted", "not_found", 4),
    "throttled": ({"faults": [TOO_LONG_A_PAUSE]}, {}, "throttled", "throttled", 75),
}
KEYS = {
    *("account", "run", "verdict", "reason", "surfaces", "listed", "due", "requested", "gone"),
    *("text_remains", "still_visible", "unknown", "collateral", "undecided", "methods", "started"),
    *("ended", "ledger", "practice", "expected_s"),
}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Home, PracticeCloud]]:
    """A home signed in to an honest cloud with 40 recordings."""
    with practice_home(tmp_path) as both:
        yield both


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_verdict_has_its_exit_code(tmp_path: Path, name: str) -> None:
    """The exit code of `run` follows from its verdict; the ledger says the same and verifies."""
    dials, account, verdict, reason, code = OUTCOMES[name]
    with practice_home(tmp_path, recordings=24, account=account) as (home, cloud):
        cloud.turn(**dials)
        done = home.run("run", "--json")
        assert (done.run["verdict"], done.run["reason"], done.code) == (verdict, reason, code)
        assert home.run("ledger", "verify").code == 0
        (ended,) = [entry for entry in documents(home.run("log", "--json").out) if "verdict" in entry]
        assert (ended["verdict"], ended["run"]) == (verdict, done.run["run"])


def test_a_cloud_that_is_away_is_interrupted(tmp_path: Path) -> None:
    """Nobody listens: nothing was asked, and it may work later."""
    with practice_home(tmp_path) as (home, cloud):
        ca = cloud.ca.read_bytes()
    (tmp_path / "ca.pem").write_bytes(ca)
    home.change(practice={"url": cloud.url, "ca": str(tmp_path / "ca.pem")})
    done = home.run("run", "--json")
    assert (done.run["verdict"], done.run["reason"], done.code) == ("interrupted", "connection", 75)


def test_a_command_of_its_own_does_the_same(bench: tuple[Home, PracticeCloud]) -> None:
    """`python -m agent run`: verified, exit 0, the numbers on stdout and the progress on stderr."""
    home, cloud = bench
    done = home.spawn("run")
    assert done.code == 0, done.err
    (line,) = done.out.splitlines()
    assert line.startswith("[practice] home: verified. ")
    assert "listing" in done.err and "about" in done.err
    assert "\x1b" not in done.out + done.err
    assert home.spawn("run", "nobody").code == 64
    assert len(cloud.truth()["surfaces"]["activity"]) == 40 - len(cloud.truth()["requested"])


def test_run_json_is_one_document_with_the_promised_keys(bench: tuple[Home, PracticeCloud]) -> None:
    """Exactly these keys, sums that fit, and a ledger head that the signed checkpoint repeats."""
    home, cloud = bench
    done = home.run("run", "--json")
    assert set(done.json) == {"v", "runs"} and done.json["v"] == 1
    run = done.run
    assert set(run) == KEYS
    assert run["due"] == run["requested"] == run["gone"] == len(cloud.truth()["requested"])
    assert run["practice"] is True and run["surfaces"] == ["voice", "activity"]
    assert run["methods"] == ["recipe:practice-json-batch"]
    signed = (home.directory() / "checkpoint").read_text().splitlines()
    assert [str(run["ledger"]["size"]), run["ledger"]["root"]] == signed[1:3]


def test_a_dry_run_changes_nothing(bench: tuple[Home, PracticeCloud]) -> None:
    """Not one byte of the state, nothing at the other side; the plan is what the run then does."""
    home, cloud = bench
    before, visible = home.files(), cloud.truth()["surfaces"]
    dry = home.run("run", "--dry-run", "--json")
    assert dry.code == 0
    assert home.run("run", "--dry-run").code == 0
    truth = cloud.truth()
    assert (home.files(), truth["surfaces"], truth["accepted"]) == (before, visible, 0)
    assert truth["requested"] == [] and truth["mutations"] == []
    assert dry.run["dry_run"] is True and dry.run["verdict"] is None and dry.run["ledger"] is None
    real = home.run("run", "--json").run
    assert dry.run["due"] == real["requested"]
    assert dry.run["requests"] == len(cloud.truth()["deletions"])


def test_a_dry_run_that_a_guard_would_stop_says_so(tmp_path: Path) -> None:
    """A kept device that matches nothing: exit 3 and the reason, though nothing can be due."""
    with practice_home(tmp_path, account={"keep_devices": ["Cellar"]}) as (home, _cloud):
        done = home.run("run", "--dry-run")
    assert done.code == 3
    assert "a name in `keep_devices` matches no device" in done.out


def test_a_large_first_run_waits_for_a_yes(tmp_path: Path) -> None:
    """Over `confirm_over`: blocked with nothing requested, then `--confirm`, then no more questions."""
    with practice_home(tmp_path, account={"confirm_over": 5}) as (home, cloud):
        asked = home.run("run", "--json")
        assert (asked.run["verdict"], asked.run["reason"], asked.code) == ("blocked", "confirm", 3)
        assert cloud.truth()["requested"] == []
        assert home.run("run", "--dry-run").code == 0
        assert home.run("run", "--json").code == 3
        assert home.run("run", "--confirm").code == 0
        for number in range(7):
            cloud.say(ago_ms=90_000_000 + number)
        assert home.run("run", "--json").run["requested"] == 7
        home.change(keep_for="12h")
        for number in range(7):
            cloud.say(ago_ms=50_000_000 + number)
        assert home.run("run", "--json").run["reason"] == "confirm"


def test_several_accounts_fail_alone_and_the_worst_code_counts(bench: tuple[Home, PracticeCloud]) -> None:
    """One nobody signed in to, one that leaves something, one that is fine: all run, exit 3; then 1."""
    home, cloud = bench
    home.join(cloud, "watched", {"methods": []})
    home.accounts["guest"] = practice_account(cloud.url, cloud.ca, {})
    home.write()
    done = home.run("run", "--json", "watched", "guest", "home")
    verdicts = {run["account"]: run["verdict"] for run in done.json["runs"]}
    assert verdicts == {"watched": "watch_only", "guest": "blocked", "home": "verified"}
    assert done.code == 3
    cloud.say(ago_ms=90_000_000)
    again = home.run("run", "watched", "home")
    assert again.code == 1
    assert [line.split(". ")[0] for line in again.out.splitlines() if line.startswith("[practice]")] == [
        "[practice] watched: watch only",
        "[practice] home: verified",
    ]


def test_an_error_of_one_account_stands_beside_the_others(bench: tuple[Home, PracticeCloud]) -> None:
    """A damaged ledger stops its account with exit 5; the other is purged, and JSON tells both."""
    home, cloud = bench
    home.join(cloud, "torn")
    (home.directory("torn") / "ledger.jsonl").write_bytes(b"rubbish\n")
    done = home.run("run", "--json")
    runs = {run["account"]: run for run in done.json["runs"]}
    assert done.code == 5
    assert runs["torn"]["error"]["code"] == "ledger_damaged"
    assert runs["torn"]["practice"] is True
    assert runs["home"]["verdict"] == "verified"


def test_a_second_run_says_since_when_the_first_is_at_work(bench: tuple[Home, PracticeCloud]) -> None:
    """While another process holds the account: exit 75, "in progress since", and nothing is touched."""
    home, cloud = bench
    cloud.turn(faults=[{"kind": "latency", "ms": 60_000}])
    with started(home, "run") as first:
        until(lambda: b"run_started" in home.ledger())
        before = home.ledger()
        second, told = home.run("run"), home.run("run", "--json")
        assert (second.code, told.code) == (75, 75)
        assert "in progress since 20" in second.err and f"process {first.pid}" in second.err
        assert told.run["error"]["code"] == "busy"
        assert home.ledger() == before
        assert home.run("log").code == home.run("ledger", "verify").code == 0
    cloud.turn(faults=[])
    assert home.run("run", "--json").run["verdict"] == "verified"


def test_an_interrupt_ends_in_good_order(tmp_path: Path) -> None:
    """Ctrl-C while it waits: exit 75 at once, with a verdict in the ledger and what is owed left open."""
    with practice_home(tmp_path, effect="nothing") as (home, cloud):
        home.top["verify"] = {"recheck": ["50s"]}
        home.write()
        with started(home, "run", "--json") as running:
            until(lambda: b"deletion_answered" in home.ledger())
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=20)
        assert running.returncode == 75, err
        (run,) = json.loads(out)["runs"]
        assert run["verdict"] == "interrupted"
        assert "Stopping after the current step" in err
        assert home.run("ledger", "verify").code == 0
        cloud.turn(effect="honest")
        home.top["verify"] = {"recheck": ["0s"]}
        home.write()
        assert home.run("run", "--json").run["verdict"] == "verified"


@contextmanager
def started(home: Home, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A command in a process of its own that is not waited for, and does not outlive the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "agent", *arguments],
        env=home.environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(holds: Callable[[], Any], seconds: float = 20) -> None:
    """Waits until something is so."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
