import pytest

from agent.share import shared


def test_the_example_is_found() -> None:
    """The example configuration comes with the program, in a checkout and in a wheel."""
    assert shared("config/voicepurge.yaml").read_text(encoding="utf-8").startswith("# yaml-language-server: ")


def test_what_is_missing_is_said() -> None:
    """A file that did not come along is an error, never a path to nowhere."""
    with pytest.raises(FileNotFoundError, match="did not come"):
        shared("config/no-such-file")


@pytest.mark.parametrize("name", ["agent/errors.py", "config/../agent/errors.py", "/etc/passwd", "", ".."])
def test_only_shared_rooms_are_open(name: str) -> None:
    """Nothing outside config/ and systemd/ can be reached."""
    with pytest.raises(ValueError, match="only config"):
        shared(name)
