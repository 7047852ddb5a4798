"""The full check of a ledger: every byte, in constant memory, without the lock.

It trusts the verifier key it is given and nothing in the directory. It sees every change below the newest
checkpoint; that the file and all its checkpoints were put back together to an older state only somebody who
remembers a newer checkpoint can see: that is what `witnessed` is for.
"""

import base64
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from agent.errors import LedgerDamagedError, UsageError
from agent.ledger.aside import kept as put_aside
from agent.ledger.chain import Chain
from agent.ledger.checkpoint import Checkpoint, kept, open_checkpoint
from agent.ledger.note import NoteError, Verifier, parse_vkey
from agent.ledger.pasted import checkpoints
from agent.ledger.reading import finished_end, forward, opened
from agent.ledger.report import Report
from agent.ledger.storage import CHECKPOINT, CHECKPOINTS, LEDGER

_LONGEST_NOTE_LINE = 4096


@dataclass(slots=True)
class _Claim:
    """A signed head still to be compared with the file."""

    name: str
    checkpoint: Checkpoint


@dataclass(slots=True)
class _Claims:
    """Signed heads in ascending size: the few given ones, merged with the many kept ones."""

    given: list[_Claim]
    kept: Iterator[_Claim]
    held: _Claim | None = None
    compared: int = 0
    sound: int = 0
    broken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.given.sort(key=lambda claim: claim.checkpoint.size, reverse=True)
        self.held = next(self.kept, None)

    def next_size(self) -> int:
        """Where to stop next; -1 when nothing is left."""
        sizes = [claim.checkpoint.size for claim in (*self.given[-1:], *([self.held] if self.held else []))]
        return min(sizes, default=-1)

    def pop(self) -> _Claim:
        """The claim with the smallest size."""
        held = self.held
        if held is None or (self.given and self.given[-1].checkpoint.size <= held.checkpoint.size):
            return self.given.pop()
        self.held = next(self.kept, None)
        return held

    def compare(self, chain: Chain) -> None:
        """Compares every claim about the present size."""
        root = chain.tree.root()
        while self.next_size() == chain.tree.size:
            claim = self.pop()
            self.compared += 1
            if claim.checkpoint.root == root:
                self.sound = chain.tree.size
            elif claim.name not in self.broken:
                self.broken.add(claim.name)  # all later ones of the same kind only echo it
                chain.blame(
                    f"{claim.name} of size {claim.checkpoint.size}",
                    f"signs another root: something differs in lines {self.sound + 1} to {chain.tree.size}",
                )


def verify(
    path: Path,
    *,
    vkey: str,
    checkpoint_text: str | None = None,
    witnessed: Sequence[str] = (),
    now_ms: int | None = None,
    max_age_ms: int | None = None,
) -> Report:
    """Checks a ledger from its first byte to its last.

    Args:
        path: the directory `accounts/NAME`, or a ledger file with its `checkpoint` beside it.
        vkey: the verifier key, remembered off the machine.
        checkpoint_text: the newest checkpoint, where it does not lie beside the file.
        witnessed: what somebody off the machine remembered: texts that hold signed checkpoints.
        now_ms: the present, ms UTC; gives the age.
        max_age_ms: fails when the last signed entry is older than this.

    Raises:
        UsageError: `vkey` is none, or there is no such file.
        NoPermissionError: not ours to read.
    """
    try:
        verifier = parse_vkey(vkey.strip())
    except NoteError as error:
        raise UsageError(f"not a verifier key: {error}") from None
    file = path / LEDGER if path.is_dir() else path
    chain = Chain(verifier)
    # Heads are read before the file: a writer at work may then only have added entries, not taken any away.
    # Of the heads the kept ones come first: none of them may be newer than the newest.
    keep = file.with_name(CHECKPOINTS)
    keep_end = keep.stat().st_size if keep.exists() else 0
    newest = _newest(chain, verifier, file, checkpoint_text)
    bound = newest.size if newest is not None and checkpoint_text is None else None
    given = [_Claim("checkpoint", newest)] if newest is not None else []
    given += _witnesses(chain, verifier, witnessed)
    try:
        with opened(file) as fd:
            claims = _Claims(given, _kept(chain, verifier, keep, keep_end, bound))
            signed_at, unfinished = _read(fd, chain, claims, newest)
    except FileNotFoundError:
        raise UsageError("there is no ledger at this place") from None
    _missing(chain, claims)
    age = None if now_ms is None or signed_at is None else now_ms - signed_at
    if age is not None and max_age_ms is not None and age > max_age_ms:
        chain.blame("checkpoint", f"the last signed entry is {age // 1000} s old")
    return Report(
        entries=chain.tree.size,
        signed=newest.size if newest is not None else 0,
        root=base64.b64encode(chain.tree.root()).decode(),
        checkpoints=claims.compared,
        origin=chain.origin,
        practice=chain.practice,
        age_ms=age,
        problems=tuple(chain.problems),
        remarks=(*_remarks(chain, newest, unfinished), *_before(chain, path)),
        follows=chain.follows,
    )


