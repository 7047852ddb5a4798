import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings

from agent.errors import ConfigError
from agent.settings import Settings, as_text, load
from tests.support.config_edits import FILES, MOST
from tests.support.config_text import MARKETPLACES, read


def loaded(path: Path) -> Settings | tuple[str, ...]:
    try:
        return load(path, marketplaces=MARKETPLACES)
    except ConfigError as error:
        return error.problems


def check_places(problems: tuple[str, ...], path: Path) -> None:
    """Each problem has a place that is in the file, and words of its own."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    assert problems
    for one in problems:
        line, column, message = one.removeprefix(f"{path}:").split(":", 2)
        assert 1 <= int(line) <= len(lines)
        assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1
        assert message.strip()
        assert one.isprintable()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edits") / "c.yaml"


@given(data=FILES)
@settings(max_examples=300)
def test_any_edit_is_settings_or_problems_with_places(place: Path, data: bytes) -> None:
    """Whatever the edit, every problem has its place or the file works; within 2 s of work."""
    place.write_bytes(data)
    started = time.process_time()
    found = loaded(place)
    assert time.process_time() - started < 2
    if isinstance(found, Settings):
        assert len(data) <= MOST
        assert read(as_text(found)) == found
    else:
        check_places(found, place)
