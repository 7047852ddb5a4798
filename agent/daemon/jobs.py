"""What the service does for an account, each under the account's lock and only if nothing changed before it.

`state` is always what the decision was made from. When the ledger says something else under the lock,
somebody else was first: nothing is done, and whoever asked decides anew.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from agent.auth.check import check_auth
from agent.daemon.shared import Shared
from agent.daemon.stopping import stoppable
from agent.errors import AgentError
from agent.model import Event
from agent.ports import Progress
from agent.publishing import renew
from agent.purge import Order, Report, run
from agent.record import counts
from agent.settling import look_again
from agent.state import AccountState
from agent.wiring import ledger_of, sign_in_of, world_of

Entry = tuple[Event, dict[str, object]]


@dataclass(frozen=True, slots=True)
class LogProgress:
    """Implements `agent.ports.Progress`: sentences go to the log."""

    log: structlog.stdlib.BoundLogger

    def stage(
        self, what: str, *, done: int = 0, total: int | None = None, left_s: float | None = None
    ) -> None:
        """Nobody watches."""

    def say(self, line: str) -> None:
        """One line in the log."""
        self.log.info(line)


def enter(shared: Shared, name: str, state: AccountState, entries: Sequence[Entry]) -> bool:
    """Appends entries and signs the head; False when somebody was first. Raises as `FileLedger.open`."""
    with ledger_of(shared.installation, name, shared.clock) as ledger:
        if ledger.state() != state:
            return False
        for event, fields in entries:
            ledger.append(event, fields)
        ledger.checkpoint()
    for event, fields in entries:
        shared.log(name).info(event.value.replace("_", " "), **fields)
    return True


async def purge(shared: Shared, name: str, state: AccountState, slot: str, trigger: str) -> Report | None:
    """One run for a slot; it ends soon when the service is to stop. None when somebody was first.

    Raises:
        AgentError: the ledger or the vault cannot be used.
    """
    in_force = shared.in_force
    order = Order(
        run=secrets.token_hex(6),
        policy=in_force.account(name).policy(),
        trigger=trigger,
        slot=slot,
        requests_per_second=in_force.settings.limits.requests_per_second,
    )
    progress: Progress = LogProgress(shared.log(name))
    async with world_of(in_force.installation, name, shared.clock, progress) as world:
        if world.ledger.state() != state:
            return None
        shared.log(name).info("run begun", run=order.run, slot=slot, trigger=trigger)
        shared.telling.begun(name, order.run)
        report = await run(order, stoppable(world, shared.stop))
        after = world.ledger.state()
    shared.telling.ended(name, report, after)
    await _renew_page(shared, name)
    shared.log(name).info(
        "run ended",
        run=report.run,
        slot=slot,
        trigger=trigger,
        verdict=report.judgement.verdict.value,
        reason=report.judgement.reason,
        surfaces=list(report.surfaces),
        **counts(report.counts),
    )
    return report


async def _renew_page(shared: Shared, name: str) -> None:
    """Writes the account's report in a thread: reading years of entries must not stop the heartbeat."""
    in_force = shared.in_force
    state = in_force.installation.state
    trouble = await asyncio.to_thread(renew, in_force.settings, state, name, shared.clock.now())
    if trouble:
        shared.log(name).warning("the report could not be written", why=trouble)


async def look(shared: Shared, name: str, state: AccountState, *, last: bool) -> bool:
    """Looks again for what a run left open; False when somebody was first.

    What goes wrong at Amazon's side is logged: the next look may do better. Raises as `FileLedger.open`.
    """
    owed = state.open
    if owed is None:
        return False
    order = Order(run=owed.run, policy=shared.in_force.account(name).policy())
    async with world_of(shared.installation, name, shared.clock, LogProgress(shared.log(name))) as world:
        if world.ledger.state() != state:
            return False
        try:
            looked = await look_again(order, stoppable(world, shared.stop), last=last)
        except AgentError as error:
            shared.log(name).warning("could not look again", run=owed.run, why=error.code)
            return True
        world.ledger.checkpoint()
    if looked is not None:
        shared.log(name).info(
            "looked again",
            run=owed.run,
            complete=looked.complete,
            closed=looked.closed,
            gone=looked.gone,
            remain=looked.remain,
        )
    return True


def keep_alive(shared: Shared, name: str, state: AccountState) -> None:
    """Enters that nothing happened, so that a silence in the ledger means that nothing ran."""
    with ledger_of(shared.installation, name, shared.clock) as ledger:
        if ledger.state() == state and ledger.signed is not None:
            head = ledger.signed
            ledger.append(Event.CHECKPOINTED, {"size": head.size, "root": head.root})
            ledger.checkpoint()


async def check_sign_in(shared: Shared, name: str) -> AgentError | None:
    """Would the next run get in? What is wrong, None when nothing is; a refusal for good is entered."""
    installation = shared.installation
    with ledger_of(installation, name, shared.clock) as ledger:
        check = await shared.stop.unless(check_auth(installation, name, shared.clock))
        sign_in_of(installation, name, shared.clock).enter_refusal(ledger)
    problem = check.problem
    shared.log(name).info("sign-in checked", problem=problem.code if problem is not None else None)
    return problem
