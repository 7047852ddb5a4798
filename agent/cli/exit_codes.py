"""Verdicts as exit codes, and the worst of several. Pure."""

from collections.abc import Iterable

from agent.model import Verdict

_BY_VERDICT = {
    Verdict.VERIFIED: 0,
    Verdict.NOTHING_DUE: 0,
    Verdict.RESIDUAL: 1,
    Verdict.UNVERIFIABLE: 2,
    Verdict.BLOCKED: 3,
    Verdict.DRIFTED: 4,
    Verdict.THROTTLED: 75,
    Verdict.INTERRUPTED: 75,
}
_WORST_FIRST = (70, 78, 77, 64, 5, 3, 4, 2, 1, 75, 0)


def of_verdict(verdict: Verdict, due: int) -> int:
    """The exit code of one run; a watch-only run counts as a residue when something is due."""
    if verdict is Verdict.WATCH_ONLY:
        return 1 if due else 0
    return _BY_VERDICT[verdict]


def worst(codes: Iterable[int]) -> int:
    """The code that says most about several accounts."""
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), 0)
