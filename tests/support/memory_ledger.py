"""A ledger that forgets everything with the process."""

import base64
from collections.abc import Iterable, Mapping

from agent.errors import LedgerUnwritableError
from agent.ledger import queries, tree
from agent.ledger.commitment import commitment
from agent.ledger.entry import ZERO, Entry, decode, encode, line_hash
from agent.ledger.fold import fold
from agent.ledger.summary import to_json
from agent.model import Event, Head
from agent.ports import Clock
from agent.state import AccountState


class MemoryLedger:
    """Implements `agent.ports.Ledger` with the same lines, checks and fold as the file.

    `lines` are the lines a file would hold. `full` makes every later append fail as a full disk does.
    """

    def __init__(self, clock: Clock, secret: bytes = bytes(32)) -> None:
        self.lines: list[bytes] = []
        self.heads: list[Head] = []
        self.full = False
        self._clock = clock
        self._secret = secret
        self._state = AccountState()

    def append(self, event: Event, fields: Mapping[str, object], *, run: str | None = None) -> None:
        self.require_room()
        prev = line_hash(self.lines[-1]) if self.lines else ZERO
        entry = Entry(len(self.lines), prev, self._clock.now(), event, run, fields)
        line = encode(entry)
        state = fold(self._state, entry)
        if event is Event.RUN_ENDED:
            summed = {**fields, "state": to_json(state)}
            line = encode(Entry(entry.seq, prev, entry.at, event, run, summed))
        self._state = state
        self.lines.append(line)

    def state(self) -> AccountState:
        return self._state

    def commit(self, key: str) -> str:
        return commitment(self._secret, key)

    def unsettled(self, run: str) -> frozenset[str]:
        return queries.unsettled(self.entries(), run)

    def known_gone(self, commitments: Iterable[str]) -> frozenset[str]:
        return queries.known_gone(self.entries(), commitments)

    def require_room(self) -> None:
        if self.full:
            raise LedgerUnwritableError("the disk is full")

    def checkpoint(self) -> Head:
        head = Head(len(self.lines), base64.b64encode(tree.root(self.lines)).decode())
        self.heads.append(head)
        return head

    def entries(self) -> list[Entry]:
        """All entries, as read back from their lines."""
        return [decode(line) for line in self.lines]
