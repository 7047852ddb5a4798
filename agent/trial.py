"""A supervised trial: one recording that a person picks, deleted with one method, then looked for again.

It is a run like any other (`purge`), with the same entries in the ledger: intent before the request,
answer, second look, standing. The method is `proven` only if exactly that one recording vanished; whatever
else is missing then, due or not, counts as collateral. Left out here: showing and asking (`cli`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agent import policy as rules
from agent.model import Listing, Recording, Standing, Verdict, Why
from agent.ports import DeletionMethod
from agent.purge import Course, Order, Plan, Report, World
from agent.removal import Removal
from agent.sight import Sight
from agent.state import MethodState
from agent.verdict import Judgement

Pick = Callable[[Sequence[Recording]], Recording | None]
"""Shows recordings that may go, newest first, and returns the one the person picked."""

_NOTHING_LATER = -1
_NO_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial ended: the run, and what is now known of the method.

    `offered` is how many recordings could be picked, `picked` whether one was.
    """

    report: Report
    method: MethodState
    offered: int
    picked: bool

    @property
    def passed(self) -> bool:
        """Whether exactly the picked recording vanished."""
        return self.picked and self.method.standing is Standing.PROVEN


class _Try(Course):
    """A run that asks for one recording, whatever else is due."""

    def __init__(self, order: Order, world: World, method: DeletionMethod, pick: Pick) -> None:
        # A single request needs no yes of its own, and gives none for the runs that follow.
        policy = replace(order.policy, confirm_over=_NO_LIMIT)
        super().__init__(replace(order, policy=policy, whole=True, wait=True), world)
        self.method, self.pick = method, pick
        self.offered: Sequence[Recording] = ()
        self.picked: Recording | None = None

    def choices(self) -> tuple[rules.Choice, ...]:
        return (rules.Choice(self.method, Standing.UNPROVEN),)

    async def first_look(self) -> Listing:
        """With the words: the person shall know what is about to go."""
        return await self.world.history.listing(
            self.window,
            self.policy.surfaces,
            items=self.method.needs_items,
            text=True,
            progress=self.world.progress,
        )

    async def act(self, plan: Plan) -> Judgement:
        if plan.listing.complete:
            self.offered = [row for row in reversed(plan.parts.due) if self._may_go_alone(row, plan)]
            self.picked = self.pick(self.offered) if self.offered else None
        self.sight = sight = self._sight(plan)
        self.removal = removal = Removal(sight, self.deadline)
        if self.picked is not None:
            self.remember(plan.kept)
            await removal.carry_out(plan.choices)
            if sight.deciding is None and not removal.stopped:
                await sight.look()
        else:
            removal.stopped = bool(self.offered)
        if sight.deciding is not None and sight.deciding.complete:
            sight.due = rules.sort(sight.latest.recordings.values(), self.policy, plan.until, plan.kept).due
        return self._named(self.judged(sight, removal, plan), sight)

    def _may_go_alone(self, row: Recording, plan: Plan) -> bool:
        now = plan.until + self.policy.keep_for_ms
        portions = rules.slices(self.method, self.policy, (row,), plan.listing, now=now, first_alone=True)
        return len(portions) == 1

    def _sight(self, plan: Plan) -> Sight:
        """Only the picked one is due; all else has to stay, and what comes later is not due either."""
        if self.picked is None:
            parts, until = plan.parts, plan.until
        else:
            others = frozenset(plan.listing.recordings) - {self.picked.key}
            parts, until = rules.Sorted((self.picked,), others, frozenset()), _NOTHING_LATER
        sight = Sight(self.order, self.world, plan.listing, until, plan.kept, parts)
        sight.planned_at = plan.until + self.policy.keep_for_ms
        sight.first_due, sight.undecided = len(plan.parts.due), len(plan.parts.undecided)
        return sight

    def _named(self, judged: Judgement, sight: Sight) -> Judgement:
        """What remains was not asked for: say that, and not that a request did nothing."""
        remains = judged == Judgement(Verdict.RESIDUAL, Why.STILL_VISIBLE)
        if remains and sight.requested and sight.all_gone():
            return Judgement(Verdict.RESIDUAL, Why.TRIAL)
        return judged

    def confirms(self, *, full: bool) -> bool:  # noqa: ARG002 - as its parent
        return False


async def try_out(order: Order, world: World, method: DeletionMethod, pick: Pick) -> Outcome:
    """Carries out one trial of `method`.

    Waits through all rechecks unless it is stopped. Only due recordings are offered: a trial keeps the
    promise of every run.

    Args:
        order: the run it is entered as; always whole.
        world: the account.
        method: what is tried, whatever its standing.
        pick: asks the person.

    Raises:
        LedgerUnwritableError: an entry could not be made durable; nothing was requested after it.
        LedgerDamagedError: the ledger is not what was written.
    """
    course = _Try(order, world, method, pick)
    judgement = await course.go()
    report = course.end(judgement)
    known = rules.standing(method, world.ledger.state().methods)
    return Outcome(report, known, len(course.offered), course.picked is not None)
