"""What the two ends of a ledger and its checkpoint say, read without the lock and without the middle."""

import contextlib
import json
import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from agent.errors import LedgerDamagedError
from agent.ledger.checkpoint import open_checkpoint
from agent.ledger.entry import EntryError, from_timestamp
from agent.ledger.note import NoteError, parse_vkey
from agent.ledger.reading import backward, decoded, finished_end, forward, opened, tail
from agent.ledger.storage import CHECKPOINT, LEDGER, LOCK
from agent.model import Event, Head
from agent.state import AccountState

_FAR: Final = 1000
"""So many entries back the newest signed one is looked for: after each run there are none behind it."""
_ENOUGH: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Glance:
    """A ledger at a glance.

    Attributes:
        origin: its name; vkey: the key that verifies it, as its first entry says.
        practice: whether it records a practice cloud.
        size: how many entries it has.
        state: what they add up to.
        signed: the newest checkpoint, or None; note: its text.
        signed_at: when the newest signed entry was written, ms UTC; None when it lies too far back.
    """

    origin: str
    vkey: str
    practice: bool
    size: int
    state: AccountState
    signed: Head | None
    note: str
    signed_at: int | None


def glance(directory: Path) -> Glance | None:
    """Reads both ends; None where there is no ledger yet. The middle is not checked: that is `verify`.

    Raises:
        LedgerDamagedError: what was read is not what was written.
        NoPermissionError: not ours to read.
    """
    note = _note(directory)  # first: a writer at work may only have added to the ledger since
    try:
        with opened(directory / LEDGER) as fd:
            end = finished_end(fd)
            first = next(forward(fd, 0, end), None)
            return None if first is None else _read(fd, end, first, note)
    except FileNotFoundError:
        return None


def _read(fd: int, end: int, first: bytes, note: str) -> Glance:
    head = decoded(first, "line 1")
    if head.event is not Event.LEDGER_CREATED:
        raise LedgerDamagedError("line 1 does not begin a ledger", place="line 1")
    vkey = str(head.fields["vkey"])
    signed, found = _signed(note, vkey), tail(fd, end)
    if signed is not None and signed.size > found.size:
        raise LedgerDamagedError(
            f"the ledger ends after {found.size} entries, {signed.size} were signed",
            place=f"line {found.size + 1}",
        )
    return Glance(
        origin=str(head.fields["origin"]),
        vkey=vkey,
        practice=head.fields["practice"] is True,
        size=found.size,
        state=found.state,
        signed=signed,
        note=note,
        signed_at=_written(fd, end, found.size, signed),
    )


def _note(directory: Path) -> str:
    try:
        with opened(directory / CHECKPOINT) as fd:
            return os.pread(fd, _ENOUGH, 0).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _signed(note: str, vkey: str) -> Head | None:
    if not note:
        return None
    try:
        return open_checkpoint(note, parse_vkey(vkey)).head
    except NoteError as error:
        raise LedgerDamagedError(f"the checkpoint: {error}", place="checkpoint") from None


def _written(fd: int, end: int, size: int, signed: Head | None) -> int | None:
    """When the newest signed entry was written."""
    lines = zip(range(size, 0, -1), islice(backward(fd, end), _FAR), strict=False)
    for number, (_, line) in lines if signed is not None else ():
        if signed is not None and number == signed.size:
            return decoded(line, f"line {number}").at
    return None


def held_since(directory: Path) -> int | None:
    """Since when (ms UTC) a living process holds the ledger, as it wrote into the lock; None if none does."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, EntryError):
        said = json.loads((directory / LOCK).read_bytes()[:_ENOUGH])
        if Path(f"/proc/{int(said['pid'])}").exists():
            return from_timestamp(str(said["since"]))
    return None
