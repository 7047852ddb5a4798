"""Stopping within seconds, in good order: no new request leaves, the deletion under way gets a moment.

What was asked and not answered then is `unknown` in the ledger; the next start looks first.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from agent.errors import StoppedError
from agent.model import Answer, Device, Identity, Listing, Recording, Result, Scope, Surface, Window
from agent.ports import Clock, DeletionMethod, Progress, VoiceHistory
from agent.sight import World

GRACE_S: Final = 3.0
"""So long a deletion request that is under way is waited for."""

_CLOSING_S: Final = 0.3

_Value = TypeVar("_Value")


class Stop:
    """Whether somebody asked to stop. Belongs to one event loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ask(self) -> None:
        """From now on."""
        self._event.set()

    @property
    def asked(self) -> bool:
        """Whether somebody did."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Returns once somebody does."""
        await self._event.wait()

    async def unless(self, work: Coroutine[Any, Any, _Value], grace_s: float = 0.0) -> _Value:
        """What `work` returns; when a stop is asked for it gets `grace_s` seconds more.

        Raises:
            StoppedError: it was given up, or not even begun.
        """
        if self.asked:
            work.close()
            raise StoppedError("It was stopped.")
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and grace_s:
                await asyncio.wait({task}, timeout=grace_s)
            if task.done():
                return await task
            raise StoppedError("It was stopped.")
        finally:
            stop.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_CLOSING_S)


def stoppable(world: World, stop: Stop, grace_s: float = GRACE_S) -> World:
    """The same world for a run that ends soon after a stop; a request under way gets `grace_s` seconds."""
    return replace(
        world,
        history=_History(world.history, stop),
        methods=[_Method(method, stop, world.clock, grace_s) for method in world.methods],
        clock=_Clock(world.clock, stop),
        should_stop=lambda: stop.asked,
    )


class _Clock:
    """Sleepers wake at once when a stop is asked for."""

    def __init__(self, clock: Clock, stop: Stop) -> None:
        self._clock, self._stop = clock, stop

    def now(self) -> int:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        try:
            await self._stop.unless(self._clock.sleep(seconds))
        except StoppedError:
            await asyncio.sleep(0)  # whoever asks in a loop must not keep others from their turn


class _History:
    """Reading changes nothing, so it ends at once."""

    def __init__(self, history: VoiceHistory, stop: Stop) -> None:
        self._history, self._stop = history, stop

    async def identify(self) -> Identity:
        return await self._stop.unless(self._history.identify())

    async def devices(self) -> Sequence[Device]:
        return await self._stop.unless(self._history.devices())

    async def listing(
        self,
        window: Window,
        surfaces: Sequence[Surface],
        *,
        items: bool = False,
        text: bool = False,
        progress: Progress,
    ) -> Listing:
        listing = self._history.listing(window, surfaces, items=items, text=text, progress=progress)
        return await self._stop.unless(listing)

    async def without_audio(self, recordings: Sequence[Recording]) -> frozenset[str]:
        return await self._stop.unless(self._history.without_audio(recordings))


class _Method:
    """A request under way gets its moment; after it nobody knows."""

    def __init__(self, method: DeletionMethod, stop: Stop, clock: Clock, grace_s: float) -> None:
        self._method, self._stop, self._clock, self._grace_s = method, stop, clock, grace_s

    @property
    def name(self) -> str:
        return self._method.name

    @property
    def digest(self) -> str:
        return self._method.digest

    @property
    def scope(self) -> Scope:
        return self._method.scope

    @property
    def batch(self) -> int:
        return self._method.batch

    @property
    def needs_items(self) -> bool:
        return self._method.needs_items

    def days(self, now: int) -> Sequence[Window]:
        return self._method.days(now)

    async def request(self, recordings: Sequence[Recording], window: Window) -> Answer:
        began = self._clock.monotonic()
        try:
            return await self._stop.unless(self._method.request(recordings, window), self._grace_s)
        except StoppedError as error:
            took = round((self._clock.monotonic() - began) * 1000)
            return Answer(Result.UNKNOWN, reason=error.code, took_ms=took)
