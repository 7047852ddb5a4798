"""The clock of the machine. The only place that reads it."""

import asyncio
import contextlib
import time


class SystemClock:
    """Implements `agent.ports.Clock`."""

    def now(self) -> int:
        """Wall clock in ms UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Returns after `seconds`."""
        await asyncio.sleep(seconds)


class StoppableClock(SystemClock):
    """A clock whose sleepers wake at once when somebody asks to stop."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Wakes everybody, now and from now on."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    async def sleep(self, seconds: float) -> None:
        """Returns after `seconds`, or as soon as somebody asks to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
