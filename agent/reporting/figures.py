"""The figures of one account, from one pass over its ledger. Pure, and the same for the same entries.

How long something stayed visible is measured from the hour it was spoken, all the ledger knows, to the
first look that saw it gone. Both ends are taken the long way: the true time is shorter, by up to an hour
for the one and by the time since the look before for the other.

Left out here: words and pictures (`page`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Final, Protocol

from agent.model import Event, Verdict
from agent.reporting.moments import moment, of_hour

CLEAN: Final = (Verdict.VERIFIED, Verdict.NOTHING_DUE)
WANTED: Final = (
    Event.LEDGER_CREATED,
    Event.RUN_STARTED,
    Event.LISTED,
    Event.DELETION_INTENDED,
    Event.RELISTED,
    Event.RUN_ENDED,
    Event.SLOT_MISSED,
    Event.REAPPEARED,
)
"""The events that are read; all others change no figure."""

_MEDIAN: Final = 50
_MOST: Final = 95


class EntryLike(Protocol):
    """An entry of a ledger whose fields have been checked."""

    @property
    def at(self) -> int:
        """When it was written, ms UTC."""

    @property
    def event(self) -> Event:
        """What happened."""

    @property
    def run(self) -> str | None:
        """The run it belongs to."""

    @property
    def fields(self) -> Mapping[str, object]:
        """Everything else."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run that ended. Times in ms UTC; a count is None where the look did not come to its end.

    `before` and `after` are what was visible; `due` had to go at first, `left` still had to in the end.
    """

    run: str
    trigger: str
    started: int
    ended: int
    verdict: Verdict
    reason: str
    full: bool
    before: int | None
    due: int | None
    requested: int
    gone: int
    after: int | None
    left: int | None

    @property
    def clean(self) -> bool:
        """Whether a complete look showed nothing that had to go."""
        return self.verdict in CLEAN


@dataclass(frozen=True, slots=True)
class Missed:
    """Slots nobody ran: the newest of `count`, and when it was due (ms UTC)."""

    slot: str
    count: int
    due: int


@dataclass(frozen=True, slots=True)
class Return:
    """So many recordings seen gone before were visible again at `at` (ms UTC)."""

    at: int
    count: int


@dataclass(frozen=True, slots=True)
class Stay:
    """How long `count` recordings stayed visible, in ms: half at most `median`, 95 of 100 at most `most`."""

    count: int
    median: int
    most: int
    longest: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything a page shows of a ledger.

    Attributes:
        since: when the ledger was begun, ms UTC, or None for an empty one.
        origin, vkey: its name and verifier key, as its first entry says.
        practice: whether it records a practice cloud.
        runs: every run that ended, in the order of the ledger.
        missed, returns: slots nobody ran; what came back.
        stay: of recordings spoken since the ledger was begun, or None.
        by_month: the same by the month (`2026-11`, local) in which they were seen gone.
        backlog: of recordings older than the ledger, or None.
        asked: how many recordings were asked for.
        gone: how many of them are gone by the newest look that says anything of them.
        texts, still, unknown: how many are not, and why.
    """

    since: int | None
    origin: str
    vkey: str
    practice: bool
    runs: tuple[Run, ...]
    missed: tuple[Missed, ...]
    returns: tuple[Return, ...]
    stay: Stay | None
    by_month: Mapping[str, Stay]
    backlog: Stay | None
    asked: int
    gone: int
    texts: int
    still: int
    unknown: int


@dataclass(slots=True)
class _Open:
    """A run that has not ended yet."""

    trigger: str
    started: int
    full: bool
    before: int | None = None
    due: int | None = None


