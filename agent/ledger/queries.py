"""Questions that only the whole history answers, asked of a stream of entries. Pure.

Only what is asked for is held, however long the history.
"""

from collections.abc import Iterable
from typing import Any

from agent.ledger.entry import Entry
from agent.model import Event


def unsettled(entries: Iterable[Entry], run: str) -> frozenset[str]:
    """Commitments that `run`, or a run after it, intended to delete and no later listing saw gone."""
    owed: set[str] = set()
    begun = False
    for entry in entries:
        begun = begun or entry.run == run
        if entry.event is Event.DELETION_INTENDED and begun:
            owed.update(commitment for commitment, _ in _list(entry, "recordings"))
        elif entry.event is Event.RELISTED and owed:
            owed.difference_update(_list(entry, "gone"))
    return frozenset(owed)


def known_gone(entries: Iterable[Entry], commitments: Iterable[str]) -> frozenset[str]:
    """Those of `commitments` whose latest mention is that a listing saw them gone.

    A later `reappeared`, or a later listing that shows one again, takes it out: it is news only once.
    """
    asked = frozenset(commitments)
    gone: set[str] = set()
    for entry in entries:
        if entry.event is Event.RELISTED:
            gone.difference_update(_list(entry, "text_remains"), _list(entry, "still_visible"))
            gone.update(asked.intersection(_list(entry, "gone")))
        elif entry.event is Event.REAPPEARED:
            gone.difference_update(_list(entry, "recordings"))
    return frozenset(gone)


def _list(entry: Entry, name: str) -> list[Any]:
    value = entry.fields[name]
    return value if isinstance(value, list) else []
