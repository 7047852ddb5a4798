from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.ports import Vault
from agent.vault import KeyringVault, account_keys, desktop_vault, file_vault, resolve, systemd_vault
from agent.vault.desktop import TimeLimited
from tests.support.memory_vault import MemoryKeyring, MemoryVault
from tests.support.secret_service import session


def inside_a_unit(place: Path) -> Vault:
    """With the key where systemd puts it for a service."""
    given = place / "credentials"
    given.mkdir(exist_ok=True)
    key = given / "voicepurge-key"
    if not key.exists():
        key.write_bytes(bytes(range(32)))
        key.chmod(0o400)
    return systemd_vault(place, {"CREDENTIALS_DIRECTORY": str(given)})


def key_elsewhere(place: Path) -> Vault:
    """With a key file of one's own."""
    key = place / "key-of-mine"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    return file_vault(place, key)


def desktop(_place: Path) -> Vault:
    """The Secret Service of the session that `secret_service` starts, empty."""
    vault = desktop_vault()
    for name in list(vault.names()):
        vault.remove(name)
    return vault


MAKERS: dict[str, Callable[[Path], Vault]] = {
    "memory": lambda _: MemoryVault(),
    "file": file_vault,
    "file, key elsewhere": key_elsewhere,
    "systemd, in the unit": inside_a_unit,
    "keyring that cannot list": lambda _: KeyringVault(MemoryKeyring()),
    "keyring with a time limit": lambda _: KeyringVault(TimeLimited(MemoryKeyring())),
}
IN_A_SESSION = pytest.param(desktop, id="Secret Service", marks=pytest.mark.heavy)
ALL = [*(pytest.param(maker, id=name) for name, maker in MAKERS.items()), IN_A_SESSION]


@pytest.fixture(scope="module", autouse=True)
def secret_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """A session with a keyring, for the heavy part of this file only."""
    chosen = {item.callspec.id for item in request.session.items if hasattr(item, "callspec")}
    if not any("Secret Service" in one for one in chosen):
        yield
        return
    with session(tmp_path_factory.mktemp("session")) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield


@pytest.fixture(params=ALL)
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    maker: Callable[[Path], Vault] = request.param
    return maker(tmp_path)


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


@pytest.mark.parametrize("maker", ALL)
@given(secret=st.text(min_size=1))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_survives(maker: Callable[[Path], Vault], tmp_path: Path, secret: str) -> None:
    """Whatever text is stored comes back unchanged."""
    vault = maker(tmp_path)
    vault.set("home/thing", secret)
    assert vault.get("home/thing") == secret
