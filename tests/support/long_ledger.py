"""A ledger as long as wished for, written fast: a whole chain that `verify` accepts, signed at its end.

Ordinary runs of five entries each. All but the last carry a summary as an older program would have left
it, which nobody reads.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from agent.ledger.entry import Entry, encode, line_hash, timestamp
from agent.ledger.fold import fold
from agent.ledger.note import Signer
from agent.ledger.reading import decoded, opened
from agent.ledger.signing import Signing
from agent.ledger.summary import to_json
from agent.model import Event, Verdict
from agent.state import AccountState
from tests.support import ledger_home
from tests.support.fake_clock import FakeClock
from tests.support.ledger_samples import HASH, ended, intended, relisted, started
from tests.support.practice_home import Home

STEP_MS = 1000
MEASURE = """
import json, os, subprocess, sys, time
begun = time.perf_counter()
child = subprocess.Popen([sys.executable, "-m", "agent", *sys.argv[1:]], stdout=subprocess.PIPE)
size = sum(len(part) for part in iter(lambda: child.stdout.read(1 << 16), b""))
_, code, used = os.wait4(child.pid, 0)
print(json.dumps([time.perf_counter() - begun, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(code), size]))
"""
"""Starts the program from a small process, whose own memory is not taken for the child's (getrusage(2))."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took: seconds, peak memory in MB, its exit code, and the bytes it printed."""

    seconds: float
    peak_mb: float
    code: int
    size: int


def cost(home: Home, *arguments: str) -> Cost:
    """One command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *arguments],
        env=home.environment(),
        cwd=home.place,
        check=True,
        capture_output=True,
        text=True,
    )
    return Cost(*json.loads(done.stdout))


def _steps(run: str) -> list[tuple[Event, Mapping[str, object]]]:
    return [
        (Event.RUN_STARTED, started()),
        (Event.DELETION_INTENDED, intended(HASH)),
        (Event.DELETION_ANSWERED, {"attempt": 1, "result": "accepted", "ms": 5}),
        (Event.RELISTED, relisted(run, gone=[HASH])),
        (Event.RUN_ENDED, ended(settled_through=5)),
    ]


def long_ledger(directory: Path, entries: int, first_at: int) -> Path:
    """Writes at least `entries` entries from `first_at` (ms UTC) on, a second apart."""
    ledger_home.opened(directory, FakeClock(first_at)).close()
    file = directory / "ledger.jsonl"
    first = decoded(file.read_bytes().rstrip(b"\n"), "line 1")
    state = fold(AccountState(), first)
    prev, seq = line_hash(file.read_bytes().rstrip(b"\n")), 1
    runs = (entries + 3) // 5
    bodies = [_body(event, fields) for event, fields in _steps("RUN")]
    with file.open("ab", buffering=1 << 20) as out:
        for number in range(runs - 1):
            run = b"%012x" % number
            for body in bodies:
                at = timestamp(first_at + seq * STEP_MS).encode()
                head = b'{"seq":%d,"prev":"%s","t":"%s",' % (seq, prev.encode(), at)
                line = head + body.replace(b"RUN", run)
                out.write(line + b"\n")
                prev, seq = hashlib.sha256(line).hexdigest(), seq + 1
        state = _after(state, runs - 1, first_at + (seq - 1) * STEP_MS)
        for event, fields in _steps(f"{runs - 1:012x}"):
            entry = Entry(seq, prev, first_at + seq * STEP_MS, event, f"{runs - 1:012x}", fields)
            state = fold(state, entry)
            if event is Event.RUN_ENDED:
                entry = replace(entry, fields={**fields, "state": to_json(state)})
            line = encode(entry)
            out.write(line + b"\n")
            prev, seq = line_hash(line), seq + 1
    with opened(file) as fd:
        signing = Signing(directory, Signer(ledger_home.ORIGIN, ledger_home.SEED))
        signing.sign(fd, os.fstat(fd).st_size, seq, prev)
    return directory


def _body(event: Event, fields: Mapping[str, object]) -> bytes:
    """A line of the run `RUN` behind its number, hash and time."""
    old = {"state": {"v": 1}} if event is Event.RUN_ENDED else {}
    line = encode(Entry(0, "0" * 64, 0, event, "RUN", {**fields, **old}))
    return line[line.index(b'"event":') :]


def _after(state: AccountState, runs: int, ended_at: int) -> AccountState:
    """What so many equal runs add up to; the last of them ended at `ended_at`, each lasts five steps."""
    run = f"{runs - 1:012x}"
    for number, at in ((0, None), (runs - 1, ended_at)):
        first = at - 4 * STEP_MS if at is not None else (state.since or 0) + STEP_MS
        for step, (event, fields) in enumerate(_steps(f"{number:012x}")):
            state = fold(state, Entry(0, "0" * 64, first + step * STEP_MS, event, f"{number:012x}", fields))
    return replace(state, last_run=run, runs={Verdict.VERIFIED: runs})
