"""`ports.Vault` over any keyring backend that was named, and the refusal of those that lose secrets."""

import hmac
import json
import re
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar, runtime_checkable

from keyring.backend import KeyringBackend

from agent.errors import AgentError, VaultError

SERVICE = "voicepurge"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}[/:][a-z][a-z0-9-]{0,63}")
_INDEX = "index"
_LONGEST = 100_000
_REFUSED = (
    "keyrings.alt",  # plain text, or a password prompt nobody sees
    "keyring.backends.null",  # stores nothing and says nothing (seen with keyring 25.7.0)
    "keyring.backends.fail",  # there is no backend
    "keyring.backends.chainer",  # reads from whatever is installed, plain text too
)

_Answer = TypeVar("_Answer")


@runtime_checkable
class _CanList(Protocol):
    def names(self, service: str) -> Iterator[str]: ...


class KeyringVault:
    """Secrets behind one keyring backend, under the service name `voicepurge`.

    Names are `account/thing` or `credential:NAME`. A backend that cannot list keeps a list of names as
    one more secret.

    Raises:
        VaultError: the backend is one that we never use.
    """

    def __init__(self, backend: KeyringBackend) -> None:
        for ancestor in type(backend).__mro__:
            if ancestor.__module__.startswith(_REFUSED):
                kind = f"{ancestor.__module__}.{ancestor.__name__}"
                raise VaultError(f"The keyring backend {kind} is not safe for secrets.")
        self._backend = backend

    @property
    def backend(self) -> KeyringBackend:
        """The backend, for what only some can do: reading the key ahead, changing it."""
        return self._backend

    def get(self, name: str) -> str | None:
        """The secret, or None where there is none. Raises VaultError when it cannot be read."""
        _check(name)
        return self._ask(lambda: self._backend.get_password(SERVICE, name))

    def set(self, name: str, secret: str) -> None:
        """Stores and reads back. Raises VaultError when what comes back is not what went in."""
        _check(name)
        if not secret or len(secret) > _LONGEST:
            raise VaultError(f"A secret has 1 to {_LONGEST} characters.")
        if not isinstance(self._backend, _CanList):
            self._write(_INDEX, json.dumps(sorted({*self._index(), name})))
        self._write(name, secret)

    def remove(self, name: str) -> None:
        """Forgets; nothing happens where there is none. Raises VaultError when it stays."""
        if self.get(name) is not None:
            self._ask(lambda: self._backend.delete_password(SERVICE, name))
            if self.get(name) is not None:
                raise VaultError("The keyring still has a secret it was asked to forget.")
        if not isinstance(self._backend, _CanList) and name in self._index():
            self._write(_INDEX, json.dumps(sorted({*self._index()} - {name})))

    def names(self) -> Iterator[str]:
        """Names of all secrets, sorted. Raises VaultError."""
        backend = self._backend
        if isinstance(backend, _CanList):
            yield from sorted(self._ask(lambda: list(backend.names(SERVICE))))
        else:  # a crash may leave a name in the list before its secret is there
            yield from (name for name in self._index() if self.get(name) is not None)

    def _index(self) -> list[str]:
        text = self._ask(lambda: self._backend.get_password(SERVICE, _INDEX))
        try:
            names = json.loads(text or "[]")
        except ValueError:
            names = None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise VaultError("The list of secrets in the keyring is damaged.")
        return names

    def _write(self, name: str, secret: str) -> None:
        self._ask(lambda: self._backend.set_password(SERVICE, name, secret))
        back = self._ask(lambda: self._backend.get_password(SERVICE, name))
        if back is None or not hmac.compare_digest(_bytes(back), _bytes(secret)):
            raise VaultError("The keyring did not give back what was stored; nothing is stored safely.")

    def _ask(self, question: Callable[[], _Answer]) -> _Answer:
        try:
            return question()
        except AgentError:
            raise
        except Exception as error:  # noqa: BLE001 - a backend may raise anything, with anything in it
            kind = f"{type(error).__module__}.{type(error).__qualname__}"
        raise VaultError(f"The keyring refused: {kind}.")  # without the cause: it may quote a secret


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise VaultError("A secret's name is `account/thing` or `credential:NAME`: a-z, 0-9 and - only.")
