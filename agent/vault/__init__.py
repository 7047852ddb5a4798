"""Where secrets live, always behind the keyring API and never in a backend that keyring chose.

`store` is the port; `file` a backend; `sealed` its pure part. Importing this looks for no backend and
loads no plug-in: that starts with `keyring.get_keyring()`, which nothing here calls.
"""

from pathlib import Path

from agent.vault.credential import credential_name, resolve
from agent.vault.file import SealedFiles
from agent.vault.keys import AccountKeys, account_keys
from agent.vault.store import KeyringVault


def file_vault(state: Path, key_file: Path | None = None) -> KeyringVault:
    """The vault of `backend: file` in the state directory; touches no file yet."""
    return KeyringVault(SealedFiles(state / "vault", key_file))


__all__ = [
    "AccountKeys",
    "KeyringVault",
    "SealedFiles",
    "account_keys",
    "credential_name",
    "file_vault",
    "resolve",
]
