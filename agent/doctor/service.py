"""Is there a service that will make tonight's run, and is it the one this version would install?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.daemon import systemd
from agent.daemon.unit import UNIT
from agent.doctor.finding import Finding, fails, ok, warning
from agent.errors import ConfigError
from agent.reporting.service import Service

_NAME = "service"
_PROPERTIES = "LoadState,UnitFileState,ActiveState,SubState,NeedDaemonReload,FragmentPath,ExecStart"
_INSTALL = "`sudo voicepurge service install`"
_START = "`sudo systemctl enable --now voicepurge`"
_RESTART = "`sudo systemctl restart voicepurge`"


@dataclass(frozen=True, slots=True)
class Unit:
    """What systemd says of the unit.

    Attributes:
        loaded: whether there is one.
        enabled: whether it starts with the machine.
        active: its state, like `active` or `failed`.
        again: whether it failed and waits to be started again.
        stale: whether its file changed since systemd read it.
        program: what it starts.
        text: its file, "" where it cannot be read.
    """

    loaded: bool
    enabled: bool
    active: str
    again: bool
    stale: bool
    program: str
    text: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What this version would write, and the command it would start."""

    text: str
    program: str


def unit() -> Unit | None:
    """Asks systemd; None where it does not run this machine or does not answer."""
    if not systemd.RUNNING.is_dir():
        return None
    said = systemd.output("systemctl", "show", f"--property={_PROPERTIES}", UNIT)
    if said is None:
        return None
    shown = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    program = re.search(r"path=([^ ;]+)", shown.get("ExecStart", ""))
    return Unit(
        loaded=shown.get("LoadState") == "loaded",
        enabled=shown.get("UnitFileState", "").startswith("enabled"),
        active=shown.get("ActiveState", ""),
        again=shown.get("SubState") == "auto-restart",
        stale=shown.get("NeedDaemonReload") == "yes",
        program=program[1] if program else "",
        text=_text(shown.get("FragmentPath", "")),
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8") if path else ""
    except (OSError, ValueError):
        return ""


def of_system(found: Unit | None, expected: Expected | None, living: Service | None) -> Iterator[Finding]:
    """The service of the system's own configuration."""
    if found is None:
        yield _unsupervised(living)
    elif not found.loaded:
        yield fails(
            _NAME, "It is not installed, so nothing starts a run tonight.", f"{_INSTALL}, then {_START}"
        )
    else:
        yield _running(found)
        yield from _drifted(found, expected)


def of_user(living: Service | None) -> Finding:
    """The service of any other configuration; systemd's unit has nothing to do with it."""
    if living is not None:
        return ok(_NAME, f"It is running, process {living.pid}.")
    what = "Nothing runs this configuration by itself: only `voicepurge run` purges."
    return warning(_NAME, what, "Start `voicepurge daemon`, or install the service for the whole machine.")


def _unsupervised(living: Service | None) -> Finding:
    if living is not None:
        return ok(_NAME, f"It is running, process {living.pid}; systemd does not run this machine.")
    return fails(_NAME, "It is not running, so nothing starts a run tonight.", "Start `voicepurge daemon`.")


def _running(found: Unit) -> Finding:
    if found.active in {"active", "reloading"}:
        if found.enabled:
            return ok(_NAME, "It is running, and starts with the machine.")
        return warning(_NAME, "It is running, but does not start with the machine.", _START)
    if found.active == "activating" and not found.again:
        return warning(_NAME, "It is being started.", "Look again in a minute.")
    if found.active == "failed" or found.again:
        what = "It failed, so nothing starts a run tonight."
        return fails(_NAME, what, "See `journalctl -u voicepurge`.")
    return fails(_NAME, "It is not running, so nothing starts a run tonight.", _START)


def _drifted(found: Unit, expected: Expected | None) -> Iterator[Finding]:
    name = "unit"
    if found.stale:
        yield warning(
            name, "It was changed, and systemd still uses the old one.", "`sudo systemctl daemon-reload`"
        )
    if expected is None:
        return
    if found.program and found.program != expected.program:
        yield warning(
            name, f"It starts {found.program}, not {expected.program}.", f"{_INSTALL}, then {_RESTART}"
        )
    elif found.text and found.text != expected.text:
        what = "It is not the one this version would write."
        yield warning(name, what, f"{_INSTALL}, then {_RESTART}; changes of your own: `systemctl edit`.")
    elif found.text and not found.stale:
        yield ok(name, "It is the one this version would write.")


def configuration(path: Path, digest: str, living: Service | None) -> Finding:
    """Whether the running service uses the file as it is now; that it has no problems is known here."""
    name = "configuration"
    if living is None:
        return ok(name, f"{path} has no problems.")
    if living.config == digest:
        return ok(name, f"{path} has no problems and is in force.")
    if living.refused is not None:
        first = living.refused.problems[0] if living.refused.problems else "see `voicepurge status`"
        what = f"The service refused an edit and keeps the settings before: {first}"
        step = "The file has no problems now: `sudo systemctl reload voicepurge`"
        return fails(name, what, step, ConfigError.exit_code)
    what = "The service still uses the file as it was before."
    return warning(
        name, what, "It takes it over within a minute; `sudo systemctl reload voicepurge` at once."
    )
