"""Worlds a `DeletionMethod` can be held against: the account in memory, and each shape of the practice cloud.

A further implementer gets a class here with the same methods and a line in `WORLDS`.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from agent.alexa.history import AmazonHistory
from agent.methods import shelf
from agent.methods.phrase import PhraseMethod, Voice
from agent.methods.phrases import of_locale
from agent.methods.recipe_method import RecipeMethod
from agent.model import Answer, Result, Scope
from agent.ports import DeletionMethod, VoiceHistory
from agent.simulator import server
from agent.simulator.server import PracticeCloud
from agent.simulator.shapes import SHAPES
from tests.support.fake_clock import FakeClock
from tests.support.fake_history import Cloud, CloudMethod, FakeHistory, nothing, recording
from tests.support.history_worlds import OverHttps

REFUSALS: dict[str, dict[str, object]] = {
    "signed_out": {"kind": "sign_in_page"},
    "step_up": {"kind": "step_up_redirect"},
    "csrf_refused": {"kind": "forbidden"},
    "throttled": {"kind": "throttle_429", "retry_after_s": 7},
    "not_found": {"kind": "not_found"},
    "html": {"kind": "html"},
    "server_error": {"kind": "status", "status": 500},
    "redirected": {"kind": "foreign_redirect"},
}
"""Words of refusal, and how the practice cloud is brought to each."""

MIDDAY = 1_790_000_000_000
"""2026-09-21, 16:13 in Berlin."""

Pair = tuple[VoiceHistory, DeletionMethod]


class DeletionWorld(Protocol):
    """What a test needs besides history and method. `steps` is the number of requests of one deletion."""

    steps: int

    def open(self) -> AbstractAsyncContextManager[Pair]:
        """The method under test and a history that lists what it deletes from."""
        ...

    def keys(self) -> set[str]:
        """Keys that are really visible somewhere."""
        ...

    def refuse(self, word: str) -> None:
        """Every request is refused like this from now on, without effect."""
        ...

    def lose(self, *, carried_out: bool) -> None:
        """No answer comes from now on, before or after the effect."""
        ...

    def requests(self) -> int:
        """How many deletion requests reached the service, all steps together."""
        ...


class InMemory:
    """The fake that the tests of the core use."""

    steps = 1

    def __init__(self, scope: Scope) -> None:
        self.cloud = Cloud(FakeClock())
        self.method = CloudMethod(self.cloud, scope=scope, batch=10)
        now = self.cloud.clock.now()
        self.cloud.add(recording(now - 60_000 * n) for n in range(1, 41))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Pair]:
        yield FakeHistory(self.cloud), self.method

    def keys(self) -> set[str]:
        return set(self.cloud.rows)

    def refuse(self, word: str) -> None:
        self.cloud.effect = nothing
        wish = 7.0 if word == "throttled" else None
        self.method.answer = lambda: Answer(Result.REFUSED, reason=word, retry_after_s=wish)

    def lose(self, *, carried_out: bool) -> None:
        if not carried_out:
            self.cloud.effect = nothing
        self.method.answer = lambda: Answer(Result.UNKNOWN, reason="connection")

    def requests(self) -> int:
        return len(self.cloud.requests)


class OverRecipe:
    """A shipped recipe against the practice cloud of its shape."""

    def __init__(self, cloud: PracticeCloud, shape: str) -> None:
        self.cloud, self.shape = cloud, shape
        self.over = OverHttps(cloud)
        self.steps = len(SHAPES[shape].templates)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Pair]:
        name = f"practice-{self.shape}"
        found = {
            item.recipe.name: item for item in shelf.recipes(Path("/nonexistent"), practice=True).recipes
        }
        async with self.over.session() as session:
            history = AmazonHistory(session)
            await history.identify()
            item = found[name]
            yield history, RecipeMethod(item.recipe, item.digest, session, name=f"recipe:{name}")

    def keys(self) -> set[str]:
        surfaces = self.cloud.truth()["surfaces"]
        return {key for keys in surfaces.values() for key in keys}

    def refuse(self, word: str) -> None:
        self.cloud.turn(faults=[{**REFUSALS[word], "on": "delete"}])

    def lose(self, *, carried_out: bool) -> None:
        last = len(SHAPES[self.shape].templates) - 1
        fault = {"kind": "reset_after", "skip": last} if carried_out else {"kind": "reset"}
        self.cloud.turn(faults=[{**fault, "on": "delete"}])

    def requests(self) -> int:
        paths = [(step.method, step.path.partition("{")[0]) for step in SHAPES[self.shape].templates]
        seen = self.cloud.truth()["requests"].items()
        return sum(count for label, count in seen if _aims(label, paths))


class OverPhrase(OverRecipe):
    """The spoken phrase against a practice cloud in the middle of a day."""

    def __init__(self, cloud: PracticeCloud) -> None:
        super().__init__(cloud, "json-batch")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Pair]:
        phrases = of_locale("de-DE")
        assert phrases is not None
        voice = Voice("Kitchen", "de-DE", ZoneInfo("Europe/Berlin"), phrases)
        async with self.over.session() as session:
            history = AmazonHistory(session)
            await history.identify()
            yield history, PhraseMethod(voice, session, history.devices)

    def refuse(self, word: str) -> None:
        self.cloud.turn(faults=[{**REFUSALS[word], "on": "command"}])

    def lose(self, *, carried_out: bool) -> None:
        self.cloud.turn(faults=[{"kind": "reset_after" if carried_out else "reset", "on": "command"}])

    def requests(self) -> int:
        seen = self.cloud.truth()["requests"].items()
        return sum(count for label, count in seen if label.endswith("/api/behaviors/preview"))


def _aims(label: str, paths: list[tuple[str, str]]) -> bool:
    method, _, path = label.split(" ", 2)
    return any(method == wanted and path.startswith(start) for wanted, start in paths)


def _memory(scope: Scope) -> Callable[[], AbstractContextManager[DeletionWorld]]:
    @contextmanager
    def made() -> Iterator[DeletionWorld]:
        yield InMemory(scope)

    return made


def _shape(name: str) -> Callable[[], AbstractContextManager[DeletionWorld]]:
    @contextmanager
    def made() -> Iterator[DeletionWorld]:
        with server.running(recordings=40, shape=name) as cloud:
            yield OverRecipe(cloud, name)

    return made


@contextmanager
def over_phrase() -> Iterator[DeletionWorld]:
    with server.running(recordings=200, start_ms=MIDDAY) as cloud:
        yield OverPhrase(cloud)


WORLDS: dict[str, Callable[[], AbstractContextManager[DeletionWorld]]] = {
    **{f"in memory, {scope.value}": _memory(scope) for scope in Scope},
    **{f"over HTTPS, {name}": _shape(name) for name in SHAPES},
    "over HTTPS, phrase": over_phrase,
}
