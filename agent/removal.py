"""Requesting, waiting and looking again: method after method, portion after portion.

A request leaves only after its intent is in the ledger. None is repeated before a look has shown
that its recordings are still there. The first portion of a method is watched until something went;
a method that removed nothing in all its time is `failed`, said out loud. One that is not proven asks for a
single recording first and goes on only if exactly that one vanished.
"""

from collections.abc import Callable, Iterator, Sequence

from agent import policy as rules
from agent import record
from agent.model import Answer, Event, Fate, Recording, Result, Scope, Standing, Why, Window
from agent.reasons import of_method, why
from agent.sight import Sight
from agent.state import MethodState

ATTEMPTS = 3
"""How often one request is made at most, each time only for what a look still shows."""

ROUNDS = 3
"""How often one method is used in a run, each time only if new due rows came into view."""

MAX_PAUSE_S = 60.0
"""The longest wait that a server's `Retry-After` may ask of one request."""

_NOT_ITS_FAULT = frozenset({"signed_out", "step_up", "wrong_account", "echo_offline", "no_echo", "midnight"})
"""Refusals that a person or time has to mend; the method stays as it was."""

_SOFT = frozenset({"throttled", "csrf_refused", "server_error", "connection", "deadline"})
"""Refusals that say nothing about the method itself."""


