"""The two keys every account has from its first run on, kept as one secret so that neither stands alone."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass

from agent.errors import VaultError
from agent.ports import Vault

_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class AccountKeys:
    """Keys of one account. Never shows itself.

    Attributes:
        secret: 32 bytes; what recordings are committed to in the ledger with.
        signing: 32 bytes; the seed of the Ed25519 key that signs checkpoints (RFC 8032, 5.1.5).
    """

    secret: bytes
    signing: bytes

    def __repr__(self) -> str:
        return "AccountKeys(…)"


def account_keys(
    vault: Vault, account: str, random: Callable[[int], bytes], *, create: bool = True
) -> AccountKeys:
    """The keys of `account`, made with `random` on first use.

    Args:
        vault: where they are kept, as `ACCOUNT/keys`.
        account: its short name.
        random: so many random bytes.
        create: False where a ledger already exists: new keys would not fit it.

    Raises:
        VaultError: they are missing and must not be made, or damaged, or the vault cannot be used.
    """
    name = f"{account}/keys"
    stored = vault.get(name)
    if stored is None:
        if not create:
            next_step = (
                "Restore the vault from a backup: the ledger cannot be continued without its keys. "
                f"Where they are lost, `voicepurge ledger restart {account}` begins a new one."
            )
            raise VaultError(f"The keys of account {account} are missing.", next_step=next_step)
        made = {"secret": random(_BYTES), "signing": random(_BYTES)}
        vault.set(name, json.dumps({key: base64.b64encode(value).decode() for key, value in made.items()}))
        stored = vault.get(name)
    return _read(account, stored)


def _read(account: str, stored: str | None) -> AccountKeys:
    try:
        found = json.loads(stored or "")
        secret, signing = (base64.b64decode(found[key], validate=True) for key in ("secret", "signing"))
    except (ValueError, TypeError, KeyError, binascii.Error):
        secret = signing = b""
    if len(secret) != _BYTES or len(signing) != _BYTES:
        raise VaultError(f"The keys of account {account} are damaged.", next_step="Restore the vault.")
    return AccountKeys(secret, signing)
