"""A real Secret Service: gnome-keyring on a session bus of its own, unlocked or locked.

Needs Debian's dbus-daemon and gnome-keyring; without them the tests fail under their own names.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# a first start with a password makes the login collection; a later one without leaves it locked
UNLOCKED = 'printf "practice\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1'
LOCKED = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1"


def in_session(
    home: Path, *command: str, locked: bool = False, give: str = "", environ: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Runs `python COMMAND` in a new session whose keyrings lie below `home`."""
    start = LOCKED if locked else UNLOCKED
    return subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", f'{start}; exec "$@"', "sh", sys.executable, *command],
        env={**_surroundings(home), **(environ or {})},
        cwd=home,
        input=give,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def session(home: Path) -> Iterator[str]:
    """A session with an unlocked keyring below `home`; gives the address of its bus."""
    around = _surroundings(home)
    with subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address"],
        env=around,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as bus:
        assert bus.stdout is not None
        address = bus.stdout.readline().strip()
        environ = {**around, "DBUS_SESSION_BUS_ADDRESS": address}
        subprocess.run(["sh", "-c", UNLOCKED], env=environ, check=True, timeout=30)
        try:
            yield address
        finally:
            bus.terminate()


def _surroundings(home: Path) -> dict[str, str]:
    for program in ("dbus-run-session", "dbus-daemon", "gnome-keyring-daemon"):
        assert shutil.which(program), f"needs {program}: Debian's dbus-daemon and gnome-keyring"
    (home / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
    }
