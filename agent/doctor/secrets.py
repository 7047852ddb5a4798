"""Secrets that must be there, and a backup that could be opened again."""

import base64
import binascii
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from agent.doctor.finding import Finding, fails, ok, warning

HOST_KEY = Path("/var/lib/systemd/credential.secret")
"""The key of this machine that systemd seals credentials with (systemd-creds(1))."""

# The first 16 bytes of a credential say how it is sealed: CRED_AES256_GCM_BY_HOST and its scoped kind in
# systemd's src/shared/creds-util.h; the first one seen with systemd 252.
_BY_HOST = {
    bytes.fromhex("5a1c6a86df9d4096b1d5a65e0862f19a"),
    bytes.fromhex("55b9ed1d38594d43a8319d2ebb332ac6"),
}
_ID_BYTES = 16
_ID_BASE64 = 24


class Seal(StrEnum):
    """What opens the vault's key: a file of this machine, or also its TPM."""

    HOST = "host"
    OTHER = "other"
    MISSING = "missing"
    UNREADABLE = "unreadable"


def seal_of(credential: Path) -> Seal:
    """How the credential in this file is sealed. Only root can read it; nothing is opened."""
    try:
        with credential.open("rb") as file:
            begin = file.read(_ID_BASE64)
        known = base64.b64decode(begin, validate=True)[:_ID_BYTES]
    except FileNotFoundError:
        return Seal.MISSING
    except (OSError, binascii.Error):
        return Seal.UNREADABLE
    return Seal.HOST if known in _BY_HOST else Seal.OTHER


def backups(seal: Seal, backend: str) -> Finding | None:
    """What a backup of the state needs besides; None where the vault's key is no credential."""
    if backend != "systemd" or seal is Seal.MISSING:
        return None
    name, export = "backups", "keep `voicepurge vault export FILE` elsewhere"
    if seal is Seal.HOST:
        what = f"Only {HOST_KEY} opens the vault's key: without it a restored machine cannot."
        return warning(name, what, f"Have that file in the backup too, apart from the state, or {export}.")
    if seal is Seal.OTHER:
        what = "The vault's key is sealed with this machine's TPM: no other machine can open it."
        return warning(name, what, f"For a restore elsewhere {export}.")
    what = "Only root can see whether a backup could open the vault's key."
    return warning(name, what, "`sudo voicepurge doctor`")


def named(found: Mapping[str, bool]) -> Finding | None:
    """Whether each `{credential:NAME}` of the configuration is there; None where it names none."""
    if not found:
        return None
    missing = [name for name, there in found.items() if not there]
    if not missing:
        return ok("secrets", f"All {len(found)} that the configuration names are in the vault.")
    steps = ", ".join(f"`voicepurge secret set {name}`" for name in missing)
    what = f"{len(missing)} of {len(found)} that the configuration names are not in the vault."
    return fails("secrets", what, steps)
