"""What a complete first listing says about earlier runs: open verifications and what came back.

Verdicts of earlier runs are never rewritten; what is learned now stands in new entries.
"""

from agent import record
from agent.model import Event, Fate, Listing, Standing
from agent.sight import Order, World
from agent.state import MethodState, OpenVerification
from agent.verdict import covers


def settle(order: Order, world: World, first: Listing, due: int, now: int) -> bool:
    """Closes the verification an earlier run still owed. Whether a method's standing changed."""
    ledger = world.ledger
    owed = ledger.state().open
    if owed is None or not covers(first, order.policy.surfaces, owed.window):
        return False
    unsettled = ledger.unsettled(owed.run)
    visible = {ledger.commit(key) for key in first.recordings} & unsettled
    found = {c: Fate.STILL_VISIBLE if c in visible else Fate.GONE for c in sorted(unsettled)}
    for fields in record.relisted(owed.run, first, due, found, 0, closes=True):
        ledger.append(Event.RELISTED, fields, run=order.run)
    waited_ms = now - owed.since
    if not unsettled or visible != unsettled or waited_ms < 1000 * max(order.policy.recheck_s, default=0.0):
        return False
    return _fail(order, world, owed)


def _fail(order: Order, world: World, owed: OpenVerification) -> bool:
    failed = [method for method in world.methods if method.name in owed.methods]
    for method in failed:
        state = MethodState(method.digest, Standing.FAILED, "removed nothing")
        fields = record.method_changed(method.name, state)
        world.ledger.append(Event.METHOD_CHANGED, fields, run=order.run)
        world.progress.say(f"Method {method.name} failed: removed nothing.")
    return bool(failed)


def notice_returns(order: Order, world: World, first: Listing) -> None:
    """Enters recordings that an earlier run saw gone and that are visible again."""
    ledger = world.ledger
    back = ledger.known_gone(ledger.commit(key) for key in first.recordings)
    for fields in record.reappeared(back):
        ledger.append(Event.REAPPEARED, fields, run=order.run)
    if back:
        world.progress.say(f"{len(back)} recordings that were gone are visible again.")
