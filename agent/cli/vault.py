"""`voicepurge vault init/rotate/export/import`: the key that seals the secrets, and moving all of them."""

import os
import sys
from pathlib import Path

from agent.cli.hidden import read_line
from agent.cli.output import Output
from agent.errors import NoPermissionError, UsageError, VaultError
from agent.rights import errand
from agent.vault import KeyringVault, SealedFiles, SystemdCredential
from agent.vault.export import pack, unpack
from agent.wiring import Installation, install, who_to_become

_LARGEST = 16 * 1024 * 1024


def init_vault(output: Output) -> int:
    """Makes the vault's key where its backend has one and it is not there yet.

    Raises:
        VaultError: the key is lost and there are secrets it sealed.
        NoPermissionError: only root can make this backend's key.
    """
    installation = install(output.config, make_key=True)
    backend = installation.settings.credentials.backend
    list(installation.vault.names())  # it answers, and opens what it holds
    if output.json:
        output.document({"backend": backend, "ready": True})
    else:
        output.data(f"The vault is ready (backend {backend}).")
    return 0


def rotate_vault(output: Output) -> int:
    """Gives the vault a new key and seals every secret with it.

    Raises:
        UsageError: the backend keeps its own key.
        VaultError: nothing was changed for good; try again.
    """
    with errand(SystemdCredential(os.environ).write, who_to_become(output.config)) as write_key:
        installation = install(output.config)
        files = _sealed_files(installation)
        by_systemd = installation.settings.credentials.backend == "systemd"
        number = files.rotate(write_key if by_systemd else None)
    if output.json:
        output.document({"sealed": number})
        return 0
    output.data(f"{number} secrets are sealed with a new key.")
    output.say("Next: restart the service, so that it reads the new key: `systemctl restart voicepurge`.")
    return 0


def export_vault(output: Output, file: Path) -> int:
    """Writes all secrets into a new file under a passphrase, mode 0600; never overwrites.

    Raises:
        UsageError: the file exists or lies in the state directory, or the passphrases differ.
        VaultError: a secret cannot be read, or the file not be written.
    """
    if os.path.lexists(file):
        raise UsageError(f"{file} exists; nothing is overwritten.", next_step="Name another file.")
    owner = who_to_become(output.config)
    target = file.absolute()
    with errand(lambda content: _write_new(target, content), owner) as write:
        installation = install(output.config)
        if owner is not None and installation.state.resolve() in target.resolve().parents:
            raise UsageError("An export does not belong into the state.", next_step="Name another place.")
        secrets = {name: installation.vault.get(name) or "" for name in installation.vault.names()}
        if not secrets:
            raise UsageError("The vault is empty.", next_step="There is nothing to move yet.")
        write(pack(secrets, _new_passphrase(), os.urandom))
    if output.json:
        output.document({"file": str(file), "secrets": len(secrets)})
    else:
        output.data(f"{file}: {len(secrets)} secrets. Whoever has it and the passphrase has your account.")
    return 0


def import_vault(output: Output, file: Path) -> int:
    """Stores all secrets of an export; refuses before the first if one would replace another value.

    Raises:
        UsageError: no such file, or a secret of that name is stored with another value.
        VaultError: wrong passphrase, damage, or the vault refuses.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST)
    except PermissionError:
        raise NoPermissionError(f"{file} may not be read.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None
    passphrase = read_line("Passphrase")
    installation = install(output.config, make_key=True)
    secrets = unpack(content, passphrase)
    present = {name: installation.vault.get(name) for name in secrets}
    in_the_way = [name for name, value in present.items() if value not in (None, secrets[name])]
    if in_the_way:
        message = f"The vault has other values already for: {', '.join(sorted(in_the_way))}."
        raise UsageError(message, next_step="Import into an empty vault; nothing was changed.")
    for name, secret in secrets.items():
        installation.vault.set(name, secret)
    if output.json:
        output.document({"secrets": len(secrets)})
    else:
        output.data(f"{len(secrets)} secrets stored.")
    return 0


def _sealed_files(installation: Installation) -> SealedFiles:
    vault = installation.vault
    if not isinstance(vault, KeyringVault) or not isinstance(vault.backend, SealedFiles):
        next_step = "Change the password of the desktop's keyring instead."
        raise UsageError("The desktop's keyring keeps a key of its own.", next_step=next_step)
    return vault.backend


def _new_passphrase() -> str:
    """Asked for twice where somebody types it."""
    first = read_line("New passphrase")
    if sys.stdin.isatty() and read_line("The same again") != first:
        raise UsageError("The two passphrases differ.", next_step="Try again; nothing was written.")
    return first


def _write_new(file: Path, content: bytes) -> None:
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(file, flags, 0o600), "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
    except FileExistsError:
        raise VaultError(f"{file} exists; nothing is overwritten.", next_step="Name another file.") from None
    except OSError as error:
        raise VaultError(
            f"{file} cannot be written: {error.strerror}.", next_step="Name another place."
        ) from None
