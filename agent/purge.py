"""One run for one account, over ports only.

Begin, list, settle what earlier runs left open (`settling`), plan, check the guards, remove
(`removal`), judge (`verdict`), end. Left out here: building the ports (`wiring`), locks and files
(`ledger`), when to run.

A run always ends with a verdict in the ledger, except when the ledger itself cannot be written: that
error is raised, because then nothing may be claimed.
"""

from dataclasses import dataclass

from agent import policy as rules
from agent import record
from agent.errors import AgentError, LedgerDamagedError, LedgerUnwritableError
from agent.model import (
    Counts,
    Event,
    Fate,
    Head,
    Listing,
    Standing,
    Verdict,
    Why,
    Window,
)
from agent.removal import Removal
from agent.settling import notice_returns, settle
from agent.sight import Order, Sight, World
from agent.state import Visible
from agent.timetext import duration
from agent.verdict import Facts, Judgement, covers, judge, of_error

__all__ = ["Course", "Order", "Plan", "Report", "World", "run"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do: values only, also the whole of a dry run.

    Attributes:
        listing: the first listing.
        parts: due, kept and undecided.
        until: the newest moment that is due.
        kept: kept devices, resolved.
        choices: methods that may be tried, in order.
        requests: how many requests the first of them would need.
        expected_s: how long it should take from here, in seconds.
        blocked: the guard that forbids it, or None.
    """

    listing: Listing
    parts: rules.Sorted
    until: int
    kept: rules.Kept
    choices: tuple[rules.Choice, ...]
    requests: int
    expected_s: float
    blocked: Why | None


@dataclass(frozen=True, slots=True)
class Report:
    """How one run ended. Times in ms UTC; `plan` is None when the first listing did not succeed.

    `before` is what an earlier run saw last, `seen` what this one did; None where nobody saw to the end.
    """

    run: str
    judgement: Judgement
    surfaces: tuple[str, ...]
    counts: Counts
    methods: tuple[str, ...]
    started: int
    ended: int
    head: Head | None
    plan: Plan | None
    dry_run: bool = False
    before: Visible | None = None
    seen: Visible | None = None


class Course:
    """The state of one run from its first entry to its last; `trial` has a run of its own kind."""

    def __init__(self, order: Order, world: World) -> None:
        self.order, self.world = order, world
        self.policy = order.policy
        self.started = world.clock.now()
        self.deadline = world.clock.monotonic() + order.policy.run_timeout_s
        self.window = Window(0, self.started)
        self.plan: Plan | None = None
        self.first: Listing | None = None
        self.sight: Sight | None = None
        self.removal: Removal | None = None
        self.before = world.ledger.state().visible

    def write(self, event: Event, fields: record.Fields) -> None:
        """Enters something of this run; a dry run writes nothing."""
        if not self.order.dry_run:
            self.world.ledger.append(event, fields, run=self.order.run)

    async def go(self) -> Judgement:
        """From the first entry to the judgement. Raises as `run`."""
        self._begin()
        try:
            return await self._through()
        except (LedgerUnwritableError, LedgerDamagedError):
            raise
        except AgentError as error:
            asked = self.sight is not None and bool(self.sight.requested)
            return of_error(error, requested=asked)

    def _begin(self) -> None:
        """Owns up to a run that never ended, then enters this one."""
        ledger, order = self.world.ledger, self.order
        lost = ledger.state().running
        if lost is not None and not order.dry_run:
            ledger.append(Event.RECOVERED, {"kind": "run", "state": "unknown"}, run=lost)
            # All that was spoken until this moment is owed now, so this run has to look as far as that.
            self.started = max(self.started, self.world.clock.now())
        self.window = rules.window(ledger.state(), self.policy, self.started, whole=order.whole)
        self.write(
            Event.RUN_STARTED,
            {
                "trigger": order.trigger,
                "policy": rules.policy_hash(self.policy),
                "window": record.span(self.window),
                "full": self.window.start == 0,
                **({"slot": order.slot} if order.slot else {}),
            },
        )

    async def _through(self) -> Judgement:
        identity = await self.world.history.identify()
        now = self.started + identity.skew_ms
        # Up to the later of both clocks: what was owed by ours is covered, what Amazon stamped is listed.
        self.window = Window(self.window.start, max(now, self.started))
        kept = await self._kept()
        self.first = first = await self.first_look()
        until = rules.cutoff(self.policy, now)
        parts = rules.sort(first.recordings.values(), self.policy, until, kept)
        self.plan = plan = self.planned(first, parts, until, kept, identity.skew_ms)
        names = [choice.method.name for choice in plan.choices]
        self.write(Event.LISTED, record.listed(first, plan.parts, names, plan.expected_s))
        if covers(first, self.policy.surfaces, self.window) and not self.order.dry_run:
            if settle(self.order, self.world, first, len(parts.due), self.started):
                self.plan = plan = self.planned(first, parts, until, kept, identity.skew_ms)
            notice_returns(self.order, self.world, first)
        if plan.blocked is not None and first.complete and not self.order.dry_run:
            return Judgement(Verdict.BLOCKED, plan.blocked)
        return await self.act(plan)

    async def first_look(self) -> Listing:
        """The listing that the plan is made from."""
        needs_items = any(method.needs_items for method in self.world.methods)
        return await self.world.history.listing(
            self.window, self.policy.surfaces, items=needs_items, progress=self.world.progress
        )

    async def act(self, plan: Plan) -> Judgement:
        """Removes what is due, looks again, judges."""
        self.sight = Sight(self.order, self.world, plan.listing, plan.until, plan.kept, plan.parts)
        self.removal = Removal(self.sight, self.deadline)
        if plan.listing.complete and plan.parts.due and not self.order.dry_run:
            await self._remove(plan, self.removal)
        return self.judged(self.sight, self.removal, plan)

    async def _kept(self) -> rules.Kept:
        if not self.policy.keep_devices:
            return rules.Kept()
        devices = await self.world.history.devices()
        return rules.resolve_kept(self.policy.keep_devices, devices, self.world.memory.recall())

    def choices(self) -> tuple[rules.Choice, ...]:
        """Methods that may be tried now, in order."""
        known = self.world.ledger.state().methods
        return rules.choose(self.world.methods, self.policy, known, self.started)

    def planned(
        self, first: Listing, parts: rules.Sorted, until: int, kept: rules.Kept, skew_ms: int
    ) -> Plan:
        """The plan that follows from a first listing."""
        state, policy = self.world.ledger.state(), self.policy
        choices = self.choices()
        blocked = rules.blocked_by(kept, skew_ms)
        if rules.must_confirm(policy, state, len(parts.due), confirmed=self.order.confirm) and choices:
            blocked = blocked or Why.CONFIRM
        expected, requests = 0.0, 0
        for choice in choices:
            trial = choice.standing is not Standing.PROVEN
            portions = rules.slices(
                choice.method, policy, parts.due, first, now=until + policy.keep_for_ms, first_alone=trial
            )
            if portions:
                wait = policy.recheck_s[0] if policy.recheck_s else 0.0
                pace = self.order.requests_per_second
                expected = rules.expected_s(first, portions, choice.method.batch, pace, wait)
                requests = rules.request_count(portions, choice.method)
                break
        return Plan(first, parts, until, kept, choices, requests, expected, blocked)

    def remember(self, kept: rules.Kept) -> None:
        """Keeps the serials of kept devices before anything is asked for."""
        if kept.by_name is not None:
            self.world.memory.remember(kept.by_name)

    async def _remove(self, plan: Plan, removal: Removal) -> None:
        if not plan.choices:
            return
        self.remember(plan.kept)
        self.world.progress.say(
            f"{len(plan.parts.due)} recordings are due: about {duration(plan.expected_s)} from here."
        )
        await removal.carry_out(plan.choices)
        sight = removal.sight
        if sight.deciding is None and not removal.stopped:
            await sight.look()

    def judged(self, sight: Sight, removal: Removal, plan: Plan) -> Judgement:
        """What all that was seen adds up to."""
        due = sight.due if sight.deciding is not None else ()
        blind = sight.deciding is None or not sight.deciding.complete
        return judge(
            Facts(
                surfaces=self.policy.surfaces,
                window=self.window,
                deciding=sight.deciding,
                counts=sight.counts(),
                due_visible=len(due),
                undeletable=sum(not row.deletable for row in due),
                stopped=removal.stopped or (blind and self.world.should_stop()),
                backlog=removal.backlog,
                pending=removal.pending,
                refused=removal.refused,
                overreach=removal.overreach,
                usable=bool(plan.choices),
                allowed=removal.allowed,
            )
        )

    def end(self, judgement: Judgement) -> Report:
        """Writes the last entry and signs the head."""
        sight, plan = self.sight, self.plan
        counts = sight.counts() if sight is not None else self._counts_without_sight()
        methods = tuple(dict.fromkeys(self.removal.tried)) if self.removal is not None else ()
        surfaces = tuple(surface.value for surface in self.policy.surfaces)
        settled = judgement.verdict in (Verdict.VERIFIED, Verdict.NOTHING_DUE)
        full = self.window.start == 0
        self.write(
            Event.RUN_ENDED,
            {
                "verdict": judgement.verdict.value,
                "reason": judgement.reason,
                "counts": record.counts(counts),
                "surfaces": list(surfaces),
                "methods": list(methods),
                "policy": rules.policy_hash(self.policy),
                "confirmed": self.confirms(full=full),
                "settled_through": plan.until if settled and plan is not None else None,
                "full": full,
                # A request that we broke off says nothing about its method.
                "open": self._open(() if judgement.reason == Why.STOPPED else methods),
                **({"slot": self.order.slot} if self.order.slot else {}),
                **({"visible": seen} if (seen := self._visible()) is not None else {}),
            },
        )
        head = None if self.order.dry_run else self.world.ledger.checkpoint()
        ended = self.world.clock.now()
        after = self.world.ledger.state().visible
        return Report(
            self.order.run,
            judgement,
            surfaces,
            counts,
            methods,
            self.started,
            ended,
            head,
            plan,
            self.order.dry_run,
            self.before,
            after if after is not self.before else None,
        )

    def confirms(self, *, full: bool) -> bool:
        """Whether later runs under this policy need no yes: all was planned here, or a person said it."""
        plan = self.plan
        guarded = plan is not None and plan.blocked is None and plan.listing.complete
        return guarded and (full or self.order.confirm)

    def _counts_without_sight(self) -> Counts:
        plan = self.plan
        if plan is None:
            return Counts()
        return Counts(
            listed=len(plan.listing.recordings),
            due=len(plan.parts.due),
            undecided=len(plan.parts.undecided),
        )

    def _visible(self) -> record.Fields | None:
        """What the last whole look showed, None where it did not come to its end."""
        sight, commit = self.sight, self.world.ledger.commit
        if sight is not None:
            seen, due = sight.deciding, len(sight.due)
        else:
            seen, due = self.first, len(self.plan.parts.due) if self.plan is not None else 0
        if seen is None or not covers(seen, self.policy.surfaces, self.window):
            return None
        return record.visible(seen, due, commit)

    def _open(self, methods: tuple[str, ...]) -> record.Fields | None:
        """The verification this run still owes: something was asked for that nothing has settled."""
        sight, removal = self.sight, self.removal
        if sight is None or removal is None or not sight.requested:
            return None
        owed = removal.pending or any(fate is Fate.UNKNOWN for fate in sight.fates.values())
        return {**record.span(self.window), "methods": list(methods)} if owed else None


async def run(order: Order, world: World) -> Report:
    """Carries out one run and returns how it ended.

    Raises:
        LedgerUnwritableError: an entry could not be made durable; nothing was requested after it.
        LedgerDamagedError: the ledger is not what was written.
    """
    course = Course(order, world)
    judgement = await course.go()
    return course.end(judgement)
