"""A ledger of simulated years: four runs a day with failures, misses and a reappearance. Seeded.

Written as `FileLedger` would write it, entry by entry with its summaries, but not synced: a chain that
`verify` accepts. What really happened is told by nobody but the file.
"""

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.daemon.schedule import slot_id
from agent.ledger.entry import FORMAT, ZERO, Entry, encode, line_hash
from agent.ledger.fold import fold
from agent.ledger.note import Signer
from agent.ledger.reading import opened
from agent.ledger.signing import Signing
from agent.ledger.summary import to_json
from agent.model import Event
from agent.record import hour
from agent.state import AccountState
from tests.support.ledger_home import ORIGIN, SEED, VKEY
from tests.support.ledger_samples import HASH

HOUR = 3_600_000
DAY = 24 * HOUR
BEGUN = 1_732_406_400_000
"""2024-11-24 00:00 UTC."""
DEVICES = ("3f9a01", "77be20", "c05d1e", "")
METHOD = "recipe:privacy-page"

Fields = dict[str, Any]


@dataclass
class _Writer:
    """Appends chained entries to a file."""

    path: Path
    practice: bool
    seq: int = 0
    prev: str = ZERO
    state: AccountState = field(default_factory=AccountState)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("wb", buffering=1 << 20)

    def add(self, at: int, event: Event, fields: Mapping[str, object], run: str | None = None) -> None:
        entry = Entry(self.seq, self.prev, at, event, run, fields)
        self.state = fold(self.state, entry)
        if event is Event.RUN_ENDED:
            entry = Entry(self.seq, self.prev, at, event, run, {**fields, "state": to_json(self.state)})
        line = encode(entry)
        self.file.write(line + b"\n")
        self.seq, self.prev = self.seq + 1, line_hash(line)


