"""One writer an account: an advisory lock that ends with its process, whatever ends it."""

import contextlib
import errno
import fcntl
import json
import os
from pathlib import Path

from agent.errors import BusyError
from agent.ledger.entry import timestamp
from agent.ledger.storage import LOCK, open_file, translated

_ENOUGH = 200


class Lock:
    """Holds the lock of a ledger's directory from construction to `close`.

    Raises:
        BusyError: another process holds it; the message says since when.
    """

    def __init__(self, directory: Path, *, now: int) -> None:
        with translated():
            self._fd = open_file(directory / LOCK, append=False)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._fd, _ENOUGH, 0)
            os.close(self._fd)
            if error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN):
                with translated():
                    raise
            raise BusyError(_busy(holder)) from None
        self._sign(json.dumps({"since": timestamp(now), "pid": os.getpid()}).encode())

    def close(self) -> None:
        """Gives the lock back."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            self._clear(fd)
            os.close(fd)

    def _sign(self, who: bytes) -> None:
        # Only for the other one's message: a full disk must not keep us from the ledger.
        self._clear(self._fd)
        try:
            os.pwrite(self._fd, who, 0)
        except OSError:
            self._clear(self._fd)

    @staticmethod
    def _clear(fd: int) -> None:
        with contextlib.suppress(OSError):
            os.ftruncate(fd, 0)


def _busy(holder: bytes) -> str:
    try:
        found = json.loads(holder)
        since, pid = str(found["since"]), int(found["pid"])
    except (ValueError, KeyError, TypeError):
        return "another run of this account is in progress"
    if not since.isprintable():
        return "another run of this account is in progress"
    return f"another run of this account is in progress since {since} (process {pid})"
