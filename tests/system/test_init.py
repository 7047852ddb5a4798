"""`voicepurge init` without a terminal."""

import os
from pathlib import Path

import pytest

from tests.support.practice_home import Home

OPTIONS = ("--timezone", "Europe/Paris", "--marketplace", "amazon.fr", "--backend", "file")


def test_options_alone_give_a_configuration_keys_and_a_ledger(tmp_path: Path) -> None:
    """A valid file, the ledger's key alone on stdout, advice where to keep it; nobody is signed in."""
    home = Home(tmp_path)
    done = home.run("init", *OPTIONS)
    assert done.code == 0, done.err
    assert done.out.startswith("voicepurge/") and done.out.count("\n") == 1
    assert "away from this machine" in done.err and "voicepurge login home" in done.err
    assert home.run("config", "check").code == 0
    assert home.run("ledger", "key", "home").out == done.out
    assert home.run("ledger", "verify").code == 0
    check = home.run("auth", "check", "--json").json["accounts"][0]
    assert check["secrets"] == {"keys": True, "sign-in": False}
    assert check["marketplace"] == "amazon.fr"


def test_the_service_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    """The configuration holds no secret and is read by another user than the one who wrote it."""
    home = Home(tmp_path)
    before = os.umask(0o077)
    try:
        assert home.run("init", *OPTIONS).code == 0
    finally:
        os.umask(before)
    assert home.config.stat().st_mode & 0o777 == 0o644


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    """A second init is refused; file and keys stay as they are."""
    home = Home(tmp_path)
    key = home.run("init", *OPTIONS).out
    text = home.config.read_bytes()
    again = home.run("init", *OPTIONS, "--account", "other")
    assert again.code == 64 and "never overwrites" in again.err
    assert home.config.read_bytes() == text
    assert home.run("ledger", "key", "home").out == key


def test_a_file_is_left_only_where_the_keys_could_be_made(tmp_path: Path) -> None:
    """When the vault cannot be used, the new configuration is taken away, so that init can be run again."""
    home = Home(tmp_path)
    home.state.parent.mkdir(exist_ok=True)
    home.state.write_text("in the way")
    failed = home.run("init", *OPTIONS)
    assert failed.code in (3, 77) and not home.config.exists()
    home.state.unlink()
    assert home.run("init", *OPTIONS).code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "--timezone is missing"),
        (OPTIONS[:2], "--marketplace is missing"),
        ((*OPTIONS, "--keep-for", "tomorrow"), "--keep-for"),
        (("--timezone", "Europe/Pars", *OPTIONS[2:]), "Europe/Paris"),
        ((*OPTIONS[:-1], "paper"), "--backend"),
    ],
)
def test_what_is_missing_or_wrong_is_said(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    """Without a terminal nobody is asked: exit 64, the option is named, no file appears."""
    home = Home(tmp_path)
    done = home.run("init", *options)
    assert (done.code, done.out) == (64, "")
    assert words in done.err
    assert not home.config.exists()


def test_the_document_has_the_key(tmp_path: Path) -> None:
    """With --json: path, account and key."""
    home = Home(tmp_path)
    document = home.run("init", *OPTIONS, "--account", "flat", "--json").json
    assert set(document) == {"v", "config", "account", "vkey"}
    assert document["account"] == "flat" and Path(document["config"]) == home.config
