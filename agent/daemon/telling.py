"""Telling others, beside the work and never in its way: alerts to channels, runs to followers.

The seam for every way out: a channel takes alerts, a follower hears of runs, and `outlets` says
which there are for a configuration. Each gets its news in order, in a task of its own; what one of them
raises is logged, stands in `status.json`, and touches nothing else. What can be mended by waiting is tried
again, and the news behind it wait.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import structlog

from agent.alerts.alert import Alert, Channel
from agent.errors import AgentError, ChannelError
from agent.ports import Clock
from agent.purge import Report
from agent.state import AccountState

_log = structlog.get_logger("voicepurge.telling")

AGAIN_S: Final = (60.0, 300.0, 1800.0, 7200.0, 21600.0)
"""Waits before each further try to deliver one piece of news; after the last it is given up."""

MOST_WAITING: Final = 1000
"""News that one outlet may be behind; what comes then is dropped, and said to be."""


class Follower(Protocol):
    """Whoever wants to know of every run: a dead man's switch, numbers, a page."""

    @property
    def label(self) -> str:
        """What to call it in `status`: never an address."""
        ...

    async def begun(self, account: str, run: str) -> None:
        """A run has begun. May raise ChannelError."""
        ...

    async def ended(self, account: str, report: Report, state: AccountState) -> None:
        """A run has ended; `state` is what the ledger holds now. May raise ChannelError."""
        ...

    async def beat(self) -> None:
        """Time has passed. May raise ChannelError."""
        ...


@dataclass(frozen=True, slots=True)
class Outlets:
    """Everybody who is told something."""

    channels: Sequence[Channel]
    followers: Sequence[Follower] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an outlet works, since when (ms UTC), and the code of its last error, or ""."""

    ok: bool
    since: int
    error: str = ""


_News = Callable[[], Awaitable[None]]


class Telling:
    """Hands news to every outlet. All methods but `close` return at once and never raise."""

    def __init__(self, to: Outlets, clock: Clock) -> None:
        self._clock = clock
        self.health: dict[str, Health] = {}
        self._lines: dict[str, _Line] = {}
        self._to = to
        self.change(to)

    def change(self, to: Outlets) -> None:
        """From now on tells these; what the others were told is still delivered."""
        self._to = to
        labels = {one.label for one in to.channels} | {one.label for one in to.followers}
        for gone in self._lines.keys() - labels:
            self.health.pop(gone, None)
        for label in labels - self._lines.keys():
            self._lines[label] = _Line(label, self._note, self._clock)

    def tell(self, alert: Alert) -> None:
        """Sends an alert through every channel."""
        for channel in self._to.channels:
            self._lines[channel.label].put(partial(channel.send, alert))

    def begun(self, account: str, run: str) -> None:
        """Tells every follower that a run has begun: news that is worth nothing later."""
        for one in self._to.followers:
            self._lines[one.label].put(partial(one.begun, account, run), again=False)

    def ended(self, account: str, report: Report, state: AccountState) -> None:
        """Tells every follower how a run ended."""
        for one in self._to.followers:
            self._lines[one.label].put(partial(one.ended, account, report, state))

    def beat(self) -> None:
        """Time has passed: who waits looks at the clock, and who has nothing else to hear is told."""
        for line in self._lines.values():
            line.nudge()
        for one in self._to.followers:
            if self._lines[one.label].idle:
                self._lines[one.label].put(one.beat, again=False)

    def _note(self, label: str, error: str) -> None:
        before = self.health.get(label)
        if before is None or before.error != error:
            self.health[label] = Health(not error, self._clock.now(), error)

    async def close(self, grace_s: float) -> None:
        """Delivers what is waiting, for at most `grace_s` seconds."""
        await asyncio.gather(*(line.close(grace_s) for line in self._lines.values()))


class _Line:
    """The news of one outlet, one after the other."""

    def __init__(self, label: str, note: Callable[[str, str], None], clock: Clock) -> None:
        self._label, self._note, self._clock = label, note, clock
        self._waiting: asyncio.Queue[tuple[_News, bool]] = asyncio.Queue(MOST_WAITING)
        self._closing, self._nudge = False, asyncio.Event()
        self._task = asyncio.create_task(self._work(), name=f"telling {label}")

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return self._waiting.empty()

    def put(self, news: _News, *, again: bool = True) -> None:
        try:
            self._waiting.put_nowait((news, again))
        except asyncio.QueueFull:
            _log.error("too much news is waiting; one was dropped", outlet=self._label)

    async def _work(self) -> None:
        while True:
            news, again = await self._waiting.get()
            try:
                await self._deliver(news, AGAIN_S if again else ())
            finally:
                self._waiting.task_done()

    async def _deliver(self, news: _News, waits: Sequence[float]) -> None:
        """One piece of news, tried again after each wait while that may help."""
        for wait in (*waits, None):
            why, passes = await self._tried(news)
            self._note(self._label, why)
            if not why:
                return
            _log.warning("somebody could not be told", outlet=self._label, why=why, again_in_s=wait)
            if wait is None or not passes or not await self._rested(wait):
                return

    async def _tried(self, news: _News) -> tuple[str, bool]:
        """Why it failed, "" when it did not; and whether waiting may help."""
        try:
            await news()
        except ChannelError as error:
            return error.why or error.code, error.passes
        except AgentError as error:
            return error.code, error.retryable
        except Exception:  # noqa: BLE001 - whatever it is, the other outlets go on
            _log.exception("a bug in an outlet", outlet=self._label)
            return "bug", False
        return "", False

    async def _rested(self, wait: float) -> bool:
        """Until the wall clock says that `wait` is over, also after a suspend; False at the end."""
        until = self._clock.now() + int(wait * 1000)
        while not self._closing and self._clock.now() < until:
            self._nudge.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudge.wait(), (until - self._clock.now()) / 1000)
        return not self._closing

    def nudge(self) -> None:
        """Lets it look at the clock again."""
        self._nudge.set()

    async def close(self, grace_s: float) -> None:
        self._closing = True
        self.nudge()
        try:
            await asyncio.wait_for(self._waiting.join(), grace_s)
        except TimeoutError:
            _log.warning("some news was not delivered", outlet=self._label)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def health_document(health: Mapping[str, Health]) -> dict[str, object]:
    """As in `status.json`."""
    return {name: {"ok": one.ok, "since": one.since, "error": one.error} for name, one in health.items()}
