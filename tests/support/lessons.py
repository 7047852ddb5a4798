"""One deletion method taught from a browser and used at once: the whole way, judged by the practice truth."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import time

from agent.simulator import generate
from agent.simulator.axes import Place
from agent.simulator.generate import DAY_MS, Amount
from agent.simulator.server import PracticeCloud, running
from agent.simulator.shapes import Shape
from tests.support.browser_thread import Owner
from tests.support.practice_home import Done, Home

RECORDINGS, KEPT = 12, 3
DOMAIN = "amazon.de"
VERIFIED = "verified"
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Lesson:
    """What came of one shape.

    Attributes:
        outcome: `verified`, or `STAGE: code` of the refusal.
        wrong: every way in which the truth contradicts what was promised; empty when all is well.
        told: the last command's messages.
    """

    shape: Shape
    outcome: str
    wrong: tuple[str, ...]
    told: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """What an account holds at the start, by key."""

    due: frozenset[str]
    kept: frozenset[str]

    @classmethod
    def of(cls, cloud: PracticeCloud) -> "History":
        """Everything older than a day is due, the rest is kept."""
        now = cloud.now()
        due = frozenset(row.key for row in cloud.world.rows if row.at < now - DAY_MS)
        return cls(due, frozenset(row.key for row in cloud.world.rows) - due)


@contextmanager
def practising(owner: Owner, shape: Shape, seed: int) -> Iterator[tuple[PracticeCloud, History]]:
    """A practice cloud of that shape where the owner's browser finds it, with a small history."""
    with running(
        port=owner.port, seed=_seed_of_history(shape, seed), recordings=RECORDINGS, shape=shape
    ) as cloud:
        for hours in range(1, 2 * KEPT, 2):
            cloud.say(ago_ms=hours * HOUR_MS)
        yield cloud, History.of(cloud)


def _seed_of_history(shape: Shape, seed: int) -> int:
    """A routine has no parts, so a page that names recordings by their parts shows none."""
    if shape.axes.place not in (Place.ITEMS, Place.UTTERANCES):
        return seed
    for found in count(seed * 1000):
        who = generate.account(found, DOMAIN)
        rows = generate.recordings(found, who, Amount(RECORDINGS), int(time() * 1000))
        if all(row.sort == "utterance" for row in rows):
            return found
    raise AssertionError


def lesson(owner: Owner, shape: Shape, seed: int) -> Lesson:
    """Deletes one recording in the browser, learns, tries, purges the rest; nothing else is known."""
    with practising(owner, shape, seed) as (cloud, history), tempfile.TemporaryDirectory() as directory:
        home = Home(Path(directory))
        home.join(cloud, fields={"methods": ["learned"]})
        har = home.place / "page.har"
        shown = [key for key in cloud.truth()["surfaces"]["voice"] if key in history.due]
        said = owner.delete(cloud, shown[len(shown) // 2], har)
        assert said == "Deleted", f"the page itself failed: {said}"
        outcome, done = _taught_and_used(home, har)
        return Lesson(shape, outcome, tuple(_wrongs(cloud, history, outcome)), done.err)


def teach(home: Home, har: Path) -> Done:
    """`voicepurge learn`, answered by somebody who picks the first recording and lets the HAR go."""
    return home.run("learn", str(har), "--account", "home", "--json", text="1\ny\n")


def _taught_and_used(home: Home, har: Path) -> tuple[str, Done]:
    learned = teach(home, har)
    if learned.code != 0 or not learned.json["trial"]["passed"]:
        return f"learn: {_code(learned)}", learned
    assert not har.exists()
    done = home.run("run", "--wait", "--json")
    if done.run.get("verdict") == VERIFIED:
        return VERIFIED, done
    return f"run: {done.run.get('verdict')} {done.run.get('reason')}", done


def _code(done: Done) -> str:
    """Of the error, or of the trial that was not passed."""
    document = done.json
    error, trial = document.get("error"), document.get("trial")
    return str(error["code"]) if error is not None else f"trial {trial['verdict']} {trial['why']}"


def _wrongs(cloud: PracticeCloud, history: History, outcome: str) -> Iterator[str]:
    truth = cloud.truth()
    gone = {each["key"] for each in truth["mutations"] if each["what"] == "gone"}
    visible = {key for keys in truth["surfaces"].values() for key in keys}
    if gone & history.kept or not history.kept <= visible:
        yield "something that was kept has gone"
    if set(truth["requested"]) - history.due:
        yield "something was requested that was not due"
    if outcome == VERIFIED and visible & history.due:
        yield "verified, and something due is still visible"
