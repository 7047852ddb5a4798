"""Record keys of what was requested, sealed, so that a receipt can be made later.

The ledger holds no key, and Amazon shows a deleted recording's key to nobody. So each run leaves its keys in
`accounts/NAME/receipts/RUN`, AES-256-GCM under a key made of the account's secret, which lies in the vault:
who has the files without the vault has nothing. Files older than `KEEP_MS` are removed.

A file is a row of parts: length (4 bytes, big-endian), nonce (12), ciphertext. A part that a crash left
unfinished is the last one, and is passed over.
"""

import hmac
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.errors import NoPermissionError, VaultError
from agent.vault.private import make_private_directory

KEEP_MS = 400 * 86_400_000
"""How long keys are kept: long enough for a yearly look back."""

_NONCE = 12
_LENGTH = 4
_MOST = 64 * 1024 * 1024
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """One recording: when it was spoken (ms UTC) and its key. Never shows itself."""

    spoken: int
    key: str

    def __repr__(self) -> str:
        return "Kept(…)"


class Keepsakes:
    """The sealed keys of one account.

    Args:
        directory: `accounts/NAME/receipts`; made on the first write.
        secret: the account's secret.
        random: so many random bytes.
    """

    def __init__(self, directory: Path, secret: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        self._directory, self._random = directory, random
        self._cipher = AESGCM(hmac.digest(secret, b"voicepurge receipts", "sha256"))

    def keep(self, run: str, recordings: Sequence[Kept]) -> None:
        """Adds recordings to those of `run`. Raises VaultError and NoPermissionError."""
        make_private_directory(self._directory)
        nonce = self._random(_NONCE)
        inside = json.dumps([[one.spoken, one.key] for one in recordings]).encode()
        sealed = nonce + self._cipher.encrypt(nonce, inside, run.encode())
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            with os.fdopen(os.open(self._directory / run, flags, _PRIVATE), "wb") as file:
                file.write(len(sealed).to_bytes(_LENGTH) + sealed)
        except OSError as error:
            raise VaultError(f"The keys for receipts cannot be kept: {error.strerror}.") from None

    def of(self, run: str) -> tuple[Kept, ...]:
        """The recordings of `run` in the order they were requested, each once; () where none are kept.

        Raises:
            VaultError: the file is damaged, or sealed with another account's secret.
            NoPermissionError: not ours to read.
        """
        try:
            with (self._directory / run).open("rb") as file:
                raw = file.read(_MOST)
        except FileNotFoundError:
            return ()
        except PermissionError:
            raise NoPermissionError("The keys for receipts may not be read by this user.") from None
        return tuple(dict.fromkeys(one for part in _parts(raw) for one in self._opened(run, part)))

    def runs(self) -> tuple[str, ...]:
        """Ids of the runs with kept keys, the newest first. Raises VaultError and NoPermissionError."""
        try:
            found = sorted(self._directory.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        except FileNotFoundError:
            return ()
        except PermissionError:
            raise NoPermissionError("The keys for receipts may not be read by this user.") from None
        except OSError as error:
            raise VaultError(f"The keys for receipts cannot be read: {error.strerror}.") from None
        return tuple(path.name for path in found)

    def prune(self, now: int) -> int:
        """Removes what is older than `KEEP_MS`; how many runs that were."""
        old = [run for run in self.runs() if self._age_ms(run, now) > KEEP_MS]
        for run in old:
            (self._directory / run).unlink(missing_ok=True)
        return len(old)

    def _age_ms(self, run: str, now: int) -> int:
        return now - int((self._directory / run).stat().st_mtime * 1000)

    def _opened(self, run: str, sealed: bytes) -> Iterator[Kept]:
        try:
            inside = json.loads(self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], run.encode()))
        except (InvalidTag, ValueError):
            raise VaultError(
                "The keys for receipts of this run are damaged.",
                next_step="Name the recording with --key; the ledger itself is not concerned.",
            ) from None
        return (Kept(int(spoken), str(key)) for spoken, key in inside)


def _parts(raw: bytes) -> Iterator[bytes]:
    at = 0
    while at + _LENGTH <= len(raw):
        length = int.from_bytes(raw[at : at + _LENGTH])
        at += _LENGTH
        if at + length > len(raw):
            return
        yield raw[at : at + length]
        at += length
