"""`voicepurge config show` and `config schema`."""

import json
from pathlib import Path

from agent.alexa.marketplaces import MARKETPLACES
from agent.settings import config_hash, load, parse
from agent.share import shared
from tests.support.config_text import config
from tests.support.practice_home import Home


def test_what_show_prints_is_a_configuration_of_the_same_meaning(tmp_path: Path) -> None:
    """The output can be put in the place of the file, and nothing but it is on stdout."""
    home = Home(tmp_path)
    home.config.write_text(config("keep_devices: ['Küche ☕', \"a\\\"b\"], schedule: {at: '03:10'}"))
    done = home.run("config", "show")
    assert done.code == 0
    assert "keep_for: 1d" in done.out and "catch_up: 3d" in done.out
    assert str(home.config) in done.err
    before = load(home.config, marketplaces=MARKETPLACES)
    assert parse(done.out, "again", marketplaces=MARKETPLACES) == before
    home.config.write_text(done.out)
    assert home.run("config", "show").out == done.out


def test_show_as_a_document_names_the_version_in_force(tmp_path: Path) -> None:
    """Settings with defaults, the file, and the hash the ledger knows it by."""
    home = Home(tmp_path)
    home.config.write_text(config())
    document = home.run("config", "show", "--json").json
    assert set(document) == {"v", "config", "hash", "settings"}
    assert document["hash"] == config_hash(config())
    assert document["settings"]["credentials"] == {"backend": "file"}
    assert document["settings"]["verify"] == {"recheck": ["30s", "5m", "1h"]}


def test_show_needs_neither_vault_nor_state(tmp_path: Path) -> None:
    """What is in the file can be seen where the vault cannot be opened, and nothing is made."""
    home = Home(tmp_path)
    home.config.write_text(config(rest="credentials: {backend: keyring}"))
    assert home.run("config", "show").code == 0
    assert not home.state.exists()


def test_a_broken_file_shows_its_problems_and_no_settings(tmp_path: Path) -> None:
    """Exit 78, every problem at its place, nothing on stdout."""
    home = Home(tmp_path)
    home.config.write_text(config("keep_fro: 1d"))
    done = home.run("config", "show")
    assert (done.code, done.out) == (78, "")
    assert f"{home.config}:4:" in done.err
    assert home.run("config", "show", "--json").json["error"]["problems"]


def test_the_schema_is_printed_as_it_is_checked_in(tmp_path: Path) -> None:
    """No configuration is needed; the text is the file, the document holds the same."""
    home = Home(tmp_path)
    text = shared("config/schema.json").read_text(encoding="utf-8")
    assert home.run("config", "schema").out == text
    assert home.run("config", "schema", "--json").json == {"v": 1, "schema": json.loads(text)}


def test_init_names_the_schema_for_editors(tmp_path: Path) -> None:
    """A new configuration begins with the line an editor reads, and the address works from there."""
    home = Home(tmp_path)
    given = ("--timezone", "UTC", "--marketplace", "amazon.de", "--backend", "file")
    assert home.run("init", *given).code == 0
    first = home.config.read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={shared('config/schema.json').as_uri()}"
