import json
import subprocess
import sys

import pytest

from agent.settings import schema
from agent.settings.schema import names_at


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
    assert text.count('"additionalProperties": false') == len(schema()["$defs"])  # type: ignore[arg-type] # a mapping


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
