from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import (
    BusyError,
    ConnectionLostError,
    CouldNotVerifyError,
    GoneError,
    SignedOutError,
    ThrottledError,
)
from agent.model import (
    Counts,
    Fate,
    Incomplete,
    Listing,
    Recording,
    Surface,
    SurfaceEnd,
    Verdict,
    Why,
    Window,
)
from agent.verdict import Facts, collateral, covers, fates, judge, of_error, of_incomplete
from tests.support.fake_history import recording

V, A = Surface.VOICE, Surface.ACTIVITY
WINDOW = Window(0, 1000)


def listing(*rows: Recording, window: Window = WINDOW, **broken: Incomplete) -> Listing:
    ends = {s: SurfaceEnd(broken.get(s.value), 1, len(rows)) for s in Surface}
    return Listing(window, {row.key: row for row in rows}, ends, 0)


def test_absent_from_a_complete_listing_is_gone() -> None:
    """The only way to be gone."""
    row = recording(5)
    assert fates([row], {row.key: row}, listing()) == {row.key: Fate.GONE}


@pytest.mark.parametrize("reason", list(Incomplete))
def test_absent_from_an_incomplete_listing_is_unknown(reason: Incomplete) -> None:
    """Could not look is never nothing there, whatever the reason."""
    row = recording(5)
    assert fates([row], {row.key: row}, listing(voice=reason)) == {row.key: Fate.UNKNOWN}


def test_absent_outside_the_window_is_unknown() -> None:
    """A listing says nothing of times it did not cover."""
    row = recording(5)
    assert fates([row], {row.key: row}, listing(window=Window(6, 9))) == {row.key: Fate.UNKNOWN}


def test_visible_on_one_surface_is_still_visible() -> None:
    """Gone from the voice history alone is not gone."""
    row = recording(5)
    left = replace(row, surfaces=frozenset({A}))
    assert fates([row], {row.key: row}, listing(left)) == {row.key: Fate.STILL_VISIBLE}


def test_text_without_audio_is_text_remains() -> None:
    """A row that lost its audio and kept its words is told apart, also when only a look-up tells so."""
    row = recording(5)
    assert fates([row], {row.key: row}, listing(replace(row, audio=False)))[row.key] is Fate.TEXT_REMAINS
    assert fates([row], {row.key: row}, listing(row), frozenset({row.key}))[row.key] is Fate.TEXT_REMAINS


def test_words_that_came_back_under_a_new_key_remain() -> None:
    """A row replaced by a newcomer with the same words is not gone; the newcomer stands for one row."""
    first, second = recording(5, text_digest=b"same"), recording(400, text_digest=b"same")
    newcomer = replace(first, key="new", spoken_at=6)
    before = {first.key: first, second.key: second}
    found = fates([first, second], before, listing(newcomer))
    assert found == {first.key: Fate.TEXT_REMAINS, second.key: Fate.GONE}


def test_a_vanished_kept_recording_is_collateral_even_on_one_surface() -> None:
    """What had to stay must stay whole: on every surface, with its words."""
    row = recording(5)
    assert collateral([row], listing()) == {row.key}
    assert collateral([row], listing(replace(row, surfaces=frozenset({V})))) == {row.key}
    assert collateral([row], listing(replace(row, text_digest=None))) == {row.key}
    assert collateral([row], listing(row)) == frozenset()


def test_an_incomplete_surface_accuses_nobody() -> None:
    """A kept recording that could not be looked for did not vanish."""
    row = recording(5)
    assert collateral([row], listing(voice=Incomplete.THROTTLED, activity=Incomplete.HTML)) == frozenset()
    assert collateral([row], listing(voice=Incomplete.HTML)) == {row.key}  # activity was complete
    assert collateral([recording(2000)], listing()) == frozenset()


