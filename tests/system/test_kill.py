"""`kill -9` at any step of the ledger: the next run owns up, looks first, and ends with a verdict."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from agent.ledger.reading import entries
from agent.model import Event
from agent.simulator.server import PracticeCloud
from tests.support.children import KILLED, Blow, Children, children
from tests.support.practice_home import Home, practice_home

STAYS = "Kids room"
ACCOUNT: dict[str, object] = {"keep_for": "0s", "keep_devices": [STAYS]}
BEFORE_AND_AFTER = (False, True)


@pytest.fixture(scope="module")
def kids() -> Iterator[Children]:
    """A fork server: each killed run is a child of it."""
    with children() as server:
        yield server


@dataclass(frozen=True, slots=True)
class Household:
    """Twelve recordings of which those in the kids' room must stay, and the home that purges them."""

    home: Home
    cloud: PracticeCloud
    kids: Children
    kept: frozenset[str]

    def struck(self, step: int, *, after: bool) -> bool:
        """A run that gets the blow; whether there was such a step."""
        done = self.kids.run(self.home.environment(), "run", blow=Blow(step, after))
        assert done.code in {KILLED, 0}, done.err
        return done.code == KILLED

    def events(self, event: Event) -> list[str | None]:
        """The runs of all entries of this kind."""
        return [entry.run for entry in entries(self.home.directory()) if entry.event is event]


@contextmanager
def household(place: Path, kids: Children) -> Iterator[Household]:
    with practice_home(place, recordings=10, account=ACCOUNT) as (home, cloud):
        for number in range(2):
            cloud.say(device=STAYS, ago_ms=1_000_000 * number)
        world = cloud.world
        kept = frozenset(row.key for row in world.rows if row.device.name == STAYS)
        assert 2 <= len(kept) < 12
        yield Household(home, cloud, kids, kept)


def recovers(house: Household) -> None:
    """What must hold of the next run, whatever happened before."""
    lost = set(house.events(Event.RUN_STARTED)) - set(house.events(Event.RUN_ENDED))
    done = house.home.run("run", "--json")
    assert (done.code, done.err.count("Traceback")) == (0, 0)
    assert done.run["verdict"] in {"verified", "nothing_due"}
    assert house.home.run("ledger", "verify").code == 0
    truth = house.cloud.truth()
    assert house.kept.isdisjoint(truth["requested"])
    assert set(truth["surfaces"]["voice"]) | set(truth["surfaces"]["activity"]) == house.kept
    found = list(entries(house.home.directory()))
    assert {entry.run for entry in found if entry.event is Event.RECOVERED} == lost
    closings = [entry for entry in found if entry.event is Event.RELISTED and entry.fields.get("closes")]
    assert bool(closings) == bool(lost), "what a lost run may have asked for is settled by a listing"
    assert {closing.fields["of"] for closing in closings} <= lost
    state = found[-1].fields["state"]
    assert isinstance(state, dict)
    assert (state["open"], state["running"]) == (None, None), "nothing is owed any more"


@pytest.mark.parametrize("after", BEFORE_AND_AFTER, ids=["before", "after"])
@pytest.mark.parametrize("step", [1, 4, 8])
def test_a_run_killed_at_some_steps_is_recovered(
    tmp_path: Path, kids: Children, step: int, after: bool
) -> None:
    """Before and after the first entry, the first answer and the second answer."""
    with household(tmp_path, kids) as house:
        assert house.struck(step, after=after)
        recovers(house)


@pytest.mark.heavy
@pytest.mark.parametrize("after", BEFORE_AND_AFTER, ids=["before", "after"])
def test_a_run_killed_at_any_step_is_recovered(tmp_path: Path, kids: Children, after: bool) -> None:
    """Every append and every checkpoint of the run, until a run has no such step any more."""
    for step in count(1):
        with household(tmp_path / str(step), kids) as house:
            if not house.struck(step, after=after):
                break
            recovers(house)
    assert step > 10, "a run of two requests has ten entries and a checkpoint"


def twice(place: Path, kids: Children, first: int, second: int) -> None:
    with household(place, kids) as house:
        assert house.struck(first, after=True)
        assert house.struck(second, after=True)
        recovers(house)


def test_a_run_killed_again_while_it_recovers_is_recovered(tmp_path: Path, kids: Children) -> None:
    """The first died with a request under way, the second when it had owned up and looked."""
    twice(tmp_path, kids, 7, 3)


@pytest.mark.heavy
@pytest.mark.parametrize("first", [3, 4, 7, 8])
def test_a_run_killed_again_at_any_early_step_is_recovered(
    tmp_path: Path, kids: Children, first: int
) -> None:
    """Before it owned up, after it, with its own requests on the way: nothing of either is forgotten."""
    for second in range(1, 9 if first < 7 else 5):
        twice(tmp_path / str(second), kids, first, second)
