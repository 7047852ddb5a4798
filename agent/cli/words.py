"""A run in sentences: what happened, and what to do about it. Pure; never stronger than the evidence."""

from datetime import UTC, datetime

from agent.model import Counts, Verdict
from agent.purge import Plan, Report
from agent.reasons import remedy, why
from agent.timetext import duration

__all__ = ["clock_time", "iso", "sentences", "why"]


def clock_time(at: int) -> str:
    """A moment as `2026-11-24 03:12:44 UTC`."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(at: int) -> str:
    """A moment as RFC 3339 with ms."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sentences(account: str, report: Report, *, practice: bool) -> list[str]:
    """The outcome of one run, first line readable aloud."""
    mark = "[practice] " if practice else ""
    if report.dry_run and report.plan is not None and report.plan.listing.complete:
        return [f"{mark}{account}: {line}" for line in _of_plan(report.plan)]
    lines = [f"{mark}{account}: {_headline(report)}"]
    advice = remedy(report.judgement.reason)
    if advice is not None:
        lines.append(f"Next: {advice}")
    return lines


def _headline(report: Report) -> str:
    counts, judged = report.counts, report.judgement
    at, surfaces = clock_time(report.ended), " and ".join(report.surfaces)
    match judged.verdict:
        case Verdict.VERIFIED:
            return (
                f"verified. {_recordings(counts.gone)} requested, none of them visible in your history "
                f"({surfaces}) at {at}."
            )
        case Verdict.NOTHING_DUE:
            seen = f"{_recordings(counts.listed)}{_since(report)} visible ({surfaces}) at {at}"
            return f"nothing due. {seen}, all to be kept."
        case Verdict.WATCH_ONLY:
            return f"watch only. {_recordings(counts.due)} due and visible at {at}: {why(judged.reason)}."
        case Verdict.RESIDUAL:
            return f"residual. {_fates(counts)} at {at}: {why(judged.reason)}."
    asked = f" {_recordings(counts.requested)} had been requested." if counts.requested else ""
    return f"{judged.verdict.value}. Could not finish at {at}: {why(judged.reason)}.{asked}"


def _since(report: Report) -> str:
    """From when on was listed, where that was not all there is: older rows were settled by earlier runs."""
    start = report.plan.listing.window.start if report.plan is not None else 0
    return f" spoken since {clock_time(start)}" if start else ""


def _fates(counts: Counts) -> str:
    parts = [
        f"{number} {word}"
        for number, word in (
            (counts.gone, "gone"),
            (counts.text_remains, "with their text left"),
            (counts.still_visible, "still visible"),
            (counts.unknown, "not looked up"),
        )
        if number
    ]
    return f"{_recordings(counts.due)} due" + (": " + ", ".join(parts) if parts else "")


def _of_plan(plan: Plan) -> list[str]:
    due, kept = len(plan.parts.due), len(plan.parts.kept)
    numbers = f"{_recordings(due)} due, {kept} to be kept, {len(plan.parts.undecided)} undecided"
    lines = [f"dry run. {numbers}; nothing was requested."]
    if not due:
        pass
    elif plan.requests:
        name = plan.choices[0].method.name
        lines.append(f"a run would send {plan.requests} requests with {name}, {duration(plan.expected_s)}.")
    elif plan.choices:
        lines.append("no method may be used: each would also delete something that must stay.")
    else:
        lines.append("there is no deletion method; a run would only watch.")
    if plan.blocked is not None:
        lines.append(f"a run would stop first: {why(plan.blocked)}. {remedy(plan.blocked) or ''}".rstrip())
    return lines


def _recordings(number: int) -> str:
    return f"{number} recording" + ("" if number == 1 else "s")
