"""The sentence of `status`, and its exit code."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.status_facts import code_of
from agent.model import Verdict
from agent.reporting.service import Planned
from agent.reporting.status import CLEAN, Kept, Standing, advice, headline
from agent.state import AccountState, Visible

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3_600_000
NOW = 1_795_525_200_000  # 2026-11-24 14:00 in Berlin
SEEN = Visible(NOW - 2 * HOUR, 0, 9, 7, 0, "2026-11-24T03Z", {"voice": 9}, {"3f9a01": 9})
MONTHS_AGO = NOW - 205 * 24 * HOUR


def account(verdict: Verdict, reason: str = "", **more: object) -> Standing:
    """Signed in, clean since 3 May, last run two hours ago."""
    state = AccountState(
        since=MONTHS_AGO,
        signed_in=MONTHS_AGO,
        last_run="r1",
        last_verdict=verdict,
        last_reason=reason,
        last_ended=NOW - 2 * HOUR,
        last_clean=NOW - 2 * HOUR if verdict in CLEAN else NOW - 26 * HOUR,
        clean_since=MONTHS_AGO if verdict in CLEAN else None,
        visible=SEEN if verdict in CLEAN else replace(SEEN, due=4),
    )
    planned = Planned("2026-11-24T17:00Z", NOW + 4 * HOUR + 600_000)
    standing = Standing("home", False, state, Kept(24 * HOUR), planned, serviced=True)
    return replace(standing, **more)  # type: ignore[arg-type]  # fields by name


def said(one: Standing) -> str:
    return headline(one, NOW, BERLIN)


def test_the_sentence_of_a_good_day() -> None:
    """Since when, what was looked for and when, and what comes next."""
    assert said(account(Verdict.VERIFIED)) == (
        "home: clean since 3 May; nothing older than 24 hours was visible today at 12:00;"
        " next run today at 18:10."
    )
    assert code_of(account(Verdict.NOTHING_DUE)) == 0


@pytest.mark.parametrize(
    ("verdict", "reason", "words", "code"),
    [
        (
            Verdict.RESIDUAL,
            "still_visible",
            "4 recordings that should be gone were still visible today at 12:00",
            1,
        ),
        (Verdict.WATCH_ONLY, "no_method", "only watching; 4 recordings due and visible today at 12:00", 1),
        (Verdict.UNVERIFIABLE, "token_loop", "could not verify today at 12:00: the listing turned in a", 2),
        (Verdict.BLOCKED, "signed_out", "a person must act: the sign-in is no longer accepted; last seen", 3),
        (Verdict.DRIFTED, "not_found", "Amazon's side is not what this version knows: the history is no", 4),
        (Verdict.THROTTLED, "throttled", "not finished today at 12:00: Amazon asks us to slow down", 75),
        (Verdict.INTERRUPTED, "stopped", "not finished today at 12:00: it was stopped; last seen clean", 75),
    ],
)
def test_each_other_verdict_has_its_words_and_its_code(
    verdict: Verdict, reason: str, words: str, code: int
) -> None:
    """None of them claims anything a complete look did not show; the code is that of the run."""
    one = account(verdict, reason)
    assert said(one).startswith(f"home: {words}") and "clean since" not in said(one)
    assert code_of(one) == code


def test_could_not_look_is_never_nothing_there() -> None:
    """Only a verdict from a complete look says that nothing was visible."""
    for verdict in Verdict:
        assert ("nothing" in said(account(verdict, "deadline"))) == (verdict in CLEAN)


def test_a_length_is_named_only_where_the_last_run_was_made_for_it() -> None:
    """After an edit of `keep_for`, or unread settings, what is claimed is what was looked for."""
    assert "nothing that was due was visible" in said(account(Verdict.VERIFIED, kept=None))
    assert "nothing was visible" in said(account(Verdict.VERIFIED, kept=Kept(0)))
    kept = account(Verdict.VERIFIED, kept=Kept(3 * 24 * HOUR, devices=True))
    assert "nothing older than 3 days, kept devices aside, was visible" in said(kept)


def test_old_evidence_is_told_as_old() -> None:
    """A slot nobody ran: not clean since, but clean when last looked; 3 without a service, 2 with one."""
    late = account(Verdict.VERIFIED, overdue=NOW - HOUR)
    assert "clean when last looked at today at 12:00, 2 hours ago, but a run was due today at 13:00" in said(
        late
    )
    assert code_of(late) == 2
    alone = replace(late, serviced=False)
    assert code_of(alone) == 3 and "the service is not running, the next slot is today at 18:10" in said(
        alone
    )
    assert advice(alone) == "Start the service, or run it by hand: `voicepurge run home`."


def test_nobody_signed_in_needs_a_person() -> None:
    """Before the first sign-in and after the last; the command to type is named."""
    never = Standing("home", False, AccountState())
    assert (said(never), code_of(never)) == (
        "home: nobody has signed in yet; the service is not running.",
        3,
    )
    out = account(Verdict.VERIFIED)
    out = replace(out, state=replace(out.state, signed_out=NOW - HOUR))
    assert said(out).startswith("home: nobody is signed in any more; last seen clean today at 12:00;")
    assert code_of(out) == 3 and advice(out) == "Sign in: `voicepurge login home --reauth`."


def test_nothing_looked_at_is_no_good_news() -> None:
    """Signed in and never run: 2."""
    fresh = Standing("home", True, AccountState(signed_in=NOW), serviced=True)
    assert said(fresh) == "[practice] home: nothing has been looked at yet; no run is planned."
    assert code_of(fresh) == 2


def test_damage_comes_before_everything() -> None:
    """A damaged ledger says nothing else; exit 5."""
    broken = account(Verdict.VERIFIED, damage="line 7 is no entry: not JSON")
    assert said(broken) == "home: the ledger is damaged: line 7 is no entry: not JSON."
    assert code_of(broken) == 5


def test_what_comes_next() -> None:
    """A run under way, then a retry, then the next slot."""
    one = account(Verdict.THROTTLED, "throttled")
    again = replace(one, planned=replace(one.planned, retry_at=NOW + 900_000))
    assert said(again).endswith("; next try today at 14:15.")
    running = replace(one, planned=replace(one.planned, running=NOW - 60_000))
    assert said(running).endswith("; a run is in progress since 13:59.")


def test_an_account_that_left_the_configuration_is_only_named() -> None:
    """Its last standing is told, it needs nobody and changes no exit code."""
    gone = account(Verdict.BLOCKED, "signed_out", retired=True)
    assert said(gone).endswith("; no longer in the configuration.")
    assert (code_of(gone), advice(gone)) == (0, None)


@given(
    st.sampled_from(list(Verdict)),
    st.booleans(),
    st.booleans(),
    st.none() | st.integers(0, NOW),
    st.integers(0, 2 * NOW),
)
def test_zero_means_clean_fresh_and_signed_in(
    verdict: Verdict, serviced: bool, signed_out: bool, overdue: int | None, now: int
) -> None:
    """Exit 0 of a configured account never hides anything, and the sentence is one line at any time."""
    one = account(verdict, serviced=serviced, overdue=overdue)
    state = replace(one.state, signed_out=1 if signed_out else None)
    one = replace(one, state=state)
    if code_of(one) == 0:
        assert verdict in CLEAN and not signed_out and overdue is None
        assert "clean since" in said(one)
    text = headline(one, now, BERLIN)
    assert text.startswith("home: ") and text.endswith(".") and "\n" not in text