class Removal:
    """Carries out a plan. Afterwards the flags say why it ended."""

    def __init__(self, sight: Sight, deadline: float) -> None:
        self.sight, self.order, self.world = sight, sight.order, sight.world
        self.deadline = deadline
        self.attempt = 0
        self.tried: list[str] = []
        self.allowed = False
        self.stopped = self.backlog = self.pending = self.refused = self.overreach = False

    @property
    def over(self) -> bool:
        """Whether nothing more may be requested in this run."""
        blind = self.sight.deciding is not None and not self.sight.deciding.complete
        ended = self.stopped or self.backlog or self.pending or self.overreach
        return ended or blind or bool(self.sight.hurt)

    def _may_go_on(self) -> bool:
        if self.world.should_stop():
            self.stopped = True
        elif self.world.clock.monotonic() > self.deadline:
            self.backlog = True
        return not self.over

    async def carry_out(self, choices: Sequence[rules.Choice]) -> None:
        """Tries the methods in order until nothing due is visible.

        What came into view meanwhile gets a round of its own with the method that worked, at most three.
        """
        for choice in choices:
            current: rules.Choice | None = choice
            for _ in range(ROUNDS):
                if current is None or not self.sight.due or not self._may_go_on():
                    break
                current = await self._use(current)

    async def _use(self, choice: rules.Choice) -> rules.Choice | None:
        """One round with one method. Returns it, proven, when rows came into view that nobody asked for."""
        sight, method = self.sight, choice.method
        trial = choice.standing is not Standing.PROVEN
        portions = rules.slices(
            method,
            self.order.policy,
            sight.due,
            sight.latest,
            now=sight.planned_at,
            first_alone=trial,
        )
        if not portions:
            return None
        self.allowed = True
        self.tried.append(method.name)
        if not await self._begin(choice, portions[0], alone=len(portions) == 1):
            self._blame(choice)
            return None
        if len(portions) > 1:
            await self._go_on(choice, portions[1:])
        self._blame(choice)
        fresh = any(row.key not in sight.requested for row in sight.due)
        return rules.Choice(method, Standing.PROVEN) if fresh else None

    async def _begin(self, choice: rules.Choice, portion: rules.Slice, *, alone: bool) -> bool:
        """Requests the first portion and watches it; whether the method may go on."""
        sight = self.sight
        willing = await self._ask(choice, portion)
        await self._watch(sight.all_gone if alone else lambda: sight.gone(portion.recordings) > 0)
        if sight.hurt or sight.deciding is None or not sight.deciding.complete:
            return False
        if not sight.gone(portion.recordings):
            if not (self.pending or self.refused or self.stopped):
                self._change(choice, Standing.FAILED, _why_not(sight, portion, choice.method.scope))
            return False
        if choice.standing is not Standing.PROVEN:
            spared = portion.window if choice.method.scope in (Scope.RANGE, Scope.DAY) else None
            if sight.unasked_missing(spared):
                self.overreach = True
                self._change(choice, Standing.FAILED, Why.OVERREACH)
                return False
            self._change(choice, Standing.PROVEN, "")
        return willing

    async def _go_on(self, choice: rules.Choice, portions: Sequence[rules.Slice]) -> None:
        """Requests the other portions, looks after each, and watches the whole at the end."""
        for portion in portions:
            if not self._may_go_on() or not await self._ask(choice, portion):
                break
            if portion is not portions[-1] and not (await self.sight.look(portion.window)).complete:
                break
        if not self.stopped:
            await self._watch(self.sight.all_gone)

    async def _watch(self, done: Callable[[], bool]) -> None:
        """Looks after each recheck delay until `done`, or until the delays this run stays for are over."""
        if self.sight.hurt or self.stopped:
            return
        delays = self.order.policy.recheck_s
        stays = delays if self.order.wait else delays[:1]
        slept = 0.0
        for delay in stays:
            self.world.progress.stage("waiting", left_s=delay - slept)
            await self.world.clock.sleep(max(delay - slept, 0.0))
            slept = delay
            listing = await self.sight.look()
            if self.sight.hurt or (listing.complete and done()):
                return
            if self.world.should_stop():
                self.stopped = True
                return
        self.pending = len(stays) < len(delays)

    async def _ask(self, choice: rules.Choice, portion: rules.Slice) -> bool:
        """Requests one portion in batches; whether the method still listens."""
        done = len(self.sight.requested)
        total = max(self.sight.first_due, done + len(portion.recordings))
        for batch in _batches(choice, portion):
            if not self._may_go_on():
                return False
            self.world.progress.stage("requesting", done=done, total=total)
            if not await self._settle(choice, batch):
                return False
            done += len(batch.recordings)
        return True

    async def _settle(self, choice: rules.Choice, batch: rules.Slice) -> bool:
        """Makes one request, again only for what a look still shows; whether the method still listens."""
        left = batch.recordings
        for attempt in range(1, ATTEMPTS + 1):
            answer = await self._request(choice, rules.Slice(left, batch.window))
            if answer.result is Result.ACCEPTED:
                return True
            if answer.result is Result.REFUSED and answer.reason not in _SOFT:
                self.refused = True
                if answer.reason in _NOT_ITS_FAULT:
                    self.world.progress.say(f"{choice.method.name} could not ask: {why(answer.reason)}.")
                else:
                    self._change(choice, Standing.FAILED, answer.reason)
                return False
            await self.world.clock.sleep(_pause_s(answer, attempt))
            listing = await self.sight.look(batch.window)
            left = tuple(row for row in left if self.sight.fates[row.key] is not Fate.GONE)
            if not left:
                return True
            if not listing.complete or self.sight.hurt or attempt == ATTEMPTS or not self._may_go_on():
                break
        self.refused = True
        return False

    async def _request(self, choice: rules.Choice, batch: rules.Slice) -> Answer:
        ledger, method, run = self.world.ledger, choice.method, self.order.run
        self.attempt += 1
        ledger.require_room()
        card = (method.name, method.digest, method.scope)
        for fields in record.intended(self.attempt, card, batch.recordings, batch.window, ledger.commit):
            ledger.append(Event.DELETION_INTENDED, fields, run=run)
        self.sight.asked_for(batch.recordings)
        self.world.keepsake(run, batch.recordings)
        answer = await method.request(batch.recordings, batch.window)
        ledger.append(Event.DELETION_ANSWERED, record.answered(self.attempt, answer), run=run)
        return answer

    def _blame(self, choice: rules.Choice) -> None:
        """A vanished recording that had to stay disables the method that was at work."""
        if self.sight.hurt:
            self._change(choice, Standing.FAILED, Why.COLLATERAL)

    def _change(self, choice: rules.Choice, standing: Standing, reason: str) -> None:
        state = MethodState(choice.method.digest, standing, reason)
        fields = record.method_changed(choice.method.name, state)
        self.world.ledger.append(Event.METHOD_CHANGED, fields, run=self.order.run)
        if standing is Standing.FAILED:
            self.world.progress.say(f"Method {choice.method.name} failed: {of_method(reason)}.")


def _why_not(sight: Sight, portion: rules.Slice, scope: Scope) -> str:
    words = any(sight.fates.get(row.key) is Fate.TEXT_REMAINS for row in portion.recordings)
    if scope is Scope.DAY and not words:
        return "unheard"
    return "left the text" if words else "removed nothing"


def _pause_s(answer: Answer, attempt: int) -> float:
    wish = answer.retry_after_s
    if wish is None:
        wish = 2.0**attempt if answer.reason == "throttled" else 0.0
    return min(wish, MAX_PAUSE_S)


def _batches(choice: rules.Choice, portion: rules.Slice) -> Iterator[rules.Slice]:
    """A portion in requests: as many recordings as one request names; a range or all in one."""
    rows: tuple[Recording, ...] = portion.recordings
    if choice.method.scope is not Scope.RECORDS:
        yield portion
        return
    size = max(1, min(choice.method.batch, record.PER_ENTRY))
    for at in range(0, len(rows), size):
        part = rows[at : at + size]
        yield rules.Slice(part, Window(part[0].spoken_at, part[-1].spoken_at))
