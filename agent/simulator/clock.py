"""The practice cloud's own clock, so that a test can let days pass in no time."""

import time


class PracticeClock:
    """Wall clock at the start, plus the time really gone by, plus what was advanced. All in ms UTC.

    Attributes:
        start: what it said first; what is made from it is the same however slow the machine.
    """

    def __init__(self, start_ms: int | None = None) -> None:
        self.start = time.time_ns() // 1_000_000 if start_ms is None else start_ms
        self._origin = time.monotonic_ns()
        self._advanced = 0

    def now(self) -> int:
        """The present moment in ms UTC; never goes back."""
        return self.start + (time.monotonic_ns() - self._origin) // 1_000_000 + self._advanced

    def advance(self, ms: int) -> None:
        """Lets `ms` milliseconds pass at once.

        Raises:
            ValueError: `ms` is negative.
        """
        if ms < 0:
            raise ValueError("time does not go back")
        self._advanced += ms
