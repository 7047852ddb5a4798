"""An endpoint that removes more than it is asked for: found out in the trial, or after the first slice."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.model import Verdict
from agent.policy import SLICE
from agent.share import shared
from agent.simulator.server import PracticeCloud
from tests.support.practice_home import Home, documents, practice_home
from tests.support.scheduled import scheduled_run

RECIPE = shared("config/recipes") / "practice-json-batch.yaml"
MANY = 700


@contextmanager
def benched(place: Path, recordings: int) -> Iterator[tuple[Home, PracticeCloud]]:
    """A recent recording that is kept, older ones that are due, and a recipe nobody tried."""
    account = {"methods": ["learned"], "confirm_over": 10_000}
    with practice_home(place, recordings=recordings, account=account, page_size=500) as (home, cloud):
        cloud.say(ago_ms=3_600_000, device="Kitchen")
        assert home.run("methods", "import", str(RECIPE), "--yes").code == 0
        yield home, cloud


def due(cloud: PracticeCloud) -> set[str]:
    """What a purge may ask for."""
    now = cloud.now()
    return {row.key for row in cloud.world.rows if row.at < now - 86_400_000}


def gone(cloud: PracticeCloud) -> set[str]:
    """What really went."""
    return {each["key"] for each in cloud.truth()["mutations"] if each["what"] == "gone"}


def standing(home: Home) -> tuple[str, str]:
    """Of the one method, and why."""
    (account,) = home.run("methods", "--json").json["accounts"]
    (method,) = account["methods"]
    return method["standing"], method["reason"]


def victims(cloud: PracticeCloud) -> dict[str, str]:
    """A device whose newest recording is to be kept, and one whose newest is due as well."""
    newest = {row.device.name: row.key for row in sorted(cloud.world.rows, key=lambda row: row.at)}
    return {"due" if key in due(cloud) else "kept": name for name, key in newest.items()}


@pytest.mark.parametrize("victim", ["kept", "due"])
def test_it_never_passes_the_trial(tmp_path: Path, victim: str) -> None:
    """Asked for one, removes two: failed, whether the second was to be kept or due; no run uses it."""
    with benched(tmp_path, 40) as (home, cloud):
        cloud.turn(over_delete=1, over_delete_device=victims(cloud)[victim])
        done = home.run("methods", "trial", "practice-json-batch", "--json", text="3\n")
        assert (done.code != 0, done.json["passed"], done.json["standing"]) == (True, False, "failed")
        assert len(cloud.truth()["requested"]) == 1 and len(gone(cloud)) == 2
        assert standing(home) == ("failed", done.json["why"])
        later = scheduled_run(home)
        assert later.report.judgement.verdict is Verdict.WATCH_ONLY
        assert len(cloud.truth()["requested"]) == 1
        assert home.run("ledger", "verify").code == 0


def test_a_proven_method_that_begins_to_ends_the_run_after_the_first_slice(tmp_path: Path) -> None:
    """Blocked, said so, the method failed for good, and what was in no slice yet was never asked for."""
    with benched(tmp_path, MANY) as (home, cloud):
        _ends_after_the_first_slice(home, cloud)


def _ends_after_the_first_slice(home: Home, cloud: PracticeCloud) -> None:
    assert home.run("methods", "trial", "practice-json-batch", text="1\n").code == 0
    assert standing(home) == ("proven", "")
    asked_before = set(cloud.truth()["requested"])
    cloud.turn(over_delete=1)
    blocked = scheduled_run(home)
    assert (blocked.report.judgement.verdict, blocked.report.judgement.reason) == (
        Verdict.BLOCKED,
        "collateral",
    )
    asked = set(cloud.truth()["requested"]) - asked_before
    assert 0 < len(asked) <= SLICE < len(due(cloud)) - len(asked_before)
    assert asked <= due(cloud) and len(gone(cloud) - due(cloud)) == 1
    assert standing(home) == ("failed", "collateral")
    assert "verified" not in blocked.said and "no longer visible" not in blocked.said
    ends = [each for each in documents(home.ledger().decode()) if each["event"] == "run_ended"]
    assert ends[-1]["verdict"] == "blocked"
    scheduled_run(home)
    assert set(cloud.truth()["requested"]) == asked_before | asked
    assert home.run("ledger", "verify").code == 0
