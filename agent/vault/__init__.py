"""Where secrets live, always behind the keyring API and never in a backend that keyring chose.

`store` is the port; `file` (sealed files, their key from a `keysource`: a file or `systemd`) and `desktop`
are backends; `sealed`, `rotation` and `export` are pure. Importing this looks for no backend and loads no
plug-in: that starts with `keyring.get_keyring()`, which nothing here calls.
"""

from collections.abc import Mapping
from pathlib import Path

from agent.vault.credential import credential_name, resolve
from agent.vault.desktop import desktop_keyring
from agent.vault.file import SealedFiles
from agent.vault.keepsake import Keepsakes, Kept
from agent.vault.keys import AccountKeys, account_keys
from agent.vault.keysource import KeyFile
from agent.vault.store import KeyringVault
from agent.vault.systemd import SystemdCredential


def file_vault(state: Path, key_file: Path | None = None) -> KeyringVault:
    """The vault of `backend: file` in the state directory; touches no file yet."""
    source = KeyFile(key_file, beside=False) if key_file is not None else None
    return KeyringVault(SealedFiles(state / "vault", source))


def systemd_vault(state: Path, environ: Mapping[str, str]) -> KeyringVault:
    """The vault of `backend: systemd`; touches no file yet."""
    return KeyringVault(SealedFiles(state / "vault", SystemdCredential(environ)))


def desktop_vault() -> KeyringVault:
    """The vault of `backend: keyring`. Raises VaultError where the system has none."""
    return KeyringVault(desktop_keyring())


__all__ = [
    "AccountKeys",
    "Keepsakes",
    "Kept",
    "KeyFile",
    "KeyringVault",
    "SealedFiles",
    "SystemdCredential",
    "account_keys",
    "credential_name",
    "desktop_keyring",
    "desktop_vault",
    "file_vault",
    "resolve",
    "systemd_vault",
]
