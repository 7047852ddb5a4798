"""The page changes between two scheduled runs: noticed, said, nothing wrong deleted; taught again: works."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.alerts.alert import Occasion
from agent.simulator.generate import DAY_MS
from agent.simulator.server import PracticeCloud
from agent.simulator.shapes import random_shape, shape
from tests.support.browser_thread import Owner, owner
from tests.support.chromium import free_port
from tests.support.lessons import History, practising, teach
from tests.support.practice_home import Home, documents
from tests.support.scheduled import Scheduled, scheduled_run

pytestmark = pytest.mark.heavy

BEFORE = random_shape(31)
CHANGES = {
    "another request": (random_shape(32), {}),
    "another field": (replace(BEFORE, words=replace(BEFORE.words, field="chosen", data_field="packed")), {}),
    "the old one is answered yes and does nothing": (BEFORE, {"effect": "nothing"}),
    "a named one": (shape("two-step"), {}),
}


@pytest.fixture(scope="module")
def person() -> Iterator[Owner]:
    with owner(free_port()) as started:
        yield started


def taught(person: Owner, cloud: PracticeCloud, home: Home, name: str) -> None:
    """The owner deletes one due recording in the browser and lets the capture be learned from."""
    due = History.of(cloud).due
    key = next(key for key in cloud.truth()["surfaces"]["voice"] if key in due)
    har = home.place / f"{name}.har"
    assert person.delete(cloud, key, har) == "Deleted"
    done = teach(home, har)
    assert done.code == 0, (done.out, done.err)


def due_again(cloud: PracticeCloud, number: int = 3) -> None:
    """Time has passed: recordings that an earlier run had to keep have become due."""
    for n in range(number):
        cloud.say(ago_ms=DAY_MS - n)  # no two at one moment: a range would take both


def left(cloud: PracticeCloud) -> set[str]:
    """What is visible anywhere."""
    return {key for keys in cloud.truth()["surfaces"].values() for key in keys}


def standings(home: Home) -> list[tuple[str, str]]:
    """Every change of a method's standing, oldest first."""
    entries = documents(home.ledger().decode())
    return [(each["method"], each["standing"]) for each in entries if each["event"] == "method_changed"]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_page_is_noticed_and_can_be_taught_again(
    person: Owner, tmp_path: Path, change: str
) -> None:
    """Verified; then residual, failed, told to teach again, nothing wrong gone; taught again: verified."""
    after, dials = CHANGES[change]
    with practising(person, BEFORE, 31) as (cloud, history):
        home = Home(tmp_path)
        home.join(cloud, fields={"methods": ["learned"]})
        taught(person, cloud, home, "first")
        first = scheduled_run(home)
        assert first.verdict == ("verified", "")
        assert left(cloud) == history.kept

        due_again(cloud)
        cloud.reshape(after)
        cloud.turn(**dials)
        _noticed(home, cloud, scheduled_run(home))

        cloud.turn(effect="honest")
        taught(person, cloud, home, "second")
        last = scheduled_run(home)
        assert last.verdict == ("verified", "")
        assert left(cloud) == history.kept
        assert set(cloud.truth()["requested"]) <= {row.key for row in cloud.world.rows} - history.kept
        assert home.run("ledger", "verify").code == 0


def _noticed(home: Home, cloud: PracticeCloud, changed: Scheduled) -> None:
    """Nothing went, the run says so, the method is failed, and the owner is told what to do."""
    due = History.of(cloud).due & left(cloud)
    assert (changed.report.judgement.verdict, len(due)) == ("residual", 3)
    assert "verified" not in changed.said and "no longer visible" not in changed.said
    assert standings(home)[-1][1] == "failed"
    (alert,) = changed.alerts
    assert alert.occasion is Occasion.METHOD
    assert "Teach it again" in alert.todo and "voicepurge learn FILE.har --account home" in alert.todo
    assert not [line for line in alert.lines if "verified" in line]
    again = scheduled_run(home)
    assert again.verdict[0] == "watch_only" and not again.report.counts.requested
    assert History.of(cloud).due & left(cloud) == due
