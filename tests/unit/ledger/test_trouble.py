from typing import Any

import pytest

from agent.ledger.entry import ZERO, Entry
from agent.ledger.fold import fold
from agent.model import Event
from agent.state import AccountState
from tests.support.ledger_samples import ended, relisted

SLOT = "2026-11-24T01:00Z"


def after(*ends: tuple[str, str], slot: str = SLOT) -> AccountState:
    """The state after runs that ended so, all for one slot."""
    state = AccountState()
    for number, (verdict, reason) in enumerate(ends):
        fields = ended(verdict, reason=reason, slot=slot)
        state = fold(state, Entry(number, ZERO, 1000 + number, Event.RUN_ENDED, f"r{number}", fields))
    return state


@pytest.mark.parametrize(
    ("ends", "trouble", "since"),
    [
        ([("verified", "")], "", None),
        ([("residual", "backlog")], "", None),
        ([("residual", "pending")], "", None),
        ([("residual", "still_visible")], "residual", 1000),
        ([("residual", "still_visible"), ("residual", "pending")], "residual", 1000),
        ([("blocked", "signed_out"), ("interrupted", "connection")], "blocked", 1000),
        ([("blocked", "signed_out"), ("interrupted", "stopped"), ("blocked", "confirm")], "blocked", 1000),
        ([("blocked", "signed_out"), ("drifted", "schema")], "drifted", 1001),
        ([("unverifiable", "truncated"), ("nothing_due", "")], "", None),
        ([("interrupted", "connection")] * 3, "", None),
        ([("interrupted", "connection")] * 4, "unverifiable", 1003),
        ([("throttled", "throttled")] * 5, "unverifiable", 1003),
        ([("interrupted", "stopped")] * 9, "", None),
        ([("watch_only", "no_method")], "", None),
        ([("residual", "still_visible"), ("watch_only", "no_method")], "residual", 1000),
        ([("blocked", "signed_out"), ("watch_only", "no_method")], "", None),
    ],
)
def test_what_is_wrong_outlasts_what_says_nothing_new(
    ends: list[tuple[str, str]], trouble: str, since: int | None
) -> None:
    """Progress, stops and what may pass by itself neither begin nor end a trouble; a clean look ends it."""
    state = after(*ends)
    assert (state.trouble, state.trouble_since) == (trouble, since)


@pytest.mark.parametrize(("remains", "trouble"), [(["ab" * 32], "residual"), ([], "")])
def test_the_last_look_decides_about_what_was_pending(remains: list[str], trouble: str) -> None:
    """Something still there is wrong from then on; nothing there is not."""
    owed: dict[str, Any] = {"from": 1, "to": 2, "methods": []}
    state = fold(
        AccountState(),
        Entry(0, ZERO, 1000, Event.RUN_ENDED, "r1", ended("residual", reason="pending", open=owed)),
    )
    assert state.trouble == ""
    fields = {**relisted("r1", closes=True), "still_visible": remains}
    state = fold(state, Entry(1, ZERO, 2000, Event.RELISTED, "r1", fields))
    assert (state.trouble, state.trouble_since) == (trouble, 2000 if trouble else None)


def test_a_refused_sign_in_needs_a_person_and_a_logout_does_not() -> None:
    """Who said `logout` knows."""
    for reason, trouble in (("refused", "blocked"), ("logout", "")):
        entry = Entry(0, ZERO, 1000, Event.SIGNED_OUT, None, {"reason": reason})
        assert fold(AccountState(), entry).trouble == trouble


def test_the_schedule_in_force_is_remembered() -> None:
    """Its hash stays with an entry of an older program that has none."""
    fields = {"config": "ab" * 32, "policy": "ab" * 32}
    state = fold(
        AccountState(), Entry(0, ZERO, 1, Event.CONFIG_APPLIED, None, {**fields, "schedule": "cd" * 32})
    )
    assert fold(state, Entry(1, ZERO, 2, Event.CONFIG_APPLIED, None, fields)).schedule == "cd" * 32
