"""Where the running program is installed, and whether the service's user could read it."""

import os
import stat
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import agent
from agent.daemon.unit import Place
from agent.errors import UsageError

_NAME = "voicepurge"


def here() -> Place:
    """The place of this process.

    Raises:
        UsageError: there is no command `voicepurge` beside the interpreter.
    """
    command = Path(sysconfig.get_path("scripts")) / _NAME
    if not command.is_file():
        next_step = "Install it: `sudo make install`."
        raise UsageError(f"There is no command {command} to start as a service.", next_step=next_step)
    base = Path(sys.base_prefix).resolve()
    return Place(
        command=_pure(command.resolve()),
        prefix=_pure(Path(sys.prefix).resolve()),
        python=_pure(_interpreter(base)),
        base=_pure(base),
        code=_pure(Path(agent.__file__).resolve().parent),
    )


def require_readable(paths: Iterable[PurePosixPath]) -> None:
    """Refuses what only some users can read; the service's user need not exist yet.

    Raises:
        UsageError: a file or a directory above it is closed to others.
    """
    for path in paths:
        for one in (Path(path), *Path(path).parents):
            mode = one.stat().st_mode
            needed = stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH
            if not mode & needed:
                next_step = f"Open it to them, `chmod o+rX {one}`, or install elsewhere: `sudo make install`."
                raise UsageError(f"Other users may not read {one}.", next_step=next_step)


def _interpreter(base: Path) -> Path:
    """By the name that survives an update of the system's Python, where that is the one that runs."""
    running = Path(sys.executable).resolve()
    usual = base / "bin" / "python3"
    return usual if usual.resolve() == running else running


def _pure(path: Path) -> PurePosixPath:
    return PurePosixPath(os.fspath(path))
