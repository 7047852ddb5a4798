"""Makes the next checkpoint, and never one that contradicts the last.

The tree's edge is remembered in a side file so that a checkpoint costs only what was added since. It is
believed only if it gives the root that was signed; else everything is hashed again, and the signed root
must come out on the way. Losing the side file costs time, nothing else.
"""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from agent.errors import LedgerDamagedError
from agent.ledger.checkpoint import Checkpoint, finished, last_kept, open_checkpoint
from agent.ledger.entry import ZERO, line_hash
from agent.ledger.note import NoteError, Signer
from agent.ledger.reading import backward, decoded, finished_end, forward, opened
from agent.ledger.storage import (
    CHECKPOINT,
    CHECKPOINTS,
    LEDGER,
    TREE,
    open_file,
    replace_file,
    translated,
    write_whole,
)
from agent.ledger.tree import Frontier, leaf

_TAIL = 1 << 16


@dataclass(frozen=True, slots=True)
class _Point:
    """The tree up to byte `end`: its frontier and the hash of the last line."""

    frontier: Frontier
    end: int
    prev: str


class Signing:
    """The signed heads of one ledger, kept in its directory.

    Raises:
        LedgerDamagedError: the newest checkpoint is not signed by this key, or an even newer one was kept.
    """

    def __init__(self, directory: Path, signer: Signer) -> None:
        self._directory = directory
        self._signer = signer
        self._note, self.newest = self._load()

    def sign(self, fd: int, end: int, size: int, prev: str) -> Checkpoint:
        """Signs the `size` entries in the first `end` bytes, the last of which hashes to `prev`.

        Raises:
            LedgerDamagedError: the file is not a continuation of what was signed before.
            LedgerUnwritableError: the checkpoint is not on disk.
        """
        with translated():
            if self.newest is not None and self._note is not None:
                self._keep(self._note)
                if self.newest.size == size:
                    return self.newest
            point = self._grown(fd, end)
            if (point.frontier.size, point.prev) != (size, prev):
                raise LedgerDamagedError("the file changed under us", place=f"line {point.frontier.size}")
            new = Checkpoint(self._signer.name, size, point.frontier.root())
            note = new.signed(self._signer)
            replace_file(self._directory / CHECKPOINT, note.encode())
            self._note, self.newest = note, new
            self._keep(note)
            self._remember(point)
        return new

    def confirm(self, fd: int, end: int) -> None:
        """Compares the newest head with the first `end` bytes of the file; writes nothing.

        Raises:
            LedgerDamagedError: the file is not the one that was signed.
        """
        if self._remembered(fd, end) is None:
            self._rebuilt(fd, end)

    def _load(self) -> tuple[str | None, Checkpoint | None]:
        kept = self._last_kept()
        try:
            note = (self._directory / CHECKPOINT).read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            if kept is not None:
                raise LedgerDamagedError("the newest checkpoint is missing", place=CHECKPOINT) from None
            return None, None
        newest = self._open(note, CHECKPOINT)
        if kept is not None and self._open(kept, CHECKPOINTS).size > newest.size:
            raise LedgerDamagedError("the newest checkpoint was replaced by an older one", place=CHECKPOINT)
        return note, newest

    def _open(self, note: str, place: str) -> Checkpoint:
        try:
            return open_checkpoint(note, self._signer.verifier)
        except NoteError as error:
            raise LedgerDamagedError(f"{place}: {error}", place=place) from None

    def _last_kept(self) -> str | None:
        with contextlib.suppress(FileNotFoundError), opened(self._directory / CHECKPOINTS) as fd:
            return last_kept(_end_of(fd)[1])
        return None

    def _keep(self, note: str) -> None:
        """Appends to the kept ones unless it is the last of them; an unfinished last one is cut first."""
        fd = open_file(self._directory / CHECKPOINTS, append=True)
        try:
            start, tail = _end_of(fd)
            if last_kept(tail) == note:
                return
            os.ftruncate(fd, start + finished(tail))
            write_whole(fd, note.encode() + b"\n")
        finally:
            os.close(fd)

    def _grown(self, fd: int, end: int) -> _Point:
        """The tree over all lines, from the remembered edge or from the start."""
        at = self._remembered(fd, end) or self._rebuilt(fd, end)
        frontier, prev = at.frontier, at.prev
        for line in forward(fd, at.end, end):
            place = f"line {frontier.size + 1}"
            entry = decoded(line, place)
            if (entry.seq, entry.prev) != (frontier.size, prev):
                raise LedgerDamagedError(f"{place} does not follow from the one before", place=place)
            frontier.add(leaf(line))
            prev = line_hash(line)
        return _Point(frontier, end, prev)

    def _rebuilt(self, fd: int, end: int) -> _Point:
        """The tree up to the newest checkpoint, hashed again. Raises LedgerDamagedError."""
        frontier = Frontier()
        signed = self.newest
        if signed is None or signed.size == 0:
            return _Point(frontier, 0, ZERO)
        at = 0
        for line in forward(fd, 0, end):
            frontier.add(leaf(line))
            at += len(line) + 1
            if frontier.size == signed.size:
                if frontier.root() == signed.root:
                    return _Point(frontier, at, line_hash(line))
                break
        raise LedgerDamagedError(
            "the ledger is not the one that was signed", place=f"checkpoint of size {signed.size}"
        )

    def _remembered(self, fd: int, end: int) -> _Point | None:
        """The edge in the side file, if it gives the signed root and ends where the file has that line."""
        try:
            found = json.loads((self._directory / TREE).read_bytes())
            edge = [bytes.fromhex(part) for part in found["edge"]]
            frontier, at, prev = Frontier(found["size"], edge), int(found["end"]), str(found["prev"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        signed = self.newest
        if signed is None or (frontier.size, frontier.root()) != (signed.size, signed.root):
            return None
        if not 0 < at <= end or os.pread(fd, 1, at - 1) != b"\n":
            return None
        _, line = next(backward(fd, at))
        return _Point(frontier, at, prev) if line_hash(line) == prev else None

    def _remember(self, point: _Point) -> None:
        record = {
            "size": point.frontier.size,
            "end": point.end,
            "prev": point.prev,
            "edge": [part.hex() for part in point.frontier.edge],
        }
        with contextlib.suppress(OSError):  # it only saves time
            replace_file(self._directory / TREE, json.dumps(record).encode(), durable=False)


def _end_of(fd: int) -> tuple[int, bytes]:
    """Start and bytes of the last 64 KiB of a file."""
    size = os.fstat(fd).st_size
    start = max(0, size - _TAIL)
    return start, os.pread(fd, size - start, start)


def confirm_newest(directory: Path, signer: Signer) -> None:
    """Compares the newest signed head with the ledger, without the lock; costs what the side file leaves.

    Raises:
        LedgerDamagedError: another key signed it, a newer one was kept, or the file is another one.
        NoPermissionError, FileNotFoundError: there is no such ledger for us.
    """
    signing = Signing(directory, signer)  # before the file: a writer at work may only have added to it
    with opened(directory / LEDGER) as fd:
        signing.confirm(fd, finished_end(fd))
