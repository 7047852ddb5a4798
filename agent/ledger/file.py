"""The writer of one account's ledger: lock, recovery, append. Implements `agent.ports.Ledger`.

Opening reads the newest checkpoint and the end of the file, never the whole history; `verify` does that.
"""

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.errors import ConfigError, LedgerDamagedError, LedgerUnwritableError
from agent.ledger import queries
from agent.ledger.aside import finish
from agent.ledger.commitment import commitment
from agent.ledger.entry import FORMAT, Entry, encode, line_hash
from agent.ledger.fold import fold
from agent.ledger.lock import Lock
from agent.ledger.note import Signer
from agent.ledger.reading import Tail, decoded, finished_end, forward, tail
from agent.ledger.signing import Signing
from agent.ledger.storage import RESERVE, Log, free_reserve, keep_reserve, make_directory, translated
from agent.ledger.summary import to_json
from agent.model import Event, Head
from agent.ports import Clock
from agent.state import AccountState

_BLOCK = 1 << 18
UNSIGNED = 2
"""A ledger may lack a checkpoint only while it is being made: `ledger_created` and maybe one `recovered`."""


class FileLedger:
    """The ledger in a directory, held for writing until `close`. Made by `open`; a context manager."""

    def __init__(self, directory: Path, lock: Lock, log: Log, *, secret: bytes, clock: Clock) -> None:
        self._directory = directory
        self._lock = lock
        self._log = log
        self._secret = secret
        self._clock = clock
        self._tail = Tail(0, "0" * 64, AccountState())
        self._signing: Signing

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        signer: bytes,
        secret: bytes,
        clock: Clock,
        origin: str | None = None,
        practice: bool,
        tool: str,
        follows: Mapping[str, object] | None = None,
    ) -> Self:
        """Locks the ledger of an account, recovers what a crash left, makes it where there is none.

        Args:
            directory: `accounts/NAME`.
            signer: the Ed25519 seed that signs its checkpoints, 32 bytes.
            secret: the account secret that hides keys, 32 bytes.
            clock: writes the time into entries.
            origin: name of a new ledger, made up when None; of an existing one it must be the name.
            practice: whether the account belongs to a practice cloud.
            tool: name and version of the program, written at creation.
            follows: of a new ledger, the one it follows as its first entry names it.

        Raises:
            BusyError: another process holds it.
            LedgerDamagedError: it is not what was written, or was signed by another key.
            LedgerUnwritableError: no room or a failing disk.
            NoPermissionError: not ours to use.
            ConfigError: a practice account meets a real one's ledger, or the other way round.
        """
        with translated():
            make_directory(directory)
        made: dict[str, object] = {"practice": practice, "tool": tool}
        if follows is not None:
            made["follows"] = dict(follows)
        reserve = (directory / RESERVE).exists()
        for again in (reserve, False):
            with contextlib.ExitStack() as undo:
                lock = Lock(directory, now=clock.now())
                undo.callback(lock.close)
                with translated():
                    finish(directory)  # a new ledger that was decided on and interrupted
                    log = Log(directory)
                undo.callback(log.close)
                ledger = cls(directory, lock, log, secret=secret, clock=clock)
                try:
                    ledger._start(signer, origin, made)
                except LedgerUnwritableError:
                    # The failure freed the reserve: what recovery has to write fits now, once.
                    if again and not (directory / RESERVE).exists():
                        continue
                    raise
                undo.pop_all()
                return ledger
        raise AssertionError("the second try returns or raises")

    # The promises of the port.

    def append(self, event: Event, fields: Mapping[str, object], *, run: str | None = None) -> None:
        """Writes one entry and returns once it is on disk; `run_ended` gets the summary `state`.

        Raises:
            LedgerUnwritableError: it is not on disk, and this object takes nothing more.
            EntryError: a mistake of the caller; nothing was written.
        """
        self._log.require_health()
        before = self._tail
        entry = Entry(before.size, before.prev, self._clock.now(), event, run, fields)
        line = encode(entry)
        state = fold(before.state, entry)
        if event is Event.RUN_ENDED:
            summed = {**fields, "state": to_json(state)}
            line = encode(Entry(entry.seq, entry.prev, entry.at, event, run, summed))
        self._log.append(line + b"\n")
        self._tail = Tail(before.size + 1, line_hash(line), state)

    def state(self) -> AccountState:
        """What the entries so far add up to."""
        return self._tail.state

    def commit(self, key: str) -> str:
        """The commitment (64 hex digits) that stands for a recording key."""
        return commitment(self._secret, key)

    def unsettled(self, run: str) -> frozenset[str]:
        """Commitments this run or a later one intended to delete and no listing has since seen gone.

        Reads the whole file.
        """
        return queries.unsettled(self._mentioning(Event.DELETION_INTENDED, Event.RELISTED, run), run)

    def known_gone(self, commitments: Iterable[str]) -> frozenset[str]:
        """Those of `commitments` that an earlier listing saw gone. Reads the whole file."""
        return queries.known_gone(self._mentioning(Event.RELISTED, Event.REAPPEARED), commitments)

    def require_room(self) -> None:
        """Makes sure a whole slice fits on disk, and of the reserve. Raises LedgerUnwritableError."""
        self._log.require_health()
        keep_reserve(self._directory)

    def checkpoint(self) -> Head:
        """Signs the present head, keeps it and returns it; its root is base64 as in the signed text.

        Raises:
            LedgerDamagedError: the file is not a continuation of what was signed before; nothing is signed.
            LedgerUnwritableError: it is not on disk.
        """
        self._log.require_health()
        fd, last = self._log.fd, self._tail
        end = os.fstat(fd).st_size
        try:
            return self._signing.sign(fd, end, last.size, last.prev).head
        except LedgerUnwritableError:
            # On a full disk the reserve makes room for what closes a run. The file is made anew: no sync of
            # the same pages is repeated.
            if not (self._directory / RESERVE).exists():
                raise
            free_reserve(self._directory)
            return self._signing.sign(fd, end, last.size, last.prev).head

    # Besides the port.

    @property
    def signed(self) -> Head | None:
        """The newest signed head."""
        newest = self._signing.newest
        return None if newest is None else newest.head

    def close(self) -> None:
        """Gives the lock back. Everything is on disk already."""
        self._log.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Opening.

    def _start(self, seed: bytes, origin: str | None, made: Mapping[str, object]) -> None:
        fd = self._log.fd
        end = finished_end(fd)
        torn = os.fstat(fd).st_size - end
        known = self._created(end, seed, origin, made)
        name = known or origin or f"voicepurge/{secrets.token_hex(8)}"
        self._signing = Signing(self._directory, Signer(name, seed))
        self._tail = tail(fd, end)
        self._check_signed()
        lost = self._lost(end, torn)
        if torn:
            self._log.cut(end)
        if known is None:
            vkey = str(Signer(name, seed).verifier)
            self.append(Event.LEDGER_CREATED, {"format": FORMAT, "origin": name, "vkey": vkey, **made})
        if torn:
            self.append(Event.RECOVERED, {"kind": "tail", "bytes": torn, "sha256": lost})
        if self._signing.newest is None:
            self.checkpoint()
        with contextlib.suppress(LedgerUnwritableError):  # asked again before anything is requested
            keep_reserve(self._directory)

    def _created(self, end: int, seed: bytes, origin: str | None, made: Mapping[str, object]) -> str | None:
        """The origin in the first entry, None where there is no entry yet."""
        line = next(forward(self._log.fd, 0, end), None)
        if line is None:
            return None
        first = decoded(line, "line 1")
        if first.event is not Event.LEDGER_CREATED or first.fields["format"] != FORMAT:
            raise LedgerDamagedError("line 1 does not begin a ledger of this format", place="line 1")
        name = str(first.fields["origin"])
        if origin not in (None, name) or first.fields["vkey"] != str(Signer(name, seed).verifier):
            raise LedgerDamagedError("this ledger belongs to another signing key", place="line 1")
        if first.fields["practice"] is not made["practice"]:
            raise ConfigError(
                "this ledger was begun for a practice account and this one is real, or the other way round",
                next_step="Give the account another name.",
            )
        return name

    def _check_signed(self) -> None:
        newest, size = self._signing.newest, self._tail.size
        if newest is None and size > UNSIGNED:
            raise LedgerDamagedError("the checkpoint is missing", place="checkpoint")
        if newest is not None and size < newest.size:
            raise LedgerDamagedError(
                f"the ledger ends after {size} entries, {newest.size} were signed", place=f"line {size + 1}"
            )

    def _lost(self, start: int, length: int) -> str:
        digest = hashlib.sha256()
        for at in range(start, start + length, _BLOCK):
            digest.update(os.pread(self._log.fd, min(_BLOCK, start + length - at), at))
        return digest.hexdigest()

    def _mentioning(self, *words: str) -> Iterator[Entry]:
        """Entries of all lines that hold one of these words as a JSON string; other lines are not parsed."""
        wanted = [json.dumps(word).encode() for word in words]
        fd = self._log.fd
        for number, line in enumerate(forward(fd, 0, finished_end(fd)), start=1):
            if any(word in line for word in wanted):
                yield decoded(line, f"line {number}")
