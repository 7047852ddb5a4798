"""The file with the vault's key, checked before it is believed. Making one is left to `file`."""

import os
import stat
from pathlib import Path

from agent.errors import NoPermissionError, VaultError
from agent.vault.sealed import KEY_BYTES

_OTHERS = 0o037
_GROUP_AND_OTHERS = 0o077


def read_key(path: Path, *, also_owner: int | None = None) -> bytes | None:
    """The 32 bytes in `path`, or None where there is no file.

    Args:
        path: the key file; may be a symbolic link, as in /run/secrets.
        also_owner: a user who may own it besides root and ourselves.

    Raises:
        VaultError: it belongs to somebody else, others may read it, or it is no key.
        NoPermissionError: we may not read it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except PermissionError:
        raise NoPermissionError(f"The vault's key {path} may not be read by this user.") from None
    except OSError as error:
        raise VaultError(f"The vault's key {path} cannot be read: {error.strerror}.") from None
    try:
        _check(path, os.fstat(descriptor), also_owner)
        key = os.read(descriptor, KEY_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(key) != KEY_BYTES:
        raise VaultError(f"The vault's key {path} must hold exactly {KEY_BYTES} bytes.")
    return key


def _check(path: Path, found: os.stat_result, also_owner: int | None) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise VaultError(f"The vault's key {path} is not a regular file.")
    if found.st_uid not in {0, os.geteuid(), also_owner}:
        next_step = f"chown root {path}"
        raise VaultError(f"The vault's key {path} belongs to another user.", next_step=next_step)
    # root may hand its key to a service through the group; of our own key nobody else has a share
    forbidden = _OTHERS if found.st_uid == 0 else _GROUP_AND_OTHERS
    if found.st_mode & forbidden:
        next_step = f"chmod 600 {path}"
        raise VaultError(f"The vault's key {path} may be read or changed by others.", next_step=next_step)
