"""The page of a report as text."""

import re
from dataclasses import replace
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.model import Head, Standing, Verdict
from agent.reporting.figures import figures
from agent.reporting.page import Page, Proof, page, span
from agent.reporting.status import Kept
from agent.reporting.status import Standing as Account
from agent.state import AccountState, MethodState, Visible
from tests.support.html_tags import tags

BERLIN = ZoneInfo("Europe/Berlin")
NOW = 1_795_525_200_000
HOUR = 3_600_000
HOSTILE = "<script>alert(1)</script> &amp; \"' \u202e`"


def made(state: AccountState, **more: object) -> Page:
    standing = Account("home", False, state, Kept(24 * HOUR), serviced=True)
    empty = Page(standing, figures([], BERLIN), Proof(0, None, "", None), BERLIN, 24 * HOUR, NOW)
    return replace(empty, **more)  # type: ignore[arg-type]  # fields by name


def test_the_first_day_claims_nothing() -> None:
    """No ledger, no run: what is not known is told as not known, never as 0 visible."""
    text = page(made(AccountState()))
    assert "Nobody has signed in yet." in text and "not known yet" in text
    assert "what your history shows is not known" in text
    assert "Clean since" not in text and "Everything that was asked for" not in text
    tags(text)


def test_nothing_is_run_and_nothing_is_fetched() -> None:
    """No script, no handler, no address to load from; a policy in the page forbids it besides."""
    text = page(made(AccountState()))
    for tag, attributes in tags(text):
        assert tag not in {"script", "iframe", "img", "object", "embed", "form", "base"}
        assert not any(name.startswith("on") for name in attributes)
        assert "src" not in attributes and (attributes.get("href") or "#").startswith(("#", "data:,"))
    assert "default-src 'none'" in text and "url(" not in text and "@import" not in text


def test_what_comes_from_elsewhere_is_text() -> None:
    """Names of methods, reasons, labels, notes and origins cannot become markup."""
    seen = Visible(NOW, 0, 1, 1, 1, "2026-11-24T03Z", {HOSTILE: 1}, {HOSTILE: 1})
    state = AccountState(
        signed_in=1,
        last_run="r",
        last_verdict=Verdict.RESIDUAL,
        last_reason=HOSTILE,
        last_ended=NOW,
        visible=seen,
        methods={HOSTILE: MethodState("d", Standing.FAILED, HOSTILE, NOW)},
    )
    hostile = made(state, proof=Proof(3, Head(2, HOSTILE), HOSTILE, NOW))
    text = page(hostile)
    assert "<script" not in text and all(tag != "script" for tag, _ in tags(text))
    assert "&lt;script&gt;" in text
    assert "; 1 more since then, not signed yet" in text


def test_a_practice_account_says_so_first() -> None:
    """In the title and above everything else."""
    one = made(AccountState())
    text = page(replace(one, standing=replace(one.standing, practice=True)))
    assert "<title>[practice] home" in text
    assert text.index("It is no evidence about Amazon") < text.index("<h1>")


def test_commands_are_set_as_code() -> None:
    """What a person is to type can be told from the sentence around it."""
    assert "Sign in: <code>voicepurge login home</code>." in page(made(AccountState()))


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0, "1 hour"), (0.2, "1 hour"), (1, "1 hour"), (28.1, "29 hours"), (71, "71 hours"), (72, "3 days")],
)
def test_lengths_are_rounded_up(hours: float, words: str) -> None:
    """To what the ledger can tell, never to less than was measured."""
    assert span(int(hours * HOUR)) == words
    assert span(73 * HOUR) == "4 days"


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(
    st.sampled_from(list(Verdict)),
    st.booleans(),
    st.none() | st.integers(0, 500),
    st.none() | st.integers(1, 10**10),
)
def test_any_state_makes_a_whole_page(
    verdict: Verdict, signed_in: bool, due: int | None, keep: int | None
) -> None:
    """Every tag is closed and the same values make the same bytes."""
    seen = Visible(NOW, 5, 9, 3, due, "2026-11-24T03Z", {"voice": 9}, {"": 9}) if due is not None else None
    state = AccountState(
        signed_in=1 if signed_in else None,
        last_run="r",
        last_verdict=verdict,
        last_ended=NOW,
        visible=seen,
    )
    one = made(state, keep_ms=keep)
    text = page(one)
    tags(text)
    assert text == page(one)
    assert not re.search(r"\bNone\b", re.sub(r"None of them", "", text))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2 between two colours like #1d1f23."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_letters_can_be_read_on_their_colours() -> None:
    """At least 4.5 to 1 in each scheme, also for single letters, which axe-core does not judge."""
    css = files("agent.reporting").joinpath("templates/report.css").read_text()
    pairs = "ink/paper ink/card soft/paper soft/card link/paper link/card good/good-wash ink/good-wash"
    pairs += " ink/amber-wash stop-ink/stop"
    schemes = [dict(re.findall(r"--([\w-]+): (#\w{6})\b", part)) for part in css.split(":root {")[1:3]]
    assert all(len(colours) >= 15 for colours in schemes)
    for colours in schemes:
        for pair in pairs.split():
            letter, ground = pair.split("/")
            assert contrast(colours[letter], colours[ground]) >= 4.5, pair
