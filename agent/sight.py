"""What one run has seen and asked so far, and looking again.

Every look is judged (`verdict`) and written to the ledger before anything is decided from it.
Left out here: requesting and waiting (`removal`), the beginning and the end of a run (`purge`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent import policy as rules
from agent import record
from agent.model import Counts, Event, Fate, Listing, Policy, Recording, Window
from agent.ports import Clock, DeletionMethod, DeviceMemory, Ledger, Progress, VoiceHistory
from agent.verdict import collateral, fates


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of one run.

    Attributes:
        run: its id, random, made by the caller.
        policy: what the configuration asks for.
        trigger: manual, schedule, catch_up or retry.
        slot: the planned time (RFC 3339) it satisfies, if any.
        confirm: a person said yes to a large run.
        dry_run: plan only; nothing is requested and nothing written.
        wait: stay for all rechecks instead of the first.
        whole: list all there is.
        requests_per_second: the pace, for the expected duration.
    """

    run: str
    policy: Policy
    trigger: str = "manual"
    slot: str | None = None
    confirm: bool = False
    dry_run: bool = False
    wait: bool = False
    whole: bool = False
    requests_per_second: float = 2.0


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside, as ports. `should_stop` is asked between steps.

    `keepsake` is told, before a request leaves, which recordings it names: a receipt needs their keys.
    """

    history: VoiceHistory
    methods: Sequence[DeletionMethod]
    ledger: Ledger
    clock: Clock
    progress: Progress
    memory: DeviceMemory
    should_stop: Callable[[], bool] = lambda: False
    keepsake: Callable[[str, Sequence[Recording]], None] = lambda _run, _recordings: None


class Sight:
    """The state of knowledge of one run. Created from a complete first listing."""

    def __init__(
        self, order: Order, world: World, first: Listing, until: int, kept: rules.Kept, parts: rules.Sorted
    ) -> None:
        self.order, self.world, self.first, self.until, self.kept = order, world, first, until, kept
        self.latest = first
        self.planned_at = until + order.policy.keep_for_ms
        self.due: tuple[Recording, ...] = parts.due
        self.stay = {key: first.recordings[key] for key in (*parts.kept, *parts.undecided)}
        self.undecided = len(parts.undecided)
        self.first_due = len(parts.due)
        self.requested: dict[str, Recording] = {}
        self.fates: dict[str, Fate] = {}
        self.hurt: frozenset[str] = frozenset()
        self.deciding: Listing | None = first

    def asked_for(self, recordings: Iterable[Recording]) -> None:
        """Notes what is about to be requested: from here on only a new look can decide."""
        for recording in recordings:
            self.requested[recording.key] = recording
            self.fates[recording.key] = Fate.UNKNOWN
        self.deciding = None

    async def look(self, window: Window | None = None) -> Listing:
        """Lists again, judges what was requested and what had to stay, and writes it down.

        Without `window` the whole window of the run is listed, and the result becomes the deciding one.
        """
        world = self.world
        listing = await world.history.listing(
            window or self.first.window, self.order.policy.surfaces, items=True, progress=world.progress
        )
        silent = await self._silent(listing)
        seen = fates(self.requested.values(), self.first.recordings, listing, silent)
        changed = {key: fate for key, fate in seen.items() if fate not in (Fate.UNKNOWN, self.fates.get(key))}
        self.fates |= changed
        self.hurt |= collateral(self.stay.values(), listing)
        due = self._due_in(listing)
        self._learn(listing, due, whole=window is None)
        commit = world.ledger.commit
        written = {commit(key): fate for key, fate in changed.items()}
        for fields in record.relisted(self.order.run, listing, len(due), written, len(self.hurt)):
            world.ledger.append(Event.RELISTED, fields, run=self.order.run)
        return listing

    async def _silent(self, listing: Listing) -> frozenset[str]:
        survivors = [row for key, row in listing.recordings.items() if key in self.requested and row.audio]
        return await self.world.history.without_audio(survivors) if survivors else frozenset()

    def _due_in(self, listing: Listing) -> tuple[Recording, ...]:
        """Due rows of a later listing. What had to stay at first stays, whatever it is called now."""
        rows = (row for key, row in listing.recordings.items() if key not in self.stay)
        return rules.sort(rows, self.order.policy, self.until, self.kept).due

    def _learn(self, listing: Listing, due: tuple[Recording, ...], *, whole: bool) -> None:
        due_keys = {row.key for row in due}
        for key, row in listing.recordings.items():
            if key not in due_keys and key not in self.requested:
                self.stay.setdefault(key, row)
        if whole:
            self.deciding = listing
            if listing.complete:
                self.latest, self.due = listing, due
        else:
            self.due = tuple(row for row in self.due if self.fates.get(row.key) is not Fate.GONE)

    def gone(self, recordings: Iterable[Recording]) -> int:
        """How many of `recordings` a listing has shown gone."""
        return sum(self.fates.get(recording.key) is Fate.GONE for recording in recordings)

    def all_gone(self) -> bool:
        """Whether everything that was requested has been seen gone."""
        return all(fate is Fate.GONE for fate in self.fates.values())

    def unasked_missing(self, spared: Window | None = None) -> int:
        """How many due recordings nobody asked for are no longer whole in the latest whole listing.

        What was spoken in `spared` does not count: a request for a range takes it along.
        """
        others = (
            row
            for key, row in self.first.recordings.items()
            if key not in self.requested
            and key not in self.stay
            and (spared is None or row.spoken_at not in spared)
        )
        return len(collateral(others, self.latest))

    def counts(self) -> Counts:
        """The numbers so far."""
        tally: Mapping[Fate, int] = {
            fate: sum(value is fate for value in self.fates.values()) for fate in Fate
        }
        return Counts(
            listed=len(self.first.recordings),
            due=self.first_due,
            requested=len(self.requested),
            gone=tally[Fate.GONE],
            text_remains=tally[Fate.TEXT_REMAINS],
            still_visible=tally[Fate.STILL_VISIBLE],
            unknown=tally[Fate.UNKNOWN],
            collateral=len(self.hurt),
            undecided=self.undecided,
        )
