"""What a run saw and did, as fields of ledger entries. Pure; nothing here is private to the person.

A recording stands as its commitment and the hour it was spoken; at most 100 stand in one entry.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest

from agent.model import Answer, Counts, Fate, Listing, Recording, Scope, Window
from agent.policy import Sorted
from agent.state import MethodState

PER_ENTRY = 100

Fields = dict[str, object]
Commit = Callable[[str], str]


def hour(at: int) -> str:
    """The UTC hour a moment lies in, as `2026-11-24T03Z`."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%HZ")


def span(window: Window) -> Fields:
    """A window as its two ends in ms."""
    return {"from": window.start, "to": window.end}


def ends(listing: Listing) -> Fields:
    """How a listing ended on each surface."""
    return {
        surface.value: {
            "complete": end.complete,
            "rows": end.rows,
            "pages": end.pages,
            **({"reason": end.reason.value} if end.reason is not None else {}),
        }
        for surface, end in sorted(listing.ends.items())
    }


def listed(listing: Listing, parts: Sorted, methods: Sequence[str], expected_s: float) -> Fields:
    """A first listing and the plan made from it."""
    rows = listing.recordings.values()
    oldest = min((row.spoken_at for row in rows), default=None)
    return {
        "window": span(listing.window),
        "surfaces": ends(listing),
        "recordings": len(rows),
        "texts": sum(row.has_text for row in rows),
        "due": len(parts.due),
        "undecided": len(parts.undecided),
        "methods": list(methods),
        "expected_s": round(expected_s, 1),
        **({"oldest": hour(oldest)} if oldest is not None else {}),
    }


def device_label(serial: str, commit: Commit) -> str:
    """What stands for a device: a few digits that say nothing of it to whoever lacks the account's secret."""
    return commit(f"device:{serial}")[:6]


def visible(listing: Listing, due: int, commit: Commit) -> Fields:
    """What a complete look showed, for whoever asks between runs."""
    rows = listing.recordings.values()
    surfaces = Counter(surface.value for row in rows for surface in row.surfaces)
    devices = Counter(device_label(row.serials[0], commit) if row.serials else "" for row in rows)
    oldest = min((row.spoken_at for row in rows), default=None)
    return {
        "at": listing.at,
        "start": listing.window.start,
        "recordings": len(rows),
        "texts": sum(row.has_text for row in rows),
        "due": due,
        "oldest": hour(oldest) if oldest is not None else "",
        "surfaces": dict(sorted(surfaces.items())),
        "devices": dict(sorted(devices.items())),
    }


def intended(
    attempt: int,
    method: tuple[str, str, Scope],
    recordings: Sequence[Recording],
    window: Window,
    commit: Commit,
) -> Iterator[Fields]:
    """One deletion request about to be sent, in parts of at most 100 recordings.

    `method` is name, digest and scope.
    """
    name, digest, scope = method
    chunks = [recordings[at : at + PER_ENTRY] for at in range(0, len(recordings), PER_ENTRY)] or [()]
    for part, chunk in enumerate(chunks, start=1):
        yield {
            "attempt": attempt,
            "method": name,
            "digest": digest,
            "scope": scope.value,
            "window": span(window),
            "part": part,
            "parts": len(chunks),
            "recordings": [[commit(row.key), hour(row.spoken_at)] for row in chunk],
        }


def answered(attempt: int, answer: Answer) -> Fields:
    """What came back for one request."""
    return {
        "attempt": attempt,
        "result": answer.result.value,
        "ms": answer.took_ms,
        **({"status": answer.status} if answer.status is not None else {}),
        **({"reason": answer.reason} if answer.reason else {}),
    }


def relisted(
    of: str, listing: Listing, due: int, fates: Mapping[str, Fate], hurt: int, *, closes: bool = False
) -> Iterator[Fields]:
    """What a later listing showed of the requests of run `of`; `fates` by commitment."""
    named = [(fate, commitment) for commitment, fate in fates.items() if fate is not Fate.UNKNOWN]
    chunks = [named[at : at + PER_ENTRY] for at in range(0, len(named), PER_ENTRY)] or [[]]
    for part, chunk in enumerate(chunks, start=1):
        yield {
            "of": of,
            "window": span(listing.window),
            "surfaces": ends(listing),
            "recordings": len(listing.recordings),
            "due": due,
            "part": part,
            "parts": len(chunks),
            **{kind.value: [c for fate, c in chunk if fate is kind] for kind in Fate if kind != Fate.UNKNOWN},
            "collateral": hurt,
            **({"closes": True} if closes and part == len(chunks) else {}),
        }


def reappeared(commitments: Iterable[str]) -> Iterator[Fields]:
    """Recordings seen gone before that are visible again."""
    for chunk in zip_longest(*[iter(sorted(commitments))] * PER_ENTRY):
        yield {"recordings": [commitment for commitment in chunk if commitment is not None]}


def method_changed(name: str, state: MethodState) -> Fields:
    """A new standing of a method."""
    return {
        "method": name,
        "digest": state.digest,
        "standing": state.standing.value,
        "reason": state.reason,
    }


def counts(numbers: Counts) -> dict[str, int]:
    """The numbers of a run by name."""
    return {name: getattr(numbers, name) for name in Counts.__slots__}
