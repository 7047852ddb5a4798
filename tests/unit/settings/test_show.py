import json

from hypothesis import given
from hypothesis import strategies as st

from agent.settings import as_text, parse, values
from agent.share import shared
from tests.support import json_schema
from tests.support.config_text import config, read
from tests.support.valid_configs import TEXTS, as_yaml

EXAMPLE = shared("config/voicepurge.yaml").read_text(encoding="utf-8")


@given(TEXTS)
def test_what_is_shown_means_the_same(text: str) -> None:
    """The text of the settings is a configuration that gives the same settings, and itself again."""
    found = read(text)
    shown = as_text(found)
    assert read(shown) == found
    assert as_text(read(shown)) == shown


@given(TEXTS)
def test_both_forms_say_the_same(text: str) -> None:
    """The values that go into JSON are a configuration too, with the same meaning."""
    found = read(text)
    assert read(as_yaml(values(found), 0)) == found


@given(st.text(min_size=1).filter(str.strip))
def test_any_name_of_a_device_comes_back(name: str) -> None:
    """Quotes, line ends, marks that turn the direction of writing: escaped, read back, on one line."""
    found = read(config()).model_copy(deep=True)
    account = found.accounts["home"].model_copy(update={"keep_devices": (name,)})
    shown = as_text(found.model_copy(update={"accounts": {"home": account}}))
    assert read(shown).accounts["home"].keep_devices == (name,)
    assert all(line.isprintable() for line in shown.split("\n"))


def test_every_default_is_filled_in() -> None:
    """Each key of the schema is there, except what has no default."""
    shown = values(read(config()))
    found = {key[-1] for key in _paths(shown)}
    expected = {path[-1] for path in json_schema.keys(schema_of_file())}
    without = {"at", "days", "cron", "practice", "url", "ca", "key_file", "healthchecks", "phrase", "device"}
    assert expected - found == without


def _paths(value: object, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(value, dict):
        return []
    here = [(*above, str(key)) for key in value]
    return [*here, *(path for key, below in value.items() for path in _paths(below, (*above, str(key))))]


def schema_of_file() -> dict[str, object]:
    found = json.loads(shared("config/schema.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_a_default_that_depends_is_shown_as_it_is() -> None:
    """The jitter nobody wrote is a quarter of the time between two slots."""
    shown = as_text(read(config("schedule: {every: 30m}")))
    assert "    jitter: 450s\n" in shown
    assert read(shown) == read(config("schedule: {every: 30m}"))


def test_the_example_says_what_is_shown() -> None:
    """Nothing the example writes out is changed on the way."""
    found = parse(EXAMPLE, "c.yaml", marketplaces={"amazon.de"})
    assert read(as_text(found)) == found
