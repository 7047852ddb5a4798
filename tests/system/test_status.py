"""`voicepurge status` as a user meets it."""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli.status import lines
from agent.cli.status_facts import gather
from agent.simulator.server import PracticeCloud
from agent.viewing import view
from tests.support.children import NOBODY, children
from tests.support.practice_home import Home, practice_home


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Home, PracticeCloud]]:
    """A home signed in to an honest cloud with 40 recordings."""
    with practice_home(tmp_path) as both:
        yield both


def service(home: Home, **more: object) -> dict[str, object]:
    """Writes what a living service would say; this process stands for it."""
    now = int(time.time() * 1000)
    said = {
        "v": 1,
        "pid": os.getpid(),
        "started": now - 60_000,
        "at": now,
        "config": {"hash": "ab", "applied": now, "problem": None},
        "accounts": {
            "home": {
                "next": {"slot": "2030-01-01T00:00Z", "at": now + 1000},
                "running": None,
                "retry_at": None,
            }
        },
        "channels": {},
        **more,
    }
    (home.state / "run").mkdir(exist_ok=True)
    (home.state / "run" / "status.json").write_text(json.dumps(said))
    return said


def only(document: dict[str, Any]) -> dict[str, Any]:
    (account,) = document["accounts"]
    assert isinstance(account, dict)
    return account


def test_it_says_what_the_last_run_saw(bench: tuple[Home, PracticeCloud]) -> None:
    """Counts by surface, oldest and devices are those of the cloud; the exit code is that of the run."""
    home, cloud = bench
    before = home.run("status")
    assert before.code == 2 and before.out.startswith("[practice] home: nothing has been looked at yet;")
    assert home.run("run").code == 0
    done = home.run("status", "--json")
    account, truth = only(done.json), cloud.truth()
    assert (done.code, account["verdict"], account["practice"]) == (0, "verified", True)
    seen = account["visible"]
    assert seen["surfaces"] == {name: len(keys) for name, keys in truth["surfaces"].items()}
    assert (
        seen["recordings"] == len(set().union(*truth["surfaces"].values())) == sum(seen["devices"].values())
    )
    assert seen["due"] == 0
    listed = home.run("list", "--json").json
    assert set(listed["labels"]) >= set(seen["devices"]) - {""}
    assert set(listed["labels"].values()) == {one["device"] for one in listed["days"]} - {"(unknown device)"}
    text = home.run("status").out
    first = text.splitlines()[0]
    assert first.startswith(
        "[practice] home: clean since today; nothing older than 24 hours was visible today"
    )
    assert first == account["headline"]
    assert "the newest checkpoint covers 12" in text and account["ledger"]["signed"] == 12


def test_it_needs_no_vault_and_writes_nothing() -> None:
    """For somebody who may read all but the vault the answer is the same, and not a byte changes."""
    with tempfile.TemporaryDirectory() as name, children() as fork:
        place = Path(name)
        place.chmod(0o755)
        with practice_home(place) as (home, _cloud):
            home.run("run")
            vault = home.state / "vault"
            (vault / "key").unlink()
            if os.geteuid() == 0:
                for path in (home.state, *home.state.rglob("*")):
                    os.chown(path, -1, -1 if path.is_relative_to(vault) else NOBODY)
            before = home.files()
            done = fork.run(home.environment(), "status", user=NOBODY if os.geteuid() == 0 else None)
            assert home.files() == before
    assert done.code == 0, done.err
    assert done.out.startswith("[practice] home: clean since today;")


def test_a_broken_file_is_told_and_keeps_nothing_from_being_told(bench: tuple[Home, PracticeCloud]) -> None:
    """Every problem with its place, the account all the same; exit 78."""
    home, _cloud = bench
    home.run("run")
    home.config.write_text("version: 1\naccounts:\n  home: {keep_for: 24hh}\n")
    done = home.run("status")
    assert done.code == 78
    assert done.out.startswith("[practice] home: clean since today;")
    assert f"{home.config}:3:20: accounts.home.keep_for" in done.out
    problems = home.run("status", "--json").json["config"]["problem"]["problems"]
    assert len(problems) >= 2 and all(line.startswith(f"{home.config}:") for line in problems)


def test_the_word_of_a_living_service_counts(bench: tuple[Home, PracticeCloud]) -> None:
    """Next run, refused edit and failing channel are the service's; a dead or silent one says nothing."""
    home, _cloud = bench
    home.run("run")
    problem = {"since": 1, "problems": ["x.yaml:3:5: accounts.home: no"]}
    channels = {"ntfy": {"ok": False, "since": 1, "error": "deadline"}}
    said = service(home, config={"hash": "ab", "applied": 1, "problem": problem}, channels=channels)
    done = home.run("status", "--json")
    assert done.code == 78 and done.json["config"]["problem"]["problems"] == problem["problems"]
    assert done.json["service"]["running"] is True
    assert only(done.json)["next_run"]["slot"] == "2030-01-01T00:00Z"
    assert done.json["channels"] == [
        {"channel": "ntfy", "ok": False, "since": "1970-01-01T00:00:00.001Z", "error": "deadline"}
    ]
    text = home.run("status").out
    assert "channel ntfy: fails since" in text and "x.yaml:3:5" in text
    assert "the service goes on with what was in force before" in text
    for dead in ({"pid": 2**22 + 1}, {"at": int(time.time() * 1000) - 400_000}):
        (home.state / "run" / "status.json").write_text(json.dumps({**said, **dead}))
        assert home.run("status", "--json").json["service"]["running"] is False


def test_a_slot_that_nobody_ran_is_no_good_news(bench: tuple[Home, PracticeCloud]) -> None:
    """Clean, but three days ago: 3 without a service to make the run, 2 with one that did not."""
    home, _cloud = bench
    home.run("run")
    later = int(time.time() * 1000) + 3 * 86_400_000
    seen = view(home.config, home.environment())
    alone = gather(seen, None, later)
    assert alone.code == 3 and alone.accounts[0].standing.overdue is not None
    assert "3 days ago, but a run was due" in next(lines(alone))
    service(home, at=later)
    assert gather(seen, None, later).code == 2
    home.change(schedule={"every": "7d"}, jitter="1h")
    day_after = gather(view(home.config, home.environment()), None, later - 2 * 86_400_000)
    slot = day_after.accounts[0].standing.overdue
    assert slot is None or slot % 86_400_000 in {22 * 3_600_000, 23 * 3_600_000}
