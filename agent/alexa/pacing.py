"""How fast requests leave: so many a second, so many at once, none while Amazon asks for a pause."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.ports import Clock

_NOT_WORTH_SLEEPING_S = 0.02


class Pace:
    """Spreads requests evenly. A wait too short to sleep is kept for the next, so the rate stays true."""

    def __init__(self, clock: Clock, per_second: float, concurrency: int) -> None:
        self._clock = clock
        self._gap_s = 1 / per_second
        self._at_once = asyncio.Semaphore(concurrency)
        self._next = clock.monotonic()

    def pause(self, seconds: float) -> None:
        """Lets nothing leave for `seconds`: one throttled request slows down all."""
        self._next = max(self._next, self._clock.monotonic() + seconds)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a place and for its time; holds the place until the request is over."""
        async with self._at_once:
            while True:
                now = self._clock.monotonic()
                wait = self._next - now
                if wait <= _NOT_WORTH_SLEEPING_S:
                    break
                await self._clock.sleep(wait)
            self._next = max(self._next, now - 1.0) + self._gap_s
            yield
