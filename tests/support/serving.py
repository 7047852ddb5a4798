"""The service inside the test's own event loop, on a clock that the test moves."""

import asyncio
import contextlib
import io
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from agent import logs
from agent.daemon.service import Service
from agent.ledger.entry import Entry
from agent.ledger.reading import entries, last_state
from agent.model import Event
from agent.simulator.server import PracticeCloud
from agent.state import AccountState
from tests.support.moved_clock import MovedClock
from tests.support.practice_home import Home

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
BEAT_S = 0.05
PATIENCE_S = 30.0


@dataclass
class Served:
    """A running service and what a test needs to look at it."""

    home: Home
    clock: MovedClock
    clouds: Sequence[PracticeCloud]
    log: io.StringIO
    environ: Mapping[str, str] = field(default_factory=dict)
    _service: Service | None = None
    _task: "asyncio.Task[None] | None" = None

    # Its life.

    @property
    def service(self) -> Service:
        """The one that runs now."""
        assert self._service is not None, "it was stopped"
        return self._service

    def start(self) -> None:
        """Starts it."""
        environ = {**self.home.environment(), **self.environ}
        self._service = Service(self.home.config, environ, self.clock, beat_s=BEAT_S)
        self._task = asyncio.create_task(self._service.run())

    async def stop(self) -> None:
        """Stops it, if it runs; it has five seconds."""
        service, task = self._service, self._task
        self._service = self._task = None
        if service is not None and task is not None:
            service.stop()
            await asyncio.wait_for(task, 5)

    def pass_time(self, ms: int) -> None:
        """Lets time jump, here and at Amazon."""
        self.clock.ahead_ms += ms
        for cloud in self.clouds:
            cloud.advance(ms)

    async def until(self, holds: Callable[[], object]) -> None:
        """Returns once something holds; fails after half a minute."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert self._task is None or not self._task.done(), "the service ended"
            assert time.monotonic() < end, f"it never came: {self.status()} {self.log.getvalue()[-2000:]}"
            await asyncio.sleep(BEAT_S / 2)

    async def beats(self, number: int = 4) -> None:
        """Lets so many beats pass."""
        await asyncio.sleep(number * BEAT_S)

    async def idle(self, account: str = "home") -> None:
        """Waits until the account waits for its next slot."""
        await self.until(lambda: self.of(account).get("next") and self.of(account)["running"] is None)

    # What it says.

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

    def lines(self, **fields: object) -> list[dict[str, Any]]:
        """Log lines with these fields."""
        found = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [line for line in found if fields.items() <= line.items()]

    def alerts(self) -> list[tuple[str, str | None]]:
        """Occasion and account of all alerts so far."""
        return [(one["occasion"], one["account"]) for one in self.lines(logger="voicepurge.alert")]

    # What the ledger says.

    def state(self, account: str = "home") -> AccountState:
        """What it adds up to."""
        return last_state(self.home.directory(account))

    def entries(self, event: Event, account: str = "home") -> list[Entry]:
        """Entries of a kind."""
        return [entry for entry in entries(self.home.directory(account)) if entry.event is event]

    def runs(self, account: str = "home") -> list[tuple[str, str]]:
        """Verdict and trigger of every run that ended."""
        triggers = {one.run: one.fields["trigger"] for one in self.entries(Event.RUN_STARTED, account)}
        ended = self.entries(Event.RUN_ENDED, account)
        return [(str(one.fields["verdict"]), str(triggers[one.run])) for one in ended]

    def missed(self, account: str = "home") -> int:
        """How many slots were entered as missed."""
        counts: list[Any] = [one.fields.get("count", 1) for one in self.entries(Event.SLOT_MISSED, account)]
        return sum(counts)


@contextlib.asynccontextmanager
async def serving(
    home: Home,
    *clouds: PracticeCloud,
    clock: MovedClock | None = None,
    environ: Mapping[str, str] | None = None,
    log: io.StringIO | None = None,
) -> AsyncIterator[Served]:
    """Starts the service, and stops it afterwards."""
    served = Served(home, clock or MovedClock(), clouds, log or io.StringIO(), environ or {})
    served.start()
    try:
        yield served
    finally:
        await served.stop()


def serve(
    home: Home,
    clouds: Sequence[PracticeCloud],
    story: Callable[[Served], Awaitable[None]],
    *,
    clock: MovedClock | None = None,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Tells a story in an event loop of its own; the service starts before it and stops after it."""
    with logged() as log:

        async def told() -> None:
            async with serving(home, *clouds, clock=clock, environ=environ, log=log) as served:
                await story(served)

        asyncio.run(told())


@contextlib.contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, a JSON object a line; then logging is as before."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.configure(json=True, level="info", stream=stream)
    try:
        yield stream
    finally:
        for handler in [one for one in root.handlers if one not in handlers]:
            root.removeHandler(handler)
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()
