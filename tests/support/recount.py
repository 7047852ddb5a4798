"""The figures of a report counted once more, from the bytes of the ledger with nothing but `json`.

Written from the words on the page, not from the program: a mistake of one is no mistake of the other.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

HOUR = 3_600_000
WORST = ["blocked", "drifted", "residual", "unverifiable", "watch_only", "missed", "clean", "later"]
LETTERS = dict(zip(WORST, "BDRUWM\u2713L", strict=True))
CLEAN = {"verified", "nothing_due"}


def ms(text: str) -> int:
    """Milliseconds of an RFC 3339 time."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@dataclass
class Recount:
    """What the ledger says."""

    entries: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)
    missed: int = 0
    returned: int = 0
    newest: dict[str, str] = field(default_factory=dict)  # of each recording asked for
    stays: dict[str, list[int]] = field(default_factory=dict)  # by month
    backlog: list[int] = field(default_factory=list)
    days: dict[str, set[str]] = field(default_factory=dict)
    last_visible: dict[str, Any] = field(default_factory=dict)

    @property
    def all_stays(self) -> list[int]:
        """Of every month, ascending."""
        return sorted(length for lengths in self.stays.values() for length in lengths)

    def letter(self, day: str) -> str:
        """What the calendar must show for a day."""
        return LETTERS[min(self.days[day], key=WORST.index)] if day in self.days else ""


def rank(lengths: list[int], percent: int) -> int:
    """The nearest rank: at least so many of 100 are not longer."""
    ordered = sorted(lengths)
    return next(v for at, v in enumerate(ordered, start=1) if at * 100 >= percent * len(ordered))


def recount(file: Path, zone: ZoneInfo) -> Recount:
    """Counts."""
    found = Recount()
    spoken: dict[str, int] = {}
    begun, before = 0, None
    for line in file.read_bytes().splitlines():
        entry = json.loads(line)
        found.entries += 1
        at, event = ms(entry["t"]), entry["event"]
        if event == "ledger_created":
            begun = at
        elif event in {"run_started", "listed"}:
            before = entry.get("recordings")
        elif event == "run_ended":
            _ended(found, entry, at, before, zone)
        elif event == "relisted":
            for fate in ("gone", "still_visible", "text_remains"):
                found.newest |= dict.fromkeys(entry[fate], fate)
            for name in spoken.keys() & set(entry["gone"]):
                _stay(found, at, spoken.pop(name), begun, zone)
        else:
            _rest(found, entry, spoken, zone)
    return found


def _rest(found: Recount, entry: dict[str, Any], spoken: dict[str, int], zone: ZoneInfo) -> None:
    if entry["event"] == "deletion_intended":
        for name, hour in entry["recordings"]:
            start = datetime.strptime(hour, "%Y-%m-%dT%HZ").replace(tzinfo=UTC)
            spoken.setdefault(name, round(start.timestamp() * 1000))
            found.newest[name] = "unknown"
    elif entry["event"] == "slot_missed":
        found.missed += entry.get("count", 1)
        found.days.setdefault(_day(ms(entry["slot"]), zone), set()).add("missed")
    elif entry["event"] == "reappeared":
        found.returned += len(entry["recordings"])
        found.newest |= dict.fromkeys(entry["recordings"], "still_visible")


def _stay(found: Recount, at: int, spoken: int, begun: int, zone: ZoneInfo) -> None:
    if spoken < begun:
        found.backlog.append(at - spoken)
    else:
        month = datetime.fromtimestamp(at / 1000, zone).strftime("%B %Y")
        found.stays.setdefault(month, []).append(at - spoken)


def _ended(found: Recount, entry: dict[str, Any], at: int, before: int | None, zone: ZoneInfo) -> None:
    verdict = entry["verdict"]
    found.verdicts[verdict] += 1
    kind = "clean" if verdict in CLEAN else "later" if verdict in {"throttled", "interrupted"} else verdict
    found.days.setdefault(_day(at, zone), set()).add(kind)
    seen = entry.get("visible")
    found.last_visible = seen or found.last_visible
    found.rows.append(
        {
            "ended": datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%d %H:%M"),
            "before": before,
            "requested": entry["counts"]["requested"],
            "after": seen["recordings"] if seen else None,
            "left": seen["due"] if seen else None,
            "verdict": verdict.replace("_", " "),
        }
    )


def _day(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%d")
