import re

from agent.model import Policy, Surface
from agent.settings import load, parse, read
from agent.settings.schema import names_at
from agent.share import shared
from tests.support.config_text import MARKETPLACES, problems

EXAMPLE = shared("config/voicepurge.yaml")


def test_the_example_loads_without_change() -> None:
    """Whoever copies the example has a valid configuration."""
    settings = load(EXAMPLE, marketplaces=MARKETPLACES)
    assert settings.accounts["home"].policy() == Policy(keep_for_ms=86_400_000)


def test_the_example_shows_every_key() -> None:
    """Each key that may be used stands in the example, be it in a comment."""
    text = EXAMPLE.read_text(encoding="utf-8")
    sections = (
        (),
        ("accounts", "home"),
        *((name,) for name in names_at(())),
        ("accounts", "home", "schedule"),
    )
    keys = {key for path in sections for key in names_at(path)} - {"practice", "key_file"}
    assert {key for key in keys if not re.search(rf"\b{key}:", text)} == set()


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
        ("methods: [learned]", "methods: [learned, 'recipe:mine', phrase]"),
        ("methods: [learned]", "methods: []"),
    ):
        assert old in text
        assert problems(text.replace(old, new)) == ()


def test_both_surfaces_are_the_default() -> None:
    """Voice and activity must both be clean unless somebody says otherwise."""
    account = load(EXAMPLE, marketplaces=MARKETPLACES).accounts["home"]
    assert account.surfaces == (Surface.VOICE, Surface.ACTIVITY)
