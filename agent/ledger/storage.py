"""Durable writes: a directory, one appended file, files replaced as a whole.

Nothing returns before it is on disk. A failed write or sync is final for the open file: the kernel may have
dropped the pages it could not write and report success next time (PostgreSQL wiki, "Fsync Errors", 2018).
The group may read everything here; secrets live elsewhere.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent.errors import LedgerUnwritableError, NoPermissionError

LEDGER: Final = "ledger.jsonl"
CHECKPOINT: Final = "checkpoint"
CHECKPOINTS: Final = "checkpoints"
LOCK: Final = "lock"
RESERVE: Final = "reserve"
TREE: Final = "tree"

FILE_MODE: Final = 0o640
DIRECTORY_MODE: Final = 0o750
RESERVE_BYTES: Final = 1 << 20
SLICE_BYTES: Final = 1 << 20
"""More than the entries of one slice (500 recordings) and the end of a run ever take."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turns what the file system refuses into our own errors.

    Raises:
        NoPermissionError: not ours to use.
        LedgerUnwritableError: anything else.
    """
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno or 0)
        if error.errno in _FORBIDDEN:
            raise NoPermissionError(f"the ledger is not ours to use: {why}") from error
        raise LedgerUnwritableError(f"the ledger cannot be written: {why}") from error


def make_directory(path: Path) -> None:
    """Makes the directory and its missing parents, readable for the group."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):
            one.mkdir()
            one.chmod(DIRECTORY_MODE)  # whatever the umask
            sync_directory(one.parent)


def sync_directory(path: Path) -> None:
    """Makes names in a directory durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def open_file(path: Path, *, append: bool) -> int:
    """Opens a file for reading and writing; makes it, durably, where there is none."""
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_APPEND if append else 0)
    with contextlib.suppress(FileNotFoundError):
        return os.open(path, flags)
    fd = os.open(path, flags | os.O_CREAT, FILE_MODE)
    try:
        os.fchmod(fd, FILE_MODE)  # whatever the umask
        os.fsync(fd)
        sync_directory(path.parent)
    except OSError:
        os.close(fd)
        raise
    return fd


def write_whole(fd: int, data: bytes) -> None:
    """One `write()` of all of `data`, synced. A short write is an error: part of it may be in the file."""
    if os.write(fd, data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fdatasync(fd)


def replace_file(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replaces a file by `data`, all or nothing. Without `durable` it may be lost by a power cut."""
    temporary = path.with_name(path.name + ".new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
    try:
        os.fchmod(fd, FILE_MODE)
        if os.write(fd, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if durable:
            os.fsync(fd)
    finally:
        os.close(fd)
    temporary.replace(path)
    if durable:
        sync_directory(path.parent)


class Log:
    """The open ledger file. After one failure it takes nothing more."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._failed = False
        self.fd = open_file(directory / LEDGER, append=True)

    def append(self, data: bytes) -> None:
        """Appends and syncs.

        Raises:
            LedgerUnwritableError: it is not on disk, or something before it was not.
        """
        self.require_health()
        with self._guarded():
            write_whole(self.fd, data)

    def cut(self, size: int) -> None:
        """Cuts the file to `size` bytes and syncs. Raises LedgerUnwritableError."""
        with self._guarded():
            os.ftruncate(self.fd, size)
            os.fdatasync(self.fd)

    def require_health(self) -> None:
        """Raises LedgerUnwritableError when an earlier write failed or the file is closed."""
        if self._failed or self.fd < 0:
            raise LedgerUnwritableError("the ledger could not be written before; it must be opened again")

    def close(self) -> None:
        """Closes the file; nothing is pending."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._failed = True
            if error.errno in _FULL:
                # Whoever opens it next needs room to own up to this run.
                free_reserve(self._directory)
            raise LedgerUnwritableError(
                f"the ledger cannot be written: {os.strerror(error.errno or 0)}"
            ) from error


def free_reserve(directory: Path) -> None:
    """Gives the reserve's room back to the disk."""
    with contextlib.suppress(OSError):
        (directory / RESERVE).unlink(missing_ok=True)


def keep_reserve(directory: Path) -> None:
    """Makes sure of the reserve and of room for one slice besides.

    The room is looked at first: on a nearly full disk the reserve must not eat what closing entries need.

    Raises:
        LedgerUnwritableError: there is not enough.
    """
    path = directory / RESERVE
    with translated():
        there = path.stat().st_blocks * 512 >= RESERVE_BYTES if path.exists() else False
        space = os.statvfs(directory)
        free = space.f_bavail * space.f_frsize
        if free < SLICE_BYTES + (0 if there else RESERVE_BYTES):
            raise LedgerUnwritableError("the disk is nearly full")
        if not there:
            _make_reserve(path)


def _make_reserve(path: Path) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        os.fchmod(fd, FILE_MODE)
        os.posix_fallocate(fd, 0, RESERVE_BYTES)
    except OSError:
        free_reserve(path.parent)
        raise
    finally:
        os.close(fd)
