"""Reading the file without the lock: forwards in constant memory, backwards from the end.

Readers never cut and never wait; an unfinished last line does not exist for them.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from agent.errors import LedgerDamagedError, NoPermissionError
from agent.ledger.entry import MAX_LINE, ZERO, Entry, EntryError, decode, line_hash
from agent.ledger.fold import fold
from agent.ledger.storage import LEDGER
from agent.ledger.summary import from_json, is_foreign
from agent.model import Event
from agent.state import AccountState

_BLOCK = 1 << 18


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor for reading. Raises NoPermissionError, FileNotFoundError."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError as error:
        raise NoPermissionError("the ledger is not ours to read") from error
    try:
        yield fd
    finally:
        os.close(fd)


def finished_end(fd: int) -> int:
    """Where the last finished line ends, in bytes; what lies behind it has no newline yet."""
    end = os.fstat(fd).st_size
    while end > 0:
        start = max(0, end - _BLOCK)
        found = os.pread(fd, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def forward(fd: int, start: int, end: int) -> Iterator[bytes]:
    """Finished lines without newlines, from a line's start to `end`.

    Raises:
        LedgerDamagedError: a line longer than any entry.
    """
    rest = b""
    while start < end:
        block = os.pread(fd, min(_BLOCK, end - start), start)
        if not block:
            return
        start += len(block)
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        yield from lines
        if len(rest) > MAX_LINE:
            raise LedgerDamagedError("a line is longer than any entry", place=f"byte {start - len(rest)}")


def backward(fd: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Start and bytes of each line before `end` (which follows a newline), the last one first.

    Raises:
        LedgerDamagedError: a line longer than any entry.
    """
    start, buffer = end, b""
    while end > 0:
        cut = buffer.rfind(b"\n", 0, max(len(buffer) - 1, 0))
        if cut >= 0 or (start == 0 and buffer):
            yield start + cut + 1, buffer[cut + 1 : -1]
            buffer = buffer[: cut + 1]
            end = start + cut + 1
        elif len(buffer) > MAX_LINE + 1:
            raise LedgerDamagedError("a line is longer than any entry", place=f"byte {start}")
        else:
            step = min(_BLOCK, start)
            start -= step
            buffer = os.pread(fd, step, start) + buffer


def decoded(line: bytes, place: str) -> Entry:
    """The entry of a line. Raises LedgerDamagedError naming `place`."""
    try:
        return decode(line)
    except EntryError as error:
        raise LedgerDamagedError(f"{place} is no entry: {error}", place=place) from None


class Follower:
    """The finished lines of one ledger as they come, each once, from the first on.

    The ledger may be made, or begun anew under another name of file, after this object. With `words` only
    lines that hold one of them, as they stand, are decoded; all others are passed over.
    """

    def __init__(self, directory: Path, words: Sequence[bytes] = ()) -> None:
        self._path, self._words = directory / LEDGER, tuple(words)
        self._file, self._at, self._number = -1, 0, 0

    def news(self) -> Iterator[Entry]:
        """The entries that were finished since the last call, in constant memory.

        Raises:
            LedgerDamagedError: a line is no entry, or the file lost finished lines.
            NoPermissionError: not ours to read.
        """
        with contextlib.suppress(FileNotFoundError), opened(self._path) as fd:
            inode, end = os.fstat(fd).st_ino, finished_end(fd)
            if inode != self._file:
                self._file, self._at, self._number = inode, 0, 0
            if end < self._at:
                place = f"line {self._number}"
                raise LedgerDamagedError("the ledger became shorter while it was read", place=place)
            for line in forward(fd, self._at, end):
                self._at += len(line) + 1
                self._number += 1
                if not self._words or any(word in line for word in self._words):
                    yield decoded(line, f"line {self._number}")


def entries(directory: Path, start: int = 0) -> Iterator[Entry]:
    """All entries from number `start` on, in constant memory; none where there is no ledger.

    Their chain is not checked; `agent.ledger.verify` does that.

    Raises:
        LedgerDamagedError: a line is no entry.
        NoPermissionError: not ours to read.
    """
    with contextlib.suppress(FileNotFoundError), opened(directory / LEDGER) as fd:
        for seq, line in enumerate(islice(forward(fd, 0, finished_end(fd)), start, None), start):
            yield decoded(line, f"line {seq + 1}")


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a ledger: number of entries, hash of the last line, and what they add up to."""

    size: int
    prev: str
    state: AccountState


def tail(fd: int, end: int) -> Tail:
    """Reads back from `end` to the last summary and folds what follows it.

    Raises:
        LedgerDamagedError: the entries read are not a chain, or the summary is none.
    """
    start, seq = 0, 0
    for at, line in backward(fd, end):
        # A cheap look first: only a line that holds the word can be the event.
        if b'"run_ended"' in line:
            found = decoded(line, "the last summary")
            if found.event is Event.RUN_ENDED and not is_foreign(found.fields.get("state")):
                start, seq = at, found.seq
                break
    return _folded(forward(fd, start, end), seq)


def _folded(lines: Iterator[bytes], first: int) -> Tail:
    state, size, prev = AccountState(), first, ZERO
    for line in lines:
        place = f"line {size + 1}"
        entry = decoded(line, place)
        if entry.seq != size or (entry.prev != prev and not size == first > 0):
            raise LedgerDamagedError(f"{place} does not follow from the one before", place=place)
        carried = size == first > 0
        state = _summary(entry, place) if carried else fold(state, entry)
        size, prev = size + 1, line_hash(line)
    return Tail(size, prev, state)


def _summary(entry: Entry, place: str) -> AccountState:
    try:
        return from_json(entry.fields.get("state"))
    except ValueError:
        raise LedgerDamagedError(f"{place} carries no summary", place=place) from None


def last_state(directory: Path) -> AccountState:
    """What the ledger adds up to, read without the lock; the empty state where there is none.

    Raises:
        LedgerDamagedError: the end of the ledger is no chain of entries.
        NoPermissionError: not ours to read.
    """
    with contextlib.suppress(FileNotFoundError), opened(directory / LEDGER) as fd:
        return tail(fd, finished_end(fd)).state
    return AccountState()
