import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given

from agent.settings import schema, schema_text, values
from agent.settings.schema import names_at
from agent.share import shared
from tests.support import json_schema
from tests.support.config_text import config, read
from tests.support.valid_configs import VALID, Data, as_yaml

CHECKED_IN = shared("config/schema.json").read_text(encoding="utf-8")
SCHEMA: dict[str, Any] = json.loads(CHECKED_IN)


def test_the_schema_that_is_checked_in_is_the_one_of_the_code() -> None:
    """`make schema` was run after the last change."""
    assert schema_text() == CHECKED_IN


@given(VALID)
def test_what_works_is_valid_by_the_schema(data: Data) -> None:
    """No editor marks a configuration that works, whether a person wrote it or `config show`."""
    assert list(json_schema.errors(data, SCHEMA)) == []
    assert list(json_schema.errors(values(read(as_yaml(data, 5))), SCHEMA)) == []


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("keep_fro",), "1d", "$.accounts.home.keep_fro: unknown"),
        (("keep_for",), "1 day", "$.accounts.home.keep_for: not pattern"),
        (("keep_for",), 1, "$.accounts.home.keep_for: not type string"),
        (("surfaces",), [], "$.accounts.home.surfaces: not minItems 1"),
        (("surfaces",), ["ears"], "$.accounts.home.surfaces[0]: not enum"),
        (("confirm_over",), -1, "$.accounts.home.confirm_over: not minimum 0"),
        (("schedule",), {"every": "6h", "at": "03:10"}, "$.accounts.home.schedule: 2 of oneOf"),
        (("schedule",), {"days": ["mon"]}, "$.accounts.home.schedule: 0 of oneOf"),
        (("methods",), ["guess"], "$.accounts.home.methods[0]: not pattern"),
        (("practice",), {"url": "https://127.0.0.1:1"}, "$.accounts.home.practice: not required"),
    ],
)
def test_what_cannot_work_is_marked_where_it_stands(path: tuple[str], value: object, where: str) -> None:
    """Unknown keys, wrong types and values are no longer a surprise at the next run."""
    data = values(read(config()))
    accounts = data["accounts"]
    assert isinstance(accounts, dict)
    accounts["home"] |= {path[0]: value}
    (found, *_) = json_schema.errors(data, SCHEMA)
    assert found.startswith(where)


@pytest.mark.parametrize("name", ["Home", "1st", "a_b", "a" * 33, ""])
def test_a_name_that_is_none_is_marked(name: str) -> None:
    """Names of accounts have a pattern in the schema too."""
    data = {**values(read(config())), "accounts": {name: {"marketplace": "amazon.de", "keep_for": "1d"}}}
    assert list(json_schema.errors(data, SCHEMA))


def test_the_schema_is_the_same_everywhere() -> None:
    """Two processes with other hash seeds write the same bytes, so it can be checked in."""
    program = "import json; from agent.settings import schema; print(json.dumps(schema()))"
    written = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert written == {json.dumps(schema()).encode() + b"\n"}


def test_nothing_may_be_null_and_nothing_is_unknown() -> None:
    """An editor marks an empty value and an unknown key, as `config check` does."""
    text = json.dumps(schema())
    assert "null" not in text
    mappings = text.count('"properties": ') + text.count('"patternProperties": ')
    assert text.count('"additionalProperties": false') == mappings > 10


def test_defaults_are_written_as_people_write_them() -> None:
    """Durations are `3d`, not ISO 8601."""
    text = json.dumps(schema())
    assert '"default": "3d"' in text
    assert '"default": ["30s", "5m", "1h"]' in text
    assert '"PT' not in text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ((), "timezone"),
        (("accounts", "x"), "keep_for"),
        (("accounts", "x", "practice"), "ca"),
        (("notify",), "urls"),
    ],
)
def test_names_are_known_at_each_place(path: tuple[str, ...], name: str) -> None:
    """Proposals for a misspelt key come from the schema."""
    assert name in names_at(path)
