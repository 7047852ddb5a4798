"""Opening a browser: a real program named in $BROWSER, in a process of its own."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

ADDRESS = "https://www.amazon.de/ap/register?a=1&b=2"
PROGRAM = (
    "import os, sys; from agent.cli.browser import open_in_browser;"
    "print(open_in_browser(sys.argv[1], os.environ, root=sys.argv[2] == 'root'))"
)


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """A program that writes down what it was given and stays: one that is gone at once counts as failed."""
    program = tmp_path / "browser"
    new, done = tmp_path / "opened.new", tmp_path / "opened"
    program.write_text(
        f'#!/bin/sh\nexec > /dev/null 2>&1\nprintf %s "$1" > {new}\nmv {new} {done}\nsleep 2\n'
    )
    program.chmod(0o755)
    return program


def tried(user: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ADDRESS, user],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd()), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout.strip()


def opened(browser: Path) -> str | None:
    end = time.monotonic() + 2
    while not (found := browser.with_name("opened")).exists():
        if time.monotonic() > end:
            return None
        time.sleep(0.02)
    return found.read_text()


@pytest.mark.parametrize("display", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_with_a_display_the_address_arrives_whole(browser: Path, display: str) -> None:
    """The browser gets exactly the address."""
    assert tried("person", BROWSER=f"{browser} %s &", **{display: ":0"}) == "True"
    assert opened(browser) == ADDRESS


def test_without_a_display_or_as_root_nothing_is_started(browser: Path) -> None:
    """On a server the address is only printed."""
    assert tried("person", BROWSER=f"{browser} %s &") == "None"
    assert tried("root", BROWSER=f"{browser} %s &", DISPLAY=":0") == "None"
    assert opened(browser) is None


def test_a_browser_in_the_terminal_is_not_started(browser: Path) -> None:
    """It would take the terminal from the question that follows."""
    assert tried("person", BROWSER=f"{browser} %s", DISPLAY=":0") == "False"
    assert opened(browser) is None
