"""An account in memory: a history that can be listed and deleted from, and that can lie."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.errors import AgentError
from agent.model import (
    Answer,
    Device,
    Identity,
    Incomplete,
    Listing,
    Recording,
    Result,
    Scope,
    Surface,
    SurfaceEnd,
    Window,
)
from agent.ports import Progress
from tests.support.fake_clock import FakeClock

CUSTOMER = "A1CUSTOMER"
BOTH = frozenset(Surface)


def recording(at: int, serial: str = "G1", **changes: object) -> Recording:
    """A recording visible on both surfaces, with words and audio."""
    key = f"{CUSTOMER}#{at}#A10A33FOX2NUBK#{serial}"
    row = Recording(key, at, BOTH, (serial,), "A10A33FOX2NUBK", "GENERAL", CUSTOMER, b"w%d" % at, audio=True)
    return replace(row, **changes)  # type: ignore[arg-type]  # the caller names fields of Recording


Effect = Callable[["Cloud", Sequence[Recording]], None]


def honest(cloud: "Cloud", rows: Sequence[Recording]) -> None:
    """Deletes what was asked for, on every surface."""
    for row in rows:
        cloud.rows.pop(row.key, None)


def nothing(cloud: "Cloud", rows: Sequence[Recording]) -> None:
    """Says yes and does nothing."""


@dataclass
class Cloud:
    """What is really there. `effect` carries out a request, `faults` spoil a listing by its number."""

    clock: FakeClock
    rows: dict[str, Recording] = field(default_factory=dict)
    devices: list[Device] = field(default_factory=list)
    effect: Effect = honest
    faults: Callable[[int], Mapping[Surface, Incomplete]] = lambda _n: {}
    identify_error: AgentError | None = None
    skew_ms: int = 0
    listings: int = 0
    requests: list[tuple[str, ...]] = field(default_factory=list)
    late: list[tuple[int, Callable[[], None]]] = field(default_factory=list)

    def add(self, rows: Iterable[Recording]) -> None:
        """Makes rows visible."""
        self.rows.update((row.key, row) for row in rows)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Does `act` once the clock has moved on by `seconds`."""
        self.late.append((self.clock.now() + round(seconds * 1000), act))

    def settle(self) -> None:
        """Carries out what is due by now."""
        ready = [act for at, act in self.late if at <= self.clock.now()]
        self.late = [(at, act) for at, act in self.late if at > self.clock.now()]
        for act in ready:
            act()


class FakeHistory:
    """Implements `agent.ports.VoiceHistory` over a `Cloud`."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    async def identify(self) -> Identity:
        if self.cloud.identify_error is not None:
            raise self.cloud.identify_error
        return Identity(CUSTOMER, "www.amazon.de", self.cloud.skew_ms)

    async def devices(self) -> Sequence[Device]:
        return list(self.cloud.devices)

    async def listing(
        self,
        window: Window,
        surfaces: Sequence[Surface],
        *,
        items: bool = False,
        text: bool = False,
        progress: Progress,
    ) -> Listing:
        cloud = self.cloud
        cloud.settle()
        cloud.listings += 1
        progress.stage("listing", done=len(cloud.rows))
        broken = {s: why for s, why in cloud.faults(cloud.listings).items() if s in surfaces}
        healthy = frozenset(surfaces) - frozenset(broken)
        shown = {
            key: replace(row, surfaces=row.surfaces & healthy)
            for key, row in cloud.rows.items()
            if row.spoken_at in window and row.surfaces & healthy
        }
        ends = {s: SurfaceEnd(broken.get(s), pages=1, rows=len(shown)) for s in surfaces}
        return Listing(window, shown, ends, cloud.clock.now() + cloud.skew_ms, 0.1)

    async def without_audio(self, recordings: Sequence[Recording]) -> frozenset[str]:
        rows = self.cloud.rows
        return frozenset(r.key for r in recordings if r.key in rows and not rows[r.key].audio)


class CloudMethod:
    """Implements `agent.ports.DeletionMethod` over a `Cloud`."""

    def __init__(
        self,
        cloud: Cloud,
        name: str = "recipe:fake",
        scope: Scope = Scope.RECORDS,
        batch: int = 50,
        digest: str = "ab" * 32,
    ) -> None:
        self.cloud, self._name, self._scope, self._batch, self._digest = cloud, name, scope, batch, digest
        self.answer: Callable[[], Answer] = lambda: Answer(Result.ACCEPTED, 200)
        self.all_days: Callable[[int], Sequence[Window]] = lambda now: (Window(now - now % 86_400_000, now),)
        self.before: Callable[[Sequence[Recording]], None] = lambda _rows: None

    @property
    def name(self) -> str:
        return self._name

    @property
    def digest(self) -> str:
        return self._digest

    @property
    def scope(self) -> Scope:
        return self._scope

    @property
    def batch(self) -> int:
        return self._batch

    @property
    def needs_items(self) -> bool:
        return False

    def days(self, now: int) -> Sequence[Window]:
        return self.all_days(now) if self._scope is Scope.DAY else ()

    async def request(self, recordings: Sequence[Recording], window: Window) -> Answer:
        self.before(recordings)
        rows = self._meant(recordings, window)
        self.cloud.requests.append(tuple(row.key for row in rows))
        self.cloud.effect(self.cloud, rows)
        return self.answer()

    def _meant(self, recordings: Sequence[Recording], window: Window) -> list[Recording]:
        """What a request of this scope would really delete."""
        everything = list(self.cloud.rows.values())
        match self._scope:
            case Scope.RECORDS:
                return [self.cloud.rows[r.key] for r in recordings if r.key in self.cloud.rows]
            case Scope.RANGE | Scope.DAY:
                return [row for row in everything if row.spoken_at in window]
            case Scope.EVERYTHING:
                return everything


class QuietProgress:
    """Implements `agent.ports.Progress`; remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def stage(
        self, what: str, *, done: int = 0, total: int | None = None, left_s: float | None = None
    ) -> None:
        """Nobody watches."""

    def say(self, line: str) -> None:
        self.said.append(line)


class MemoryDevices:
    """Implements `agent.ports.DeviceMemory`."""

    def __init__(self) -> None:
        self.kept: dict[str, Sequence[str]] = {}

    def recall(self) -> Mapping[str, Sequence[str]]:
        return dict(self.kept)

    def remember(self, kept: Mapping[str, Sequence[str]]) -> None:
        self.kept = dict(kept)
