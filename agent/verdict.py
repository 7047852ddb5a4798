"""What became of the recordings, and how a run ended. Pure judgements on listings.

Left out here: what may go (`policy`), waiting and listing (`purge`).
Three rules: only a complete listing that covers a recording's time can say it is gone; what could not
be seen is unknown; whatever is seen is believed, even in a listing that ended early.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.errors import (
    AgentError,
    CouldNotVerifyError,
    NeedsPersonError,
    ServiceChangedError,
    StoppedError,
    ThrottledError,
)
from agent.model import Counts, Fate, Incomplete, Listing, Recording, Surface, Verdict, Why, Window

_CLASS_OF: Mapping[Incomplete, Verdict] = {
    Incomplete.SIGNED_OUT: Verdict.BLOCKED,
    Incomplete.STEP_UP: Verdict.BLOCKED,
    Incomplete.WRONG_ACCOUNT: Verdict.BLOCKED,
    Incomplete.CSRF_REFUSED: Verdict.DRIFTED,
    Incomplete.HTML: Verdict.DRIFTED,
    Incomplete.NOT_FOUND: Verdict.DRIFTED,
    Incomplete.SCHEMA: Verdict.DRIFTED,
    Incomplete.TOO_LARGE: Verdict.DRIFTED,
    Incomplete.REDIRECTED: Verdict.DRIFTED,
    Incomplete.THROTTLED: Verdict.THROTTLED,
    Incomplete.CONNECTION: Verdict.INTERRUPTED,
    Incomplete.DEADLINE: Verdict.INTERRUPTED,
    Incomplete.SERVER_ERROR: Verdict.UNVERIFIABLE,
    Incomplete.TRUNCATED: Verdict.UNVERIFIABLE,
    Incomplete.TOKEN_LOOP: Verdict.UNVERIFIABLE,
    Incomplete.EMPTY_PAGES: Verdict.UNVERIFIABLE,
    Incomplete.NULL_LIST: Verdict.UNVERIFIABLE,
    Incomplete.SERVER_TIME_LIMIT: Verdict.UNVERIFIABLE,
}
_SEVERITY = (
    Verdict.BLOCKED,
    Verdict.DRIFTED,
    Verdict.THROTTLED,
    Verdict.INTERRUPTED,
    Verdict.UNVERIFIABLE,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reason: an `Incomplete`, a `Why`, an error's code, or ""."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a verdict depends on.

    Attributes:
        surfaces: surfaces that must be clean.
        window: the window that must be clean.
        deciding: the last listing of the whole window, None if there was none. After a request it
            counts only if it began after the last request.
        counts: what was requested and what became of it.
        due_visible: due recordings in `deciding`.
        undeletable: how many of these have no key to name them by.
        stopped: someone asked the run to end early.
        backlog: the run's time was over before all was requested.
        pending: further rechecks are still owed.
        refused: a request was refused and no method was left.
        overreach: a method on trial took more than it was asked for, though it was due.
        usable: a method could be tried at all; `allowed`: one may delete what is due.
    """

    surfaces: Sequence[Surface]
    window: Window
    deciding: Listing | None
    counts: Counts
    due_visible: int = 0
    undeletable: int = 0
    stopped: bool = False
    backlog: bool = False
    pending: bool = False
    refused: bool = False
    overreach: bool = False
    usable: bool = True
    allowed: bool = True


def fates(
    requested: Iterable[Recording],
    seen_before: Mapping[str, Recording],
    after: Listing,
    without_audio: frozenset[str] = frozenset(),
) -> dict[str, Fate]:
    """The fate of each requested recording by key, as the listing `after` shows it.

    A row that was replaced by a newcomer with the same words, spoken before the listing's window was
    closed by the first look, is not gone: its text remains. Each newcomer stands for one row only.

    Args:
        requested: what was asked to be deleted.
        seen_before: all that the first listing showed.
        after: a later listing.
        without_audio: keys in `after` whose audio is certainly no longer served.
    """
    result: dict[str, Fate] = {}
    absent: list[Recording] = []
    for recording in requested:
        now = after.recordings.get(recording.key)
        if now is not None:
            result[recording.key] = _of_visible(recording, now, without_audio)
        elif after.complete and recording.spoken_at in after.window:
            result[recording.key] = Fate.GONE
            absent.append(recording)
        else:
            result[recording.key] = Fate.UNKNOWN
    for key in _replaced(absent, seen_before, after):
        result[key] = Fate.TEXT_REMAINS
    return result


def _of_visible(before: Recording, now: Recording, without_audio: frozenset[str]) -> Fate:
    lost_audio = now.key in without_audio or (before.audio and not now.audio)
    return Fate.TEXT_REMAINS if now.has_text and lost_audio else Fate.STILL_VISIBLE


