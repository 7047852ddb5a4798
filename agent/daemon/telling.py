"""Telling others, beside the work and never in its way: alerts to channels, runs to followers.

The seam for every further way out: a channel takes alerts, a follower hears of runs, and `outlets` says
which there are for a configuration. Each gets its news in order, in a task of its own; what one of them
raises is logged, stands in `status.json`, and touches nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import structlog

from agent.alerts.alert import Alert, Channel
from agent.alerts.journal import Journal
from agent.errors import AgentError, ChannelError
from agent.ports import Clock
from agent.purge import Report
from agent.state import AccountState
from agent.wiring import Installation

_log = structlog.get_logger("voicepurge.telling")

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


@dataclass(frozen=True, slots=True)
class Outlets:
    """Everybody who is told something."""

    channels: Sequence[Channel]
    followers: Sequence[Follower] = ()


def outlets(_installation: Installation) -> Outlets:
    """Who is told, by the configuration: the journal always."""
    return Outlets(channels=(Journal(),))


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
            self._lines[label] = _Line(label, self._note)

    def tell(self, alert: Alert) -> None:
        """Sends an alert through every channel."""
        for channel in self._to.channels:
            self._lines[channel.label].put(partial(channel.send, alert))

    def begun(self, account: str, run: str) -> None:
        """Tells every follower that a run has begun."""
        for one in self._to.followers:
            self._lines[one.label].put(partial(one.begun, account, run))

    def ended(self, account: str, report: Report, state: AccountState) -> None:
        """Tells every follower how a run ended."""
        for one in self._to.followers:
            self._lines[one.label].put(partial(one.ended, account, report, state))

    def _note(self, label: str, error: str) -> None:
        before = self.health.get(label)
        if before is None or before.error != error:
            self.health[label] = Health(not error, self._clock.now(), error)

    async def close(self, grace_s: float) -> None:
        """Delivers what is waiting, for at most `grace_s` seconds."""
        await asyncio.gather(*(line.close(grace_s) for line in self._lines.values()))


class _Line:
    """The news of one outlet, one after the other."""

    def __init__(self, label: str, note: Callable[[str, str], None]) -> None:
        self._label, self._note = label, note
        self._waiting: asyncio.Queue[_News] = asyncio.Queue(MOST_WAITING)
        self._task = asyncio.create_task(self._deliver(), name=f"telling {label}")

    def put(self, news: _News) -> None:
        try:
            self._waiting.put_nowait(news)
        except asyncio.QueueFull:
            _log.error("too much news is waiting; one was dropped", outlet=self._label)

    async def _deliver(self) -> None:
        while True:
            news = await self._waiting.get()
            try:
                await news()
            except ChannelError as error:
                self._failed(error.why or error.code)
            except AgentError as error:
                self._failed(error.code)
            except Exception:  # noqa: BLE001 - whatever it is, the other outlets go on
                _log.exception("a bug in an outlet", outlet=self._label)
                self._failed("bug")
            else:
                self._note(self._label, "")
            finally:
                self._waiting.task_done()

    def _failed(self, why: str) -> None:
        _log.warning("somebody could not be told", outlet=self._label, why=why)
        self._note(self._label, why)

    async def close(self, grace_s: float) -> None:
        try:
            await asyncio.wait_for(self._waiting.join(), grace_s)
        except TimeoutError:
            _log.warning("some news was not delivered", outlet=self._label)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def health_document(health: Mapping[str, Health]) -> dict[str, object]:
    """As in `status.json`."""
    return {name: {"ok": one.ok, "since": one.since, "error": one.error} for name, one in health.items()}
