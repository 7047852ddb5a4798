"""The vault's key as a systemd credential: given to the service, and to root by `systemd-creds decrypt`.

It lies in /etc/credstore.encrypted/voicepurge-key, where systemd looks for `LoadCredentialEncrypted=
voicepurge-key` by itself (systemd.exec(5), since 251); sealed by systemd with the machine's key or TPM.
The name is sealed in, so that one credential cannot stand for another (systemd-creds(1), `--name=`).
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from agent.errors import NoPermissionError, VaultError
from agent.vault.keyfile import read_key
from agent.vault.private import make_private_directory, sync_directory
from agent.vault.sealed import KEY_BYTES

CREDENTIAL = "voicepurge-key"
PLACE = Path("/etc/credstore.encrypted") / CREDENTIAL
PROGRAM = "/usr/bin/systemd-creds"
_LIMIT_S = 30
_RESTORE = "Restore it from a backup of this machine, or `voicepurge vault import` into a new vault."


class SystemdCredential:
    """Implements `KeySource`.

    Args:
        environ: where `CREDENTIALS_DIRECTORY` may stand.
        place: the sealed credential.
        program: systemd-creds.
    """

    made_on_first_use = False

    def __init__(self, environ: Mapping[str, str], place: Path = PLACE, program: str = PROGRAM) -> None:
        self._directory = environ.get("CREDENTIALS_DIRECTORY", "")
        self._place = place
        self._program = program

    def read(self, directory_owner: int | None) -> bytes | None:  # noqa: ARG002 - the key is root's alone
        """From the unit's credentials, else as root from the sealed file; None where neither is there.

        Raises:
            VaultError: the credential is damaged, was sealed under another name, or is no key.
            NoPermissionError: neither in the unit nor root.
        """
        if self._directory.startswith("/"):
            key = read_key(Path(self._directory) / CREDENTIAL)
            if key is not None or os.geteuid() != 0:
                return key
        if os.geteuid() != 0:
            next_step = "Run it as root, with sudo."
            raise NoPermissionError("Only the service and root can open this vault.", next_step=next_step)
        return self._decrypt() if self._place.exists() else None

    def require_writable(self) -> None:
        """Raises NoPermissionError for anyone but root."""
        if os.geteuid() != 0:
            raise NoPermissionError("Only root can make the key of this vault.", next_step="Use sudo.")

    def write(self, key: bytes) -> None:
        """Seals `key` into the credential's place; root only.

        Raises:
            NoPermissionError: not root.
            VaultError: systemd refused.
        """
        self.require_writable()
        make_private_directory(self._place.parent)
        unfinished = self._place.with_name(f".{self._place.name}.new")
        unfinished.unlink(missing_ok=True)
        done = self._run("encrypt", f"--name={CREDENTIAL}", "-", str(unfinished), give=key)
        if done.returncode != 0:
            raise VaultError("systemd could not seal the vault's key.", next_step=_why(done.stderr))
        unfinished.chmod(0o600)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(self._place)
        sync_directory(self._place.parent)
        if self._decrypt() != key:
            raise VaultError("systemd did not give back the key that was sealed.")

    def missing(self) -> VaultError:
        """Inside a unit and outside have different remedies."""
        if self._directory and os.geteuid() != 0:
            next_step = f"Its unit needs LoadCredentialEncrypted={CREDENTIAL}:{self._place}"
            return VaultError(f"The service was given no credential {CREDENTIAL}.", next_step=next_step)
        next_step = "To make one for a new vault: `voicepurge vault init`, as root."
        return VaultError(f"The credential {self._place} is missing.", next_step=next_step)

    def _decrypt(self) -> bytes:
        done = self._run("decrypt", f"--name={CREDENTIAL}", str(self._place), "-")
        if done.returncode == 0:
            if len(done.stdout) != KEY_BYTES:
                raise VaultError(f"The credential {self._place} must hold exactly {KEY_BYTES} bytes.")
            return done.stdout
        # an empty name switches the check off: what opens now is whole, only not meant for us
        if self._run("decrypt", "--name=", str(self._place), "-").returncode == 0:
            message = f"The credential {self._place} was sealed under another name than {CREDENTIAL}."
            raise VaultError(message, next_step=f"Seal it with --name={CREDENTIAL}.")
        message = f"The credential {self._place} is damaged, or was sealed on another machine."
        raise VaultError(message, next_step=_RESTORE)

    def _run(self, *arguments: str, give: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(  # noqa: S603 - a fixed program, arguments of our own
                [self._program, *arguments],
                input=give,
                capture_output=True,
                env={"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                timeout=_LIMIT_S,
                check=False,
            )
        except FileNotFoundError:
            next_step = "It comes with systemd 250; below that choose `credentials: {backend: file}`."
            raise VaultError(f"{self._program} is missing.", next_step=next_step) from None
        except subprocess.TimeoutExpired:
            raise VaultError(f"{self._program} did not answer within {_LIMIT_S} s.") from None


def _why(said: bytes) -> str:
    """The last line systemd-creds wrote; it names files and errors, never what is sealed."""
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "See `systemd-creds setup`."
