"""`voicepurge service uninstall`: the service goes; ledgers, secrets and configuration stay unless named."""

import shutil
import subprocess
import sys
from pathlib import Path

import typer

from agent.cli.output import Output
from agent.cli.service import UNIT_FILE, USER_FILE, require_root
from agent.daemon import systemd
from agent.daemon.place import here
from agent.daemon.unit import UNIT
from agent.errors import AgentError, NeedsPersonError, UsageError
from agent.ledger.reading import last_state
from agent.rights import SERVICE_USER
from agent.settings.places import SYSTEM_CONFIG, SYSTEM_STATE
from agent.vault.systemd import PLACE as CREDENTIAL

_DROP_INS = UNIT_FILE.with_name(f"{UNIT}.d")
_DATA = (SYSTEM_STATE, SYSTEM_CONFIG.parent, CREDENTIAL, _DROP_INS)


def uninstall_service(output: Output, *, purge_data: bool) -> int:
    """Stops and removes the service; with `purge_data` also all it ever wrote, and its user.

    On a terminal it offers to sign out first; elsewhere it says who is still signed in.

    Raises:
        UsageError: systemd does not run this machine, or the person says no.
        NoPermissionError: not root.
        NeedsPersonError: an account could not be signed out; nothing was removed.
    """
    require_root("uninstall")
    systemd.require_running()
    asks = sys.stdin.isatty() and not output.json
    if purge_data and asks and not _agreed("Delete ledgers, secrets and configuration for good?"):
        raise UsageError("Nothing was changed.", next_step="Without --purge-data all of that stays.")
    signed_in = accounts_signed_in(SYSTEM_STATE)
    leave = signed_in if asks and signed_in and _agreed(f"Sign out of {', '.join(signed_in)} first?") else []
    if systemd.answers("systemctl", "cat", UNIT):
        systemd.call("systemctl", "disable", "--now", UNIT)
    for name in leave:
        _sign_out(name)
    removed = [path for path in (UNIT_FILE, USER_FILE, *(_DATA if purge_data else ())) if _remove(path)]
    systemd.call("systemctl", "daemon-reload")
    systemd.answers("systemctl", "reset-failed", UNIT)
    if purge_data and systemd.answers("getent", "passwd", SERVICE_USER):
        systemd.call("userdel", SERVICE_USER)
    return _tell(output, removed, [name for name in signed_in if name not in leave])


def accounts_signed_in(state: Path) -> list[str]:
    """Accounts whose ledger says so; one that cannot be read counts, since it may be."""
    return sorted(place.parent.name for place in state.glob("accounts/*/ledger.jsonl") if _in(place.parent))


def _in(directory: Path) -> bool:
    try:
        state = last_state(directory)
    except AgentError:
        return True
    return state.signed_in is not None and state.signed_out is None


def _agreed(question: str) -> bool:
    return typer.confirm(question, default=False, err=True)


def _sign_out(name: str) -> None:
    """In a process of its own, which gives up root; this one still needs it."""
    done = subprocess.run([str(here().command), "logout", name], check=False)  # noqa: S603 - our own command
    if done.returncode != 0:
        next_step = f"Try `sudo voicepurge logout {name}` again, or answer no."
        raise NeedsPersonError(f"{name} could not be signed out; nothing was removed.", next_step=next_step)


def _remove(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        return True
    if not path.is_symlink() and not path.exists():
        return False
    path.unlink()
    return True


def _tell(output: Output, removed: list[Path], signed_in: list[str]) -> int:
    kept = [path for path in _DATA if path.exists()]
    if output.json:
        output.document({"removed": [*map(str, removed)], "kept": [*map(str, kept)], "signed_in": signed_in})
        return 0
    for path in removed:
        output.data(f"{path}: removed")
    for path in kept:
        output.data(f"{path}: kept")
    if not removed:
        output.say("There was no service to remove.")
    if signed_in and kept:
        output.say(f"Still signed in: {', '.join(signed_in)}. Next: `sudo voicepurge logout ACCOUNT`.")
    elif signed_in:
        output.say("Amazon still knows this device: remove it there, under Manage Your Content and Devices.")
    return 0
