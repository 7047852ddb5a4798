"""What may go, by which method, in which portions. Pure decisions, made before anything is asked.

Left out here: what became of it (`verdict`), carrying it out (`purge`), time and I/O (arguments).
The rule above all: a request may be made only if everything it would delete is due.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from agent.model import Device, Listing, Policy, Recording, Scope, Standing, Why, Window
from agent.ports import DeletionMethod
from agent.state import AccountState, MethodState

SLICE = 500
"""The most due recordings requested before the history is looked at again."""

MAX_SKEW_MS = 3_600_000
"""Clocks further apart than this are not a drift but a mistake: a person must look."""

DISABLING = frozenset({Why.COLLATERAL, Why.OVERREACH})
"""Failures after which a method rests until a person tries it again: it took what nobody asked for."""

FULL_EVERY_MS = 7 * 86_400_000
"""The whole history is listed at least this often, so that what came back is seen."""

DAY_MS = 86_400_000

OVERLAP_MS = 3_600_000
"""How far a listing reaches back into what was settled before."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Kept devices, names resolved: `serials` decide, `unresolved` counts names that matched nothing."""

    serials: frozenset[str] = frozenset()
    by_name: Mapping[str, tuple[str, ...]] | None = None
    unresolved: int = 0


@dataclass(frozen=True, slots=True)
class Sorted:
    """A listing split by the policy. `due` oldest first; the rest by key."""

    due: tuple[Recording, ...]
    kept: frozenset[str]
    undecided: frozenset[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """A method that may be tried now, with what is known of it."""

    method: DeletionMethod
    standing: Standing


@dataclass(frozen=True, slots=True)
class Slice:
    """One portion of due recordings and the closed window from its oldest to its newest."""

    recordings: tuple[Recording, ...]
    window: Window


def policy_hash(policy: Policy) -> str:
    """Hex SHA-256 of what decides which recordings go and how: a change asks for a new confirmation."""
    text = json.dumps([policy.keep_for_ms, sorted(policy.keep_devices), list(policy.methods)])
    return hashlib.sha256(text.encode()).hexdigest()


def resolve_kept(
    names: Sequence[str], devices: Iterable[Device], remembered: Mapping[str, Sequence[str]]
) -> Kept:
    """Turns names of kept devices into serials.

    A serial once remembered for a name stays kept, whatever the device is called today; a device that
    carries the name today is kept as well. Names are compared without regard to case and outer spaces.
    """
    serials_of: dict[str, set[str]] = {}
    for device in devices:
        serials_of.setdefault(device.name.strip().casefold(), set()).add(device.serial)
    by_name = {
        name: tuple(sorted(serials_of.get(name.strip().casefold(), set()) | set(remembered.get(name, ()))))
        for name in names
    }
    found = frozenset(serial for serials in by_name.values() for serial in serials)
    return Kept(found, by_name, sum(not serials for serials in by_name.values()))


def cutoff(policy: Policy, now: int) -> int:
    """The newest moment that is due: what was spoken up to here goes, what came later stays."""
    return now - policy.keep_for_ms


def is_due(recording: Recording, policy: Policy, until: int, kept: Kept) -> bool | None:
    """Whether the policy says it must go; None where a kept device might be its own (undecided)."""
    if recording.spoken_at > until:
        return False
    if not policy.keep_devices:
        return True
    if kept.unresolved or not recording.serials:
        return None
    return kept.serials.isdisjoint(recording.serials)


def sort(recordings: Iterable[Recording], policy: Policy, until: int, kept: Kept) -> Sorted:
    """Splits recordings into due, kept and undecided."""
    due: list[Recording] = []
    stay: set[str] = set()
    undecided: set[str] = set()
    for recording in recordings:
        match is_due(recording, policy, until, kept):
            case True:
                due.append(recording)
            case False:
                stay.add(recording.key)
            case None:
                undecided.add(recording.key)
    due.sort(key=lambda recording: (recording.spoken_at, recording.key))
    return Sorted(tuple(due), frozenset(stay), frozenset(undecided))


def window(state: AccountState, policy: Policy, now: int, *, whole: bool = False) -> Window:
    """What to list: all there is, or from the oldest moment that is not settled yet.

    All of it on the first run, after a change of policy, once a week, and when `whole` is asked for.
    """
    end = max(now, 0)
    settled, last_full = state.verified_through, state.last_full
    changed = state.confirmed_policy != policy_hash(policy)
    if whole or changed or settled is None or last_full is None or not 0 <= now - last_full < FULL_EVERY_MS:
        return Window(0, end)
    start = min(settled, cutoff(policy, now)) - OVERLAP_MS
    if state.open is not None:
        start = min(start, state.open.window.start)
    return Window(min(max(start, 0), end), end)


def can_ever_allow(scope: Scope, policy: Policy) -> bool:
    """Whether this policy could allow a method of this scope at some time.

    A day that is over is due at the next midnight at the latest, or never by a request that names a day.
    """
    if scope is Scope.DAY:
        return policy.keep_for_ms < DAY_MS
    return scope is not Scope.EVERYTHING or _keeps_nothing(policy)


def _keeps_nothing(policy: Policy) -> bool:
    return policy.keep_for_ms == 0 and not policy.keep_devices


def slices(
    method: DeletionMethod,
    policy: Policy,
    due: Sequence[Recording],
    listing: Listing,
    *,
    now: int,
    first_alone: bool,
) -> tuple[Slice, ...]:
    """The portions in which `method` may delete `due`; empty when it may not be used at all.

    Args:
        method: its scope decides what a request would take along.
        policy: decides whether "everything" can be due.
        due: what must go, oldest first.
        listing: the complete listing `due` was taken from; all else in it must stay.
        now: when the plan was made, by Amazon's clock (ms UTC).
        first_alone: the first portion holds a single recording (a trial of an unproven method).
    """
    if method.scope is Scope.EVERYTHING:
        everything = len(due) == len(listing.recordings) and listing.complete and listing.window.start == 0
        return (_slice(due),) if due and everything and can_ever_allow(method.scope, policy) else ()
    if method.scope is Scope.DAY:
        return tuple(_days(method, policy, due, listing, now)) if listing.complete else ()
    if method.scope is Scope.RANGE:
        groups = list(_unmixed(due, listing)) if listing.complete else []
    else:
        groups = [[recording for recording in due if recording.deletable]]
    return tuple(_slice(part) for part in _portions(groups, first_alone=first_alone))


def _days(
    method: DeletionMethod, policy: Policy, due: Sequence[Recording], listing: Listing, now: int
) -> Iterator[Slice]:
    """Days of which every moment is due, and of which the listing shows nothing that must stay.

    A day that is not over may hold what nobody has seen yet: it is due only where nothing is ever kept.
    """
    due_keys = {recording.key for recording in due}
    for day in method.days(now):
        over = day.end <= cutoff(policy, now) and day.end < now
        within = [row for row in listing.recordings.values() if row.spoken_at in day]
        seen = listing.window.start <= day.start and min(day.end, now) <= listing.window.end
        inside = tuple(row for row in due if row.spoken_at in day)
        if inside and seen and (over or _keeps_nothing(policy)) and all(r.key in due_keys for r in within):
            yield Slice(inside, day)


def _unmixed(due: Sequence[Recording], listing: Listing) -> Iterator[list[Recording]]:
    """Runs of due recordings with nothing between their times that must stay."""
    due_keys = {recording.key for recording in due}
    stay = sorted(r.spoken_at for key, r in listing.recordings.items() if key not in due_keys)
    group: list[Recording] = []
    index = 0
    for recording in due:
        while index < len(stay) and stay[index] < recording.spoken_at:
            if group:
                yield group
                group = []
            index += 1
        if index < len(stay) and stay[index] == recording.spoken_at:
            if group:
                yield group
                group = []
            continue
        group.append(recording)
    if group:
        yield group


def _portions(groups: Iterable[list[Recording]], *, first_alone: bool) -> Iterator[list[Recording]]:
    size = 1 if first_alone else SLICE
    for group in groups:
        rest = group
        while rest:
            yield rest[:size]
            rest, size = rest[size:], SLICE


def _slice(recordings: Sequence[Recording]) -> Slice:
    return Slice(tuple(recordings), Window(recordings[0].spoken_at, recordings[-1].spoken_at))


class Card(Protocol):
    """What is enough to know a method by; every `DeletionMethod` has it."""

    @property
    def name(self) -> str:
        """As in the configuration, for a recipe `recipe:NAME`."""
        ...

    @property
    def digest(self) -> str:
        """Hex SHA-256 of what defines it."""
        ...


AnyCard = TypeVar("AnyCard", bound=Card)


def standing(method: Card, states: Mapping[str, MethodState]) -> MethodState:
    """What is known of this very method: a changed file is unproven again."""
    known = states.get(method.name)
    if known is None or known.digest != method.digest:
        return MethodState(method.digest, Standing.UNPROVEN)
    return known


def ordered(
    methods: Iterable[AnyCard], policy: Policy, states: Mapping[str, MethodState]
) -> tuple[AnyCard, ...]:
    """Methods the policy names, in its order; within `learned` the last proven first."""
    by_name = {method.name: method for method in methods}
    learned = [name for name in by_name if name.startswith("recipe:") and name not in policy.methods]
    learned.sort(key=lambda name: _learned_order(standing(by_name[name], states)))
    names: list[str] = []
    for name in policy.methods:
        names.extend(learned if name == "learned" else [name])
    return tuple(by_name[name] for name in dict.fromkeys(names) if name in by_name)


def choose(
    methods: Sequence[DeletionMethod], policy: Policy, states: Mapping[str, MethodState], now: int
) -> tuple[Choice, ...]:
    """Methods to try, in configured order.

    A failed method is left out until its time of rest is over; one that took too much for good.
    """
    choices: list[Choice] = []
    for method in ordered(methods, policy, states):
        known = standing(method, states)
        if rests_until(known, policy, now) is None:
            again = Standing.UNPROVEN if known.standing is Standing.FAILED else known.standing
            choices.append(Choice(method, again))
    return tuple(choices)


def rests_until(known: MethodState, policy: Policy, now: int) -> float | None:
    """Until when (ms UTC) a method is left alone, infinity for good; None where it may be tried now."""
    if known.standing is not Standing.FAILED:
        return None
    if known.reason in DISABLING:
        return math.inf
    end = known.since + policy.retry_failed_ms
    return end if now < end else None


def _learned_order(known: MethodState) -> tuple[int, int]:
    return (0, -known.since) if known.standing is Standing.PROVEN else (1, 0)


def must_confirm(policy: Policy, state: AccountState, due: int, *, confirmed: bool) -> bool:
    """Whether a person must say yes first: a large run that is the first, or the first after a change."""
    return due > policy.confirm_over and not confirmed and state.confirmed_policy != policy_hash(policy)


def blocked_by(kept: Kept, skew_ms: int) -> Why | None:
    """The guard that forbids to go on, if any."""
    if abs(skew_ms) > MAX_SKEW_MS:
        return Why.CLOCK
    if kept.unresolved:
        return Why.KEPT_DEVICE
    return None


def expected_s(
    listing: Listing, portions: Sequence[Slice], batch: int, per_second: float, first_wait_s: float
) -> float:
    """How long it should take to request `portions` and look again, in seconds.

    Counts what the first listing taught: the time of a page, and that later listings show less.
    """
    if not portions:
        return 0.0
    total = max(len(listing.recordings), 1)
    due = sum(len(portion.recordings) for portion in portions)
    page_s = listing.took_s / max(listing.pages, 1)
    requests = sum(-(-len(portion.recordings) // max(batch, 1)) for portion in portions)
    asking = requests * max(1 / per_second, page_s)
    last_look = listing.took_s * (total - due) / total + 2 * page_s
    if len(portions) == 1:
        return asking + first_wait_s + last_look
    first_look = listing.took_s * (total - len(portions[0].recordings)) / total
    return asking + 2 * first_wait_s + first_look + 2 * page_s * (len(portions) - 2) + last_look


def request_count(portions: Sequence[Slice], method: DeletionMethod) -> int:
    """How many requests `portions` take."""
    if method.scope is not Scope.RECORDS:
        return len(portions)
    return sum(-(-len(portion.recordings) // max(method.batch, 1)) for portion in portions)
