r"""A vault in one file under a passphrase, to move an installation. Pure; salt and nonce come in.

    voicepurge-vault/1\n | log2 N (1) | r (1) | p (1) | salt (16) | nonce (12) | ciphertext and tag

Key by scrypt (RFC 7914) with N = 2^17, r = 8, p = 1 (OWASP Password Storage Cheat Sheet, 2024), content
by AES-256-GCM with everything before the ciphertext as associated data.
"""

import json
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from agent.errors import VaultError

SHORTEST = 12
"""Characters a passphrase has at least: the file is made to leave the machine."""

_FAMILY = b"voicepurge-vault/"
_MAGIC = _FAMILY + b"1\n"
_COST = (17, 8, 1)
_HIGHEST = (20, 16, 4)
_LOWEST = (14, 8, 1)
_SALT_BYTES = 16
_NONCE_BYTES = 12
_HEADER_BYTES = len(_MAGIC) + len(_COST) + _SALT_BYTES + _NONCE_BYTES


def pack(
    secrets: Mapping[str, str],
    passphrase: str,
    random: Callable[[int], bytes],
    cost: tuple[int, int, int] = _COST,
) -> bytes:
    """All `secrets` by name, sealed under `passphrase`.

    Args:
        secrets: values by name.
        passphrase: at least 12 characters.
        random: so many random bytes.
        cost: log2 N, r and p of scrypt.

    Raises:
        VaultError: the passphrase is too short.
    """
    if len(passphrase) < SHORTEST:
        raise VaultError(
            f"A passphrase has at least {SHORTEST} characters.", next_step="Choose a longer one."
        )
    header = _MAGIC + bytes(cost) + random(_SALT_BYTES) + random(_NONCE_BYTES)
    return header + _cipher(header, passphrase).encrypt(
        header[-_NONCE_BYTES:], json.dumps({"secrets": dict(secrets)}).encode(), header
    )


def unpack(content: bytes, passphrase: str) -> dict[str, str]:
    """What `pack` was given.

    Raises:
        VaultError: no export of ours, one of a later version, a wrong passphrase, or damage.
    """
    if not content.startswith(_FAMILY):
        raise VaultError("This file is no export of a vault.", next_step="Give the file of `vault export`.")
    if not content.startswith(_MAGIC):
        next_step = "Import it with a newer voicepurge."
        raise VaultError("This export has a version that is not known here.", next_step=next_step)
    header = content[:_HEADER_BYTES]
    cost = header[len(_MAGIC) : len(_MAGIC) + len(_COST)]
    bounds = zip(_LOWEST, cost, _HIGHEST, strict=False)
    wrong = VaultError(
        "The passphrase is wrong, or the file is damaged.", next_step="Try the passphrase again."
    )
    if len(header) < _HEADER_BYTES or not all(low <= one <= high for low, one, high in bounds):
        raise wrong
    try:
        inside = _cipher(header, passphrase).decrypt(header[-_NONCE_BYTES:], content[_HEADER_BYTES:], header)
    except InvalidTag:
        raise wrong from None
    return {str(name): str(secret) for name, secret in json.loads(inside)["secrets"].items()}


def _cipher(header: bytes, passphrase: str) -> AESGCM:
    log_n, r, p = header[len(_MAGIC) : len(_MAGIC) + len(_COST)]
    salt = header[-_NONCE_BYTES - _SALT_BYTES : -_NONCE_BYTES]
    key = Scrypt(salt=salt, length=32, n=1 << log_n, r=r, p=p).derive(
        passphrase.encode(errors="surrogatepass")
    )
    return AESGCM(key)
