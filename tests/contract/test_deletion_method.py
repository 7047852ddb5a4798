import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import pytest

from agent.model import Answer, Recording, Result, Scope, Surface, Window
from agent.ports import DeletionMethod, VoiceHistory
from tests.support.deletion_worlds import REFUSALS, WORLDS, DeletionWorld
from tests.support.fake_history import QuietProgress

T = TypeVar("T")
ALL_TIME = Window(0, 4_000_000_000_000)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[DeletionWorld]:
    with WORLDS[request.param]() as made:
        yield made


# How a request is refused or lost does not depend on where its keys stand: these stand for all.
SOME = (
    "in memory, records",
    "over HTTPS, json-batch",
    "over HTTPS, path-single",
    "over HTTPS, two-step",
    "over HTTPS, phrase",
)
some_worlds = pytest.mark.parametrize("world", SOME, indirect=True)


def use(world: DeletionWorld, what: Callable[[VoiceHistory, DeletionMethod], Awaitable[T]]) -> T:
    """Does `what` with a fresh history and method."""

    async def go() -> T:
        async with world.open() as (history, method):
            return await what(history, method)

    return asyncio.run(go())


async def rows_of(history: VoiceHistory, method: DeletionMethod) -> list[Recording]:
    """What there is to delete, oldest first, listed the way the method needs it."""
    listing = await history.listing(
        ALL_TIME, tuple(Surface), items=method.needs_items, progress=QuietProgress()
    )
    assert listing.complete
    return sorted(
        (row for row in listing.recordings.values() if row.deletable), key=lambda row: row.spoken_at
    )


def chosen(rows: Sequence[Recording], method: DeletionMethod, now: int) -> tuple[list[Recording], Window]:
    """Some recordings from the middle and the window they span; a full batch where there is one, or a day."""
    if method.scope is Scope.DAY:
        day = method.days(now)[-1]
        return [row for row in rows if row.spoken_at in day], day
    some = rows[3 : 3 + min(method.batch, 10)] if method.scope is Scope.RECORDS else rows[3:9]
    return list(some), Window(some[0].spoken_at, some[-1].spoken_at)


def meant(rows: Sequence[Recording], some: Sequence[Recording], window: Window, scope: Scope) -> set[str]:
    """Keys that a request of this scope may take away."""
    match scope:
        case Scope.RECORDS:
            return {row.key for row in some}
        case Scope.RANGE | Scope.DAY:
            return {row.key for row in rows if row.spoken_at in window}
        case Scope.EVERYTHING:
            return {row.key for row in rows}


async def ask_some(history: VoiceHistory, method: DeletionMethod) -> tuple[Answer, set[str], set[str]]:
    """One request; the answer, the keys it meant, and all keys there were."""
    now = (await history.listing(ALL_TIME, tuple(Surface), progress=QuietProgress())).at
    rows = await rows_of(history, method)
    some, window = chosen(rows, method, now)
    answer = await method.request(some, window)
    return answer, meant(rows, some, window, method.scope), {row.key for row in rows}


def test_exactly_what_is_meant_vanishes(world: DeletionWorld) -> None:
    """An honest service removes the named recordings, the range or everything, and nothing besides."""
    answer, wanted, before = use(world, ask_some)
    assert answer.result is Result.ACCEPTED
    assert before - world.keys() == wanted
    assert world.keys() == before - wanted


def test_a_method_says_the_same_of_itself_each_time(world: DeletionWorld) -> None:
    """Name, digest, scope and batch are constant and of their form."""

    async def cards(
        _history: VoiceHistory, method: DeletionMethod
    ) -> list[tuple[str, str, Scope, int, bool]]:
        return [
            (method.name, method.digest, method.scope, method.batch, method.needs_items) for _ in range(2)
        ]

    first, second = use(world, cards)
    assert first == second
    assert re.fullmatch(r"[0-9a-f]{64}", first[1])
    assert re.fullmatch(r"recipe:[a-z][a-z0-9-]*|phrase", first[0])
    assert 1 <= first[3] <= 100


@some_worlds
@pytest.mark.parametrize("word", REFUSALS)
def test_a_refusal_is_told_by_its_word_and_has_no_effect(world: DeletionWorld, word: str) -> None:
    """Every way to say no is `refused` with one of our words; it leaves once and nothing vanishes."""
    world.refuse(word)
    answer, _, before = use(world, ask_some)
    assert (answer.result, answer.reason) == (Result.REFUSED, word)
    assert answer.retry_after_s == (7.0 if word == "throttled" else None)
    assert world.keys() == before
    assert world.requests() == 1


@some_worlds
@pytest.mark.parametrize("carried_out", [False, True])
def test_without_an_answer_the_result_is_unknown(world: DeletionWorld, carried_out: bool) -> None:
    """A lost connection says nothing: the request may have been carried out, or not. It is not repeated."""
    world.lose(carried_out=carried_out)
    answer, wanted, before = use(world, ask_some)
    assert answer.result is Result.UNKNOWN
    assert world.keys() == (before - wanted if carried_out else before)
    assert world.requests() == (world.steps if carried_out else 1)
