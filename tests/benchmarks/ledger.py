"""How long a long ledger takes, as multiples of what sha256sum takes for the same file in the same run.

    python -m tests.benchmarks.ledger [ENTRIES]

Prints one JSON object: seconds, ratios, and the peak memory in MB of a process that does only the full check.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.ledger.entry import Entry, encode, line_hash
from agent.ledger.fold import fold
from agent.ledger.reading import finished_end, forward, tail
from agent.ledger.reading import opened as reader
from agent.ledger.summary import to_json
from agent.model import Event
from tests.support.ledger_home import VKEY, opened
from tests.support.ledger_samples import HASH, ended, intended, relisted, started

CHECK = """
import json, resource, sys, time
from pathlib import Path
from agent.ledger.verify import verify
begun = time.perf_counter()
report = verify(Path(sys.argv[1]), vkey=sys.argv[2])
took = time.perf_counter() - begun
assert report.ok, report.problems
print(json.dumps([took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def history(path: Path, entries: int) -> None:
    """Adds ordinary runs to a new ledger until it has that many entries; not synced line by line."""
    with reader(path) as fd:
        end = finished_end(fd)
        last = tail(fd, end)
        assert sum(1 for _ in forward(fd, 0, end)) == last.size
    seq, prev, state = last.size, last.prev, last.state
    with path.open("ab", buffering=1 << 20) as file:
        for event, run, fields in _events():
            if seq >= entries and event is Event.RUN_STARTED:
                return
            entry = Entry(seq, prev, 1_790_000_000_000 + seq, event, run, fields)
            state = fold(state, entry)
            if event is Event.RUN_ENDED:
                entry = Entry(seq, prev, entry.at, event, run, {**fields, "state": to_json(state)})
            line = encode(entry)
            file.write(line + b"\n")
            seq, prev = seq + 1, line_hash(line)


def _events() -> Iterator[tuple[Event, str, dict[str, object]]]:
    number = 0
    while True:
        number += 1
        run = f"r{number}"
        yield Event.RUN_STARTED, run, started()
        yield Event.DELETION_INTENDED, run, intended(HASH)
        yield Event.DELETION_ANSWERED, run, {"attempt": 1, "result": "accepted", "ms": 5}
        yield Event.RELISTED, run, relisted(run, gone=[HASH])
        yield Event.RUN_ENDED, run, ended(settled_through=number)


def timed(act: Callable[[], object]) -> float:
    """Seconds it takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def measured(home: Path, entries: int) -> dict[str, float]:
    """All figures for one ledger of that many entries."""
    opened(home).close()
    file = home / "ledger.jsonl"
    history(file, entries)
    plain = timed(lambda: subprocess.run(["sha256sum", str(file)], check=True, capture_output=True))
    opening = timed(lambda: opened(home).close())
    (home / "tree").unlink()
    with opened(home) as ledger:
        from_start = timed(ledger.checkpoint)
        ledger.append(Event.SIGNED_IN, {})
        added = timed(ledger.checkpoint)
        question = timed(lambda: ledger.known_gone([HASH]))
        append = timed(lambda: ledger.append(Event.SIGNED_IN, {}))
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(home), VKEY], check=True, capture_output=True, text=True
    )
    verified, peak = json.loads(done.stdout)
    return {
        "entries": entries,
        "megabytes": file.stat().st_size / 1e6,
        "sha256sum_s": plain,
        "verify_s": verified,
        "verify_ratio": verified / plain,
        "verify_peak_mb": peak,
        "first_checkpoint_s": from_start,
        "first_checkpoint_ratio": from_start / plain,
        "next_checkpoint_s": added,
        "open_s": opening,
        "known_gone_s": question,
        "known_gone_ratio": question / plain,
        "append_s": append,
    }


def main(entries: str = "200000") -> None:
    """Makes a ledger in a temporary directory and prints what it takes."""
    with tempfile.TemporaryDirectory() as directory:
        found = measured(Path(directory), int(entries))
    sys.stdout.write(json.dumps({name: round(value, 4) for name, value in found.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
