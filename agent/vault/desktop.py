"""The desktop's keyring, by name and with a time limit.

A locked collection waits for a prompt that nobody sees on a machine without a desktop (keyring issue 735,
2025-12: "hung indefinitely"). So each call runs in a thread of its own that may be left behind.
"""

import importlib
import queue
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import KeyringLocked, PasswordDeleteError

from agent.errors import VaultError

LIMIT_S = 5.0
_CLASSES = {"linux": "keyring.backends.SecretService", "darwin": "keyring.backends.macOS"}
_UNLOCK = (
    "Unlock it in your desktop session and run again; on a machine without a desktop choose"
    " `credentials: {backend: systemd}` or `file`."
)

_Answer = TypeVar("_Answer")


class TimeLimited(KeyringBackend):
    """Another backend whose every call ends after `limit_s` seconds, with an answer or a VaultError."""

    def __init__(self, inner: KeyringBackend, limit_s: float = LIMIT_S) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # keyring leaves it without annotations
        self.inner = inner
        self._limit_s = limit_s

    @properties.classproperty
    def priority(self) -> float:
        """None: it is named in the configuration or not used."""
        raise RuntimeError("never chosen by priority")

    def set_properties_from_env(self) -> None:
        """Ignores KEYRING_PROPERTY_*."""

    def get_password(self, service: str, username: str) -> str | None:
        """The secret, or None. Raises VaultError."""
        return self._ask(lambda: self.inner.get_password(service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Stores. Raises VaultError."""
        self._ask(lambda: self.inner.set_password(service, username, password))

    def delete_password(self, service: str, username: str) -> None:
        """Removes. Raises VaultError, PasswordDeleteError where there is none."""
        self._ask(lambda: self.inner.delete_password(service, username))

    def _ask(self, question: Callable[[], _Answer]) -> _Answer:
        answers: queue.SimpleQueue[tuple[_Answer | None, Exception | None]] = queue.SimpleQueue()

        def work() -> None:
            try:
                answers.put((question(), None))
            except Exception as error:  # noqa: BLE001 - a backend may raise anything
                answers.put((None, error))

        threading.Thread(target=work, daemon=True, name="keyring").start()
        try:
            answer, error = answers.get(timeout=self._limit_s)
        except queue.Empty:
            message = f"The desktop's keyring did not answer within {self._limit_s:g} s; it may be locked."
            raise VaultError(message, next_step=_UNLOCK) from None
        if error is None:
            return answer  # type: ignore[return-value] # the question's own answer, which may be None
        if isinstance(error, PasswordDeleteError):
            raise error
        raise _refusal(error) from None


def _refusal(error: Exception) -> VaultError:
    """In our words: what a backend says may quote a secret."""
    if isinstance(error, KeyringLocked) or type(error).__name__ in {
        "LockedException",
        "PromptDismissedException",
    }:
        return VaultError("The desktop's keyring is locked.", next_step=_UNLOCK)
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    return VaultError(f"The desktop's keyring refused: {kind}.", next_step=_UNLOCK)


def desktop_keyring(limit_s: float = LIMIT_S, platform: str = sys.platform) -> TimeLimited:
    """The Secret Service on Linux, the Keychain on macOS; never what keyring would choose.

    Raises:
        VaultError: there is none for this system.
    """
    if platform not in _CLASSES:
        next_step = "Choose `credentials: {backend: file}`."
        raise VaultError("There is no desktop keyring for this system.", next_step=next_step)
    kind: type[KeyringBackend] = importlib.import_module(_CLASSES[platform]).Keyring
    own = {"set_properties_from_env": lambda _: None, "__module__": kind.__module__}
    return TimeLimited(type("Keyring", (kind,), own)(), limit_s)
