"""A process that writes a ledger and says what it was told is on disk, to be killed or starved.

Run as `python -m tests.support.ledger_child DIRECTORY RUNS [BYTES]`; BYTES limits the size of any file.
Each line of its output is `SEQ HASH` after an append returned, `signed` and a JSON note after a checkpoint
did, `refused` after an append said no.
"""

import json
import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

from agent.errors import LedgerUnwritableError
from agent.ledger.file import FileLedger
from agent.model import Event
from tests.support.ledger_home import one_run, opened


def say(text: str) -> None:
    """Straight to the pipe: what is said here was promised."""
    os.write(1, text.encode() + b"\n")


class Telling:
    """A ledger that says what it was promised."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ledger: FileLedger = opened(directory)
        inner = self.ledger.append

        def append(event: Event, fields: Mapping[str, object], *, run: str | None = None) -> None:
            inner(event, fields, run=run)
            say(f"{self.ledger._tail.size - 1} {self.ledger._tail.prev}")

        self.ledger.append = append  # type: ignore[method-assign] # it only listens

    def run(self, name: str) -> None:
        """One run and its checkpoint."""
        one_run(self.ledger, name)
        say("signed " + json.dumps((self.directory / "checkpoint").read_text()))


def main(directory: str, runs: str, limit: str = "") -> None:
    """Writes that many runs, or until it is refused."""
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    try:
        telling = Telling(Path(directory))
        for number in range(int(runs)):
            telling.run(f"r{number}")
    except LedgerUnwritableError:
        say("refused")


if __name__ == "__main__":
    main(*sys.argv[1:])