@dataclass
class _Life:
    """What is said, what is visible, and what each run sees of it."""

    writer: _Writer
    chance: random.Random
    keep: int
    now: int = BEGUN
    number: int = 0
    visible: dict[str, tuple[int, str]] = field(default_factory=dict)  # commitment: spoken, device
    gone: list[str] = field(default_factory=list)
    settled: int | None = None

    def speak(self, until: int, each_day: float) -> None:
        """Recordings between the last moment and `until`, by day more than by night."""
        for _ in range(round(self.chance.gauss(each_day * (until - self.now) / DAY, 1.2))):
            at = self.chance.randrange(self.now, until)
            if self.chance.random() < (0.9 if 6 <= at // HOUR % 24 < 22 else 0.1):
                self.number += 1
                name = hashlib.sha256(f"recording {self.number}".encode()).hexdigest()
                self.visible[name] = (at, self.chance.choice(DEVICES))
        self.now = until

    def due(self) -> list[str]:
        """Commitments of what must go, oldest first."""
        old = [name for name, (at, _) in self.visible.items() if at <= self.now - self.keep]
        return sorted(old, key=lambda name: (self.visible[name], name))

    def seen(self, due: int) -> Fields:
        """What a complete look shows."""
        devices: dict[str, int] = {}
        for _, device in self.visible.values():
            devices[device] = devices.get(device, 0) + 1
        oldest = min((at for at, _ in self.visible.values()), default=None)
        return {
            "at": self.now,
            "start": 0,
            "recordings": len(self.visible),
            "texts": len(self.visible) * 4 // 5,
            "due": due,
            "oldest": hour(oldest) if oldest is not None else "",
            "surfaces": {"activity": len(self.visible), "voice": len(self.visible)},
            "devices": dict(sorted(devices.items())),
            "policy": HASH,
        }


def ends(rows: int) -> Fields:
    end = {"complete": True, "rows": rows, "pages": rows // 10 + 1}
    return {"activity": end, "voice": end}


def years(
    directory: Path, *, days: int = 730, backlog: int = 420, each_day: float = 11, practice: bool = False
) -> Path:
    """Writes the ledger of so many days and signs it; returns its directory."""
    writer = _Writer(directory / "ledger.jsonl", practice)
    life = _Life(writer, random.Random(f"years {days}"), DAY)  # noqa: S311 - a story, no secret
    first = {
        "format": FORMAT,
        "origin": ORIGIN,
        "vkey": VKEY,
        "tool": "voicepurge/test",
        "practice": practice,
    }
    writer.add(BEGUN, Event.LEDGER_CREATED, first)
    writer.add(BEGUN + 1, Event.SIGNED_IN, {})
    for number in range(backlog):
        name = hashlib.sha256(f"backlog {number}".encode()).hexdigest()
        life.visible[name] = (BEGUN - life.chance.randrange(DAY, 900 * DAY), life.chance.choice(DEVICES))
    skip = 0
    for slot in range(days * 4):
        at = BEGUN + slot * 6 * HOUR + 6 * HOUR
        if skip := max(skip - 1, 0) or _outage(life.chance, slot):
            if skip == 1:
                writer.add(at, Event.SLOT_MISSED, {"slot": slot_id(at), "reason": "not_running"})
            continue
        life.speak(at + life.chance.randrange(20 * 60_000), each_day)
        _run(life, slot, at)
    writer.file.close()
    signing = Signing(directory, Signer(ORIGIN, SEED))
    with opened(writer.path) as fd:
        signing.sign(fd, writer.path.stat().st_size, writer.seq, writer.prev)
    return directory


def _outage(chance: random.Random, slot: int) -> int:
    """For how many slots from this one on nobody runs."""
    return chance.choice((1, 1, 2, 6)) if slot > 8 and chance.random() < 0.006 else 0


def _run(life: _Life, slot: int, at: int) -> None:
    writer, run, chance = life.writer, f"{slot:012x}", life.chance
    kind = "schedule" if chance.random() > 0.01 else "catch_up"
    started = {"trigger": kind, "policy": HASH, "window": {"from": 0, "to": life.now}, "full": True}
    writer.add(life.now, Event.RUN_STARTED, {**started, "slot": slot_id(at)}, run)
    luck = chance.random()
    trouble = _trouble(slot, luck)
    if trouble is not None:
        life.now += 4000
        _end(life, run, at, *trouble, {}, None)
        return
    due = life.due()
    fields = {
        "surfaces": ends(len(life.visible)),
        "recordings": len(life.visible),
        "texts": len(life.visible) * 4 // 5,
        "due": len(due),
        "undecided": 0,
    }
    life.now += 5000
    writer.add(life.now, Event.LISTED, fields, run)
    back = [life.gone.pop(chance.randrange(len(life.gone)))] if slot in (1500, 2400) and life.gone else []
    if back:
        writer.add(life.now, Event.REAPPEARED, {"recordings": back}, run)
        life.visible |= dict.fromkeys(back, (life.now - 40 * DAY, DEVICES[0]))
        due = life.due()
    numbers = {"listed": len(life.visible), "due": len(due), "requested": len(due)}
    if not due:
        _end(life, run, at, "nothing_due", "", numbers, life.seen(0))
        return
    left = _remove(life, run, due, stubborn=luck > 0.985)
    numbers |= {"gone": len(due) - len(left), "still_visible": len(left)}
    if luck > 0.996:
        _end(life, run, at, "unverifiable", "connection", {**numbers, "unknown": len(left)}, None)
    elif left:
        _end(life, run, at, "residual", "still_visible", numbers, life.seen(len(left)))
    else:
        life.settled = life.now - life.keep
        _end(life, run, at, "verified", "", numbers, life.seen(0))


def _trouble(slot: int, luck: float) -> tuple[str, str] | None:
    if 900 <= slot < 911:
        return "blocked", "signed_out"
    if 1900 <= slot < 1904:
        return "drifted", "not_found"
    if luck < 0.012:
        return ("throttled", "throttled") if luck < 0.006 else ("interrupted", "connection")
    return None


def _remove(life: _Life, run: str, due: list[str], *, stubborn: bool) -> list[str]:
    """Requests in hundreds; what stays visible after all."""
    writer = life.writer
    left = due[:2] if stubborn else []
    for attempt, start in enumerate(range(0, len(due), 100), start=1):
        part = due[start : start + 100]
        intended = {
            "attempt": attempt,
            "method": METHOD,
            "digest": HASH,
            "scope": "records",
            "part": 1,
            "parts": 1,
            "recordings": [[name, hour(life.visible[name][0])] for name in part],
        }
        writer.add(life.now, Event.DELETION_INTENDED, intended, run)
        life.now += 700
        answer = {"attempt": attempt, "result": "accepted", "ms": 640, "status": 200}
        writer.add(life.now, Event.DELETION_ANSWERED, answer, run)
        life.now += 30_000
        gone = [name for name in part if name not in left]
        for name in gone:
            del life.visible[name]
        life.gone = [*life.gone[-50:], *gone]
        stays = [name for name in part if name in left]
        seen = {
            "of": run,
            "surfaces": ends(len(life.visible)),
            "recordings": len(life.visible),
            "due": len(life.due()),
            "part": 1,
            "parts": 1,
            "gone": gone,
            "text_remains": [],
            "still_visible": stays,
            "collateral": 0,
        }
        writer.add(life.now, Event.RELISTED, seen, run)
    return left


def _end(
    life: _Life, run: str, at: int, verdict: str, reason: str, numbers: Mapping[str, int], seen: Fields | None
) -> None:
    names = ("listed", "due", "requested", "gone", "text_remains", "still_visible", "unknown")
    clean = verdict in ("verified", "nothing_due")
    life.now += 100
    fields = {
        "verdict": verdict,
        "reason": reason,
        "counts": {name: numbers.get(name, 0) for name in (*names, "collateral", "undecided")},
        "surfaces": ["voice", "activity"],
        "methods": [METHOD] if numbers.get("requested") else [],
        "policy": HASH,
        "confirmed": True,
        "settled_through": life.now - life.keep if clean else None,
        "full": True,
        "open": None,
        "slot": slot_id(at),
        **({"visible": seen} if seen is not None else {}),
    }
    life.writer.add(life.now, Event.RUN_ENDED, fields, run)


def events(path: Path) -> Iterator[dict[str, Any]]:
    """The entries of a ledger with nothing but the json module."""
    import json

    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)
