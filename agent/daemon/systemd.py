"""The programs of systemd that installing a service needs, called as root."""

import re
import shutil
import subprocess
from pathlib import Path

from agent.errors import UsageError

RUNNING = Path("/run/systemd/system")
"""There where systemd runs the machine (sd_booted(3))."""

FINDS_CREDENTIALS = 251
"""From this version on a credential is looked up in /etc/credstore.encrypted by its name alone."""

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_LIMIT_S = 120


def version() -> int | None:
    """Like 252; None where there is no systemd."""
    if shutil.which("systemctl", path=_PATH) is None:
        return None
    found = re.match(r"systemd (\d+)", _run("systemctl", "--version").stdout)
    return int(found[1]) if found else None


def require_running() -> None:
    """Raises UsageError where systemd does not run this machine."""
    if not RUNNING.is_dir() or version() is None:
        next_step = "Let what starts services here keep `voicepurge daemon` running, as a user of its own."
        raise UsageError("systemd does not run this machine.", next_step=next_step)


def call(program: str, *arguments: str) -> None:
    """One command that must succeed.

    Raises:
        UsageError: it failed; the last line it wrote is the reason.
    """
    done = _run(program, *arguments)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise UsageError(
            f"`{program} {arguments[0]}` failed.", next_step=lines[-1] if lines else "See `journalctl -b`."
        )


def answers(program: str, *arguments: str) -> bool:
    """Whether one command says yes."""
    return _run(program, *arguments).returncode == 0


def output(program: str, *arguments: str) -> str | None:
    """What one command wrote; None where it is missing, failed or did not end."""
    try:
        done = _run(program, *arguments)
    except UsageError:
        return None
    return done.stdout if done.returncode == 0 else None


def _run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(  # noqa: S603 - programs of the system, arguments of our own
            [shutil.which(program, path=_PATH) or program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env={"LC_ALL": "C", "PATH": _PATH},
            timeout=_LIMIT_S,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError(f"{program} is missing; it comes with systemd.", next_step="Install it.") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"{program} did not end within {_LIMIT_S} s.", next_step="Try again.") from None
