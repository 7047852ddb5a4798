"""The machine's clock, moved: it goes on as ever, and jumps when a test says so.

The time that only counts what was awake does not jump with it, as in a suspend. A sleep takes hardly any
real time and moves both.
"""

import asyncio
from pathlib import Path

from agent.clock import SystemClock

_REAL_S = 0.02


class MovedClock(SystemClock):
    """Implements `agent.ports.Clock`, `ahead_ms` before the machine's; not `hurried`, sleeps are real."""

    def __init__(self, ahead_ms: int = 0, *, hurried: bool = True) -> None:
        self.ahead_ms, self._hurried = ahead_ms, hurried
        self._slept_s = 0.0

    def now(self) -> int:
        return super().now() + self.ahead_ms + round(self._slept_s * 1000)

    def monotonic(self) -> float:
        return super().monotonic() + self._slept_s

    async def sleep(self, seconds: float) -> None:
        real = min(seconds, _REAL_S) if self._hurried else seconds
        await asyncio.sleep(real)
        self._slept_s += max(seconds - real, 0.0)


class FileClock(SystemClock):
    """A clock that other processes move: how far it is ahead stands in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> int:
        return super().now() + self.ahead_ms

    @property
    def ahead_ms(self) -> int:
        """By how much it is ahead; none as long as there is no file."""
        return int(self.path.read_text()) if self.path.exists() else 0

    def move(self, ms: int) -> None:
        """Lets it jump, for every process that reads the file."""
        new = self.path.with_suffix(".new")
        new.write_text(str(self.ahead_ms + ms))
        new.replace(self.path)
