"""What is wrong with an account, as its entries tell. Pure.

It outlasts runs that say nothing new, so that somebody is told once when it begins and once when it is over.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from agent.model import Verdict, Why
from agent.state import AccountState

TRIES: Final = 4
"""A slot that failed so often is given up: what might have passed by itself did not."""

_PROGRESS: Final = frozenset({Why.BACKLOG, Why.PENDING, Why.TRIAL})
_MAY_PASS: Final = frozenset({Verdict.THROTTLED, Verdict.INTERRUPTED})


def standing(state: AccountState, trouble: str, at: int) -> AccountState:
    """The state with this trouble; it began now unless it stood before."""
    if trouble == state.trouble:
        return state
    return replace(state, trouble=str(trouble), trouble_since=at if trouble else None)


def after_run(state: AccountState) -> str:
    """What is wrong after the run whose end the state already holds."""
    verdict, reason, before = state.last_verdict, state.last_reason, state.trouble
    if reason == Why.STOPPED or (verdict is Verdict.RESIDUAL and reason in _PROGRESS):
        return before
    if verdict in _MAY_PASS:
        given_up = state.failing is not None and state.failing.tries >= TRIES
        return before or (Verdict.UNVERIFIABLE.value if given_up else "")
    if verdict is Verdict.WATCH_ONLY:
        return before if before == Verdict.RESIDUAL else ""
    if verdict in (None, Verdict.VERIFIED, Verdict.NOTHING_DUE):
        return ""
    return verdict.value


def after_closing(state: AccountState, fields: Mapping[str, Any]) -> str:
    """What is wrong after the last look for an owed verification: what remains stands in its last part."""
    remains = bool(fields["still_visible"] or fields["text_remains"])
    return Verdict.RESIDUAL.value if remains else state.trouble
