import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from agent.model import Policy, Surface
from agent.settings import example, load, parse, read
from agent.share import shared
from tests.support.config_text import MARKETPLACES, problems
from tests.support.json_schema import errors, keys

EXAMPLE = shared("config/voicepurge.yaml")
SCHEMA = json.loads(shared("config/schema.json").read_text(encoding="utf-8"))


def test_the_example_loads_without_change() -> None:
    """Whoever copies the example has a valid configuration."""
    settings = load(EXAMPLE, marketplaces=MARKETPLACES)
    assert settings.accounts["home"].policy() == Policy(keep_for_ms=86_400_000)


def test_the_example_shows_every_key() -> None:
    """Each key is written out with its value, or stands in a comment that says why it is not."""
    text = EXAMPLE.read_text(encoding="utf-8")
    written = {path for path in keys(SCHEMA) if present(plain(text), path)}
    comments = "\n".join(line.partition("#")[2] for line in text.splitlines())
    left_out = {path for path in keys(SCHEMA) if path not in written}
    assert {path for path in left_out if not re.search(rf"\b{path[-1]}: ", comments)} == set()
    assert {path[-1] for path in left_out} == {
        *("at", "days", "cron"),  # one of the ways to say when
        *(
            "practice",
            "url",
            "ca",
            "healthchecks",
            "key_file",
            "phrase",
            "device",
        ),  # without them is the default
    }


def test_the_example_is_valid_by_its_own_schema() -> None:
    """An editor that reads its first line marks nothing."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    assert list(errors(plain(text), SCHEMA)) == []


def test_a_copy_names_the_schema_of_this_installation() -> None:
    """Wherever it is put: the address is whole, leads to the schema, and is all that differs."""
    copy, original = example(), EXAMPLE.read_text(encoding="utf-8")
    first, rest = copy.split("\n", 1)
    address = first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads(Path(unquote(urlsplit(address).path)).read_text(encoding="utf-8")) == SCHEMA
    assert urlsplit(address).scheme == "file"
    assert original.split("\n", 1)[1] == rest


def plain(text: str) -> Any:  # noqa: ANN401 - what a YAML reader that is not ours makes of it
    return yaml.safe_load(text)


def present(value: Any, path: tuple[str, ...]) -> bool:  # noqa: ANN401 - as above
    if not path:
        return True
    if not isinstance(value, dict):
        return False
    names = list(value) if path[0] == "*" else [name for name in value if name == path[0]]
    return any(present(value[name], path[1:]) for name in names)


def test_what_the_example_says_is_the_default() -> None:
    """Leaving a section or a line out means what the example says, so that it never misleads."""
    short = "version: 1\ntimezone: Europe/Berlin\naccounts: {home: {marketplace: amazon.de, keep_for: 24h}}\n"
    assert load(EXAMPLE, marketplaces=MARKETPLACES) == parse(short, "c.yaml", marketplaces=MARKETPLACES)


def test_the_commented_lines_work() -> None:
    """Every alternative in a comment is valid when it is put in place of its line."""
    text = read(EXAMPLE)
    for old, new in (
        ("{every: 6h}", '{at: "03:10", days: [mon, thu]}'),
        ("{every: 6h}", '{cron: "10 3 * * *"}'),
        ("keep_devices: []", 'keep_devices: ["Kids room"]'),
        ("urls: []", 'urls: ["{credential:ntfy-url}"]'),
        ("# healthchecks:", "healthchecks:"),
        ("backend: file", "backend: keyring"),
        ("backend: file", "backend: systemd"),
        ("backend: file", "backend: file, key_file: /media/usb/key"),
        ("methods: [learned]", "methods: [learned, 'recipe:mine', phrase]"),
        ("methods: [learned]", "methods: []"),
        ("# phrase:", "phrase:"),
    ):
        assert old in text
        assert problems(text.replace(old, new)) == ()


def test_both_surfaces_are_the_default() -> None:
    """Voice and activity must both be clean unless somebody says otherwise."""
    account = load(EXAMPLE, marketplaces=MARKETPLACES).accounts["home"]
    assert account.surfaces == (Surface.VOICE, Surface.ACTIVITY)
