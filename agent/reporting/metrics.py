"""Numbers for Prometheus, as a file that node_exporter's textfile collector reads. Pure but for writing it.

Times are Unix timestamps in seconds; what is named an age is as of the last write, whose time stands beside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    write_to_textfile,
)

from agent.model import Surface
from agent.state import AccountState

FILE = "voicepurge.prom"
_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Subject:
    """One account: whether it is practice, and what its ledger adds up to."""

    practice: bool
    state: AccountState


def write(directory: Path, subjects: Mapping[str, Subject], now: int) -> None:
    """Puts the numbers of all accounts (by short name) into `directory`, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    path = directory / FILE
    write_to_textfile(str(path), registry(subjects, now))
    path.chmod(_MODE)


def registry(subjects: Mapping[str, Subject], now: int) -> CollectorRegistry:
    """The numbers at `now` (ms UTC). What is not known is left out, never zero."""
    disable_created_metrics()  # type: ignore[no-untyped-call] # they would name the time of writing
    made = CollectorRegistry()
    names = ("account", "practice")
    gauge = {
        name: Gauge(f"voicepurge_{name}", words, names, registry=made) for name, words in _GAUGES.items()
    }
    visible = Gauge("voicepurge_visible_recordings", _VISIBLE, (*names, "surface"), registry=made)
    runs = Counter("voicepurge_runs", "Runs that ended, by verdict.", (*names, "verdict"), registry=made)
    missed = Counter("voicepurge_missed_slots", "Planned runs that nobody made.", names, registry=made)
    written = Gauge("voicepurge_written_timestamp_seconds", "When this file was written.", registry=made)
    written.set(now / 1000)
    for account, subject in subjects.items():
        labels, state = (account, "true" if subject.practice else "false"), subject.state
        for name, value in _values(state, now).items():
            gauge[name].labels(*labels).set(value)
        if state.visible is not None:
            for surface in Surface:
                count = state.visible.surfaces.get(surface.value, 0)
                visible.labels(*labels, surface.value).set(count)
        for verdict, number in state.runs.items():
            runs.labels(*labels, verdict.value).inc(number)
        missed.labels(*labels).inc(state.missed)
    return made


_VISIBLE = "Recordings the last complete look showed, by surface."
_GAUGES = {
    "last_verified_timestamp_seconds": "When a complete look last showed nothing that was due.",
    "last_run_timestamp_seconds": "When the last run ended, however it ended.",
    "last_look_timestamp_seconds": "When a whole listing was last complete.",
    "due_recordings": "Recordings the last complete look showed that should be gone.",
    "oldest_visible_recording_timestamp_seconds": "Start of the hour the oldest visible one was spoken.",
    "oldest_visible_recording_age_seconds": "Age of the oldest visible recording when this was written.",
    "sign_in_timestamp_seconds": "When somebody last signed in.",
    "sign_in_age_seconds": "Age of the sign-in when this was written.",
    "signed_out": "1 while nobody is signed in any more.",
}


def _values(state: AccountState, now: int) -> dict[str, float]:
    """What is known, by the name of its number."""
    seen = state.visible
    oldest = _of_hour(seen.oldest) if seen is not None and seen.oldest else None
    known: dict[str, float | None] = {
        "last_verified_timestamp_seconds": _seconds(state.last_clean),
        "last_run_timestamp_seconds": _seconds(state.last_ended),
        "last_look_timestamp_seconds": _seconds(seen.at) if seen is not None else None,
        "due_recordings": seen.due if seen is not None else None,
        "oldest_visible_recording_timestamp_seconds": _seconds(oldest),
        "oldest_visible_recording_age_seconds": _seconds(now - oldest) if oldest is not None else None,
        "sign_in_timestamp_seconds": _seconds(state.signed_in),
        "sign_in_age_seconds": _seconds(now - state.signed_in) if state.signed_in is not None else None,
        "signed_out": float(state.signed_out is not None),
    }
    return {name: value for name, value in known.items() if value is not None}


def _seconds(at: int | None) -> float | None:
    return None if at is None else at / 1000


def _of_hour(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%HZ").replace(tzinfo=UTC).timestamp()) * 1000
