"""A clock that moves only when someone sleeps on it."""

from collections.abc import Callable


class FakeClock:
    """Implements `agent.ports.Clock`; `listeners` hear of every sleep in seconds."""

    def __init__(self, now: int = 1_790_000_000_000) -> None:
        self.wall = now
        self.slept = 0.0
        self.listeners: list[Callable[[float], None]] = []

    def now(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return self.slept

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.wall += round(seconds * 1000)
        for listener in self.listeners:
            listener(seconds)
