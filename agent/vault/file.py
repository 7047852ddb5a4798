"""A keyring backend that works without a desktop: each secret a sealed file of its own.

The directory is 0700, files are 0600; a file's name is the hash of service and name. Whoever has the
directory without the key has nothing; in the default place the key lies beside the files, which keeps
other users out but no backup: a `key_file` elsewhere does.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import PasswordDeleteError

from agent.errors import NoPermissionError, VaultError
from agent.vault.keyfile import read_key
from agent.vault.private import (
    directory_owner,
    locked,
    make_private_directory,
    sync_directory,
    write_private,
)
from agent.vault.sealed import KEY_BYTES, NONCE_BYTES, Unsealed, label, seal, unseal

_SEALED_NAME = re.compile(r"[0-9a-f]{64}")
_LARGEST = 1_000_000


class SealedFiles(KeyringBackend):
    """Secrets as AES-GCM-sealed files in one directory.

    Args:
        directory: made on the first write.
        key_file: 32 bytes kept elsewhere; None keeps the key in `directory`, made on the first write.
        random: so many random bytes.
    """

    def __init__(
        self,
        directory: Path,
        key_file: Path | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # keyring leaves it without annotations
        self._directory = directory
        self._own_key = key_file is None
        self._key_path = key_file or directory / "key"
        self._random = random
        self._key: bytes | None = None

    @properties.classproperty
    def priority(self) -> float:
        """None: it is named in the configuration or not used, never chosen by keyring."""
        raise RuntimeError("voicepurge's own vault is never chosen by priority")

    def set_properties_from_env(self) -> None:
        """Ignores KEYRING_PROPERTY_*: the environment does not decide where secrets go."""

    def unlock(self) -> None:
        """Reads the key now, for a process that gives up the right to read it later.

        Raises:
            VaultError: it is missing, not to be trusted, or no key.
            NoPermissionError: we may not read it.
        """
        self._existing_key()

    def get_password(self, service: str, username: str) -> str | None:
        """The secret, or None. Raises VaultError and NoPermissionError."""
        sealed = self._read(label(service, username))
        return None if sealed is None else self._unseal(label(service, username), sealed).secret

    def set_password(self, service: str, username: str, password: str) -> None:
        """Stores; on disk before it returns. Raises VaultError and NoPermissionError."""
        make_private_directory(self._directory)
        directory_owner(self._directory)
        with locked(self._directory):
            key = self._existing_key() or self._new_key()
            sealed = seal(key, service, username, password, self._random(NONCE_BYTES))
            write_private(self._directory / label(service, username), sealed)

    def delete_password(self, service: str, username: str) -> None:
        """Removes the file. Raises PasswordDeleteError where there is none."""
        if directory_owner(self._directory) is None:
            raise PasswordDeleteError("there is no such secret")
        with locked(self._directory):
            try:
                (self._directory / label(service, username)).unlink()
            except FileNotFoundError:
                raise PasswordDeleteError("there is no such secret") from None
            except OSError as error:
                raise VaultError(f"The vault cannot be written: {error.strerror}.") from None
            sync_directory(self._directory)

    def names(self, service: str) -> Iterator[str]:
        """Names stored for `service`, in no order. Raises VaultError and NoPermissionError."""
        for place in self._places():
            sealed = self._read(place)
            if sealed is not None:
                inside = self._unseal(place, sealed)
                if label(service, inside.name) == place:
                    yield inside.name

    def _places(self) -> list[str]:
        if directory_owner(self._directory) is None:
            return []
        return [path.name for path in self._directory.iterdir() if _SEALED_NAME.fullmatch(path.name)]

    def _read(self, place: str) -> bytes | None:
        if directory_owner(self._directory) is None:
            return None
        path = self._directory / place
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
                return file.read(_LARGEST)
        except FileNotFoundError:
            return None
        except PermissionError:
            raise NoPermissionError(f"A file in {self._directory} may not be read by this user.") from None
        except OSError as error:
            raise VaultError(f"A file in {self._directory} cannot be read: {error.strerror}.") from None

    def _unseal(self, place: str, sealed: bytes) -> Unsealed:
        key = self._existing_key()
        if key is None:
            raise self._no_key()
        return unseal(key, place, sealed)

    def _existing_key(self) -> bytes | None:
        """The key, read once. None only where it is ours to make and nothing is sealed yet."""
        if self._key is None:
            owner = directory_owner(self._directory)
            also_owner = owner if os.geteuid() == 0 else None
            self._key = read_key(self._key_path, also_owner=also_owner)
        if self._key is None and (not self._own_key or self._places()):
            raise self._no_key()
        return self._key

    def _new_key(self) -> bytes:
        key = self._random(KEY_BYTES)
        write_private(self._key_path, key)
        self._key = key
        return key

    def _no_key(self) -> VaultError:
        if self._own_key:
            next_step = "Restore it from a backup; without it nothing in the vault can be opened."
        else:
            next_step = f"To make one: (umask 077; head -c {KEY_BYTES} /dev/urandom > {self._key_path})"
        return VaultError(f"The vault's key {self._key_path} is missing.", next_step=next_step)
