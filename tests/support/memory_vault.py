"""A vault in memory, held to the same promises as the real one by tests/contract/test_vault.py."""

from collections.abc import Iterator

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class MemoryVault:
    """`ports.Vault` over a dictionary."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """The secret, or None."""
        return self._secrets.get(name)

    def set(self, name: str, secret: str) -> None:
        """Remembers."""
        self._secrets[name] = secret

    def remove(self, name: str) -> None:
        """Forgets; nothing happens where there is none."""
        self._secrets.pop(name, None)

    def names(self) -> Iterator[str]:
        """All names, sorted."""
        yield from sorted(self._secrets)


class MemoryKeyring(KeyringBackend):
    """A keyring backend that cannot list, like a desktop's Secret Service.

    `forgetful` makes it answer "stored" and store nothing; `broken` raises what it is given.
    """

    priority = -1.0

    def __init__(self, *, forgetful: bool = False, broken: Exception | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # keyring leaves it without annotations
        self.stored: dict[tuple[str, str], str] = {}
        self._forgetful = forgetful
        self._broken = broken

    def get_password(self, service: str, username: str) -> str | None:
        """The secret, or None."""
        if self._broken is not None:
            raise self._broken
        return self.stored.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Stores, unless forgetful."""
        if not self._forgetful:
            self.stored[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Removes, or says there is none."""
        if self.stored.pop((service, username), None) is None:
            raise PasswordDeleteError("there is no such secret")
