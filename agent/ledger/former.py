"""What can still be read of a ledger that will be followed by a new one. Trusts nothing, changes nothing.

A damaged file is read as far as its lines are entries. Unlike everywhere else a bad line is passed over: from
what is read here nothing is concluded but caution.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import NoPermissionError
from agent.ledger.aside import digest, present
from agent.ledger.checkpoint import Checkpoint, kept, open_checkpoint, parse_text
from agent.ledger.entry import MAX_LINE, Entry, EntryError, decode
from agent.ledger.note import NoteError, Signer, Verifier, parse_vkey, split
from agent.ledger.pasted import checkpoints
from agent.ledger.storage import CHECKPOINT, CHECKPOINTS, LEDGER
from agent.model import Event, Head, Standing
from agent.state import MethodState

_LONGEST_NOTE: Final = 1 << 16
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Former:
    """The ledger before.

    Attributes:
        origin: its name, "" where it cannot be read.
        vkey: the key that verifies it, "" where that cannot be read.
        head: the newest signed head that was found, None without one.
        sha256: of `ledger.jsonl` as it lies there, hex.
        practice: whether it records a practice cloud, None where that cannot be read.
        failed: methods whose last readable standing is that they failed.
    """

    origin: str
    vkey: str
    head: Head | None
    sha256: str
    practice: bool | None
    failed: Mapping[str, MethodState]

    @property
    def follows(self) -> dict[str, object]:
        """As the first entry of the ledger after it says."""
        size, root = (self.head.size, self.head.root) if self.head is not None else (0, "")
        return {
            "origin": self.origin,
            "vkey": self.vkey,
            "size": size,
            "root": root,
            "sha256": self.sha256,
        }


def former(directory: Path, *, signer: bytes | None, witnessed: Sequence[str] = ()) -> Former | None:
    """Reads what there is of the ledger in `directory`; None where no file of one is.

    Args:
        directory: `accounts/NAME`.
        signer: the seed it may have been signed with; a head signed by it counts before one of another key.
        witnessed: texts that somebody kept; a head in them may be newer than all that lie here.

    Raises:
        NoPermissionError: not ours to read.
    """
    if not present(directory):
        return None
    try:
        return _read(directory, signer, witnessed)
    except PermissionError as error:
        raise NoPermissionError("the ledger is not ours to read") from error


def _read(directory: Path, signer: bytes | None, witnessed: Sequence[str]) -> Former:
    first, failed = _entries(directory / LEDGER)
    origin = str(first.fields["origin"]) if first is not None else ""
    notes = list(_notes(directory))
    origin = origin or _claimed(notes)
    verifiers = _verifiers(origin, signer, str(first.fields["vkey"]) if first is not None else "")
    signed_by, newest = _newest(notes, witnessed, verifiers)
    return Former(
        origin=origin,
        vkey=str(signed_by or (verifiers[-1] if verifiers else "")),
        head=newest.head if newest is not None else None,
        sha256=digest(directory / LEDGER),
        practice=first.fields["practice"] is True if first is not None else None,
        failed=failed,
    )


def _entries(file: Path) -> tuple[Entry | None, dict[str, MethodState]]:
    """The first entry, if it begins a ledger, and the methods that failed last."""
    first: Entry | None = None
    methods: dict[str, MethodState] = {}
    for number, line in enumerate(_lines(file)):
        if number and b'"method_changed"' not in line:
            continue
        with contextlib.suppress(EntryError):
            entry = decode(line)
            if number == 0 and entry.event is Event.LEDGER_CREATED:
                first = entry
            if entry.event is Event.METHOD_CHANGED:
                said = {name: str(entry.fields[name]) for name in ("method", "digest", "standing", "reason")}
                known = MethodState(said["digest"], Standing(said["standing"]), said["reason"])
                methods[said["method"]] = known
    return first, {name: one for name, one in methods.items() if one.standing is Standing.FAILED}


def _lines(file: Path) -> Iterator[bytes]:
    """Lines without their newlines; pieces of what is longer than any entry are no lines."""
    with contextlib.suppress(FileNotFoundError), file.open("rb") as opened:
        begun = False
        while piece := opened.readline(MAX_LINE + 1):
            ends = piece.endswith(b"\n")
            yield piece[:-1] if ends and not begun else b""
            begun = not ends


def _notes(directory: Path) -> Iterator[str]:
    """The texts of all checkpoints that lie there, checked by nobody yet."""
    with contextlib.suppress(FileNotFoundError), (directory / CHECKPOINT).open("rb") as opened:
        yield opened.read(_LONGEST_NOTE).decode("utf-8", "replace")
    lines = (line.decode("utf-8", "replace") + "\n" for line in _lines(directory / CHECKPOINTS))
    yield from kept(lines)


def _claimed(notes: Sequence[str]) -> str:
    """The name that the first readable checkpoint bears; "" without one."""
    for note in notes:
        with contextlib.suppress(NoteError):
            return parse_text(split(note)[0]).origin[:_LONGEST_NAME]
    return ""


def _verifiers(origin: str, signer: bytes | None, vkey: str) -> list[Verifier]:
    """Our own key under that name, then the one the ledger itself names."""
    found = []
    with contextlib.suppress(NoteError):
        if signer is not None:
            found.append(Signer(origin, signer).verifier)
    with contextlib.suppress(NoteError):
        named = parse_vkey(vkey)
        if named.name == origin and named not in found:
            found.append(named)
    return found


def _newest(
    notes: Sequence[str], witnessed: Sequence[str], verifiers: Sequence[Verifier]
) -> tuple[Verifier | None, Checkpoint | None]:
    """The largest head that the first of the keys signed which signed any."""
    for verifier in verifiers:
        found: list[Checkpoint] = []
        for note in notes:
            with contextlib.suppress(NoteError):
                found.append(open_checkpoint(note, verifier))
        for text in witnessed:
            found.extend(checkpoints(text, verifier))
        if found:
            return verifier, max(found, key=lambda one: one.size)
    return None, None
