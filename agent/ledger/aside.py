"""Puts a new ledger in the place of an old one without ever losing either. Files only.

The old files get a second name first, and the new ledger is made whole beside them. Up to there nothing has
changed. One rename decides; what is left to do then, `finish` does, however often it is interrupted: whoever
opens the ledger next calls it.
"""

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.errors import LedgerDamagedError
from agent.ledger.entry import Entry
from agent.ledger.reading import decoded, finished_end, forward, opened
from agent.ledger.storage import (
    CHECKPOINT,
    CHECKPOINTS,
    DIRECTORY_MODE,
    LEDGER,
    LOCK,
    RESERVE,
    TREE,
    sync_directory,
)

OLD: Final = "before.new"
"""Second names of the old files, until they get their place."""
NEW: Final = "restart.new"
"""The new ledger while it is being made."""
DECIDED: Final = "restart"
"""The new ledger once it is to take the place of the old one."""

EVIDENCE: Final = (LEDGER, CHECKPOINT, CHECKPOINTS)
_STRANGE = re.compile(r"[^A-Za-z0-9]+")
_LONGEST = 40


def present(directory: Path) -> bool:
    """Whether any file of a ledger lies there."""
    return any((directory / name).exists() for name in EVIDENCE)


def prepare(directory: Path) -> Path:
    """Gives the old files their second names; where to make the new ledger, an empty directory.

    What an attempt left that was never decided goes away: its old files are still in place, its new ledger
    was never in force. The caller holds the lock and has called `finish`. Raises OSError.
    """
    for leftover in (directory / OLD, directory / NEW):
        if leftover.exists():
            shutil.rmtree(leftover)
    for made in (directory / OLD, directory / NEW):
        made.mkdir()
        made.chmod(DIRECTORY_MODE)  # whatever the umask
    for name in EVIDENCE:
        with contextlib.suppress(FileNotFoundError):
            os.link(directory / name, directory / OLD / name)
    sync_directory(directory / OLD)
    sync_directory(directory)
    return directory / NEW


def decide(directory: Path) -> None:
    """From here on the new ledger is the ledger. Raises OSError."""
    for helper in (LOCK, RESERVE):
        (directory / NEW / helper).unlink(missing_ok=True)
    sync_directory(directory / NEW)
    (directory / NEW).rename(directory / DECIDED)
    sync_directory(directory)


def finish(directory: Path) -> bool:
    """Moves everything to its place where a new ledger was decided on; whether there was anything to do.

    The caller holds the lock.

    Raises:
        OSError: a file could not be moved; calling it again goes on.
        LedgerDamagedError: the new ledger is none.
    """
    new = directory / DECIDED
    if not new.is_dir():
        return False
    if (directory / OLD).is_dir():
        first = _first(new / LEDGER)
        day = f"{datetime.fromtimestamp(first.at / 1000, UTC):%Y-%m-%d}"
        (directory / OLD).rename(_free(directory, _prefix(_follows(first)) + day))
        sync_directory(directory)
    for name in (*EVIDENCE, TREE):
        with contextlib.suppress(FileNotFoundError):
            (new / name).replace(directory / name)
    sync_directory(directory)
    new.rmdir()
    sync_directory(directory)
    return True


def kept(directory: Path, follows: Mapping[str, object]) -> tuple[Path | None, bool]:
    """Where the ledger that is followed lies, and whether its `ledger.jsonl` is as it was put aside.

    None where nothing of that name lies there.
    """
    found = sorted(path for path in directory.glob(_prefix(follows) + "*") if path.is_dir())
    for place in found:
        if digest(place / LEDGER) == follows["sha256"]:
            return place, True
    return (found[-1], False) if found else (None, False)


def digest(file: Path) -> str:
    """SHA-256 of a file's bytes, in hex; of none where there is no file. Raises OSError."""
    with contextlib.suppress(FileNotFoundError), file.open("rb") as opened_file:
        return hashlib.file_digest(opened_file, "sha256").hexdigest()
    return hashlib.sha256().hexdigest()


def _first(file: Path) -> Entry:
    with opened(file) as fd:
        for line in forward(fd, 0, finished_end(fd)):
            return decoded(line, "line 1")
    raise LedgerDamagedError("the new ledger has no entry", place="line 1")


def _follows(first: Entry) -> Mapping[str, object]:
    found = first.fields.get("follows")
    return found if isinstance(found, dict) else {}


def _prefix(follows: Mapping[str, object]) -> str:
    """`before-ORIGIN-`; nothing of a damaged origin may lead elsewhere."""
    origin = str(follows.get("origin", ""))
    return f"before-{_STRANGE.sub('', origin.rpartition('/')[2])[:_LONGEST] or 'unknown'}-"


def _free(directory: Path, name: str) -> Path:
    place, number = directory / name, 1
    while place.exists():
        number += 1
        place = directory / f"{name}-{number}"
    return place
