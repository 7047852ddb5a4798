"""What is told, and when: on a change, never twice for the same. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol

from agent.model import Incomplete, Standing, Verdict, Why
from agent.reasons import remedy, why
from agent.state import AccountState

_LOOK: Final = "See `voicepurge status`; the next run tries again."


class Occasion(StrEnum):
    """Why somebody is told. `residual` to `recovered` may be chosen in the configuration."""

    RESIDUAL = "residual"
    UNVERIFIABLE = "unverifiable"
    BLOCKED = "blocked"
    DRIFTED = "drifted"
    MISSED = "missed"
    RECOVERED = "recovered"
    CONFIG = "config"
    METHOD = "method"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Alert:
    """One message. Holds no name, no serial, no words, no secret.

    Attributes:
        occasion: why.
        account: its short name, None for the installation as a whole.
        practice: about a practice cloud; every message says so.
        since: since when it is so, ms UTC.
        what: what happened, one sentence.
        todo: what to do, one sentence, with the command.
        run: id of the run it is about, or "".
        checkpoint: the newest signed note of the ledger, or "": whoever keeps the message is a witness.
    """

    occasion: Occasion
    account: str | None
    practice: bool
    since: int
    what: str
    todo: str
    run: str = ""
    checkpoint: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Three lines (what happened, since when, what to do), then the checkpoint, if there is one."""
        mark = "[practice] " if self.practice else ""
        who = f"{self.account}: " if self.account is not None else ""
        since = datetime.fromtimestamp(self.since / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        told = (f"{mark}{who}{self.what}", f"Since {since}.", self.todo)
        return (*told, self.checkpoint) if self.checkpoint else told


class Channel(Protocol):
    """A way to reach somebody."""

    @property
    def label(self) -> str:
        """What to call it in `status`: never an address."""
        ...

    async def send(self, alert: Alert) -> None:
        """Delivers one message, once. Raises ChannelError."""
        ...


@dataclass(frozen=True, slots=True)
class About:
    """Whose state it is, and its newest checkpoint note, or ""."""

    account: str
    practice: bool
    checkpoint: str = ""


def alerts_of(about: About, before: AccountState, after: AccountState) -> tuple[Alert, ...]:
    """What became different between two states of an account and is worth telling, most urgent first.

    Nothing when nothing changed: `before` is what the ledger said then, so a restart repeats nothing. Nothing
    either when the ledger was begun anew: that it remembers no trouble does not mean that all is well.
    """
    if before.last_ended is not None and after.last_ended is None:
        return ()
    failed = _methods(before, after)
    found = [*_trouble(about, before, after, failed=bool(failed)), *_missed(about, before, after)]
    if failed:
        found.insert(0, _method(about, failed, after))
    return tuple(found)


def _alert(about: About, occasion: Occasion, since: int, what: str, todo: str, run: str = "") -> Alert:
    return Alert(occasion, about.account, about.practice, since, what, todo, run, about.checkpoint)


def _trouble(about: About, before: AccountState, after: AccountState, *, failed: bool) -> Iterator[Alert]:
    since = after.trouble_since or after.last_ended or 0
    if after.trouble and _different(before, after):
        if not (failed and after.trouble == Occasion.RESIDUAL):  # the failed method says it already
            what, todo = _in_words(about, after)
            yield _alert(about, Occasion(after.trouble), since, what, todo, after.last_run)
    elif before.trouble and not after.trouble:
        verdict = (after.last_verdict or Verdict.NOTHING_DUE).replace("_", " ")
        what = f"all is well again: the last run ended {verdict}."
        yield _alert(about, Occasion.RECOVERED, since, what, "Nothing needs to be done.", after.last_run)


def _different(before: AccountState, after: AccountState) -> bool:
    """Another trouble; or a person is needed for another reason than before."""
    blocked = before.last_verdict is after.last_verdict is Verdict.BLOCKED
    return after.trouble != before.trouble or (blocked and before.last_reason != after.last_reason)


def reason_of(state: AccountState) -> str:
    """Why it is as it is: that of the last run, unless the sign-in was refused since."""
    if state.signed_out is not None and state.trouble == Occasion.BLOCKED:
        return Incomplete.SIGNED_OUT
    return state.last_reason


def _in_words(about: About, state: AccountState) -> tuple[str, str]:
    """What is wrong and what to do about it."""
    reason = reason_of(state)
    todo = (remedy(reason) or _LOOK).replace("ACCOUNT", about.account)
    match state.trouble:
        case Occasion.BLOCKED:
            return f"a person is needed: {why(reason)}.", todo
        case Occasion.DRIFTED:
            return f"Amazon's side changed: {why(reason)}.", (
                "Nothing is requested meanwhile. Look for a newer version of voicepurge."
            )
        case Occasion.UNVERIFIABLE:
            return f"nobody could look whether recordings are gone: {why(reason)}.", todo
    if reason in (Why.PENDING, ""):
        reason = Why.STILL_VISIBLE
    return f"recordings that were due are still there: {why(reason)}.", todo


def _missed(about: About, before: AccountState, after: AccountState) -> Iterator[Alert]:
    number = after.missed - before.missed
    if number > 0:
        slot = after.last_missed.replace("T", " ").removesuffix("Z")
        planned = f"{slot} UTC" if number == 1 else f"the newest of them for {slot} UTC"
        runs = "1 run was" if number == 1 else f"{number} runs were"
        what = f"{runs} missed, planned for {planned}; too late to make up."
        todo = "If this machine was not off on purpose, see `voicepurge log`."
        yield _alert(about, Occasion.MISSED, _moment(after.last_missed), what, todo)


def _moment(slot: str) -> int:
    """Ms UTC of a slot's name; 0 for one that is none."""
    try:
        found = datetime.strptime(slot, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return int(found.timestamp()) * 1000


def _methods(before: AccountState, after: AccountState) -> list[str]:
    """Methods that worked before and do not any more. Having taken too much is told by the verdict."""
    return [
        name
        for name, now in after.methods.items()
        if now.standing is Standing.FAILED
        and now.reason not in (Why.COLLATERAL, Why.OVERREACH)
        and name in before.methods
        and before.methods[name].standing is Standing.PROVEN
    ]


def _method(about: About, names: list[str], after: AccountState) -> Alert:
    reason = after.methods[names[0]].reason
    what = f"a method that worked does not any more ({', '.join(names)}: {reason.replace('_', ' ')})."
    todo = (
        "Teach it again: delete one recording in your browser, save the HAR file, then "
        f"`voicepurge learn FILE.har --account {about.account}`."
    )
    since = max(after.methods[name].since for name in names)
    return _alert(about, Occasion.METHOD, since, what, todo, after.last_run)
