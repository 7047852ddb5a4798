"""Files only we can read, written whole or not at all, and a lock on their directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import NoPermissionError, VaultError

_PRIVATE_DIRECTORY = 0o700
_PRIVATE_FILE = 0o600
UNFINISHED = ".new"
"""Ending of a file that was not finished; worthless, written over by the next attempt."""


def write_private(path: Path, content: bytes) -> None:
    """Puts `content` into `path`, mode 0600, on disk before returning.

    Temporary file, fsync, rename, fsync of the directory: after a crash the old or the new content is
    there, never a part. The caller holds `locked` on the directory.

    Raises:
        VaultError: it cannot be written.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        unfinished.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(unfinished, flags, _PRIVATE_FILE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        message = f"The vault {path.parent} cannot be written: {error.strerror}."
        raise VaultError(message, next_step="Check free space and the owner of the directory.") from None


def sync_directory(directory: Path) -> None:
    """Makes renames and removals in `directory` last."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_directory(directory: Path) -> None:
    """Makes `directory` (0700) and what is missing above it.

    Raises:
        NoPermissionError: we may not.
        VaultError: it cannot be made.
    """
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=_PRIVATE_DIRECTORY, exist_ok=True)
        sync_directory(directory.parent)
    except PermissionError:
        raise NoPermissionError(f"The vault {directory} may not be made by this user.") from None
    except OSError as error:
        raise VaultError(f"The vault {directory} cannot be made: {error.strerror}.") from None


def directory_owner(directory: Path) -> int | None:
    """Who owns the vault's directory; None where there is none.

    Raises:
        VaultError: it is no directory, or others may enter it.
        NoPermissionError: it belongs to somebody else.
    """
    try:
        found = directory.stat()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise NoPermissionError(f"The vault {directory} may not be entered by this user.") from None
    except OSError as error:
        raise VaultError(f"The vault {directory} cannot be used: {error.strerror}.") from None
    if not directory.is_dir():
        raise VaultError(f"The vault {directory} is not a directory.")
    if found.st_mode & 0o077:
        next_step = f"chmod 700 {directory}"
        raise VaultError(f"The vault {directory} may be entered by others.", next_step=next_step)
    if found.st_uid != os.geteuid() and os.geteuid() != 0:
        raise NoPermissionError(f"The vault {directory} belongs to another user.")
    return found.st_uid


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Holds the directory's lock: one writer at a time, for the milliseconds that takes."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
