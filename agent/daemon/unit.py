"""The service's unit for the place its command is installed in. Pure: text and paths, nothing is looked up.

Left out here: where this installation lies (`place`), and writing anything (`agent.cli.service`).
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from agent.errors import UsageError

UNIT = "voicepurge.service"

_HIDDEN = ("/home", "/root", "/tmp", "/var/tmp", "/run/user")  # noqa: S108 - names to refuse, nothing is put there
_SYSTEM = ("/", "/usr", "/usr/local")
_LIBRARIES = ("/usr/lib", "-/usr/lib64", "-/lib", "-/lib64")
_PLAIN = re.compile(r"/[A-Za-z0-9/._+-]*")
_FIX = "Install it where the service can read it: `sudo make install`, or `sudo pipx install --global`."


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation lies; every path absolute and without symbolic links, but `python`.

    Attributes:
        command: the command `voicepurge` itself.
        prefix: its environment, or that of the system's Python.
        python: the interpreter as systemd shall find it.
        base: where the interpreter's own library lies, like /usr.
        code: the package `agent`; elsewhere than below `prefix` where it was installed to be edited.
    """

    command: PurePosixPath
    prefix: PurePosixPath
    python: PurePosixPath
    base: PurePosixPath
    code: PurePosixPath

    @property
    def paths(self) -> tuple[PurePosixPath, ...]:
        """Everything the service needs to read."""
        return (self.command, self.prefix, self.python, self.base, self.code)


def require_visible(place: Place) -> None:
    """Refuses what a sandboxed service would not see, or what no unit can name.

    Raises:
        UsageError: it lies under /home, /root, /tmp or the like.
    """
    for path in place.paths:
        hidden = next((top for top in _HIDDEN if path.is_relative_to(top)), None)
        if hidden is not None:
            message = f"A service does not see what lies under {hidden}, and {path} does."
            raise UsageError(message, next_step=_FIX)
        if not _PLAIN.fullmatch(str(path)):
            raise UsageError(f"A unit cannot name {path}.", next_step=_FIX)


def unit_for(place: Place, shipped: str) -> str:
    """The shipped unit with the command and the executable paths of `place`.

    Raises:
        ValueError: `shipped` has no such lines.
    """
    text = _with_line(shipped, "ExecStart", f"{place.command} daemon")
    return _with_line(text, "ExecPaths", " ".join(executable(place)))


def executable(place: Place) -> tuple[str, ...]:
    """What must be executable, libraries included; in the shape of `ExecPaths=`, `-` for may be missing."""
    own = [str(place.prefix)] if str(place.prefix) not in _SYSTEM else [str(place.command)]
    if str(place.base) not in _SYSTEM:
        return (*own, str(place.base), *_LIBRARIES)
    local = ("-/usr/local/lib",) if str(place.base) == "/usr/local" or str(place.prefix) in _SYSTEM else ()
    return (*own, str(place.python), *local, *_LIBRARIES)


def _with_line(text: str, name: str, value: str) -> str:
    changed, count = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"the unit must have one line {name}=")
    return changed
