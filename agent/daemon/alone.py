"""One service at a time: two would tell everything twice and overwrite each other's word."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import structlog

from agent.errors import BusyError

NAME: Final = "service.lock"
_MODE: Final = 0o644
_log = structlog.get_logger("voicepurge.daemon")


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Keeps others away until it is left, or until the process ends, however it ends.

    A directory that cannot be written to keeps nobody from serving.

    Raises:
        BusyError: another process serves already.
    """
    try:
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor = os.open(directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    except OSError as error:
        _log.warning("the runtime directory cannot be used", why=os.strerror(error.errno or 0))
        yield
        return
    try:
        _take(descriptor)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace")
        who = f" (process {holder})" if holder.isdecimal() else ""
        raise BusyError(
            f"The service is running already{who}.", next_step="See `voicepurge status`."
        ) from None
    with suppress(OSError):  # only for the other one's message
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
