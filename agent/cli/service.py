"""`voicepurge service install`: unit, user and a first configuration, for the place the command lies in.

Root's own errand: it writes to /etc alone, opens neither vault nor ledger, and so keeps its rights.
"""

import contextlib
import grp
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from agent.cli.first_config import EXAMPLE, first_config
from agent.cli.output import Output
from agent.daemon import systemd
from agent.daemon.place import here, require_readable
from agent.daemon.unit import UNIT, Place, require_visible, unit_for
from agent.errors import NoPermissionError
from agent.rights import SERVICE_USER
from agent.settings.places import SYSTEM_CONFIG
from agent.share import shared

UNIT_FILE = Path("/etc/systemd/system") / UNIT
USER_FILE = Path("/etc/sysusers.d/voicepurge.conf")
_SUDO_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file as it shall be; `keep` leaves one that is there as it is."""

    path: Path
    text: str
    mode: int = 0o644
    group: str = ""
    keep: bool = False


def install_service(output: Output, *, show: bool) -> int:
    """Writes what differs, nothing twice; with `show` prints it and changes nothing.

    Raises:
        UsageError: a service could not be started from here, or systemd does not run this machine.
        NoPermissionError: not root.
    """
    place = here()
    require_visible(place)
    require_readable(place.paths)
    files = wanted(unit_for(place, shared("systemd/voicepurge.service").read_text(encoding="utf-8")))
    if show:
        return _show(output, files)
    require_root("install")
    systemd.require_running()
    unit, user, config = files
    states = {file.path: put(file) for file in (unit, user)}
    systemd.call("systemd-sysusers", str(USER_FILE))
    states[config.path] = put(config)  # after the user: its group reads it
    systemd.call("systemctl", "daemon-reload")
    running = systemd.answers("systemctl", "is-active", "--quiet", UNIT)
    steps = next_steps(place, running=running)
    if output.json:
        told = [{"path": str(path), "state": state} for path, state in states.items()]
        output.document({"files": told, "user": SERVICE_USER, "running": running, "next": list(steps)})
        return 0
    for path, state in states.items():
        output.data(f"{path}: {state}")
    output.say("Next:")
    for step in steps:
        output.say(f"  {step}")
    return 0


def wanted(unit: str) -> tuple[Wanted, Wanted, Wanted]:
    """Unit, user and example configuration; the last is never written over one that is there."""
    known = systemd.version()
    backend = "systemd" if known is not None and known >= systemd.FINDS_CREDENTIALS else "file"
    return (
        Wanted(UNIT_FILE, unit),
        Wanted(USER_FILE, shared("systemd/voicepurge.sysusers").read_text(encoding="utf-8")),
        # it names devices and hours of a household: not for every user of the machine
        Wanted(
            SYSTEM_CONFIG, first_config(replace(EXAMPLE, backend=backend)), 0o640, SERVICE_USER, keep=True
        ),
    )


def next_steps(place: Place, *, running: bool) -> tuple[str, ...]:
    """What the person does now, each as it is typed."""
    if running:
        return ("sudo systemctl restart voicepurge",)  # the program may be new, whatever the unit is
    found = shutil.which("voicepurge", path=_SUDO_PATH)
    known = found is not None and Path(found).resolve() == Path(place.command)
    command = f"sudo {'voicepurge' if known else place.command}"
    return (
        f"sudoedit {SYSTEM_CONFIG}",
        f"{command} config check",
        f"{command} vault init",
        f"{command} login ACCOUNT",
        f"{command} run --dry-run",
        "sudo systemctl enable --now voicepurge",
    )


def require_root(verb: str) -> None:
    """Raises NoPermissionError for anyone else."""
    if os.geteuid() != 0:
        next_step = f"sudo {here().command} service {verb}"
        raise NoPermissionError("Only root can change the services of this machine.", next_step=next_step)


def put(file: Wanted) -> str:
    """Writes the file at once or not at all; `written`, `unchanged` or `kept`."""
    with contextlib.suppress(FileNotFoundError):
        if file.keep:
            file.path.stat()
            return "kept"
        if file.path.read_text(encoding="utf-8", errors="replace") == file.text:
            return "unchanged"
    _make_directory(file.path.parent)
    unfinished = file.path.with_name(f".{file.path.name}.new")
    unfinished.unlink(missing_ok=True)
    with unfinished.open("x", encoding="utf-8") as opened:
        os.fchmod(opened.fileno(), file.mode)  # whatever the umask
        if file.group:
            os.fchown(opened.fileno(), 0, grp.getgrnam(file.group).gr_gid)
        opened.write(file.text)
        opened.flush()
        os.fsync(opened.fileno())
    unfinished.replace(file.path)
    return "written"


def _make_directory(directory: Path) -> None:
    """With those above it, open to everybody whatever the umask; what is there is left as it is."""
    for one in reversed((directory, *directory.parents)):
        if not one.exists():
            one.mkdir()
            one.chmod(0o755)


def _show(output: Output, files: tuple[Wanted, ...]) -> int:
    if output.json:
        told = [{"path": str(file.path), "mode": f"{file.mode:o}", "text": file.text} for file in files]
        output.document({"files": told})
        return 0
    for file in files:
        output.data(f"# {file.path}" + (" (only where there is none)" if file.keep else ""))
        for line in file.text.splitlines():
            output.data(line)
    return 0
