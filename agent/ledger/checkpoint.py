"""The head of a ledger as a signed text. Pure.

C2SP tlog-checkpoint v1.0.0 (github.com/C2SP/C2SP, tlog-checkpoint.md, as of 2026-07-22): origin, size in
decimal, root in base64, each on a line; further lines are ignored. The signing key's name is the origin.

The file `checkpoints` keeps every one of them, each followed by an empty line.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.ledger.note import NoteError, Signer, Verifier, open_note
from agent.ledger.tree import HASH_BYTES
from agent.model import Head

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}").fullmatch
_LINES = 3
_GAP = b"\n\n"
_SIGNATURE = b"\n\xe2\x80\x94 "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: these `size` entries have this `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def head(self) -> Head:
        """Size and root (base64, as in the text)."""
        return Head(self.size, base64.b64encode(self.root).decode())

    def signed_by_one(self, note: str) -> bool:
        """Whether `note` is exactly this text with one signature line, and nothing else."""
        text, gap, signature = note.rpartition("\n\n")
        return text + "\n" == self.text and bool(gap) and signature.count("\n") == 1

    def signed(self, signer: Signer) -> str:
        """The signed note."""
        return signer.sign(self.text)


def parse_text(text: str) -> Checkpoint:
    """A checkpoint of the text of a note. Says nothing about who signed it.

    Raises:
        NoteError: it is not the text of a checkpoint.
    """
    lines = text.split("\n")
    if len(lines) <= _LINES or lines[-1] or not all(lines[:-1]):
        raise NoteError("not a checkpoint")
    origin, size, root = lines[:_LINES]
    if _DECIMAL(size) is None:
        raise NoteError("the size of a checkpoint is a decimal number")
    try:
        raw = base64.b64decode(root, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("the root of a checkpoint is base64") from None
    if len(raw) != HASH_BYTES or base64.b64encode(raw).decode() != root:
        raise NoteError("the root of a checkpoint has 32 bytes")
    return Checkpoint(origin, int(size), raw)


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint of a note signed by `verifier` for the log of the same name.

    Raises:
        NoteError: malformed, not signed by it, or of another log.
    """
    found = parse_text(open_note(note, [verifier]))
    if found.origin != verifier.name:
        raise NoteError("a checkpoint of another ledger")
    return found


def kept(lines: Iterable[str]) -> Iterator[str]:
    """The notes of the file `checkpoints`, given its lines with their newlines.

    An unfinished last one is left out: the file `checkpoint` is written first and has it.
    """
    note: list[str] = []
    gaps = 0
    for line in lines:
        gaps += line == "\n"
        if gaps == 2:  # noqa: PLR2004 - one inside the note, one behind it
            yield "".join(note)
            note, gaps = [], 0
        else:
            note.append(line)


def finished(tail: bytes) -> int:
    """Where the last whole note in the end of the file `checkpoints` stops; 0 when there is none."""
    at = len(tail)
    while (at := tail.rfind(_SIGNATURE, 0, at)) >= 0:
        stop = tail.find(_GAP, at + 1)
        if stop >= 0:
            return stop + len(_GAP)
    return 0


def last_kept(tail: bytes) -> str | None:
    """The last whole note in the end of the file `checkpoints`, None when there is none."""
    whole = tail[: finished(tail)]
    if not whole:
        return None
    body, _, signatures = whole[: -len(_GAP)].rpartition(_GAP)
    text = body.rpartition(_GAP)[2]
    return (text + _GAP + signatures).decode("utf-8", "replace") + "\n"
