"""The machine's clock, moved: it goes on as ever, and jumps when a test says so.

The time that only counts what was awake does not jump with it, as in a suspend.
"""

from pathlib import Path

from agent.clock import SystemClock


class MovedClock(SystemClock):
    """Implements `agent.ports.Clock`, `ahead_ms` before the machine's."""

    def __init__(self, ahead_ms: int = 0) -> None:
        self.ahead_ms = ahead_ms

    def now(self) -> int:
        return super().now() + self.ahead_ms


class FileClock(MovedClock):
    """A clock that other processes move: how far it is ahead stands in a file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def now(self) -> int:
        self.ahead_ms = int(self.path.read_text())
        return super().now()

    def move(self, ms: int) -> None:
        """Lets it jump, for every process that reads the file."""
        new = self.path.with_suffix(".new")
        new.write_text(str(int(self.path.read_text()) + ms))
        new.replace(self.path)