def _newest(chain: Chain, verifier: Verifier, file: Path, text: str | None) -> Checkpoint | None:
    if text is None:
        try:
            with opened(file.with_name(CHECKPOINT)) as fd:
                text = os.pread(fd, 1 << 20, 0).decode("utf-8", "replace")
        except FileNotFoundError:
            chain.blame("checkpoint", "missing: without one, nothing shows where the ledger ended")
            return None
    try:
        return open_checkpoint(text, verifier)
    except NoteError as error:
        chain.blame("checkpoint", str(error))
        return None


def _witnesses(chain: Chain, verifier: Verifier, texts: Sequence[str]) -> Iterator[_Claim]:
    for number, text in enumerate(texts, start=1):
        found = checkpoints(text, verifier)
        yield from (_Claim("witnessed checkpoint", one) for one in found)
        if not found:
            try:
                open_checkpoint(text, verifier)
            except NoteError as error:
                chain.blame(f"witnessed checkpoint {number}", str(error))


def _kept(chain: Chain, verifier: Verifier, file: Path, end: int, newest: int | None) -> Iterator[_Claim]:
    """The kept heads in the first `end` bytes, as they are needed, none larger than `newest`."""
    if not end:
        return
    last = 0
    with opened(file) as fd:
        for number, note in enumerate(kept(_text_lines(chain, fd, end)), start=1):
            try:
                found = open_checkpoint(note, verifier)
            except NoteError as error:
                chain.blame(f"kept checkpoint {number}", str(error))
                continue
            if found.size < last:
                chain.blame(f"kept checkpoint {number}", "smaller than the one before")
                continue
            last = found.size
            yield _Claim("kept checkpoint", found)
    if newest is not None and last > newest:
        chain.blame("checkpoint", f"of size {newest}, though one of size {last} was kept")


def _text_lines(chain: Chain, fd: int, end: int) -> Iterator[str]:
    try:
        for line in forward(fd, 0, end):
            yield line[:_LONGEST_NOTE_LINE].decode("utf-8", "replace") + "\n"
    except LedgerDamagedError as error:
        chain.blame("kept checkpoints", error.message)


def _read(fd: int, chain: Chain, claims: _Claims, newest: Checkpoint | None) -> tuple[int | None, int]:
    """Reads the file through: the time of the last signed entry, and the bytes behind the last line."""
    end = finished_end(fd)
    unfinished = os.fstat(fd).st_size - end
    signed = newest.size if newest is not None else -1
    signed_at = None
    lines = forward(fd, 0, end)
    claims.compare(chain)
    try:
        while True:
            stop = claims.next_size()
            took = chain.tree.size
            for line in islice(lines, stop - took if stop > took else None):
                chain.add(line)
            if chain.tree.size == signed:
                signed_at = chain.last_at
            if chain.tree.size != stop:
                break
            claims.compare(chain)
    except LedgerDamagedError as error:
        chain.blame(f"line {chain.tree.size + 1}", error.message)
    if chain.tree.size == 0:
        chain.blame("line 1", "the ledger is empty")
    return signed_at, unfinished


def _missing(chain: Chain, claims: _Claims) -> None:
    """Whatever was signed beyond the end of the file."""
    while claims.next_size() >= 0:
        claim = claims.pop()
        if claim.name in claims.broken:
            continue
        claims.broken.add(claim.name)
        chain.blame(
            f"line {chain.tree.size + 1}",
            f"missing: the {claim.name} covers {claim.checkpoint.size}, the file has {chain.tree.size}",
        )


def _remarks(chain: Chain, newest: Checkpoint | None, unfinished: int) -> tuple[str, ...]:
    size, signed = chain.tree.size, newest.size if newest is not None else 0
    found = []
    if size > signed:
        found.append(f"{size - signed} entries not yet signed")
    if unfinished:
        found.append(f"{unfinished} bytes of an unfinished line at the end")
    if chain.back:
        found.append(f"{chain.back} entries bear an earlier time than the one before: the clock was set back")
    if chain.practice:
        found.append("a practice ledger: no evidence about Amazon")
    return tuple(found)


def _before(chain: Chain, path: Path) -> Iterator[str]:
    """What this ledger says of the one it follows, and whether that one still lies there."""
    said = chain.follows
    if said is None:
        return
    name = said["origin"] or "a ledger whose name could not be read"
    yield (
        f"begins after {name}, of which {said['size']} entries were known to be signed; what that one says "
        "is not part of this check"
    )
    if path.is_dir():
        place, same = put_aside(path, said)
        if place is None:
            yield "the files of that one no longer lie beside it"
        elif not same:
            yield f"{place.name}/{LEDGER} is not as it was put aside"
        else:
            yield f"that one lies in {place.name}, as it was put aside: check it with its own key"
