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

from agent.errors import AgentError, NoPermissionError, VaultError
from agent.vault import rotation
from agent.vault.keysource import KeyFile, KeySource
from agent.vault.private import (
    directory_owner,
    locked,
    make_private_directory,
    sync_directory,
    write_private,
)
from agent.vault.sealed import KEY_BYTES, NONCE_BYTES, Unsealed, label, seal, sealed_with, unseal

_SEALED_NAME = re.compile(r"[0-9a-f]{64}")
_LARGEST = 1_000_000


class SealedFiles(KeyringBackend):
    """Secrets as AES-GCM-sealed files in one directory.

    Args:
        directory: made on the first write.
        source: where the key is kept; None keeps it in `directory`, made on the first write.
        random: so many random bytes.
    """

    def __init__(
        self,
        directory: Path,
        source: KeySource | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # keyring leaves it without annotations
        self._directory = directory
        self._source = source or KeyFile(directory / "key", beside=True)
        self._random = random
        self._key: bytes | None = None
        self._refused: AgentError | None = None

    @properties.classproperty
    def priority(self) -> float:
        """None: it is named in the configuration or not used, never chosen by keyring."""
        raise RuntimeError("voicepurge's own vault is never chosen by priority")

    def set_properties_from_env(self) -> None:
        """Ignores KEYRING_PROPERTY_*: the environment does not decide where secrets go."""

    def unlock(self) -> None:
        """Reads the key now, for a process that gives up the right to read it later.

        What stands in the way is raised at the first use: not every command needs a secret.
        """
        try:
            self._existing_key()
        except AgentError as error:
            self._refused = error

    def require_key(self) -> None:
        """Makes sure that a secret could be sealed now, also where there is none yet.

        Raises:
            VaultError: the key is missing or damaged, or the directory cannot be used.
            NoPermissionError: it is not ours to use.
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
            key = rotation.key_for_writing(key, self._read(rotation.NEXT), self._sealed())
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

    def rotate(self, install: Callable[[bytes], None] | None = None) -> int:
        """Seals everything with a new key; returns how many secrets that were.

        At every moment either key opens all there is: the new one is kept sealed with the old one until
        it is in its place. A rotation that was interrupted is finished by the next.

        Args:
            install: puts the new key in its place, for a process that may not; the source by itself.

        Raises:
            VaultError: there is nothing to seal, or a secret is damaged; the old key stays good.
            NoPermissionError: the key's place is not ours to write.
        """
        if not self._places():
            next_step = "A key is worth a change once it sealed something."
            raise VaultError("The vault is empty.", next_step=next_step)
        if install is None:
            self._source.require_writable()
        with locked(self._directory):
            old = self._existing_key()
            if old is None:
                raise self._source.missing()
            opened = {place: self._unseal(place, sealed) for place, sealed in self._sealed()}
            new = rotation.next_key(old, self._read(rotation.NEXT))
            if new is None:
                new = self._random(KEY_BYTES)
                write_private(self._directory / rotation.NEXT, rotation.announce(old, new, self._random))
            for place, inside in opened.items():
                sealed = seal(new, inside.service, inside.name, inside.secret, self._random(NONCE_BYTES))
                write_private(self._directory / place, sealed)
        (install or self._source.write)(new)
        self._key = new
        with locked(self._directory):
            (self._directory / rotation.NEXT).unlink(missing_ok=True)
            sync_directory(self._directory)
        return len(opened)

    def make_key(self) -> bool:
        """Makes the key of an empty vault in its place; False where there is one.

        Raises:
            VaultError: the key is gone, and there are secrets that a new one could not open.
            NoPermissionError: its place is not ours to write.
        """
        if self._source.read(directory_owner(self._directory)) is not None:
            return False
        if self._places():
            next_step = f"Restore the key from a backup, or move {self._directory} away and begin anew."
            message = "The vault holds secrets that a new key could not open."
            raise VaultError(message, next_step=next_step)
        if self._source.made_on_first_use:
            make_private_directory(self._directory)
        self._new_key()
        return True

    def _places(self) -> list[str]:
        if directory_owner(self._directory) is None:
            return []
        return [path.name for path in self._directory.iterdir() if _SEALED_NAME.fullmatch(path.name)]

    def _sealed(self) -> Iterator[tuple[str, bytes]]:
        for place in self._places():
            sealed = self._read(place)
            if sealed is not None:
                yield place, sealed

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
            raise self._source.missing()
        if not sealed_with(key, sealed):
            key = rotation.next_key(key, self._read(rotation.NEXT)) or key
        return unseal(key, place, sealed)

    def _existing_key(self) -> bytes | None:
        """The key, read once. None only where it is ours to make and nothing is sealed yet."""
        if self._refused is not None:
            raise self._refused
        if self._key is None:
            self._key = self._source.read(directory_owner(self._directory))
        if self._key is None and (not self._source.made_on_first_use or self._places()):
            raise self._source.missing()
        return self._key

    def _new_key(self) -> bytes:
        key = self._random(KEY_BYTES)
        self._source.write(key)
        self._key, self._refused = key, None
        return key