@dataclass(slots=True)
class _Tally:
    zone: tzinfo
    since: int | None = None
    first: Mapping[str, Any] = field(default_factory=dict)
    open: dict[str, _Open] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    spoken: dict[str, int] = field(default_factory=dict)  # of what was asked for and not seen gone since
    fates: dict[str, str] = field(default_factory=dict)
    stays: Counter[int] = field(default_factory=Counter)
    old: Counter[int] = field(default_factory=Counter)
    months: dict[str, Counter[int]] = field(default_factory=dict)

    def add(self, entry: EntryLike) -> None:
        fields: Mapping[str, Any] = entry.fields
        run = entry.run or ""
        match entry.event:
            case Event.RUN_STARTED:
                self.open = {run: _Open(fields["trigger"], entry.at, fields["full"])}
            case Event.LISTED if run in self.open:
                whole = all(end["complete"] for end in fields["surfaces"].values())
                self.open[run].before = fields["recordings"] if whole else None
                self.open[run].due = fields["due"] if whole else None
            case Event.DELETION_INTENDED:
                for name, hour in fields["recordings"]:
                    self.spoken.setdefault(name, of_hour(hour))
                    self.fates[name] = "unknown"
            case Event.RELISTED:
                self._looked(entry.at, fields)
            case Event.RUN_ENDED:
                self._ended(run, entry.at, fields)
            case _:
                self._aside(entry, fields)

    def _aside(self, entry: EntryLike, fields: Mapping[str, Any]) -> None:
        match entry.event:
            case Event.LEDGER_CREATED:
                self.since, self.first = entry.at, fields
            case Event.SLOT_MISSED:
                self.missed.append(
                    Missed(fields["slot"], fields.get("count", 1), _due(entry.at, fields["slot"]))
                )
            case Event.REAPPEARED:
                self.returns.append(Return(entry.at, len(fields["recordings"])))
                for name in fields["recordings"]:
                    self.fates[name] = "still_visible"

    def _looked(self, at: int, fields: Mapping[str, Any]) -> None:
        for fate in ("text_remains", "still_visible"):
            for name in fields[fate]:
                self.fates[name] = fate
        for name in fields["gone"]:
            self.fates[name] = "gone"
            spoken = self.spoken.pop(name, None)
            if spoken is not None:
                self._stayed(spoken, at)

    def _stayed(self, spoken: int, gone: int) -> None:
        length = max(gone - spoken, 0)
        if self.since is not None and spoken < self.since:
            self.old[length] += 1
            return
        self.stays[length] += 1
        month = moment(gone, self.zone).strftime("%Y-%m")
        self.months.setdefault(month, Counter())[length] += 1

    def _ended(self, run: str, at: int, fields: Mapping[str, Any]) -> None:
        begun = self.open.pop(run, None) or _Open("", at, fields["full"])
        seen, counts = fields.get("visible"), fields["counts"]
        self.runs.append(
            Run(
                run=run,
                trigger=begun.trigger,
                started=begun.started,
                ended=at,
                verdict=Verdict(fields["verdict"]),
                reason=fields["reason"],
                full=begun.full,
                before=begun.before,
                due=begun.due,
                requested=counts["requested"],
                gone=counts["gone"],
                after=seen["recordings"] if seen is not None else None,
                left=seen["due"] if seen is not None else None,
            )
        )


def _due(at: int, slot: str) -> int:
    """When a slot was due; where its name is no time, when it was entered."""
    try:
        found = datetime.fromisoformat(slot)
    except ValueError:
        return at
    return at if found.tzinfo is None else int(found.timestamp() * 1000)


def figures(entries: Iterable[EntryLike], zone: tzinfo) -> Figures:
    """The figures of a ledger. `zone` decides which month a moment belongs to."""
    tally = _Tally(zone)
    for entry in entries:
        tally.add(entry)
    fates = Counter(tally.fates.values())
    return Figures(
        since=tally.since,
        origin=str(tally.first.get("origin", "")),
        vkey=str(tally.first.get("vkey", "")),
        practice=tally.first.get("practice") is True,
        runs=tuple(tally.runs),
        missed=tuple(tally.missed),
        returns=tuple(tally.returns),
        stay=stay_of(tally.stays),
        by_month={month: found for month, one in sorted(tally.months.items()) if (found := stay_of(one))},
        backlog=stay_of(tally.old),
        asked=len(tally.fates),
        gone=fates["gone"],
        texts=fates["text_remains"],
        still=fates["still_visible"],
        unknown=fates["unknown"],
    )


def stay_of(lengths: Mapping[int, int]) -> Stay | None:
    """Median, 95th percentile and maximum by nearest rank, of how often each length (ms) was seen."""
    total = sum(lengths.values())
    if not total:
        return None
    ordered = sorted(lengths)
    return Stay(total, _rank(lengths, ordered, _MEDIAN), _rank(lengths, ordered, _MOST), ordered[-1])


def _rank(lengths: Mapping[int, int], ordered: Iterable[int], percent: int) -> int:
    """The smallest length that at least `percent` of 100 do not exceed."""
    wanted, passed, length = -(-percent * sum(lengths.values()) // 100), 0, 0
    for length in ordered:
        passed += lengths[length]
        if passed >= wanted:
            break
    return length
