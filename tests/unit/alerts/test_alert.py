from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alerts.alert import About, Alert, Occasion, alerts_of
from agent.model import Standing, Verdict, Why
from agent.state import AccountState, MethodState

AT = 1_795_000_000_000
ABOUT = About("home", practice=False, checkpoint="voicepurge/x\n7\nroot\n")
WELL = AccountState(last_verdict=Verdict.VERIFIED, last_run="r1", last_ended=AT)
PROVEN = {"recipe:a": MethodState("ab" * 32, Standing.PROVEN)}
FAILED = {"recipe:a": MethodState("ab" * 32, Standing.FAILED, "removed nothing", AT)}


def in_trouble(verdict: Verdict, reason: str = "") -> AccountState:
    """A state after a run that ended badly."""
    return AccountState(
        last_verdict=verdict,
        last_reason=reason,
        last_run="r2",
        last_ended=AT,
        trouble=verdict.value,
        trouble_since=AT,
    )


STATES = st.sampled_from(
    [
        AccountState(),
        WELL,
        replace(WELL, missed=3, last_missed="2026-11-24T02:10Z"),
        in_trouble(Verdict.BLOCKED, "signed_out"),
        in_trouble(Verdict.BLOCKED, Why.CONFIRM),
        in_trouble(Verdict.DRIFTED, "schema"),
        in_trouble(Verdict.RESIDUAL, Why.STILL_VISIBLE),
        replace(in_trouble(Verdict.RESIDUAL, Why.STILL_VISIBLE), methods=FAILED),
        replace(WELL, methods=PROVEN),
    ]
)


@given(STATES)
def test_nothing_new_is_not_told(state: AccountState) -> None:
    """The same state twice, as after a restart, is no news."""
    assert alerts_of(ABOUT, state, state) == ()


@given(STATES, STATES)
def test_every_alert_can_be_read_and_acted_on(before: AccountState, after: AccountState) -> None:
    """Three lines (what, since when, what to do) and the newest signed head; never two about one thing."""
    found = alerts_of(ABOUT, before, after)
    for alert in found:
        what, since, todo, checkpoint = alert.lines
        assert what.startswith("home: ") and what.endswith(".") and since.startswith("Since ")
        assert todo.endswith(".") and "ACCOUNT" not in todo
        assert checkpoint == ABOUT.checkpoint
    assert len({alert.occasion for alert in found}) == len(found)


@pytest.mark.parametrize(
    ("verdict", "reason", "occasion", "told"),
    [
        (Verdict.BLOCKED, "signed_out", Occasion.BLOCKED, "voicepurge login home"),
        (Verdict.BLOCKED, Why.CONFIRM, Occasion.BLOCKED, "run --confirm"),
        (Verdict.DRIFTED, "schema", Occasion.DRIFTED, "newer version"),
        (Verdict.UNVERIFIABLE, "truncated", Occasion.UNVERIFIABLE, "next run tries again"),
        (Verdict.RESIDUAL, Why.TEXT_REMAINS, Occasion.RESIDUAL, "voicepurge status"),
    ],
)
def test_a_verdict_that_became_bad_is_told_with_what_to_do(
    verdict: Verdict, reason: str, occasion: Occasion, told: str
) -> None:
    """Once, for the run it was, since it is so."""
    (alert,) = alerts_of(ABOUT, WELL, in_trouble(verdict, reason))
    assert (alert.occasion, alert.run, alert.since) == (occasion, "r2", AT)
    assert told in alert.todo


def test_a_person_needed_for_another_reason_is_news() -> None:
    """Who signed in again and now has to confirm must hear of it."""
    before, after = in_trouble(Verdict.BLOCKED, "signed_out"), in_trouble(Verdict.BLOCKED, Why.CONFIRM)
    (alert,) = alerts_of(ABOUT, before, after)
    assert "confirm_over" in alert.what


def test_the_end_of_a_trouble_is_told() -> None:
    """With how the run ended; a state that was well before says nothing."""
    (alert,) = alerts_of(ABOUT, in_trouble(Verdict.DRIFTED, "schema"), WELL)
    assert (alert.occasion, "verified" in alert.what) == (Occasion.RECOVERED, True)
    assert alerts_of(ABOUT, WELL, replace(WELL, last_run="r3")) == ()


def test_a_method_that_stopped_working_asks_to_be_taught_again() -> None:
    """With the command, and instead of the residue it causes; one that never worked is no news."""
    before = replace(WELL, methods=PROVEN)
    after = replace(in_trouble(Verdict.RESIDUAL, Why.STILL_VISIBLE), methods=FAILED)
    (alert,) = alerts_of(ABOUT, before, after)
    assert alert.occasion is Occasion.METHOD
    assert "voicepurge learn FILE.har --account home" in alert.todo
    untried = replace(WELL, methods={"recipe:a": replace(PROVEN["recipe:a"], standing=Standing.UNPROVEN)})
    assert [one.occasion for one in alerts_of(ABOUT, untried, after)] == [Occasion.RESIDUAL]


def test_missed_slots_are_counted() -> None:
    """All of them in one message, dated by the newest."""
    one = replace(WELL, missed=1, last_missed="2026-11-24T02:10Z")
    (alert,) = alerts_of(ABOUT, WELL, one)
    assert alert.what.startswith("1 run was missed, planned for 2026-11-24 02:10 UTC")
    (alert,) = alerts_of(ABOUT, one, replace(one, missed=8))
    assert alert.what.startswith("7 runs were missed")
    assert alert.occasion is Occasion.MISSED


def test_practice_says_so() -> None:
    """A message about a practice cloud can never be taken for one about Amazon."""
    alert = Alert(Occasion.CONFIG, None, practice=True, since=AT, what="It is so.", todo="Nothing.")
    assert alert.lines == ("[practice] It is so.", "Since 2026-11-18 11:06 UTC.", "Nothing.")
