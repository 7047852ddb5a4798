"""What a run says that had no method to use."""

from dataclasses import replace

import pytest

from agent.alexa.marketplaces import MARKETPLACES
from agent.cli.watching import compared, watched
from agent.model import Counts, Verdict, Why
from agent.purge import Report
from agent.state import Visible
from agent.verdict import Judgement

THEN = Visible(1_790_000_000_000, 0, 40, 30, 38, "", {"voice": 39, "activity": 40}, {}, "p" * 64)
NOW = replace(THEN, at=THEN.at + 3_600_000, recordings=5, due=3, surfaces={"voice": 5, "activity": 5})


def report(verdict: Verdict, reason: str = "", **counts: int) -> Report:
    judged = Judgement(verdict, reason)
    return Report("r", judged, ("voice",), Counts(**counts), (), 0, 0, None, None, before=THEN, seen=NOW)


def test_only_what_the_counts_prove_is_said() -> None:
    """Fewer due under the same settings: at least so many are gone; equal or more proves nothing."""
    assert "At least 35 of those due then are no longer visible." in compared(THEN, NOW)
    assert any("does not show" in line for line in compared(THEN, replace(NOW, due=38)))
    assert "Nothing that was due then is visible any more." in compared(THEN, replace(NOW, due=0))


def test_other_settings_prove_nothing_about_what_was_due() -> None:
    """A longer `keep_for` makes less due without a single recording gone."""
    lines = compared(THEN, replace(NOW, policy="q" * 64))
    assert any("other settings" in line for line in lines)
    assert not any("no longer visible" in line for line in lines)


@pytest.mark.parametrize("before", [None, replace(THEN, start=0)])
def test_a_shorter_look_is_not_compared(before: Visible | None) -> None:
    """Without an earlier look, or when this one did not reach as far back, nothing is said."""
    assert compared(before, replace(NOW, start=5)) == []


def test_the_pages_are_those_of_the_marketplace() -> None:
    """Where the owner deletes by hand and where saving is switched off, and that the next run looks."""
    lines = watched(report(Verdict.WATCH_ONLY, Why.NO_METHOD, due=3), MARKETPLACES["amazon.co.uk"])
    text = "\n".join(lines)
    assert "https://www.amazon.co.uk/alexa-privacy/apd/rvh" in text
    assert "https://www.amazon.co.uk/alexa-privacy/apd/myad" in text
    assert "The next run looks again" in text


@pytest.mark.parametrize("verdict", [Verdict.VERIFIED, Verdict.RESIDUAL, Verdict.BLOCKED])
def test_a_run_that_had_a_method_says_nothing_of_it(verdict: Verdict) -> None:
    """The pages and the comparison are for runs that only watched."""
    assert watched(report(verdict, requested=3), MARKETPLACES["amazon.de"]) == []
