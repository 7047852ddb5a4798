import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from agent.errors import VaultError
from agent.vault import KeyFile, KeyringVault, SealedFiles, file_vault
from agent.vault.sealed import label


def place(state: Path, name: str) -> Path:
    return state / "vault" / label("voicepurge", name)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_we_can_read_it(tmp_path: Path) -> None:
    """The directory is 0700 and every file in it 0600, whatever the umask."""
    before = os.umask(0)
    try:
        file_vault(tmp_path).set("home/keys", "secret")
    finally:
        os.umask(before)
    assert mode(tmp_path / "vault") == 0o700
    assert {mode(path) for path in (tmp_path / "vault").iterdir()} == {0o600}


def test_looking_makes_nothing(tmp_path: Path) -> None:
    """Reading, listing and removing leave an empty state directory empty: the key is made to write."""
    vault = file_vault(tmp_path)
    assert vault.get("home/keys") is None
    vault.remove("home/keys")
    assert list(vault.names()) == []
    assert list(tmp_path.iterdir()) == []


def test_another_process_reads_it(tmp_path: Path) -> None:
    """Nothing is kept in memory only."""
    file_vault(tmp_path).set("home/keys", "secret")
    assert file_vault(tmp_path).get("home/keys") == "secret"


def test_no_secret_and_no_name_on_disk(tmp_path: Path) -> None:
    """Neither file names nor contents hold a secret or its name."""
    file_vault(tmp_path).set("home/keys", "secret-of-mine")
    written = b"".join(path.name.encode() + path.read_bytes() for path in (tmp_path / "vault").iterdir())
    assert b"secret-of-mine" not in written
    assert b"home/keys" not in written


def test_swapped_files_are_refused(tmp_path: Path) -> None:
    """A secret moved to another's place does not open there."""
    vault = file_vault(tmp_path)
    vault.set("a/keys", "one")
    vault.set("b/keys", "two")
    place(tmp_path, "a/keys").replace(place(tmp_path, "b/keys"))
    with pytest.raises(VaultError, match="moved"):
        file_vault(tmp_path).get("b/keys")
    with pytest.raises(VaultError, match="moved"):
        list(file_vault(tmp_path).names())


def test_a_lost_key_is_never_replaced(tmp_path: Path) -> None:
    """Where sealed files are, a missing key is an error for reading and for writing."""
    file_vault(tmp_path).set("home/keys", "secret")
    (tmp_path / "vault" / "key").unlink()
    with pytest.raises(VaultError, match="missing"):
        file_vault(tmp_path).get("home/keys")
    with pytest.raises(VaultError, match="missing"):
        file_vault(tmp_path).set("home/other", "secret")


def test_a_key_elsewhere_is_used_and_never_made(tmp_path: Path) -> None:
    """A configured key file must be there; then no key lies beside the secrets."""
    key = tmp_path / "elsewhere"
    with pytest.raises(VaultError, match="missing") as caught:
        file_vault(tmp_path, key).set("home/keys", "secret")
    assert "head -c 32" in caught.value.next_step
    assert not key.exists()
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    file_vault(tmp_path, key).set("home/keys", "secret")
    assert file_vault(tmp_path, key).get("home/keys") == "secret"
    assert [path.name for path in (tmp_path / "vault").iterdir()] == [place(tmp_path, "home/keys").name]


def test_the_advice_for_a_key_works(tmp_path: Path) -> None:
    """The command in the next step makes a key that is accepted."""
    key = tmp_path / "elsewhere"
    with pytest.raises(VaultError) as caught:
        file_vault(tmp_path, key).set("home/keys", "secret")
    subprocess.run(["sh", "-c", caught.value.next_step.partition(": ")[2]], check=True, timeout=20)
    file_vault(tmp_path, key).set("home/keys", "secret")
    assert mode(key) == 0o600


@pytest.mark.parametrize("bad", [0o604, 0o602, 0o666, 0o620])
def test_a_key_others_can_touch_is_refused(tmp_path: Path, bad: int) -> None:
    """Read for the world or write for anybody else: refused, with the command that mends it."""
    file_vault(tmp_path).set("home/keys", "secret")
    (tmp_path / "vault" / "key").chmod(bad)
    with pytest.raises(VaultError, match="others") as caught:
        file_vault(tmp_path).get("home/keys")
    assert caught.value.next_step == f"chmod 600 {tmp_path / 'vault' / 'key'}"


