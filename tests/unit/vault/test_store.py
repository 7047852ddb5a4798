import traceback
from types import SimpleNamespace

import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from agent.errors import NoPermissionError, VaultError
from agent.vault import KeyringVault, account_keys, credential_name, resolve
from tests.support.memory_vault import MemoryKeyring, MemoryVault

REFUSED: tuple[type[KeyringBackend], ...] = (
    keyring.backends.null.Keyring,
    keyring.backends.fail.Keyring,
    keyring.backends.chainer.ChainerBackend,
    type("PlaintextKeyring", (MemoryKeyring,), {"__module__": "keyrings.alt.file"}),
)


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: str(kind.__module__))
def test_backends_that_lose_or_leak_are_refused(kind: type[KeyringBackend]) -> None:
    """Plain text, null, fail and chainer are never used, and the message says which it was."""
    with pytest.raises(VaultError, match=kind.__module__):
        KeyringVault(kind.__new__(kind))


def test_a_child_of_a_refused_backend_is_refused() -> None:
    """Another name does not make it safe."""
    child = type("Innocent", (keyring.backends.null.Keyring,), {"__module__": "elsewhere"})
    with pytest.raises(VaultError, match="null"):
        KeyringVault(child())


def test_stored_is_said_only_after_reading_back() -> None:
    """A backend that stores nothing is found out at once."""
    with pytest.raises(VaultError, match="give back"):
        KeyringVault(MemoryKeyring(forgetful=True)).set("home/keys", "secret")


def test_foreign_errors_become_ours_without_their_words() -> None:
    """Whatever a backend raises ends as VaultError; its text, which may quote a secret, is nowhere."""
    vault = KeyringVault(MemoryKeyring(broken=KeyringLocked("value hunter2 is locked")))
    with pytest.raises(VaultError, match="KeyringLocked") as caught:
        vault.get("home/keys")
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_our_own_errors_pass() -> None:
    """An error that already has its exit code and next step keeps them."""
    with pytest.raises(NoPermissionError):
        KeyringVault(MemoryKeyring(broken=NoPermissionError("not ours"))).get("home/keys")


def test_a_name_left_by_a_crash_is_not_listed() -> None:
    """The list is written before the secret; a name without a secret is not shown."""
    backend = MemoryKeyring()
    vault = KeyringVault(backend)
    vault.set("a/keys", "one")
    vault.set("b/keys", "two")
    del backend.stored["voicepurge", "a/keys"]
    assert list(vault.names()) == ["b/keys"]
    vault.remove("a/keys")
    assert "a/keys" not in backend.stored["voicepurge", "index"]


@pytest.mark.parametrize("broken", ["{", "{}", "[1]", "7"])
def test_a_damaged_list_is_said(broken: str) -> None:
    """A list that is no list is an error, never an empty vault."""
    backend = MemoryKeyring()
    backend.stored["voicepurge", "index"] = broken
    with pytest.raises(VaultError, match="damaged"):
        list(KeyringVault(backend).names())


@pytest.mark.parametrize("name", ["", "index", "keys", "Home/keys", "home/", "../keys", "home/a/b", "a:b:c"])
def test_other_names_are_refused(name: str) -> None:
    """Names are `account/thing` or `credential:NAME`; nothing else can reach the backend."""
    vault = KeyringVault(MemoryKeyring())
    with pytest.raises(VaultError):
        vault.set(name, "secret")
    with pytest.raises(VaultError):
        vault.get(name)


@pytest.mark.parametrize("secret", ["", "x" * 100_001])
def test_empty_and_huge_secrets_are_refused(secret: str) -> None:
    """Nothing stored is better than something that cannot come back."""
    with pytest.raises(VaultError):
        KeyringVault(MemoryKeyring()).set("home/keys", secret)


def test_missing_keys_are_not_made_for_an_old_ledger() -> None:
    """With `create=False` missing keys are an error and stay missing."""
    vault = MemoryVault()
    with pytest.raises(VaultError, match="missing"):
        account_keys(vault, "home", bytes, create=False)
    assert list(vault.names()) == []


@pytest.mark.parametrize("stored", ["", "{}", "[]", "null", '{"secret": "AAAA", "signing": "AAAA"}', "{"])
def test_damaged_keys_are_said(stored: str) -> None:
    """Keys that are not 32 bytes each are an error, never replaced."""
    vault = MemoryVault()
    vault.set("home/keys", stored)
    with pytest.raises(VaultError, match="damaged"):
        account_keys(vault, "home", bytes)
    assert vault.get("home/keys") == stored


def test_keys_do_not_show_themselves() -> None:
    """Not in repr, not in str, not inside something else."""
    keys = account_keys(MemoryVault(), "home", lambda count: b"k" * count)
    assert "kkkk" not in f"{keys!r} {keys} {SimpleNamespace(keys=keys)}"


def test_a_missing_credential_names_the_command() -> None:
    """The next step is the command that stores it."""
    with pytest.raises(VaultError, match="ntfy-url") as caught:
        resolve(MemoryVault(), "{credential:ntfy-url}")
    assert "voicepurge secret set ntfy-url" in caught.value.next_step


@pytest.mark.parametrize(
    "text", ["https://x", "{credential:}", "{credential:A}", "x{credential:a}", "{credential:a}\n"]
)
def test_only_a_whole_reference_is_one(text: str) -> None:
    """Anything else is refused without being shown."""
    with pytest.raises(VaultError) as caught:
        credential_name(text)
    assert "https" not in str(caught.value)
