"""Entries to the state of the account, one at a time. Pure.

The ledger is the only store of truth: whatever is remembered between runs is what its entries add up to.
How the sum is written down is in `summary`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from agent.ledger.entry import Entry
from agent.ledger.trouble import after_closing, after_run, standing
from agent.model import Event, Standing, Verdict, Why, Window
from agent.state import AccountState, FailingSlot, MethodState, OpenVerification, Visible

CLEAN: Final = frozenset({Verdict.VERIFIED, Verdict.NOTHING_DUE})
PASSING: Final = frozenset({Verdict.THROTTLED, Verdict.INTERRUPTED, Verdict.UNVERIFIABLE})
"""Verdicts that leave a slot unsatisfied: another try may well do better."""


def fold(state: AccountState, entry: Entry) -> AccountState:
    """The state after one more entry, whose fields have been checked."""
    fields: Mapping[str, Any] = entry.fields
    match entry.event:
        case Event.RUN_STARTED:
            return replace(state, running=entry.run)
        case Event.RUN_ENDED:
            return _ended(state, entry.run or "", entry.at, fields)
        case Event.RECOVERED if fields["kind"] == "run":
            return replace(state, running=None, open=_lost(state.open, entry.run or "", entry.at))
        case Event.RELISTED if fields.get("closes") and state.open and fields["of"] == state.open.run:
            return standing(replace(state, open=None), after_closing(state, fields), entry.at)
        case Event.METHOD_CHANGED:
            changed = MethodState(
                fields["digest"], Standing(fields["standing"]), fields["reason"], since=entry.at
            )
            return replace(state, methods={**state.methods, fields["method"]: changed})
        case _:
            return _aside(state, entry, fields)


def _aside(state: AccountState, entry: Entry, fields: Mapping[str, Any]) -> AccountState:
    """Events that belong to no run."""
    at = entry.at
    changed: dict[str, Any] = {}
    match entry.event:
        case Event.LEDGER_CREATED:
            changed = {"since": at}
        case Event.CONFIG_APPLIED:
            changed = {"config": fields["config"], "config_since": at, "config_refused": None}
            changed["schedule"] = fields.get("schedule", state.schedule)
            if fields.get("schedule_changed", True):
                changed["scheduled_since"] = at
        case Event.CONFIG_REFUSED:
            changed = {"config_refused": state.config_refused or at}
        case Event.SLOT_MISSED:
            state = _settled(state, fields["slot"])
            newest = max(state.last_missed, fields["slot"])
            changed = {"missed": state.missed + fields.get("count", 1), "last_missed": newest}
        case Event.RECOVERED if fields["kind"] == "clock":
            changed = _set_back(state, fields["slot"], at)
        case Event.SIGNED_IN:
            changed = {"signed_in": fields.get("since", at), "signed_out": None}
        case Event.SIGNED_OUT:
            if fields["reason"] == "refused":
                state = standing(state, Verdict.BLOCKED, at)
            changed = {"signed_out": at}
    return replace(state, **changed) if changed else state


def _settled(state: AccountState, slot: str) -> AccountState:
    """Nothing more is owed for `slot` or any before it: as texts of UTC minutes they sort by time."""
    failing = state.failing if state.failing is not None and state.failing.slot > slot else None
    return replace(state, slot=max(state.slot, slot), failing=failing)


def _set_back(state: AccountState, slot: str, at: int) -> dict[str, Any]:
    """The clock was wrong for a while: what is planned by lies at `slot`, and no date of it ahead of `at`."""
    dates = {"since": state.since, "scheduled_since": state.scheduled_since}
    back = {name: min(date, at) for name, date in dates.items() if date is not None}
    return {"slot": slot, "failing": None, **back}


def _of_slot(state: AccountState, verdict: Verdict, at: int, fields: Mapping[str, Any]) -> AccountState:
    """What a run means for the slot it was made for. One that we stopped ourselves is no try."""
    slot = fields.get("slot")
    if slot is None:
        return state
    if verdict not in PASSING:
        return _settled(state, slot)
    if fields["reason"] == Why.STOPPED or slot <= state.slot:
        return state
    before = state.failing if state.failing is not None and state.failing.slot == slot else None
    return replace(state, failing=FailingSlot(slot, 1 + (before.tries if before else 0), at))


def _ended(state: AccountState, run: str, at: int, fields: Mapping[str, Any]) -> AccountState:
    verdict, settled = Verdict(fields["verdict"]), fields["settled_through"]
    clean = verdict in CLEAN
    since = state.clean_since if state.clean_since is not None else at
    ended = replace(
        _of_slot(state, verdict, at, fields),
        running=None,
        last_run=run,
        last_verdict=verdict,
        last_reason=fields["reason"],
        last_ended=at,
        runs={**state.runs, verdict: state.runs.get(verdict, 0) + 1},
        clean_since=since if clean else None,
        last_clean=at if clean else state.last_clean,
        visible=_visible(fields.get("visible"), fields["policy"]) or state.visible,
        confirmed_policy=fields["policy"] if fields["confirmed"] else state.confirmed_policy,
        verified_through=_later(state.verified_through, settled),
        last_full=at if fields["full"] and settled is not None else state.last_full,
        open=_open(state.open, run, at, fields["open"]),
    )
    return standing(ended, after_run(ended), at)


def _later(old: int | None, new: int | None) -> int | None:
    known = [at for at in (old, new) if at is not None]
    return max(known, default=None)


def _open(
    before: OpenVerification | None, run: str, at: int, now: Mapping[str, Any] | None
) -> OpenVerification | None:
    if now is None:
        return None if before is not None and before.run == run else before
    return _widened(before, OpenVerification(run, Window(now["from"], now["to"]), at, tuple(now["methods"])))


def _lost(before: OpenVerification | None, run: str, at: int) -> OpenVerification:
    """A run without an end may have requested anything spoken until it was found lost."""
    return _widened(before, OpenVerification(run, Window(0, at), at))


def _widened(before: OpenVerification | None, new: OpenVerification) -> OpenVerification:
    """Two owed verifications are owed as one: since the older run, over both windows."""
    if before is None:
        return new
    return OpenVerification(
        before.run,
        Window(min(before.window.start, new.window.start), max(before.window.end, new.window.end)),
        new.since,
        tuple(dict.fromkeys((*before.methods, *new.methods))),
    )


def _visible(fields: Mapping[str, Any] | None, policy: str) -> Visible | None:
    if fields is None:
        return None
    return Visible(**{name: fields[name] for name in Visible.__slots__ if name != "policy"}, policy=policy)
