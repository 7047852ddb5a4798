"""The state of Amazon's side: what was recorded, what is gone, and everything that was asked.

One lock guards it all: the server thread and a test's thread both hold it while they look or change.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from threading import RLock

from agent.simulator import generate
from agent.simulator.account import Account, Device
from agent.simulator.clock import PracticeClock
from agent.simulator.enrolment import MADE_BEFORE, Enrolments
from agent.simulator.fault_counts import FaultCounts
from agent.simulator.recording import SURFACES, Recording, Surface
from agent.simulator.scenario import Dials
from agent.simulator.sessions import Sessions
from agent.simulator.shapes import Shape

Place = tuple[int, int]
"""Where a row stands in the history: (spoken at, number). Newest is greatest."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of the truth: at `at`, effective from `since` (both ms UTC)."""

    at: int
    what: str
    key: str
    surface: str
    since: int


@dataclass(slots=True)
class Asked:
    """One delete request that was understood, and the keys or the range it named."""

    at: int
    shape: str
    scope: str
    keys: list[str]
    start: int | None = None
    end: int | None = None


@dataclass
class World:
    """All of it. Make one with `create`."""

    account: Account
    clock: PracticeClock
    shape: Shape
    seed: int
    dials: Dials
    rng: Random
    rows: list[Recording] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    mutations: list[Mutation] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    accepted_before: int = 0
    lock: RLock = field(default_factory=RLock)
    fault_counts: FaultCounts = field(default_factory=FaultCounts)
    sessions: Sessions = field(default_factory=lambda: Sessions(b""))
    enrolments: Enrolments = field(default_factory=Enrolments)
    tickets: dict[str, Asked] = field(default_factory=dict)
    stopping: bool = False
    _order: dict[Surface, list[Place]] = field(default_factory=lambda: {each: [] for each in SURFACES})
    _by_key: dict[str, Recording] = field(default_factory=dict)
    _by_utterance: dict[str, Recording] = field(default_factory=dict)

    @classmethod
    def create(
        cls,
        *,
        seed: int,
        recordings: int,
        shape: Shape,
        dials: Dials,
        domain: str,
        start_ms: int | None = None,
    ) -> "World":
        """A fresh world; the same arguments with the same `start_ms` give the same one."""
        clock = PracticeClock(start_ms)
        who = generate.account(seed, domain)
        rng = Random(f"later {seed}")  # noqa: S311 - practice data, meant to repeat
        world = cls(who, clock, shape, seed, dials, rng, sessions=Sessions(rng.randbytes(32)))
        world.enrolments.tokens[who.credential] = MADE_BEFORE
        amount = generate.Amount(recordings, dials.conversations)
        for row in generate.recordings(seed, who, amount, clock.start):
            world.add(row)
        return world

    def now(self) -> int:
        """True time in ms UTC."""
        return self.clock.now()

    def said_now(self) -> int:
        """The time Amazon's side would tell, in ms UTC."""
        return self.clock.now() + self.dials.clock_skew_ms

    def turn(self, dials: Dials) -> None:
        """Replaces all dials; what faults counted and what was deleted so far is forgotten."""
        self.dials = dials
        self.accepted_before = self.accepted
        self.fault_counts = FaultCounts()

    def add(self, row: Recording) -> None:
        """Puts a row into the history."""
        place = (row.at, len(self.rows))
        self.rows.append(row)
        for surface in row.surfaces:
            insort(self._order[surface], place)
        if row.key:
            self._by_key[row.key] = row
        self._by_utterance[row.utterance_id] = row

    def speak(self, text: str | None = None, device: str | None = None, ago_ms: int = 0) -> Recording:
        """Somebody says something now, or said it `ago_ms` before and it shows only now."""
        row = generate.spoken(self.rng, self.account, self.said_now() - ago_ms, text, device)
        while row.key in self._by_key:
            row = generate.spoken(self.rng, self.account, row.at + 1, text, device)
        self.add(row)
        self.note("spoken", row, "", self.now())
        return row

    def by_key(self, key: str) -> Recording | None:
        """The row of that key, visible or not."""
        return self._by_key.get(key)

    def by_utterance(self, utterance_id: str) -> Recording | None:
        """The row of that audio, visible or not."""
        return self._by_utterance.get(utterance_id)

    def page(
        self, surface: Surface, start: int, end: int, before: Place | None, limit: int
    ) -> list[tuple[Place, Recording]]:
        """At most `limit` visible rows of the closed window [start, end] ms, newest first, below `before`."""
        order, now = self._order[surface], self.now()
        place = bisect_right(order, (end, len(self.rows)))
        if before is not None:
            place = min(place, bisect_left(order, before))
        found: list[tuple[Place, Recording]] = []
        while place > 0 and len(found) < limit and order[place - 1][0] >= start:
            place -= 1
            row = self.rows[order[place][1]]
            if row.visible(surface, now):
                found.append((order[place], row))
        return found

    def named(self, device: Device) -> str:
        """The name a device is shown with now."""
        if self.dials.rename_after_delete and not self.accepted:
            return device.name
        return self.dials.rename_devices.get(device.name, device.name)

    def device(self, name: str) -> Device:
        """The device first given that name; the first device where there is none."""
        return next((each for each in self.account.devices if each.name == name), self.account.devices[0])

    def note(self, what: str, row: Recording, surface: str, since: int) -> None:
        """Writes a change of the truth down."""
        self.mutations.append(Mutation(self.now(), what, row.key, surface, since))