@pytest.mark.parametrize("bad", [0o755, 0o710, 0o701])
def test_a_directory_others_can_enter_is_refused(tmp_path: Path, bad: int) -> None:
    """The same for the directory."""
    file_vault(tmp_path).set("home/keys", "secret")
    (tmp_path / "vault").chmod(bad)
    with pytest.raises(VaultError, match="others") as caught:
        file_vault(tmp_path).get("home/keys")
    assert caught.value.next_step == f"chmod 700 {tmp_path / 'vault'}"


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33), b"0" * 64])
def test_only_32_bytes_are_a_key(tmp_path: Path, content: bytes) -> None:
    """A key file of another length is refused, not padded or cut."""
    key = tmp_path / "elsewhere"
    key.write_bytes(content)
    key.chmod(0o600)
    with pytest.raises(VaultError, match="32 bytes"):
        file_vault(tmp_path, key).set("home/keys", "secret")


def test_a_directory_is_no_key(tmp_path: Path) -> None:
    """Nor a directory where a sealed file should be: both are errors of ours."""
    with pytest.raises(VaultError, match="regular"):
        file_vault(tmp_path, tmp_path).set("home/keys", "secret")
    place(tmp_path, "home/keys").mkdir()
    with pytest.raises(VaultError, match="cannot be read"):
        file_vault(tmp_path).get("home/keys")


def test_a_named_pipe_as_key_does_not_hang(tmp_path: Path) -> None:
    """Only a regular file is a key."""
    key = tmp_path / "pipe"
    os.mkfifo(key, 0o600)
    with pytest.raises(VaultError, match="regular"):
        file_vault(tmp_path, key).set("home/keys", "secret")


def test_a_crash_in_the_middle_leaves_the_old_value(tmp_path: Path) -> None:
    """What a killed process left unfinished is neither read nor listed, and does not hinder the next."""
    vault = file_vault(tmp_path)
    vault.set("home/keys", "old")
    unfinished = place(tmp_path, "home/keys").with_name(place(tmp_path, "home/keys").name + ".new")
    unfinished.write_bytes(b"half")
    assert vault.get("home/keys") == "old"
    assert list(vault.names()) == ["home/keys"]
    vault.set("home/keys", "new")
    assert vault.get("home/keys") == "new"
    assert not unfinished.exists()


def test_a_vault_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A file where the directory should be is our error with a message, no traceback of the system."""
    (tmp_path / "vault").write_text("")
    with pytest.raises(VaultError, match="cannot be made"):
        file_vault(tmp_path).set("home/keys", "secret")


def test_the_key_can_be_read_ahead(tmp_path: Path) -> None:
    """After `unlock` the key file is not looked at again, so the right to read it may be given up."""
    file_vault(tmp_path).set("home/keys", "secret")
    backend = SealedFiles(tmp_path / "vault")
    backend.unlock()
    (tmp_path / "vault" / "key").unlink()
    assert KeyringVault(backend).get("home/keys") == "secret"


def test_a_key_that_will_be_missed_is_told_before_anything_is_stored(tmp_path: Path) -> None:
    """One that lies elsewhere must be there; one beside the files is made with the first of them."""
    SealedFiles(tmp_path / "vault").require_key()
    assert list(tmp_path.iterdir()) == []
    elsewhere = SealedFiles(tmp_path / "vault", KeyFile(tmp_path / "key", beside=False))
    with pytest.raises(VaultError, match="missing"):
        elsewhere.require_key()


def test_services_are_kept_apart(tmp_path: Path) -> None:
    """Another service's secret is neither found nor listed, though it lies in the same directory."""
    backend = SealedFiles(tmp_path / "vault")
    backend.set_password("other", "home/keys", "theirs")
    assert KeyringVault(backend).get("home/keys") is None
    assert list(KeyringVault(backend).names()) == []


def test_the_environment_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With other backends KEYRING_PROPERTY_* sets any attribute, methods too; with ours it may not."""
    monkeypatch.setenv("KEYRING_PROPERTY_GET_PASSWORD", "trap")
    file_vault(tmp_path).set("home/keys", "secret")
    assert file_vault(tmp_path).get("home/keys") == "secret"


def test_keyring_never_chooses_it_by_itself() -> None:
    """Importing the vault looks for no backend, needs no HOME, and leaves ours out of keyring's choice."""
    program = """
import sys, agent.vault, keyring.core, keyring.backend
assert keyring.core._keyring_backend is None
loaded = [name for name in sys.modules if name.startswith("keyring.backends.")]
assert loaded == ["keyring.backends.fail"], loaded
assert not agent.vault.SealedFiles.viable
assert agent.vault.SealedFiles not in set(keyring.backend.KeyringBackend.get_viable_backends())
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], env={}, check=True, timeout=60)
