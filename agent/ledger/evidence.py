"""Finds in a ledger what a receipt needs, and proves it. Reads the file, writes nothing."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent.errors import LedgerDamagedError
from agent.ledger.checkpoint import parse_text
from agent.ledger.commitment import commitment, nonce
from agent.ledger.entry import Entry
from agent.ledger.note import NoteError, split
from agent.ledger.proof import inclusion
from agent.ledger.reading import decoded, finished_end, forward, opened
from agent.ledger.receipt import Proved, Receipt
from agent.ledger.storage import CHECKPOINT, LEDGER
from agent.ledger.tree import leaf
from agent.model import Event


class NoReceiptError(ValueError):
    """There is nothing to prove for this recording; the message says why, and nothing of the recording."""


@dataclass(slots=True)
class Trace:
    """What a ledger says of one recording, the newest of each. Numbers are those of the entries.

    `gone` is None while it is not known to be gone: never seen so, or seen again since.
    """

    intent: Entry | None = None
    answer: Entry | None = None
    gone: Entry | None = None
    reappeared: bool = False
    asked: tuple[Entry | None, Entry | None] = field(default=(None, None))
    """Intent and answer as they stood when it was last seen gone."""

    @property
    def proved(self) -> tuple[Entry, ...]:
        """The entries a receipt shows, in their order; none while it is not known to be gone."""
        if self.gone is None or self.asked[0] is None:
            return ()
        return tuple(entry for entry in (*self.asked, self.gone) if entry is not None)


def trace(entries: Iterable[Entry], commitments: Iterable[str]) -> dict[str, Trace]:
    """What `entries` say of each recording in `commitments`."""
    found = {one: Trace() for one in commitments}
    asking: dict[tuple[str | None, object], list[Trace]] = {}
    for entry in entries:
        match entry.event:
            case Event.DELETION_INTENDED:
                meant = [found[named] for named in _pairs(entry) if named in found]
                for one in meant:
                    one.intent, one.answer = entry, None
                asking.setdefault((entry.run, entry.fields["attempt"]), []).extend(meant)
            case Event.DELETION_ANSWERED:
                for one in asking.pop((entry.run, entry.fields["attempt"]), []):
                    one.answer = entry
            case Event.RELISTED | Event.REAPPEARED:
                _seen(found, entry)
    return found


def _seen(found: dict[str, Trace], entry: Entry) -> None:
    """A listing that saw some gone and others not, or that some came back."""
    back = entry.event is Event.REAPPEARED
    for name in ("recordings",) if back else ("still_visible", "text_remains"):
        for named in _names(entry, name):
            if named in found:
                found[named].gone, found[named].reappeared = None, back
    for named in () if back else _names(entry, "gone"):
        one = found.get(named)
        if one is not None and one.intent is not None:
            one.gone, one.asked, one.reappeared = entry, (one.intent, one.answer), False


def _names(entry: Entry, name: str) -> list[str]:
    value = entry.fields[name]
    return [str(one) for one in value] if isinstance(value, list) else []


def _pairs(entry: Entry) -> Iterator[str]:
    value = entry.fields["recordings"]
    return (str(named) for named, _ in value) if isinstance(value, list) else iter(())


_WORDS = tuple(
    f'"{event.value}"'.encode()
    for event in (Event.DELETION_INTENDED, Event.DELETION_ANSWERED, Event.RELISTED, Event.REAPPEARED)
)


def traces(directory: Path, commitments: Iterable[str]) -> dict[str, Trace]:
    """What the ledger in `directory` says of each recording in `commitments`.

    Raises:
        LedgerDamagedError, NoPermissionError: it cannot be read.
    """
    lines = (
        decoded(line, f"line {number}")
        for number, line in enumerate(_lines(directory), start=1)
        if any(word in line for word in _WORDS)
    )
    return trace(lines, commitments)


def receipt(directory: Path, secret: bytes, key: str) -> Receipt:
    """The receipt for the recording of that key.

    Args:
        directory: `accounts/NAME`.
        secret: the account secret.
        key: as Amazon gave it.

    Raises:
        NoReceiptError: its deletion was never requested, it was not seen gone, it came back, or what shows
            it is not signed yet.
        LedgerDamagedError, NoPermissionError: the ledger cannot be read.
    """
    named = commitment(secret, key)
    found = traces(directory, [named])[named]
    proved = found.proved
    if not proved:
        raise NoReceiptError(_why_none(found))
    note, size = _checkpoint(directory)
    if proved[-1].seq >= size:
        raise NoReceiptError("what shows it is not signed yet; the next run signs it")
    numbers = [0, *(entry.seq for entry in proved)]
    lines = _numbered(directory, numbers)
    return Receipt(key, nonce(secret, key), note, tuple(_prove(directory, lines, size, n) for n in numbers))


def _why_none(found: Trace) -> str:
    if found.intent is None:
        return "its deletion was never requested"
    if found.reappeared:
        return "it was gone and became visible again"
    return "no complete listing has seen it gone"


def _prove(directory: Path, lines: dict[int, bytes], size: int, number: int) -> Proved:
    hashes = inclusion((leaf(line) for line in _lines(directory)), number, size)
    return Proved(lines[number], number, hashes)


def _numbered(directory: Path, numbers: Iterable[int]) -> dict[int, bytes]:
    wanted = set(numbers)
    return {number: line for number, line in enumerate(_lines(directory)) if number in wanted}


def _checkpoint(directory: Path) -> tuple[str, int]:
    try:
        note = (directory / CHECKPOINT).read_text(encoding="utf-8")
        return note, parse_text(split(note)[0]).size
    except (OSError, ValueError, NoteError):
        raise LedgerDamagedError("the checkpoint cannot be read", place="checkpoint") from None


def _lines(directory: Path) -> Iterator[bytes]:
    with contextlib.suppress(FileNotFoundError), opened(directory / LEDGER) as fd:
        yield from forward(fd, 0, finished_end(fd))
