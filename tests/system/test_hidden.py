"""Secrets typed at a terminal: a real one, made of a pseudo-terminal pair."""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.vault.export import unpack
from tests.support.practice_home import Home

PASSPHRASE = "correct horse battery"


def typed(home: Home, arguments: tuple[str, ...], *lines: str) -> tuple[int, str]:
    """Runs a command on a terminal of its own and types `lines`, each when it is asked for."""
    terminal, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "agent", *arguments],
        env=home.environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, waiting, end = "", list(lines), time.monotonic() + 30
    while time.monotonic() < end:
        try:
            shown += os.read(terminal, 4096).decode()
        except OSError:
            break  # the other end is closed
        if waiting and shown.count(": ") > len(lines) - len(waiting) and shown.endswith(": "):
            os.write(terminal, waiting.pop(0).encode() + b"\n")
    code = child.wait(10)
    os.close(terminal)
    return code, shown


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One account that nobody signed in to."""
    made = Home(tmp_path, {"home": {"marketplace": "amazon.de", "keep_for": "1d"}})
    made.top.update(verify={}, limits={})
    made.write()
    return made


def test_what_is_typed_is_stored_and_not_shown(home: Home) -> None:
    """No echo of the secret or of either passphrase; what was typed is what an export carries."""
    code, shown = typed(home, ("secret", "set", "ntfy-url"), "hunter2-typed")
    assert code == 0, shown
    assert "Secret ntfy-url: " in shown and "hunter2" not in shown
    file = home.place / "moving"
    code, shown = typed(home, ("vault", "export", str(file)), PASSPHRASE, PASSPHRASE)
    assert code == 0, shown
    assert "horse" not in shown
    assert unpack(file.read_bytes(), PASSPHRASE) == {"credential:ntfy-url": "hunter2-typed"}


def test_two_different_passphrases_write_nothing(home: Home) -> None:
    """A slip of the finger would make a backup nobody can open."""
    home.run("secret", "set", "ntfy-url", text="x")
    code, shown = typed(home, ("vault", "export", str(home.place / "m")), PASSPHRASE, PASSPHRASE + "x")
    assert code == 64 and "differ" in shown
    assert not (home.place / "m").exists()
