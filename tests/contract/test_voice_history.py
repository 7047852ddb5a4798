import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import pytest

from agent.errors import NeedsPersonError
from agent.model import Incomplete, Listing, Recording, Surface, Window
from agent.ports import VoiceHistory
from tests.support.fake_history import QuietProgress
from tests.support.history_worlds import WORLDS, HistoryWorld

T = TypeVar("T")


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[HistoryWorld]:
    with WORLDS[request.param]() as made:
        yield made


def ask(world: HistoryWorld, what: Callable[[VoiceHistory], Awaitable[T]]) -> T:
    """Does `what` with a fresh history."""

    async def go() -> T:
        async with world.history() as history:
            return await what(history)

    return asyncio.run(go())


def look(
    world: HistoryWorld, window: Window | None = None, surfaces: Sequence[Surface] = tuple(Surface)
) -> Listing:
    """Lists with everything that can be kept."""
    where = window or world.everything()
    return ask(
        world,
        lambda history: history.listing(where, surfaces, items=True, text=True, progress=QuietProgress()),
    )


def test_who_it_is_stays_the_same(world: HistoryWorld) -> None:
    """Asked twice, the same customer of the same marketplace."""

    async def twice(history: VoiceHistory) -> list[tuple[str, str]]:
        found = [await history.identify() for _ in range(2)]
        return [(identity.customer_id, identity.retail_domain) for identity in found]

    first, second = ask(world, twice)
    assert first == second
    assert all(first)


def test_devices_have_a_serial(world: HistoryWorld) -> None:
    """A device without one could not be kept."""
    devices = ask(world, lambda history: history.devices())
    assert devices
    assert all(device.serial for device in devices)


def test_a_listing_shows_what_is_there(world: HistoryWorld) -> None:
    """Every key, on exactly the surfaces where it is, to the last page."""
    listing = look(world)
    assert listing.complete
    assert set(listing.ends) == set(Surface)
    for surface in Surface:
        shown = {key for key, row in listing.recordings.items() if surface in row.surfaces and row.deletable}
        assert shown == world.visible(surface)
    assert all(key == row.key for key, row in listing.recordings.items())


def test_only_the_asked_surfaces_are_looked_at(world: HistoryWorld) -> None:
    """One surface says nothing about the other."""
    listing = look(world, surfaces=[Surface.VOICE])
    assert set(listing.ends) == {Surface.VOICE}
    assert set(listing.recordings) == world.visible(Surface.VOICE)
    assert all(row.surfaces == {Surface.VOICE} for row in listing.recordings.values())


def test_a_listing_of_nothing_is_not_complete(world: HistoryWorld) -> None:
    """Without a surface there is no evidence."""
    listing = look(world, surfaces=[])
    assert not listing.complete
    assert not listing.recordings


def test_both_ends_of_the_window_belong_to_it(world: HistoryWorld) -> None:
    """A window from one recording to another holds both of them and nothing outside."""
    whole = look(world)
    times = sorted({row.spoken_at for row in whole.recordings.values()})
    window = Window(times[3], times[-4])
    part = look(world, window)
    assert part.complete
    assert set(part.recordings) == {k for k, row in whole.recordings.items() if row.spoken_at in window}
    assert {times[3], times[-4]} <= {row.spoken_at for row in part.recordings.values()}


def test_an_empty_window_is_a_complete_listing_of_nothing(world: HistoryWorld) -> None:
    """Nothing there is an answer, when it is one."""
    listing = look(world, Window(1, 2))
    assert listing.complete
    assert not listing.recordings


@pytest.mark.parametrize("why", Incomplete)
def test_each_reason_is_told_apart_and_hurts_one_surface(world: HistoryWorld, why: Incomplete) -> None:
    """A listing never raises for what Amazon does; it says which surface ended how, and keeps the other."""
    world.spoil(Surface.VOICE, why)
    listing = look(world)
    assert listing.ends[Surface.VOICE].reason is why
    assert listing.ends[Surface.ACTIVITY].reason is None
    assert not listing.complete
    seen = {
        key for key, row in listing.recordings.items() if Surface.ACTIVITY in row.surfaces and row.deletable
    }
    assert seen == world.visible(Surface.ACTIVITY)


def test_signed_out_is_said_by_everything(world: HistoryWorld) -> None:
    """Whoever is asked: a person must sign in again; a listing says so without raising."""
    world.sign_out()
    with pytest.raises(NeedsPersonError):
        ask(world, lambda history: history.identify())
    listing = look(world)
    assert {end.reason for end in listing.ends.values()} == {Incomplete.SIGNED_OUT}


def _without_audio(world: HistoryWorld, rows: Sequence[Recording]) -> frozenset[str]:
    return ask(world, lambda history: history.without_audio(rows))


def test_audio_that_is_served_is_not_gone(world: HistoryWorld) -> None:
    """Only certainty counts."""
    rows = [row for row in look(world).recordings.values() if row.audio][:10]
    assert rows
    assert _without_audio(world, rows) == frozenset()


def test_audio_that_is_no_longer_served_is_gone(world: HistoryWorld) -> None:
    """A row may stay when its sound went."""
    rows = [row for row in look(world).recordings.values() if row.audio][:10]
    world.silence()
    assert _without_audio(world, rows) == {row.key for row in rows}
