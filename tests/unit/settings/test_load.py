import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.errors import ConfigError
from agent.settings import config_hash, load, parse, read
from agent.share import shared
from tests.support.config_text import MARKETPLACES, config, problems

EXAMPLE = shared("config/voicepurge.yaml").read_text(encoding="utf-8")
PIECES = st.sampled_from(
    [
        *(
            "\n",
            "\t",
            " ",
            "  ",
            ":",
            ": ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            "*a",
            "&a ",
            "!!x ",
            "|",
            ">",
            "'",
            '"',
        ),
        *(
            "#",
            "%",
            "---\n",
            "? ",
            "~",
            "12:30",
            "\\",
            "\x00",
            "\ufeff",
            "\u2028",
            "\r",
            "<<: ",
            "home",
            "🎤",
        ),
        *("@", "`", "9" * 30, ".inf", '"\\ud800"'),
    ]
)
SECRET = "Zq7-hunter2-Zq7"


def refused_or_read(text: str) -> tuple[str, ...]:
    """Problems of `text`; each one checked for its shape and place."""
    found = problems(text)
    lines = text.removeprefix("\ufeff").splitlines() or [""]
    for one in found:
        name, line, column, message = one.split(":", 3)
        assert name == "c.yaml"
        assert 1 <= int(line) <= len(lines) + 1
        assert int(column) >= 1
        assert message.strip()
        assert one.isprintable()
    places = [tuple(int(part) for part in one.split(":")[1:3]) for one in found]
    assert places == sorted(places)
    return found


@given(st.text())
@settings(deadline=None)
@example("\ufeff")
def test_any_text_is_settings_or_problems(text: str) -> None:
    """Whatever is in the file, the answer is a `Settings` or a ConfigError with places, never a crash."""
    refused_or_read(text)


@given(cut=st.integers(0, len(EXAMPLE)), length=st.integers(0, 40), piece=PIECES)
@settings(deadline=None)
def test_any_slip_in_the_example_is_settings_or_problems(cut: int, length: int, piece: str) -> None:
    """The same for a good file in which something was deleted, typed or pasted."""
    refused_or_read(EXAMPLE[:cut] + piece + EXAMPLE[cut + length :])


@given(first=st.integers(0, 60), second=st.integers(0, 60))
@settings(deadline=None)
def test_any_moved_line_is_settings_or_problems(first: int, second: int) -> None:
    """The same for lines in the wrong place."""
    lines = EXAMPLE.splitlines()
    line = lines.pop(first % len(lines))
    lines.insert(second % (len(lines) + 1), line)
    refused_or_read("\n".join(lines))


VALUES = (
    *("Europe/Berlin", "amazon.de", "24h", "{every: 6h}", "20m", "[learned]", "500", "[30s, 5m, 1h]"),
    *("2", "4", "{backend: file}", "false", "true", "[voice, activity]"),
)
SHAPES = (
    *("{0}", "'{0}'", "[{0}]", "{{{0}}}", "{{url: {0}}}", "{{a:{0}}}", "https://u:{0}@h/?t={0}", "*{0}"),
    *("&{0} 1", "!{0} 1", "|\n  {0}", "[[{0}], {{x: {0}}}]", '"{0}\\q"', "'{0}", "@{0}", "{0}: {0}"),
    *("1{0}", "[{0}", "12:30{0}", '"{0}"'),
)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_value_is_ever_shown(shape: str) -> None:
    """A secret in the place of any value, in any dress, is in no problem."""
    for value in VALUES:
        text = EXAMPLE.replace(f": {value}", f": {shape.format(SECRET)}", 1)
        assert SECRET in text
        found = problems(text)
        assert found
        assert not any("hunter2" in one for one in found)


def test_every_problem_at_once_in_file_order() -> None:
    """One error holds them all; its message counts them."""
    with pytest.raises(ConfigError, match="3 problems") as caught:
        parse(config("keep_fro: 1", "foo: 1\nmetrics: 5"), "c.yaml", marketplaces=MARKETPLACES)
    assert [one.split(": ")[0] for one in caught.value.problems] == [
        "c.yaml:4:48",
        "c.yaml:5:1",
        "c.yaml:6:10",
    ]
    assert caught.value.exit_code == 78


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    """Over 256 kB nothing is read, however large; a file with a hole of 1 TB takes no time."""
    path = tmp_path / "c.yaml"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(ConfigError) as caught:
        load(path, marketplaces=MARKETPLACES)
    assert "larger than 256 kB" in caught.value.problems[0]
    assert "larger than 256 kB" in problems("# " + "x" * 256_000)[0]


def test_what_is_not_utf_8_is_named_by_place(tmp_path: Path) -> None:
    """The line and column of the first wrong byte, in characters."""
    path = tmp_path / "c.yaml"
    path.write_bytes("version: 1\nname: Kü".encode() + b"\xff\n")
    with pytest.raises(ConfigError) as caught:
        read(path)
    assert caught.value.problems == (f"{path}:2:9: not UTF-8 (save the file as UTF-8)",)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """Some editors write one."""
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + config().encode())
    assert load(path, marketplaces=MARKETPLACES).timezone == "Europe/Berlin"
    assert problems("\ufeff" + config()) == ()


def test_a_missing_file_has_a_next_step(tmp_path: Path) -> None:
    """It proposes `voicepurge init`."""
    with pytest.raises(ConfigError, match="no configuration") as caught:
        load(tmp_path / "c.yaml", marketplaces=MARKETPLACES)
    assert "voicepurge init" in caught.value.next_step


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    """A directory is no configuration, and a named pipe would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ConfigError, match="regular file"):
            read(path)


def test_the_hash_is_of_the_text() -> None:
    """The same text, the same hash; it is plain SHA-256, so anybody can check it."""
    assert config_hash(EXAMPLE) == hashlib.sha256(EXAMPLE.encode()).hexdigest()
