"""What the service notices at every beat: a clock that jumped, a configuration that was edited.

Timers of the event loop count time in which the machine was awake, so the beat is also what lets a slot
that passed during a suspend run on wake.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from agent.settings.load import MOST_BYTES

LONGEST_S: Final = 60.0
JUMP_MS: Final = 30_000
"""By so much the clock must differ from time gone by to be called a jump; smaller steps are its care."""


def period_s(watchdog_s: float | None) -> float:
    """Seconds between two beats: a minute, or a third of the watchdog's time."""
    return LONGEST_S if watchdog_s is None else min(LONGEST_S, watchdog_s / 3)


class ClockWatch:
    """Compares the wall clock with the one that only counts time awake."""

    def __init__(self, wall_ms: int, monotonic_s: float) -> None:
        self._ahead_ms = wall_ms - round(monotonic_s * 1000)

    def jump_ms(self, wall_ms: int, monotonic_s: float) -> int:
        """By how much the clock jumped since the last call, 0 for nothing worth a word.

        Forward is positive: it was set, or the machine was suspended.
        """
        ahead = wall_ms - round(monotonic_s * 1000)
        jump, self._ahead_ms = ahead - self._ahead_ms, ahead
        return jump if abs(jump) >= JUMP_MS else 0


_Stamp = tuple[int, ...]


class FileWatch:
    """Notices that a file holds something else: by its time and number first, then by its hash.

    A vanished file holds nothing; one replaced as a whole is another file of the same name. After each
    change it is read once more: two edits may fall into one tick of the file system's clock.
    """

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        """`content` is what was read of it last."""
        self._path = path
        self._stamp = self._look()
        self._hash = _hash(content) if content is not None else self._read()
        self._unsure = content is not None

    def changed(self) -> bool:
        """Whether its content is another than at the last call."""
        stamp = self._look()
        if stamp == self._stamp and not self._unsure:
            return False
        self._unsure = stamp != self._stamp
        self._stamp, before = stamp, self._hash
        self._hash = self._read()
        return self._hash != before

    def _look(self) -> _Stamp | None:
        with suppress(OSError):
            found = self._path.stat()
            return (found.st_mtime_ns, found.st_ino, found.st_dev, found.st_size, found.st_mode)
        return None

    def _read(self) -> str | None:
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                return _hash(file.read(MOST_BYTES + 1))
        return None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
