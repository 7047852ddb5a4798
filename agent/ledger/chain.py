"""Checks lines one after the other: format, numbers, chain, summaries, tree. Pure, constant memory.

It goes on after a fault, so that one changed byte is told apart from a rewritten file; what can only be an
echo of the first fault of its kind is left out.
"""

from collections.abc import Mapping

from agent.ledger.entry import FORMAT, ZERO, Entry, EntryError, decode, line_hash
from agent.ledger.fold import fold
from agent.ledger.note import Verifier
from agent.ledger.report import Problem
from agent.ledger.summary import is_foreign, to_json
from agent.ledger.tree import Frontier, leaf
from agent.model import Event
from agent.state import AccountState

MOST = 20
"""The most problems kept."""


class Chain:
    """The lines seen so far.

    Attributes:
        tree: the tree over them.
        problems: what is wrong, at most `MOST`.
        last_at: time of the newest readable entry, ms UTC, or None.
        back: how many entries bear an earlier time than the one before.
        origin: as in the first entry, or "".
        practice: as in the first entry.
        follows: the ledger before, as in the first entry, or None.
    """

    def __init__(self, verifier: Verifier) -> None:
        self.tree = Frontier()
        self.problems: list[Problem] = []
        self.last_at: int | None = None
        self.back = 0
        self.origin = ""
        self.practice = False
        self.follows: Mapping[str, object] | None = None
        self._verifier = verifier
        self._prev = ZERO
        self._numbered = True
        self._sound = True
        self._state = AccountState()

    def blame(self, place: str, what: str) -> None:
        """Adds a problem."""
        self._sound = False
        if len(self.problems) < MOST:
            self.problems.append(Problem(place, what))

    def add(self, line: bytes) -> None:
        """Checks the next line, given without its newline."""
        number = self.tree.size + 1
        self.tree.add(leaf(line))
        try:
            entry = decode(line)
        except EntryError as error:
            self.blame(f"line {number}", f"no entry: {error}")
        else:
            self._link(entry, number)
            self._time(entry.at)
            if number == 1:
                self._first(entry)
            if self._sound:
                self._sum(entry, number)
        self._prev = line_hash(line)

    def _link(self, entry: Entry, number: int) -> None:
        if entry.seq != number - 1:
            if self._numbered:
                self.blame(f"line {number}", f"entry {entry.seq} stands where entry {number - 1} belongs")
            self._numbered = False
        elif entry.prev != self._prev:
            before = max(number - 1, 1)
            self.blame(f"line {before}", f"not the line after which line {number} was written")

    def _time(self, at: int) -> None:
        if self.last_at is not None and at < self.last_at:
            self.back += 1
        self.last_at = at

    def _first(self, entry: Entry) -> None:
        if entry.event is not Event.LEDGER_CREATED or entry.fields["format"] != FORMAT:
            self.blame("line 1", f"does not begin a ledger of format {FORMAT}")
            return
        self.origin = str(entry.fields["origin"])
        self.practice = entry.fields["practice"] is True
        follows = entry.fields.get("follows")
        self.follows = follows if isinstance(follows, dict) else None
        if (entry.fields["origin"], entry.fields["vkey"]) != (self._verifier.name, str(self._verifier)):
            self.blame("line 1", "begins the ledger of another key")

    def _sum(self, entry: Entry, number: int) -> None:
        self._state = fold(self._state, entry)
        if entry.event is Event.LEDGER_CREATED and number > 1:
            self.blame(f"line {number}", "a ledger begins once")
        said = entry.fields.get("state")
        if entry.event is Event.RUN_ENDED and not is_foreign(said) and said != to_json(self._state):
            self.blame(f"line {number}", "the summary is not what the entries add up to")
