"""A short summary now and then, for whoever wants to hear that all is well: at nine, daily or on Mondays.

What was told last lies in `digest.json` in the state directory, so that a restart tells nothing twice. Lost,
it only costs one summary.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from agent.alerts.alert import Alert, Occasion
from agent.daemon.schedule import Timetable, next_slot
from agent.settings import Schedule
from agent.state import AccountState

NAME: Final = "digest.json"
_AT: Final = "09:00"
_DAY_MS: Final = 86_400_000
_FAR: Final = 8
"""Days to look back at most: one Monday is enough."""

How = Literal["never", "daily", "weekly"]


@dataclass(frozen=True, slots=True)
class Told:
    """What the last summary counted: when, and runs, clean runs and missed slots of each account by then."""

    at: int
    counts: Mapping[str, tuple[int, int, int]]


def count(state: AccountState) -> tuple[int, int, int]:
    """Runs, clean runs and missed slots so far."""
    clean = sum(number for verdict, number in state.runs.items() if verdict in ("verified", "nothing_due"))
    return sum(state.runs.values()), clean, state.missed


def is_due(how: How, last: int, zone: ZoneInfo, now: int) -> bool:
    """Whether a summary belongs between `last` and `now`, both ms UTC."""
    if how == "never":
        return False
    days = {"days": ("mon",)} if how == "weekly" else {}
    nines = Timetable("digest", Schedule.model_validate({"at": _AT, **days}), zone, 0, 0)
    return next_slot(nines, max(last, now - _FAR * _DAY_MS)) <= now


def summary(states: Mapping[str, AccountState], before: Told, *, practice: bool, notes: str) -> Alert:
    """What happened since the last summary, one sentence an account."""
    parts = [_of(name, state, before.counts.get(name, (0, 0, 0))) for name, state in states.items()]
    trouble = any(state.trouble for state in states.values())
    todo = "See `voicepurge status`: something needs you." if trouble else "Nothing needs to be done."
    return Alert(Occasion.DIGEST, None, practice, before.at, " ".join(parts), todo, checkpoint=notes)


def _of(name: str, state: AccountState, before: tuple[int, int, int]) -> str:
    runs, clean, missed = (now - then for now, then in zip(count(state), before, strict=True))
    told = f"{name}: {clean} of {runs} runs ended clean"
    if missed > 0:
        told += f", {missed} planned runs were missed"
    seen = state.visible
    if seen is not None:
        told += f"; {seen.recordings} recordings visible, {seen.due} of them due"
    return f"{told}{' (' + state.trouble + ')' if state.trouble else ''}."


class Digest:
    """Remembers what was told last."""

    def __init__(self, state: Path) -> None:
        self._path = state / NAME
        self._told: Told | None = None

    def look(self, how: How, zone: ZoneInfo, states: Mapping[str, AccountState], now: int) -> Told | None:
        """What was told before, if another summary is due now; from then on that one was told.

        The first time nothing is: there is nothing yet to sum up. Raises OSError.
        """
        if how == "never":
            return None
        before = self._told or self._read()
        if before is not None and before.at <= now and not is_due(how, before.at, zone, now):
            self._told = before
            return None
        self._told = Told(now, {name: count(state) for name, state in states.items()})
        self._write(self._told)
        return before if before is not None and before.at <= now else None

    def _read(self) -> Told | None:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            counts = {str(n): (int(a), int(b), int(c)) for n, (a, b, c) in found["counts"].items()}
            return Told(int(found["at"]), counts)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _write(self, told: Told) -> None:
        new = self._path.with_name(f"{NAME}.new")
        new.write_text(json.dumps({"at": told.at, "counts": dict(told.counts)}), encoding="utf-8")
        new.replace(self._path)