facts = st.builds(
    Facts,
    surfaces=st.just((V, A)),
    window=st.just(WINDOW),
    deciding=st.one_of(
        st.none(),
        st.builds(listing),
        st.builds(lambda r: listing(voice=r), st.sampled_from(Incomplete)),
        st.just(listing(window=Window(5, 1000))),
        st.just(Listing(WINDOW, {}, {V: SurfaceEnd(None)}, 0)),
    ),
    counts=st.builds(Counts, **{name: st.integers(0, 2) for name in Counts.__slots__}),
    due_visible=st.integers(0, 2),
    undeletable=st.integers(0, 2),
    stopped=st.booleans(),
    backlog=st.booleans(),
    pending=st.booleans(),
    refused=st.booleans(),
    usable=st.booleans(),
    allowed=st.booleans(),
)


@given(facts)
def test_verified_only_after_a_complete_listing_of_every_surface(given_facts: Facts) -> None:
    """`verified` and `nothing_due` need a complete listing, nothing due in it, nobody hurt or unknown."""
    judged = judge(given_facts)
    if judged.verdict in (Verdict.VERIFIED, Verdict.NOTHING_DUE):
        assert covers(given_facts.deciding, given_facts.surfaces, given_facts.window)
        assert given_facts.due_visible == 0
        counts = given_facts.counts
        assert not (counts.collateral or counts.unknown or counts.still_visible or counts.text_remains)


@given(facts)
def test_collateral_always_blocks(given_facts: Facts) -> None:
    """A vanished kept recording decides over everything else."""
    if given_facts.counts.collateral:
        assert judge(given_facts).verdict is Verdict.BLOCKED


def test_worst_reason_wins() -> None:
    """Two surfaces failed differently: the one a person must act on is named."""
    both = listing(voice=Incomplete.TOKEN_LOOP, activity=Incomplete.SIGNED_OUT)
    assert of_incomplete(both, requested=True).verdict is Verdict.BLOCKED
    assert of_incomplete(both, requested=True).reason == "signed_out"
    lost = listing(voice=Incomplete.CONNECTION)
    assert of_incomplete(lost, requested=False).verdict is Verdict.INTERRUPTED
    assert of_incomplete(lost, requested=True).verdict is Verdict.UNVERIFIABLE


@pytest.mark.parametrize("reason", list(Incomplete))
def test_every_reason_has_a_verdict(reason: Incomplete) -> None:
    """No reason is forgotten, and none reads as success."""
    verdict = of_incomplete(listing(voice=reason), requested=False).verdict
    assert verdict not in (Verdict.VERIFIED, Verdict.NOTHING_DUE, Verdict.RESIDUAL)


def test_errors_become_verdicts() -> None:
    """The class of an error decides; a lost connection after a request is unverifiable."""
    assert of_error(SignedOutError("x"), requested=False).verdict is Verdict.BLOCKED
    assert of_error(GoneError("x"), requested=False).verdict is Verdict.DRIFTED
    assert of_error(ThrottledError("x"), requested=True).verdict is Verdict.THROTTLED
    assert of_error(CouldNotVerifyError("x"), requested=False).verdict is Verdict.UNVERIFIABLE
    assert of_error(ConnectionLostError("x"), requested=False).verdict is Verdict.INTERRUPTED
    assert of_error(ConnectionLostError("x"), requested=True).verdict is Verdict.UNVERIFIABLE
    assert of_error(BusyError("x"), requested=False).reason == "busy"


def test_reasons_of_a_residue() -> None:
    """Each residue says why."""
    base = Facts((V, A), WINDOW, listing(), Counts(requested=2, still_visible=1), due_visible=1)
    assert judge(base).reason == Why.STILL_VISIBLE
    assert judge(replace(base, pending=True)).reason == Why.PENDING
    assert judge(replace(base, backlog=True, pending=True)).reason == Why.BACKLOG
    assert judge(replace(base, undeletable=1)).reason == Why.NO_KEY
    assert judge(replace(base, refused=True)).reason == Why.REFUSED
    assert judge(replace(base, counts=Counts(requested=1, text_remains=1))).reason == Why.TEXT_REMAINS
    none = replace(base, counts=Counts(), allowed=False)
    assert judge(none).reason == Why.NOT_ALLOWED
    assert judge(replace(none, usable=False)).verdict is Verdict.WATCH_ONLY
