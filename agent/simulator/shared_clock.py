"""The practice cloud's clock for whoever talks to it: a sleep moves both sides at once, nobody waits."""

import asyncio
from typing import Protocol


class _HasClock(Protocol):
    def now(self) -> int: ...

    def advance(self, ms: int) -> None: ...


class SharedClock:
    """Implements `agent.ports.Clock` on the clock of a practice cloud in the same process."""

    def __init__(self, cloud: _HasClock) -> None:
        self._cloud = cloud

    def now(self) -> int:
        """The cloud's time in ms UTC."""
        return self._cloud.now()

    def monotonic(self) -> float:
        """The cloud's seconds."""
        return self._cloud.now() / 1000

    async def sleep(self, seconds: float) -> None:
        """Moves the cloud's clock on."""
        self._cloud.advance(round(seconds * 1000))
        await asyncio.sleep(0)
