from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import NoPermissionError, VaultError
from agent.vault import KeyringVault, SealedFiles
from agent.vault.private import write_private

SECRETS = {"home/keys": "one", "away/keys": "two", "credential:x": "three"}


class StoppedError(Exception):
    """The power went."""


def filled(state: Path) -> SealedFiles:
    files = SealedFiles(state)
    vault = KeyringVault(files)
    for name, secret in SECRETS.items():
        vault.set(name, secret)
    return files


def content(files: SealedFiles) -> dict[str, str | None]:
    vault = KeyringVault(files)
    return {name: vault.get(name) for name in vault.names()}


def stop_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The n-th file that would be written from now on is not, and nothing after it happens."""
    taken = 0

    def writing(path: Path, given: bytes) -> None:
        nonlocal taken
        taken += 1
        if taken == step:
            raise StoppedError
        write_private(path, given)

    for module in ("agent.vault.file", "agent.vault.keysource"):
        monkeypatch.setattr(f"{module}.write_private", writing)


def test_everything_opens_with_the_new_key_only(tmp_path: Path) -> None:
    """Same secrets, another key file, no sealed file as before, no trace of the change."""
    files = filled(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert files.rotate() == 3
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert before.keys() == after.keys()
    assert all(after[name] != before[name] for name in before)
    assert content(files) == content(SealedFiles(tmp_path)) == SECRETS
    (tmp_path / "key").write_bytes(before["key"])
    with pytest.raises(VaultError, match="another key"):
        content(SealedFiles(tmp_path))


@pytest.mark.parametrize("step", range(1, 6))
def test_interrupted_anywhere_nothing_is_lost(
    tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each of its five writes: a new process opens all, stores more, and ends the change."""
    files = filled(tmp_path)
    holder = SealedFiles(tmp_path)
    holder.unlock()
    with monkeypatch.context() as world:
        stop_at(step, world)
        with pytest.raises(StoppedError):
            files.rotate()
    assert content(SealedFiles(tmp_path)) == content(holder) == SECRETS
    KeyringVault(SealedFiles(tmp_path)).set("credential:y", "four")
    KeyringVault(holder).set("credential:z", "five")
    more = {**SECRETS, "credential:y": "four", "credential:z": "five"}
    assert content(SealedFiles(tmp_path)) == content(holder) == more
    SealedFiles(tmp_path).rotate()
    assert content(SealedFiles(tmp_path)) == more
    assert not (tmp_path / "next").exists()


def test_stopped_between_the_key_and_the_end(tmp_path: Path) -> None:
    """The new key is in place, the announcement not yet gone: both holders read, a new change is possible."""
    files = filled(tmp_path)
    old = SealedFiles(tmp_path)
    old.unlock()
    with pytest.raises(StoppedError):
        files.rotate(_then_stop(tmp_path / "key", tmp_path))
    assert (tmp_path / "next").exists()
    assert content(SealedFiles(tmp_path)) == content(old) == SECRETS
    SealedFiles(tmp_path).rotate()
    assert content(SealedFiles(tmp_path)) == SECRETS


def _then_stop(key: Path, _directory: Path) -> Callable[[bytes], None]:
    def install(new: bytes) -> None:
        write_private(key, new)
        raise StoppedError

    return install


def test_who_kept_the_old_key_cannot_write_past_the_change(tmp_path: Path) -> None:
    """A process from before reads nothing and stores nothing: what it sealed, nobody else could open."""
    files = filled(tmp_path)
    old = SealedFiles(tmp_path)
    old.unlock()
    files.rotate()
    with pytest.raises(VaultError, match="changed") as caught:
        KeyringVault(old).set("home/keys", "lost")
    assert "Restart" in caught.value.next_step
    assert content(SealedFiles(tmp_path)) == SECRETS


def test_damage_stops_it_before_the_first_write(tmp_path: Path) -> None:
    """One secret that does not open, and the old key and all files stay as they are."""
    files = filled(tmp_path)
    victim = next(path for path in sorted(tmp_path.iterdir()) if path.name != "key")
    victim.write_bytes(victim.read_bytes()[:-1] + b"!")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(VaultError, match="damaged"):
        files.rotate()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_empty_vault_has_nothing_to_change(tmp_path: Path) -> None:
    """Said, not done."""
    with pytest.raises(VaultError, match="empty"):
        SealedFiles(tmp_path / "none").rotate()


def test_the_old_place_must_be_writable_first(tmp_path: Path) -> None:
    """A key that may not be replaced is refused before anything is sealed anew."""

    class Fixed:
        """A key from somewhere else."""

        made_on_first_use = False

        def read(self, _owner: int | None) -> bytes:
            return bytes(32)

        def require_writable(self) -> None:
            raise NoPermissionError("not ours")

        def write(self, _key: bytes) -> None:
            raise AssertionError

        def missing(self) -> VaultError:
            return VaultError("missing")

    files = SealedFiles(tmp_path, Fixed())
    KeyringVault(files).set("home/keys", "one")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(NoPermissionError):
        files.rotate()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_key_is_made_once_and_never_over_secrets(tmp_path: Path) -> None:
    """True the first time, False afterwards; with secrets and no key an error."""
    files = SealedFiles(tmp_path / "vault")
    assert files.make_key() is True
    assert files.make_key() is False
    KeyringVault(files).set("home/keys", "one")
    (tmp_path / "vault" / "key").unlink()
    with pytest.raises(VaultError, match="could not open"):
        SealedFiles(tmp_path / "vault").make_key()


def test_what_hinders_reading_ahead_is_told_at_the_first_use(tmp_path: Path) -> None:
    """Commands that need no secret are not stopped by a bad key; those that do, are."""
    filled(tmp_path)
    (tmp_path / "key").chmod(0o644)
    files = SealedFiles(tmp_path)
    files.unlock()
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(VaultError, match="others"):
        files.get_password("voicepurge", "home/keys")
