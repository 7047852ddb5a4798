"""`secret` and `vault` as a person uses them; root's part stands in tests/systemd."""

import stat
from pathlib import Path

import pytest

from agent.vault.export import unpack
from tests.support.practice_home import Home

PASSPHRASE = "correct horse battery\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One account, two secrets wanted, nothing stored."""
    made = Home(tmp_path, {"home": {"marketplace": "amazon.de", "keep_for": "1d"}})
    made.top.update(verify={}, limits={})
    made.top["notify"] = {"urls": ["{credential:ntfy-url}", "{credential:mail}"]}
    made.write()
    return made


def test_set_list_remove(home: Home) -> None:
    """Names are shown with what is missing or unused; values never, anywhere."""
    said = [home.run("secret", "set", name, text="hunter2-value\n") for name in ("ntfy-url", "other")]
    assert [done.code for done in said] == [0, 0]
    assert "does not use it yet" in said[1].err and "does not" not in said[0].err
    listed = home.run("secret", "list")
    assert listed.out.splitlines() == ["mail  MISSING", "ntfy-url", "other  not used"]
    rows = home.run("secret", "list", "--json").json["secrets"]
    assert [(row["secret"], row["stored"], row["used"]) for row in rows] == [
        ("mail", False, True),
        ("ntfy-url", True, True),
        ("other", True, False),
    ]
    assert home.run("secret", "remove", "other").code == 0
    again = home.run("secret", "remove", "other")
    assert again.code == 64 and "no secret other" in again.err
    written = b"".join(path.read_bytes() for path in home.place.rglob("*") if path.is_file())
    assert b"hunter2" not in written
    assert not any("hunter2" in done.out + done.err for done in (*said, listed, again))


@pytest.mark.parametrize("name", ["", "Ntfy", "a/b", "-x", "home/keys", "x" * 65])
def test_only_names_of_secrets(home: Home, name: str) -> None:
    """Nothing else in the vault can be reached by this verb."""
    assert home.run("secret", "set", "--", name, text="x").code == 64


def test_an_empty_value_is_refused(home: Home) -> None:
    """Nothing on standard input is no secret."""
    done = home.run("secret", "set", "ntfy-url", text="\n")
    assert done.code == 64 and "nothing came" in done.err


def test_a_piped_value_keeps_its_lines(home: Home) -> None:
    """Only the last line end is taken off: proved by what an export carries to another vault."""
    home.run("secret", "set", "ntfy-url", text="two\nlines\n\n")
    home.run("vault", "export", str(home.place / "out"), text=PASSPHRASE)
    content = (home.place / "out").read_bytes()
    assert unpack(content, PASSPHRASE.strip())["credential:ntfy-url"] == "two\nlines\n"


def test_an_export_moves_an_installation(home: Home, tmp_path: Path) -> None:
    """0600, never overwritten, opened only with the passphrase; the new place has the same secrets."""
    home.run("secret", "set", "ntfy-url", text="hunter2")
    file = tmp_path / "moving"
    done = home.run("vault", "export", str(file), text=PASSPHRASE)
    assert done.code == 0, done.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and b"hunter2" not in file.read_bytes()
    before = file.read_bytes()
    assert home.run("vault", "export", str(file), text=PASSPHRASE).code == 64
    assert file.read_bytes() == before
    other = Home(tmp_path / "other", home.accounts, home.top)
    other.place.mkdir()
    other.write()
    wrong = other.run("vault", "import", str(file), text="another passphrase\n")
    assert wrong.code == 3 and "passphrase is wrong" in wrong.err
    assert other.run("vault", "import", str(file), "--json", text=PASSPHRASE).json["secrets"] == 1
    assert other.run("vault", "import", str(file), text=PASSPHRASE).code == 0
    assert other.run("secret", "list").out == home.run("secret", "list").out
    other.run("secret", "set", "ntfy-url", text="newer")
    refused = other.run("vault", "import", str(file), text=PASSPHRASE)
    assert refused.code == 64 and "credential:ntfy-url" in refused.err and "newer" not in refused.err


def test_an_empty_vault_is_not_exported(home: Home, tmp_path: Path) -> None:
    """No file is left that looks like a backup."""
    assert home.run("vault", "export", str(tmp_path / "moving"), text=PASSPHRASE).code == 64
    assert not (tmp_path / "moving").exists()


def test_rotate_and_init(home: Home) -> None:
    """`init` makes the key once; `rotate` changes it and every secret still opens."""
    assert home.run("vault", "init").code == 0
    key = home.state / "vault" / "key"
    first = key.read_bytes()
    assert home.run("vault", "init").code == 0 and key.read_bytes() == first
    home.run("secret", "set", "ntfy-url", text="hunter2")
    assert home.run("vault", "rotate", "--json").json["sealed"] == 1
    assert key.read_bytes() != first
    assert home.run("secret", "list").out.splitlines()[-1] == "ntfy-url"


def test_the_desktop_keyring_has_no_key_of_ours(home: Home) -> None:
    """`rotate` says so instead of doing something else."""
    home.top["credentials"] = {"backend": "keyring"}
    home.write()
    assert home.run("vault", "rotate").code == 64


def test_neither_root_nor_service_cannot_open_systemd_s_vault(home: Home, tmp_path: Path) -> None:
    """In a unit that was given no such credential: an error that names the line to add, exit 3 or 77."""
    home.top["credentials"] = {"backend": "systemd"}
    home.write()
    given = tmp_path / "credentials"
    given.mkdir()
    environment = {"CREDENTIALS_DIRECTORY": str(given)}
    (given / "voicepurge-key").write_bytes(bytes(31))
    (given / "voicepurge-key").chmod(0o400)
    done = home.spawn("secret", "list", environment=environment)
    assert done.code == 0, "an empty vault needs no key to be listed"
    done = home.spawn("secret", "set", "mail", text="x", environment=environment)
    assert done.code == 3 and "32 bytes" in done.err
