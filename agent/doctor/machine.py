"""The machine: is its clock kept right, is there room, is systemd new enough. Judgements are pure."""

import os
from dataclasses import dataclass
from pathlib import Path

from agent.daemon import systemd
from agent.doctor.finding import Finding, fails, ok, warning
from agent.ledger.storage import RESERVE, RESERVE_BYTES, SLICE_BYTES

SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
"""There once systemd-timesyncd has set the clock (systemd-time-wait-sync.service(8))."""

HAS_CREDENTIALS = 250
_LITTLE = 100_000_000
_FEW_FILES = 100
_MEGABYTE = 1_000_000


def synchronized(mark: Path = SYNCHRONIZED) -> bool | None:
    """Whether some time service keeps the clock right; None where nobody can say."""
    if mark.exists():
        return True
    said = systemd.output("timedatectl", "show", "--property=NTPSynchronized", "--value")
    return {"yes": True, "no": False}.get((said or "").strip())


def time_service(known: bool | None) -> Finding:  # noqa: FBT001 - the fact itself
    """Slots and the ledger hang on the clock; how far it is off is asked of each account's own hosts."""
    name = "time service"
    if known:
        return ok(name, "The clock is synchronized.")
    if known is None:
        return warning(name, "Nobody here says whether the clock is synchronized.", "Compare it by hand.")
    return warning(name, "The clock is not synchronized.", "`sudo timedatectl set-ntp true`")


@dataclass(frozen=True, slots=True)
class Room:
    """What is left where the state lies: bytes, and files (None where the file system does not count)."""

    free: int
    files: int | None
    writable: bool


def room(state: Path) -> Room:
    """Of the state directory, or of the nearest directory above it that exists."""
    place = next(one for one in (state, *state.parents) if one.is_dir())
    found = os.statvfs(place)
    files = found.f_favail if found.f_files else None
    readonly = bool(found.f_flag & os.ST_RDONLY)
    free = found.f_bavail * found.f_frsize
    return Room(free, files, writable=not readonly and os.access(place, os.W_OK | os.X_OK))


def missing_reserves(directories: list[Path]) -> int:
    """Bytes that the reserves of these ledgers still need; the next run makes them anew."""
    return RESERVE_BYTES * sum(not (directory / RESERVE).exists() for directory in directories)


def disk(state: Path, found: Room, reserves: int) -> Finding:
    """No room, no ledger; no ledger, no purge."""
    name, free = "disk", f"{found.free / _MEGABYTE:.0f} MB"
    if not found.writable:
        return fails(
            name, f"{state} cannot be written.", "Check its owner, its rights and how it is mounted."
        )
    if found.free < SLICE_BYTES + reserves:
        return fails(name, f"{free} free at {state}: too little for a run.", "Free some disk space.")
    if found.files is not None and found.files < _FEW_FILES:
        return fails(name, f"{found.files} more files fit at {state}.", "Remove files nobody needs there.")
    if found.free < _LITTLE:
        return warning(name, f"{free} free at {state}: enough for tonight.", "Free some disk space.")
    return ok(name, f"{free} free at {state}.")


def systemd_version(version: int | None, backend: str) -> Finding | None:
    """Whether it has the credentials the configuration asks for; None where nothing hangs on it."""
    name = "systemd"
    if backend != "systemd":
        return None if version is None else ok(name, f"Version {version}.")
    choose = "Choose `credentials: {backend: file}`."
    if version is None:
        return fails(name, "There is none, and the vault's key is to be a systemd credential.", choose)
    if version < HAS_CREDENTIALS:
        return fails(name, f"Version {version} has no encrypted credentials; 250 is the first.", choose)
    if version < systemd.FINDS_CREDENTIALS:
        line = "LoadCredentialEncrypted=voicepurge-key:/etc/credstore.encrypted/voicepurge-key"
        return warning(name, f"Version {version} does not find the vault's key by itself.", f"Unit: {line}")
    return ok(name, f"Version {version}, with encrypted credentials.")
