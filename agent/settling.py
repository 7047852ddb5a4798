"""What a complete first listing says about earlier runs: open verifications and what came back.

Verdicts of earlier runs are never rewritten; what is learned now stands in new entries.
"""

from dataclasses import dataclass

from agent import policy as rules
from agent import record
from agent.model import Event, Fate, Listing, Policy, Scope, Standing
from agent.reasons import of_method
from agent.sight import Order, World
from agent.state import MethodState, OpenVerification
from agent.verdict import covers


@dataclass(frozen=True, slots=True)
class Looked:
    """What one more look for an owed verification showed.

    Attributes:
        complete: whether the listing covered all that is owed.
        closed: whether nothing more is owed now.
        gone: how many of the requested recordings are no longer visible.
        remain: how many of them still are.
    """

    complete: bool
    closed: bool
    gone: int = 0
    remain: int = 0


async def look_again(order: Order, world: World, *, last: bool) -> Looked | None:
    """Looks once more for what an earlier run left open; `order.run` is that run. None: nothing is owed.

    Closes the verification when all that was requested is gone, and after the `last` look in any case.

    Raises:
        AgentError: the history cannot be asked; nothing is entered.
    """
    ledger, policy = world.ledger, order.policy
    owed = ledger.state().open
    if owed is None:
        return None
    identity = await world.history.identify()
    listing = await world.history.listing(owed.window, policy.surfaces, progress=world.progress)
    now = world.clock.now()
    due = await _due(policy, world, listing, now + identity.skew_ms)
    if not covers(listing, policy.surfaces, owed.window):
        for fields in record.relisted(owed.run, listing, due, {}, 0):
            ledger.append(Event.RELISTED, fields, run=order.run)
        return Looked(complete=False, closed=False)
    found = _found(world, owed, listing)
    remain = sum(fate is Fate.STILL_VISIBLE for fate in found.values())
    closes = last or not remain
    for fields in record.relisted(owed.run, listing, due, found, 0, closes=closes):
        ledger.append(Event.RELISTED, fields, run=order.run)
    if closes and remain == len(found) > 0 and _waited(policy, owed, now):
        _fail(order, world, owed)
    return Looked(complete=True, closed=closes, gone=len(found) - remain, remain=remain)


async def _due(policy: Policy, world: World, listing: Listing, now: int) -> int:
    kept = rules.Kept()
    if policy.keep_devices:
        devices = await world.history.devices()
        kept = rules.resolve_kept(policy.keep_devices, devices, world.memory.recall())
    return len(rules.sort(listing.recordings.values(), policy, rules.cutoff(policy, now), kept).due)


def _found(world: World, owed: OpenVerification, listing: Listing) -> dict[str, Fate]:
    """Fates of what is owed, by commitment; what is still visible stands last, so in the last entry."""
    unsettled = world.ledger.unsettled(owed.run)
    visible = {world.ledger.commit(key) for key in listing.recordings} & unsettled
    return {
        **dict.fromkeys(sorted(unsettled - visible), Fate.GONE),
        **dict.fromkeys(sorted(visible), Fate.STILL_VISIBLE),
    }


def _waited(policy: Policy, owed: OpenVerification, now: int) -> bool:
    """Whether a method had all the time it gets."""
    return now - owed.since >= 1000 * max(policy.recheck_s, default=0.0)


def settle(order: Order, world: World, first: Listing, due: int, now: int) -> bool:
    """Closes the verification an earlier run still owed. Whether a method's standing changed."""
    ledger = world.ledger
    owed = ledger.state().open
    if owed is None or not covers(first, order.policy.surfaces, owed.window):
        return False
    found = _found(world, owed, first)
    for fields in record.relisted(owed.run, first, due, found, 0, closes=True):
        ledger.append(Event.RELISTED, fields, run=order.run)
    if Fate.GONE in found.values() or not found or not _waited(order.policy, owed, now):
        return False
    return _fail(order, world, owed)


def _fail(order: Order, world: World, owed: OpenVerification) -> bool:
    failed = [method for method in world.methods if method.name in owed.methods]
    for method in failed:
        reason = "unheard" if method.scope is Scope.DAY else "removed nothing"
        state = MethodState(method.digest, Standing.FAILED, reason)
        fields = record.method_changed(method.name, state)
        world.ledger.append(Event.METHOD_CHANGED, fields, run=order.run)
        world.progress.say(f"Method {method.name} failed: {of_method(reason)}.")
    return bool(failed)


def notice_returns(order: Order, world: World, first: Listing) -> None:
    """Enters recordings that an earlier run saw gone and that are visible again."""
    ledger = world.ledger
    back = ledger.known_gone(ledger.commit(key) for key in first.recordings)
    for fields in record.reappeared(back):
        ledger.append(Event.REAPPEARED, fields, run=order.run)
    if back:
        world.progress.say(f"{len(back)} recordings that were gone are visible again.")
