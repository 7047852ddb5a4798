"""Begins a new ledger after one that cannot go on: damaged, or put back from a backup.

The new one has a name of its own, since newer heads may have been signed under the old name, and its first
entry says which ledger it follows. What the old one remembered is not taken over: a run lists everything
anew, a large one asks to be confirmed again, and a method that was proven tries one recording first. What
speaks in our favour needs evidence, and a file that was damaged or put back is none. What speaks for caution
is taken over all the same: a method that failed stays failed.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from agent.errors import ConfigError, UsageError
from agent.ledger.aside import decide, finish, kept, prepare
from agent.ledger.file import FileLedger
from agent.ledger.former import Former, former
from agent.ledger.lock import Lock
from agent.ledger.reading import entries
from agent.ledger.storage import translated
from agent.model import Event
from agent.ports import Clock

_MOST_CARRIED = 1000


@dataclass(frozen=True, slots=True)
class Heir:
    """Who keeps the new ledger: as the arguments of `FileLedger.open`.

    `signed_in` is since when (ms UTC) the stored sign-in exists, None without one; `refused` whether Amazon
    refused it since.
    """

    signer: bytes
    secret: bytes
    practice: bool
    tool: str
    signed_in: int | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Restarted:
    """A new ledger.

    Attributes:
        origin: its name; vkey: the key that verifies it.
        follows: the one before, as the first entry names it.
        place: where the files of that one lie.
        methods: names of those that stay failed.
    """

    origin: str
    vkey: str
    follows: Mapping[str, object]
    place: Path | None
    methods: tuple[str, ...]


def restart(directory: Path, heir: Heir, clock: Clock, witnessed: Sequence[str] = ()) -> Restarted:
    """Puts the ledger in `directory` aside and begins one that names it.

    One that was interrupted when it was already decided is finished, and is what is returned. Interrupted
    before, it changed nothing.

    Raises:
        UsageError: there is no ledger.
        ConfigError: a practice account would follow a real one's ledger, or the other way round.
        BusyError, NoPermissionError, LedgerUnwritableError: nothing changed, or the rest is done next time.
    """
    with contextlib.closing(Lock(directory, now=clock.now())):
        with translated():
            if finish(directory):
                return _told(directory)
        before = former(directory, signer=heir.signer, witnessed=witnessed)
        if before is None:
            raise UsageError("There is no ledger to follow.", next_step="Run `voicepurge run`.")
        if before.practice not in (None, heir.practice):
            raise ConfigError(
                "this ledger was begun for a practice account and this one is real, or the other way round",
                next_step="Give the account another name.",
            )
        with translated():
            place = prepare(directory)
        _begin(place, heir, clock, before)
        with translated():
            decide(directory)
            finish(directory)
        return _told(directory)


def _begin(place: Path, heir: Heir, clock: Clock, before: Former) -> None:
    """The new ledger, whole and signed."""
    with FileLedger.open(
        place,
        signer=heir.signer,
        secret=heir.secret,
        clock=clock,
        practice=heir.practice,
        tool=heir.tool,
        follows=before.follows,
    ) as ledger:
        for name, one in before.failed.items():
            said = {"method": name, "digest": one.digest, "standing": one.standing.value}
            ledger.append(Event.METHOD_CHANGED, {**said, "reason": one.reason})
        if heir.signed_in is not None:
            ledger.append(Event.SIGNED_IN, {"since": heir.signed_in})
            if heir.refused:
                ledger.append(Event.SIGNED_OUT, {"reason": "refused"})
        ledger.checkpoint()


def _told(directory: Path) -> Restarted:
    """What was made, as the new ledger itself says."""
    found = list(islice(entries(directory), _MOST_CARRIED))
    fields = found[0].fields
    follows = fields["follows"]
    assert isinstance(follows, dict)  # noqa: S101 - the form of the entry was checked
    return Restarted(
        origin=str(fields["origin"]),
        vkey=str(fields["vkey"]),
        follows=follows,
        place=kept(directory, follows)[0],
        methods=tuple(str(one.fields["method"]) for one in found if one.event is Event.METHOD_CHANGED),
    )
