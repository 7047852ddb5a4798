"""What stands for a recording in the ledger. Pure.

A key alone could be guessed and hashed, so each is mixed with a number only the account's secret gives.
Whoever is shown the key and that number can check one recording; it says nothing about any other.
"""

import hashlib
import hmac


def nonce(secret: bytes, key: str) -> bytes:
    """The 32 bytes to disclose, with the key, in a receipt for this recording.

    Args:
        secret: the account secret, 32 bytes.
        key: the recording's key as Amazon gave it.
    """
    return hmac.digest(secret, _bytes(key), "sha256")


def open_commitment(number: bytes, key: str) -> str:
    """The commitment a third party computes from a disclosed nonce and key: 64 hex digits."""
    return hashlib.sha256(number + _bytes(key)).hexdigest()


def commitment(secret: bytes, key: str) -> str:
    """The 64 hex digits that stand for `key` in every entry."""
    return open_commitment(nonce(secret, key), key)


def _bytes(key: str) -> bytes:
    # JSON can carry half a surrogate pair; a key that no one should send must still not stop a run.
    return key.encode("utf-8", "surrogatepass")
