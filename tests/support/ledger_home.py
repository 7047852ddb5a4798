"""A ledger in a directory, ready to be opened, filled and damaged."""

from pathlib import Path

from agent.ledger.file import FileLedger
from agent.ledger.note import Signer
from agent.ledger.report import Report
from agent.ledger.verify import verify
from agent.model import Event, Head
from tests.support.fake_clock import FakeClock
from tests.support.ledger_samples import ended, intended, relisted, started

SEED = bytes(range(32))
SECRET = bytes(reversed(range(32)))
ORIGIN = "voicepurge/0123456789abcdef"
VKEY = str(Signer(ORIGIN, SEED).verifier)


def opened(directory: Path, clock: FakeClock | None = None) -> FileLedger:
    """The account's ledger; made where there is none."""
    return FileLedger.open(
        directory,
        signer=SEED,
        secret=SECRET,
        clock=clock or FakeClock(),
        origin=ORIGIN,
        practice=True,
        tool="voicepurge/test",
    )


def one_run(ledger: FileLedger, run: str) -> Head:
    """Five entries of an ordinary run and its checkpoint."""
    gone = ledger.commit(f"key of {run}")
    ledger.append(Event.RUN_STARTED, started(), run=run)
    ledger.append(Event.DELETION_INTENDED, intended(gone), run=run)
    ledger.append(Event.DELETION_ANSWERED, {"attempt": 1, "result": "accepted", "ms": 5}, run=run)
    ledger.append(Event.RELISTED, relisted(run, gone=[gone]), run=run)
    ledger.append(Event.RUN_ENDED, ended(settled_through=5), run=run)
    return ledger.checkpoint()


def filled(directory: Path, runs: int) -> Path:
    """A closed ledger with that many runs, all signed: 1 + 5 a run entries."""
    with opened(directory) as ledger:
        for number in range(runs):
            one_run(ledger, f"r{number}")
    return directory


def checked(path: Path, *witnessed: str) -> Report:
    """The full check with the right key."""
    return verify(path, vkey=VKEY, witnessed=witnessed)


def lines(directory: Path) -> list[bytes]:
    """The lines of the file, with their newlines."""
    return (directory / "ledger.jsonl").read_bytes().splitlines(keepends=True)
