from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.settings import find, state_directory

NOWHERE = Path("/nonexistent/voicepurge.yaml")


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("version: 1\n")
    return path


def test_the_first_place_counts(tmp_path: Path) -> None:
    """The order: --config, $VOICEPURGE_CONFIG, /etc, $XDG_CONFIG_HOME, ~/.config."""
    home = made(tmp_path / "home/.config/voicepurge/voicepurge.yaml")
    environ = {"HOME": str(tmp_path / "home")}
    assert find(None, environ, system=NOWHERE) == home
    own = made(tmp_path / "xdg/voicepurge/voicepurge.yaml")
    environ["XDG_CONFIG_HOME"] = str(tmp_path / "xdg")
    assert find(None, environ, system=NOWHERE) == own
    system = made(tmp_path / "etc/voicepurge.yaml")
    assert find(None, environ, system=system) == system
    environ["VOICEPURGE_CONFIG"] = "/some/where.yaml"
    assert find(None, environ, system=system) == Path("/some/where.yaml")
    assert find("given.yaml", environ, system=system) == Path("given.yaml")


@pytest.mark.parametrize(
    "environ", [{}, {"HOME": "/nonexistent"}, {"HOME": "~", "XDG_CONFIG_HOME": "relative"}]
)
def test_nowhere_is_an_error_with_a_next_step(environ: dict[str, str]) -> None:
    """It says where it looked and proposes `voicepurge init`; a relative XDG path is ignored."""
    with pytest.raises(ConfigError, match="no configuration at /nonexistent") as caught:
        find(None, environ, system=NOWHERE)
    assert "voicepurge init" in caught.value.next_step


def test_the_state_goes_with_the_configuration() -> None:
    """Systemd's word first, then /var/lib for the system's file, else the user's own."""
    etc, own = Path("/etc/voicepurge/voicepurge.yaml"), Path("/home/a/c.yaml")
    assert state_directory(own, {"STATE_DIRECTORY": "/var/lib/x:/var/lib/y"}) == Path("/var/lib/x")
    assert state_directory(etc, {"HOME": "/root"}) == Path("/var/lib/voicepurge")
    assert state_directory(own, {"HOME": "/home/a"}) == Path("/home/a/.local/state/voicepurge")
    assert state_directory(own, {"HOME": "/home/a", "XDG_STATE_HOME": "/s"}) == Path("/s/voicepurge")


def test_no_home_is_an_error() -> None:
    """The state is never put into the current directory."""
    with pytest.raises(ConfigError, match="no home"):
        state_directory(Path("c.yaml"), {"STATE_DIRECTORY": "relative"})
