"""Worlds a `VoiceHistory` can be held against: the account in memory, and the practice cloud over HTTPS.

A further implementer gets a class here with the same five methods and a line in `WORLDS`.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import replace
from typing import Protocol

from agent.alexa.exchange import Limits, Secret
from agent.alexa.history import AmazonHistory
from agent.alexa.marketplaces import find
from agent.alexa.practice import Practice
from agent.alexa.session import Session
from agent.errors import SignedOutError
from agent.model import Device, Incomplete, Surface, Window
from agent.ports import VoiceHistory
from agent.simulator import server
from agent.simulator.server import PracticeCloud
from tests.support.fake_clock import FakeClock
from tests.support.fake_history import Cloud, FakeHistory, recording


class HistoryWorld(Protocol):
    """What a test needs besides the history itself."""

    def history(self) -> AbstractAsyncContextManager[VoiceHistory]:
        """The history under test."""
        ...

    def everything(self) -> Window:
        """A window that holds every recording."""
        ...

    def visible(self, surface: Surface) -> set[str]:
        """Keys that are really there."""
        ...

    def spoil(self, surface: Surface, why: Incomplete) -> None:
        """Every listing of `surface` ends like this from now on."""
        ...

    def sign_out(self) -> None:
        """The stored sign-in no longer works."""
        ...

    def silence(self) -> None:
        """No audio is served any more."""
        ...


class InMemory:
    """The fake that the tests of the core use."""

    def __init__(self) -> None:
        self.cloud = Cloud(FakeClock())
        self.cloud.devices = [Device("G1", "A10A33FOX2NUBK", "Kitchen")]
        now = self.cloud.clock.now()
        self.cloud.add(recording(now - 60_000 * n, f"G{n % 3}") for n in range(1, 41))

    @asynccontextmanager
    async def history(self) -> AsyncIterator[VoiceHistory]:
        yield FakeHistory(self.cloud)

    def everything(self) -> Window:
        return Window(0, self.cloud.clock.now())

    def visible(self, surface: Surface) -> set[str]:
        return {key for key, row in self.cloud.rows.items() if surface in row.surfaces}

    def spoil(self, surface: Surface, why: Incomplete) -> None:
        self.cloud.faults = lambda _n: {surface: why}

    def sign_out(self) -> None:
        self.cloud.identify_error = SignedOutError("signed out")
        self.cloud.faults = lambda _n: dict.fromkeys(Surface, Incomplete.SIGNED_OUT)

    def silence(self) -> None:
        self.cloud.rows = {key: replace(row, audio=False) for key, row in self.cloud.rows.items()}


FAULTS: dict[Incomplete, dict[str, object]] = {
    Incomplete.SIGNED_OUT: {"kind": "sign_in_page"},
    Incomplete.STEP_UP: {"kind": "step_up_redirect"},
    Incomplete.WRONG_ACCOUNT: {"kind": "wrong_account"},
    Incomplete.CSRF_REFUSED: {"kind": "forbidden"},
    Incomplete.HTML: {"kind": "html"},
    Incomplete.NOT_FOUND: {"kind": "not_found"},
    Incomplete.SCHEMA: {"kind": "deep"},
    Incomplete.TOO_LARGE: {"kind": "huge_gzip"},
    Incomplete.REDIRECTED: {"kind": "foreign_redirect"},
    Incomplete.THROTTLED: {"kind": "throttle_400"},
    Incomplete.CONNECTION: {"kind": "reset"},
    Incomplete.DEADLINE: {"kind": "hang"},
    Incomplete.SERVER_ERROR: {"kind": "status", "status": 500},
    Incomplete.TRUNCATED: {"kind": "truncate"},
    Incomplete.TOKEN_LOOP: {"kind": "token_loop"},
    Incomplete.EMPTY_PAGES: {"kind": "empty_page"},
    Incomplete.NULL_LIST: {"kind": "null_list"},
    Incomplete.SERVER_TIME_LIMIT: {"kind": "time_limit"},
}
"""How the practice cloud is brought to each kind of trouble."""


class OverHttps:
    """Amazon's side of the agent against the practice cloud."""

    def __init__(self, cloud: PracticeCloud) -> None:
        self.cloud = cloud
        self.clock = FakeClock(cloud.now())

    @asynccontextmanager
    async def history(self) -> AsyncIterator[VoiceHistory]:
        async with self.session() as session:
            yield AmazonHistory(session)

    def session(self) -> Session:
        """A session as the practice account."""
        return Session(
            find(self.cloud.marketplace),
            Secret(self.cloud.credential),
            self.clock,
            limits=Limits(requests_per_second=10_000, read_s=0.5),
            practice=Practice.from_url(self.cloud.url, self.cloud.ca),
        )

    def everything(self) -> Window:
        return Window(0, self.cloud.now())

    def visible(self, surface: Surface) -> set[str]:
        return set(self.cloud.truth()["surfaces"][surface.value])

    def spoil(self, surface: Surface, why: Incomplete) -> None:
        self.cloud.turn(faults=[{**FAULTS[why], "on": surface.value}])

    def sign_out(self) -> None:
        self.cloud.turn(faults=[{"kind": "revoked", "on": "any", "times": 1}])

    def silence(self) -> None:
        self.cloud.turn(faults=[{"kind": "not_found", "on": "audio"}])


@contextmanager
def in_memory() -> Iterator[HistoryWorld]:
    """A fresh account in memory."""
    yield InMemory()


@contextmanager
def over_https() -> Iterator[HistoryWorld]:
    """A fresh practice cloud."""
    with server.running(recordings=40) as cloud:
        yield OverHttps(cloud)


WORLDS: dict[str, Callable[[], AbstractContextManager[HistoryWorld]]] = {
    "in memory": in_memory,
    "over HTTPS": over_https,
}
