"""Where the key comes from that seals the vault's files: a file of ours, or a systemd credential."""

import os
from pathlib import Path
from typing import Protocol

from agent.errors import NoPermissionError, VaultError
from agent.vault.keyfile import read_key
from agent.vault.private import write_private
from agent.vault.sealed import KEY_BYTES


class KeySource(Protocol):
    """A place for one key of 32 bytes."""

    @property
    def made_on_first_use(self) -> bool:
        """Whether a vault that is still empty may make its key by itself."""
        ...

    def read(self, directory_owner: int | None) -> bytes | None:
        """The key, None where there is none. Raises VaultError and NoPermissionError."""
        ...

    def require_writable(self) -> None:
        """Raises NoPermissionError where `write` would fail for want of rights."""
        ...

    def write(self, key: bytes) -> None:
        """Puts `key` there, on disk before returning, the old one or the new one after a crash.

        Raises VaultError and NoPermissionError.
        """
        ...

    def missing(self) -> VaultError:
        """What to say where there is no key and one is needed."""
        ...


class KeyFile:
    """The key as a file, checked for owner and mode.

    Args:
        path: the file.
        beside: whether it lies beside the sealed files; only then it is made by itself.
    """

    def __init__(self, path: Path, *, beside: bool) -> None:
        self._path = path
        self.made_on_first_use = beside

    def read(self, directory_owner: int | None) -> bytes | None:
        """Raises VaultError and NoPermissionError."""
        return read_key(self._path, also_owner=directory_owner if os.geteuid() == 0 else None)

    def require_writable(self) -> None:
        """A key of root's that a service only reads is root's to change."""
        target = self._path.resolve()
        theirs = target.exists() and target.stat().st_uid != os.geteuid()
        if theirs or (target.parent.exists() and not os.access(target.parent, os.W_OK)):
            next_step = "Let the owner of the state own the key file and its directory, then try again."
            raise NoPermissionError(f"The vault's key {target} may not be changed.", next_step=next_step)

    def write(self, key: bytes) -> None:
        """Raises VaultError and NoPermissionError."""
        self.require_writable()
        write_private(self._path.resolve(), key)

    def missing(self) -> VaultError:
        """With the way to make it, or the advice to restore it."""
        if self.made_on_first_use:
            next_step = "Restore it from a backup; without it nothing in the vault can be opened."
        else:
            next_step = f"To make one: (umask 077; head -c {KEY_BYTES} /dev/urandom > {self._path})"
        return VaultError(f"The vault's key {self._path} is missing.", next_step=next_step)
