"""The service inside the test's own event loop, on a clock that the test moves."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.daemon.service import Service
from agent.ledger.entry import Entry
from agent.ledger.reading import entries, last_state
from agent.model import Event
from agent.simulator.server import PracticeCloud
from agent.state import AccountState
from tests.support.moved_clock import MovedClock
from tests.support.practice_home import Home

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
BEAT_S = 0.05
PATIENCE_S = 30.0


@dataclass
class Served:
    """A running service and what a test needs to look at it."""

    home: Home
    service: Service
    clock: MovedClock
    clouds: list[PracticeCloud]
    task: "asyncio.Task[None]"

    def pass_time(self, ms: int) -> None:
        """Lets time jump, here and at Amazon."""
        self.clock.ahead_ms += ms
        for cloud in self.clouds:
            cloud.advance(ms)

    async def until(self, holds: Callable[[], object]) -> None:
        """Returns once something holds; fails after half a minute."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert not self.task.done(), "the service ended"
            assert time.monotonic() < end, f"it never came: {self.status()}"
            await asyncio.sleep(BEAT_S / 2)

    async def beats(self, number: int = 3) -> None:
        """Lets so many beats pass."""
        await asyncio.sleep(number * BEAT_S)

    def status(self) -> dict[str, Any]:
        """`status.json`; empty while there is none."""
        path = self.home.state / "run" / "status.json"
        with contextlib.suppress(FileNotFoundError):
            found = json.loads(path.read_text())
            assert isinstance(found, dict)
            return found
        return {}

    def of(self, account: str = "home") -> dict[str, Any]:
        """What `status.json` says of an account."""
        found = self.status().get("accounts", {}).get(account, {})
        assert isinstance(found, dict)
        return found

    def problem(self) -> dict[str, Any] | None:
        """What it says is wrong with the configuration."""
        found: dict[str, Any] | None = self.status().get("config", {}).get("problem")
        return found

    def state(self, account: str = "home") -> AccountState:
        """What the ledger adds up to."""
        return last_state(self.home.directory(account))

    def entries(self, event: Event, account: str = "home") -> list[Entry]:
        """Entries of a kind."""
        return [entry for entry in entries(self.home.directory(account)) if entry.event is event]

    def runs(self, account: str = "home") -> list[tuple[str, str]]:
        """Verdict and trigger of every run that ended."""
        triggers = {one.run: one.fields["trigger"] for one in self.entries(Event.RUN_STARTED, account)}
        ended = self.entries(Event.RUN_ENDED, account)
        return [(str(one.fields["verdict"]), str(triggers[one.run])) for one in ended]

    async def idle(self, account: str = "home") -> None:
        """Waits until the account waits for its next slot."""
        await self.until(lambda: self.of(account).get("next") and self.of(account)["running"] is None)


@contextlib.asynccontextmanager
async def serving(
    home: Home,
    *clouds: PracticeCloud,
    clock: MovedClock | None = None,
    environ: Mapping[str, str] | None = None,
) -> AsyncIterator[Served]:
    """Starts the service, and stops it afterwards, within five seconds."""
    clock = clock or MovedClock()
    service = Service(home.config, {**home.environment(), **(environ or {})}, clock, beat_s=BEAT_S)
    task = asyncio.create_task(service.run())
    served = Served(home, service, clock, list(clouds), task)
    try:
        yield served
    finally:
        service.stop()
        await asyncio.wait_for(task, 5)