def _replaced(absent: Sequence[Recording], before: Mapping[str, Recording], after: Listing) -> set[str]:
    """Keys of absent recordings whose words came back under a new key."""
    by_words: dict[bytes | None, list[Recording]] = {}
    for recording in absent:
        by_words.setdefault(recording.text_digest, []).append(recording)
    replaced: set[str] = set()
    for key, newcomer in after.recordings.items():
        candidates = by_words.get(newcomer.text_digest) if newcomer.has_text and key not in before else None
        if candidates:
            nearest = min(candidates, key=lambda r: abs(r.spoken_at - newcomer.spoken_at))
            candidates.remove(nearest)
            replaced.add(nearest.key)
    return replaced


def collateral(kept: Iterable[Recording], after: Listing) -> frozenset[str]:
    """Keys of recordings that had to stay and are no longer whole in `after`.

    A kept recording is hurt when it is missing from a surface it was on, or lost its words. A surface
    whose listing is incomplete, or a time outside the window, accuses nobody.
    """
    hurt: set[str] = set()
    for before in kept:
        if before.spoken_at not in after.window:
            continue
        now = after.recordings.get(before.key)
        here = now.surfaces if now is not None else frozenset()
        missing = before.surfaces - here
        gone_there = any(surface in after.ends and after.ends[surface].complete for surface in missing)
        wordless = now is not None and before.has_text and not now.has_text and after.complete
        if gone_there or wordless:
            hurt.add(before.key)
    return frozenset(hurt)


def covers(listing: Listing | None, surfaces: Sequence[Surface], window: Window) -> bool:
    """Whether `listing` is complete on every surface in `surfaces` over all of `window`."""
    return (
        listing is not None
        and all(surface in listing.ends and listing.ends[surface].complete for surface in surfaces)
        and bool(surfaces)
        and listing.window.start <= window.start
        and listing.window.end >= window.end
    )


def of_incomplete(listing: Listing, *, requested: bool) -> Judgement:
    """The worst reason of a listing that did not end, as a verdict.

    A lost connection after something was requested is `unverifiable`: we asked and could not look.
    """
    reasons = [end.reason for end in listing.ends.values() if end.reason is not None]
    judged = [(_CLASS_OF[reason], reason) for reason in reasons] or [
        (Verdict.UNVERIFIABLE, Incomplete.CONNECTION)
    ]
    verdict, reason = min(judged, key=lambda pair: _SEVERITY.index(pair[0]))
    if requested and verdict is Verdict.INTERRUPTED:
        verdict = Verdict.UNVERIFIABLE
    return Judgement(verdict, reason.value)


def of_error(error: AgentError, *, requested: bool) -> Judgement:
    """The verdict of a run that an error ended."""
    match error:
        case NeedsPersonError():
            verdict = Verdict.BLOCKED
        case ServiceChangedError():
            verdict = Verdict.DRIFTED
        case ThrottledError():
            verdict = Verdict.THROTTLED
        case CouldNotVerifyError():
            verdict = Verdict.UNVERIFIABLE
        case StoppedError():
            verdict = Verdict.INTERRUPTED
        case _:
            verdict = Verdict.UNVERIFIABLE if requested else Verdict.INTERRUPTED
    return Judgement(verdict, error.code)


def judge(facts: Facts) -> Judgement:
    """How the run ended. A complete second listing decides; without one, what went wrong does."""
    counts, deciding = facts.counts, facts.deciding
    if counts.collateral or facts.overreach:
        return Judgement(Verdict.BLOCKED, Why.COLLATERAL if counts.collateral else Why.OVERREACH)
    if deciding is None or not covers(deciding, facts.surfaces, facts.window):
        if facts.stopped or deciding is None:
            return Judgement(Verdict.INTERRUPTED, Why.STOPPED)
        return of_incomplete(deciding, requested=counts.requested > 0)
    clean = not facts.due_visible and not (counts.text_remains or counts.still_visible or counts.unknown)
    if clean:
        return Judgement(Verdict.VERIFIED if counts.requested else Verdict.NOTHING_DUE)
    if not facts.usable and not counts.requested:
        return Judgement(Verdict.WATCH_ONLY, Why.NO_METHOD)
    return _residual(facts)


def _residual(facts: Facts) -> Judgement:
    counts = facts.counts
    if facts.stopped:
        return Judgement(Verdict.INTERRUPTED, Why.STOPPED)
    order = (
        (facts.backlog, Why.BACKLOG),
        (facts.pending, Why.PENDING),
        (counts.text_remains > 0, Why.TEXT_REMAINS),
        (facts.due_visible > 0 and facts.due_visible == facts.undeletable, Why.NO_KEY),
        (not facts.allowed and not counts.requested, Why.NOT_ALLOWED),
        (facts.refused, Why.REFUSED),
    )
    reason = next((why for holds, why in order if holds), Why.STILL_VISIBLE)
    return Judgement(Verdict.RESIDUAL, reason)
