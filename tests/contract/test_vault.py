from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.ports import Vault
from agent.vault import KeyringVault, account_keys, file_vault, resolve
from tests.support.memory_vault import MemoryKeyring, MemoryVault

MAKERS: dict[str, Callable[[Path], Vault]] = {
    "memory": lambda _: MemoryVault(),
    "file": file_vault,
    "keyring that cannot list": lambda _: KeyringVault(MemoryKeyring()),
}


@pytest.fixture(params=MAKERS)
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    return MAKERS[request.param](tmp_path)


def test_what_was_stored_comes_back(vault: Vault) -> None:
    """A stored secret is given back as it was, and again after another one."""
    vault.set("home/refresh-token", "Ünïcode\n\x00 and quotes \"'")
    vault.set("credential:ntfy-url", "other")
    assert vault.get("home/refresh-token") == "Ünïcode\n\x00 and quotes \"'"


def test_the_newest_value_counts(vault: Vault) -> None:
    """Storing under a known name replaces, and the name is listed once."""
    vault.set("home/refresh-token", "first")
    vault.set("home/refresh-token", "second")
    assert vault.get("home/refresh-token") == "second"
    assert list(vault.names()) == ["home/refresh-token"]


def test_nothing_stored_is_none(vault: Vault) -> None:
    """A name that was never stored is None, and an untouched vault lists nothing."""
    assert vault.get("home/keys") is None
    assert list(vault.names()) == []


def test_names_are_sorted_and_complete(vault: Vault) -> None:
    """Every stored name is listed, in order."""
    for name in ("b/keys", "a/keys", "credential:x"):
        vault.set(name, "secret")
    assert list(vault.names()) == ["a/keys", "b/keys", "credential:x"]


def test_removed_is_gone_and_removing_twice_is_fine(vault: Vault) -> None:
    """After `remove` there is nothing to get or list; removing what is not there does nothing."""
    vault.set("home/keys", "secret")
    vault.set("away/keys", "stays")
    vault.remove("home/keys")
    vault.remove("home/keys")
    assert vault.get("home/keys") is None
    assert list(vault.names()) == ["away/keys"]


def test_account_keys_are_made_once(vault: Vault) -> None:
    """The first use makes both keys from the given randomness; every later use gives the same."""
    pieces = iter([b"a" * 32, b"b" * 32])
    made = account_keys(vault, "home", lambda _: next(pieces))
    assert (made.secret, made.signing) == (b"a" * 32, b"b" * 32)
    assert account_keys(vault, "home", lambda _: next(pieces)) == made


def test_a_credential_is_resolved(vault: Vault) -> None:
    """`{credential:NAME}` stands for the secret stored under that name."""
    vault.set("credential:ntfy-url", "https://ntfy.example/topic")
    assert resolve(vault, "{credential:ntfy-url}") == "https://ntfy.example/topic"


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
@given(secret=st.text(min_size=1))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_survives(maker: Callable[[Path], Vault], tmp_path: Path, secret: str) -> None:
    """Whatever text is stored comes back unchanged."""
    vault = maker(tmp_path)
    vault.set("home/thing", secret)
    assert vault.get("home/thing") == secret
