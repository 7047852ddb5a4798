"""How one account stands, and the one sentence that says so. Pure; never stronger than the evidence.

Times in ms UTC. Left out here: where the facts come from and what they are printed with (`agent.cli.status`).
"""

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Final

from agent.errors import LedgerDamagedError
from agent.model import Verdict, Why
from agent.reasons import remedy, why
from agent.reporting.moments import Clock, age, count, length
from agent.reporting.service import Planned
from agent.state import AccountState

CLEAN: Final = (Verdict.VERIFIED, Verdict.NOTHING_DUE)
_SEEN: Final = (*CLEAN, Verdict.RESIDUAL, Verdict.WATCH_ONLY)
"""Verdicts that rest on a complete look."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the configuration lets stay: recordings younger than `ms`, and those of named devices."""

    ms: int
    devices: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """One account at one moment.

    Attributes:
        name: its short name.
        practice: of a practice cloud: no evidence about Amazon.
        state: what its ledger adds up to.
        kept: what may stay; None when unknown, or when the last run was made for something else.
        planned: what comes next.
        serviced: whether the service is running.
        overdue: the slot (ms UTC) that should have been run and was not, or None.
        damage: what is wrong with the ledger, or "".
        retired: it has a ledger but is no longer in the configuration.
    """

    name: str
    practice: bool
    state: AccountState
    kept: Kept | None = None
    planned: Planned = field(default_factory=Planned)
    serviced: bool = False
    overdue: int | None = None
    damage: str = ""
    retired: bool = False

    @property
    def signed_in(self) -> bool:
        """Whether somebody signed in and the ledger knows of no end of it."""
        return self.state.signed_in is not None and self.state.signed_out is None


def headline(one: Standing, now: int, zone: tzinfo = UTC) -> str:
    """The sentence: verdict, what remains, what comes next. Readable aloud."""
    mark, clock = "[practice] " if one.practice else "", Clock(now, zone)
    if one.damage:
        return f"{mark}{one.name}: the ledger is damaged: {one.damage.rstrip('.')}."
    following = "no longer in the configuration" if one.retired else _following(one, clock)
    return f"{mark}{one.name}: {standing(one, clock)}; {following}."


def advice(one: Standing) -> str | None:
    """What a person should do now, one sentence with the command; None where nothing needs them."""
    if one.damage:
        return LedgerDamagedError.default_next.replace("ACCOUNT", one.name)
    return None if one.retired else _advice(one)


def _advice(one: Standing) -> str | None:
    state = one.state
    if not one.signed_in:
        again = " --reauth" if state.signed_in is not None else ""
        return f"Sign in: `voicepurge login {one.name}{again}`."
    if one.planned.error:
        return one.planned.todo or None
    if state.last_verdict not in CLEAN and (found := remedy(state.last_reason)) is not None:
        return found
    if one.overdue is not None and not one.serviced:
        return f"Start the service, or run it by hand: `voicepurge run {one.name}`."
    return None


def standing(one: Standing, clock: Clock) -> str:
    """Verdict, and what remains, as part of a sentence."""
    state = one.state
    if state.last_verdict is None or state.last_ended is None:
        return "nobody has signed in yet" if not one.signed_in else "nothing has been looked at yet"
    if not one.signed_in:
        return "nobody is signed in any more" + _last_clean(one, clock)
    if state.last_verdict in CLEAN:
        return _clean(one, clock)
    at, reason = clock.when(_looked(one)), why(state.last_reason)
    number = state.visible.due if state.visible is not None else 0
    due = count(number, "recording")
    match state.last_verdict:
        case Verdict.RESIDUAL:
            because = "" if state.last_reason == Why.STILL_VISIBLE else f": {reason}"
            return f"{due} that should be gone {'was' if number == 1 else 'were'} still visible {at}{because}"
        case Verdict.WATCH_ONLY:
            return f"only watching; {due} due and visible {at}: {reason}"
        case Verdict.BLOCKED:
            said = f"a person must act: {reason}"
        case Verdict.DRIFTED:
            said = f"Amazon's side is not what this version knows: {reason}"
        case Verdict.UNVERIFIABLE:
            said = f"could not verify {clock.when(state.last_ended)}: {reason}"
        case _:
            said = f"not finished {clock.when(state.last_ended)}: {reason}"
    return said + _last_clean(one, clock)


def _clean(one: Standing, clock: Clock) -> str:
    state, seen = one.state, _looked(one)
    if one.overdue is not None:
        return (
            f"clean when last looked at {clock.when(seen)}, {age(clock.now - seen)} ago, "
            f"but a run was due {clock.when(one.overdue)}"
        )
    since = clock.day(state.clean_since if state.clean_since is not None else seen)
    return f"clean since {since}; {_nothing(one.kept)} was visible {clock.when(seen)}"


def _nothing(kept: Kept | None) -> str:
    if kept is None:
        return "nothing that was due"
    what = f"nothing older than {length(kept.ms)}" if kept.ms else "nothing"
    return what + (", kept devices aside," if kept.devices else "")


def _looked(one: Standing) -> int:
    """When the look that the last verdict rests on ended."""
    state = one.state
    ended = state.last_ended or 0
    if state.visible is None or state.last_verdict not in _SEEN:
        return ended
    return min(state.visible.at, ended)


def _last_clean(one: Standing, clock: Clock) -> str:
    clean = one.state.last_clean
    return f"; last seen clean {clock.when(clean)}" if clean is not None else "; never seen clean"


def _following(one: Standing, clock: Clock) -> str:
    planned = one.planned
    if planned.running is not None:
        return f"a run is in progress since {clock.moment(planned.running)}"
    if not one.serviced:
        slot = f", the next slot is {clock.when(planned.at)}" if planned.at is not None else ""
        return f"the service is not running{slot}"
    if planned.error:
        return f"the service cannot serve it: {planned.error.rstrip('.')}"
    if planned.retry_at is not None and (planned.at is None or planned.retry_at < planned.at):
        return f"next try {clock.when(planned.retry_at)}"
    if planned.at is not None:
        return f"next run {clock.when(planned.at)}"
    return "no run is planned"
