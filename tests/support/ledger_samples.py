"""Valid fields of the common entries, to vary."""

from agent.ledger.fields import COUNTS as NAMES

HASH = "ab" * 32
HOUR = "2026-11-24T03Z"
ENDS = {"voice": {"complete": True, "rows": 3, "pages": 1}}
COUNTS = dict.fromkeys(NAMES, 0)


def started(**more: object) -> dict[str, object]:
    """Fields of `run_started`."""
    return {
        "trigger": "manual",
        "policy": HASH,
        "window": {"from": 0, "to": 9},
        "full": True,
        **more,
    }


def ended(verdict: str = "verified", **more: object) -> dict[str, object]:
    """Fields of `run_ended`."""
    return {
        "verdict": verdict,
        "reason": "",
        "counts": COUNTS,
        "surfaces": ["voice"],
        "methods": [],
        "policy": HASH,
        "confirmed": False,
        "settled_through": None,
        "full": False,
        "open": None,
        **more,
    }


def intended(*commitments: str) -> dict[str, object]:
    """Fields of `deletion_intended`."""
    return {
        "attempt": 1,
        "method": "phrase",
        "digest": HASH,
        "scope": "records",
        "part": 1,
        "parts": 1,
        "recordings": [[c, HOUR] for c in commitments],
    }


def relisted(of: str, **more: object) -> dict[str, object]:
    """Fields of `relisted` judging run `of`."""
    return {
        "of": of,
        "surfaces": ENDS,
        "recordings": 3,
        "due": 1,
        "part": 1,
        "parts": 1,
        "gone": [],
        "text_remains": [],
        "still_visible": [],
        "collateral": 0,
        **more,
    }
