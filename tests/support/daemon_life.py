"""Years of a daemon in a moment: a wall clock, `decide` as the service asks it, and the real fold.

Nothing but the ledger's state outlives a step, so every step is a restart too.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.daemon.due import Due, Trigger, decide
from agent.daemon.schedule import Timetable
from agent.ledger.entry import Entry
from agent.ledger.fold import PASSING, fold
from agent.model import Event, Verdict
from agent.state import AccountState
from tests.support.timetables import MINUTE

STOPPED = "stopped"
"""Stands for a run that was stopped by us or killed: it settles nothing and is no try."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was made."""

    slot: str
    trigger: Trigger
    at: int
    verdict: str

    @property
    def settles(self) -> bool:
        """Whether its verdict settled the slot."""
        return self.verdict != STOPPED and Verdict(self.verdict) not in PASSING


@dataclass
class Life:
    """One account's daemon.

    Args:
        table: when to run.
        now: the wall clock, ms UTC; the ledger is begun now.
        verdict: how the next run ends.
        took: how long it takes, ms.
    """

    table: Timetable
    now: int
    verdict: Callable[[], str] = lambda: "verified"
    took: int = MINUTE
    state: AccountState = field(default_factory=AccountState)
    runs: list[Run] = field(default_factory=list)
    missed: list[tuple[str, int]] = field(default_factory=list)
    resets: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.enter(Event.LEDGER_CREATED)
        self.change_schedule()

    def enter(self, event: Event, **fields: object) -> None:
        """Adds an entry to what is remembered."""
        self.state = fold(self.state, Entry(0, "", self.now, event, "r", fields))

    def change_schedule(self, table: Timetable | None = None) -> None:
        """An edit of the schedule takes effect."""
        self.table = table or self.table
        self.enter(Event.CONFIG_APPLIED, config="", policy="")

    def wake(self, now: int | None = None) -> Due:
        """The clock shows `now`; does all there is to do and returns what it waits for then."""
        self.now = self.now if now is None else now
        for _ in range(20):
            due = decide(self.table, self.state, self.now)
            if due.reset:
                self.resets.append(due.reset)
                self.enter(Event.RECOVERED, kind="clock", slot=due.reset)
            elif due.missed:
                for one in due.missed:
                    self.missed.append((one.slot, one.count))
                    self.enter(Event.SLOT_MISSED, slot=one.slot, count=one.count)
            elif due.run is not None:
                self._run(*due.run)
            else:
                return due
            assert due.wake_ms == self.now or due.run is not None
        raise AssertionError("it never comes to rest")

    def live(self, until: int) -> None:
        """Wakes when it should and not before, until the clock shows `until`."""
        while (at := max(self.now, self.wake().wake_ms)) < until:
            self.now = at
        self.now = max(self.now, until)

    def _run(self, slot: str, trigger: Trigger) -> None:
        verdict = self.verdict()
        self.runs.append(Run(slot, trigger, self.now, verdict))
        self.now += self.took
        said = {"verdict": "interrupted", "reason": STOPPED} if verdict == STOPPED else {"verdict": verdict}
        rest = {"confirmed": False, "policy": "", "settled_through": None, "full": False, "open": None}
        self.enter(Event.RUN_ENDED, slot=slot, **{"reason": "", **said, **rest})

    def settled(self) -> Counter[str]:
        """How often each slot was settled by a verdict."""
        return Counter(run.slot for run in self.runs if run.settles)

    def entered_as_missed(self, slots: list[str]) -> Counter[str]:
        """How often each of `slots`, all there were in order, is covered by an entry of missed ones."""
        found: Counter[str] = Counter()
        for newest, count in self.missed:
            at = slots.index(newest) + 1
            found.update(slots[at - count : at])
        return found
