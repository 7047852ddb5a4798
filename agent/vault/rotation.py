"""Changing the vault's key without a moment in which nobody can open it. Pure.

While all secrets are sealed anew, the new key lies among them, sealed with the old one. So the holder of
the old key (a running service) opens both kinds; the file goes once the new key is in its place.
"""

import base64
from collections.abc import Callable, Iterable

from agent.errors import VaultError
from agent.vault.sealed import NONCE_BYTES, label, seal, sealed_with, unseal

NEXT = "next"
"""File name of the coming key, sealed with the present one."""

_SERVICE = "voicepurge-rotation"


def announce(old: bytes, new: bytes, random: Callable[[int], bytes]) -> bytes:
    """The file `NEXT`: the new key, sealed with the old one."""
    return seal(old, _SERVICE, NEXT, base64.b64encode(new).decode(), random(NONCE_BYTES))


def next_key(old: bytes, announced: bytes | None) -> bytes | None:
    """The coming key, None where none is announced to the holder of `old`.

    Raises:
        VaultError: the file is damaged.
    """
    if announced is None or not sealed_with(old, announced):
        return None  # left behind by a change that was finished: meant for the key before ours
    return base64.b64decode(unseal(old, label(_SERVICE, NEXT), announced).secret)


def key_for_writing(key: bytes, announced: bytes | None, sealed: Iterable[tuple[str, bytes]]) -> bytes:
    """The key a new secret is sealed with: the coming one during a change, else our own.

    Args:
        key: ours.
        announced: content of `NEXT`.
        sealed: what is in the vault; one is looked at.

    Raises:
        VaultError: the key was changed since we read it; what we sealed, nobody else could open.
    """
    coming = next_key(key, announced)
    if coming is not None:
        return coming
    _, one = next(iter(sealed), ("", None))
    if one is not None and not sealed_with(key, one):
        raise VaultError(
            "The vault's key was changed since this process read it.",
            next_step="Restart it: it reads the new key.",
        )
    return key
