"""One secret as sealed bytes: AES-256-GCM, bound to its service and name. Pure; keys and nonces come in.

    magic (20) | key id (8) | nonce (12) | ciphertext and tag

The associated data is everything before the ciphertext and the label's digest, so that a sealed file
moved to another label's place does not open. The name travels inside, for those who list.
Nonces are random: with 96 bits, a key is good for 2^32 sealings (NIST SP 800-38D, section 8.3).
"""

import hashlib
import json
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.errors import VaultError

KEY_BYTES = 32
NONCE_BYTES = 12
_MAGIC = b"voicepurge-sealed/1\n"
_KEY_ID_BYTES = 8
_HEADER_BYTES = len(_MAGIC) + _KEY_ID_BYTES + NONCE_BYTES
_RESTORE = "Restore the vault from a backup, or sign in again and set the secrets again."


@dataclass(frozen=True, slots=True, repr=False)
class Unsealed:
    """What was inside. Never shows itself."""

    name: str
    secret: str
    service: str

    def __repr__(self) -> str:
        return "Unsealed(…)"


def label(service: str, name: str) -> str:
    """The 64 hex digits that stand for a service and name; also a good file name."""
    return hashlib.sha256(json.dumps([service, name]).encode()).hexdigest()


def seal(key: bytes, service: str, name: str, secret: str, nonce: bytes) -> bytes:
    """Seals `secret`.

    Args:
        key: 32 bytes.
        service: who stores it.
        name: what it is.
        secret: any text.
        nonce: 12 random bytes, never used twice with this key.
    """
    cipher = _cipher(key)
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes")
    header = _MAGIC + _key_id(key) + nonce
    inside = json.dumps({"service": service, "name": name, "secret": secret}).encode()
    return header + cipher.encrypt(nonce, inside, header + label(service, name).encode())


def unseal(key: bytes, place: str, sealed: bytes) -> Unsealed:
    """Opens what was sealed for the label `place`.

    Raises:
        VaultError: sealed with another key, or damaged, or sealed for another label.
    """
    cipher = _cipher(key)
    if len(sealed) < _HEADER_BYTES or not sealed.startswith(_MAGIC):
        raise VaultError("A secret in the vault is not in our format.", next_step=_RESTORE)
    header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES - NONCE_BYTES : _HEADER_BYTES]
    if header[len(_MAGIC) : -NONCE_BYTES] != _key_id(key):
        next_step = "After a change of the key restart the service; else put the right key back."
        raise VaultError("A secret in the vault was sealed with another key.", next_step=next_step)
    try:
        inside = json.loads(cipher.decrypt(nonce, sealed[_HEADER_BYTES:], header + place.encode()))
    except InvalidTag:
        raise VaultError("A secret in the vault is damaged or was moved.", next_step=_RESTORE) from None
    return Unsealed(inside["name"], inside["secret"], inside["service"])


def sealed_with(key: bytes, sealed: bytes) -> bool:
    """Whether the header says that `sealed` was sealed with this key."""
    return sealed[len(_MAGIC) : len(_MAGIC) + _KEY_ID_BYTES] == _key_id(key)


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise VaultError(f"The vault's key must have {KEY_BYTES} bytes; it has {len(key)}.")
    return AESGCM(key)


def _key_id(key: bytes) -> bytes:
    """Tells keys apart without telling the key."""
    return hashlib.sha256(b"voicepurge vault key id\n" + key).digest()[:_KEY_ID_BYTES]
