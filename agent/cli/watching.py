"""A run that only watched, in words: what changed since, and where the owner deletes by hand. Pure.

Only numbers are compared, and only what they prove is said: under the same policy a recording that was due
stays due, so if fewer are due now, at least as many are no longer visible.
"""

from agent.alexa.marketplaces import Marketplace
from agent.cli import words
from agent.model import Verdict, Why
from agent.purge import Report
from agent.state import Visible

_BY_HAND = frozenset({Why.NOT_ALLOWED, Why.NO_KEY})


def watched(report: Report, marketplace: Marketplace) -> list[str]:
    """What to print after the outcome of a run; nothing for a run that had a method to use."""
    if report.dry_run:
        return []
    lines = compared(report.before, report.seen) if _watches(report) else []
    if by_hand(report):
        lines += [
            f"Delete by hand: {marketplace.history_page}",
            f'Switch on "Don\'t save recordings": {marketplace.settings_page}',
            "The next run looks again and says what became of it.",
        ]
    return lines


def by_hand(report: Report) -> bool:
    """Whether what is due can only go by the owner's own hand."""
    judged = report.judgement
    return judged.verdict is Verdict.WATCH_ONLY or judged.reason in _BY_HAND


def _watches(report: Report) -> bool:
    return not report.counts.requested and (
        by_hand(report) or report.judgement.verdict is Verdict.NOTHING_DUE
    )


def compared(before: Visible | None, now: Visible | None) -> list[str]:
    """What changed since the last complete look, in sentences that the two counts prove."""
    if before is None or now is None or now.start > before.start or (before.due == now.due == 0):
        return []
    then = words.clock_time(before.at)
    was, is_now = _visible(before), _visible(now)
    lines = [f"At {then}: {was}. Now: {is_now}."]
    if now.policy != before.policy:
        lines.append("What is due was counted under other settings then.")
    elif not now.due:
        lines.append("Nothing that was due then is visible any more.")
    elif now.due < before.due:
        lines.append(f"At least {before.due - now.due} of those due then are no longer visible.")
    else:
        lines.append("That does not show that any of those due then is gone.")
    changed = [
        f"{name} {before.surfaces.get(name, 0)} to {now.surfaces.get(name, 0)}"
        for name in sorted({*before.surfaces, *now.surfaces})
        if before.surfaces.get(name, 0) != now.surfaces.get(name, 0)
    ]
    if changed:
        lines.append(f"By surface: {', '.join(changed)}.")
    return lines


def watched_document(report: Report, marketplace: Marketplace) -> dict[str, object]:
    """The same as members of the JSON of a run; empty for a run that had a method to use."""
    if report.dry_run or not _watches(report):
        return {}
    found: dict[str, object] = {}
    if report.before is not None:
        before = report.before
        found["before"] = {
            "at": words.iso(before.at),
            "recordings": before.recordings,
            "texts": before.texts,
            "due": before.due,
            "surfaces": dict(before.surfaces),
        }
    if by_hand(report):
        found["by_hand"] = {"delete": marketplace.history_page, "do_not_save": marketplace.settings_page}
    return found


def _visible(seen: Visible) -> str:
    return f"{seen.recordings} visible, {seen.due} of them due"
