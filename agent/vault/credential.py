"""`{credential:NAME}` in the configuration stands for a secret in the vault."""

import re

from agent.errors import VaultError
from agent.ports import Vault

_REFERENCE = re.compile(r"\{credential:([a-z][a-z0-9-]{0,63})\}")


def credential_name(reference: str) -> str:
    """The vault's name for what `{credential:NAME}` refers to.

    Raises:
        VaultError: it is no such reference.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise VaultError("Not a reference to a secret.", next_step='Write "{credential:NAME}".')
    return f"credential:{found[1]}"


def resolve(vault: Vault, reference: str) -> str:
    """The secret that `{credential:NAME}` stands for.

    Raises:
        VaultError: it is no such reference, or the vault has no such secret, or cannot be read.
    """
    name = credential_name(reference)
    secret = vault.get(name)
    if secret is None:
        plain = name.partition(":")[2]
        next_step = f"Store it: `voicepurge secret set {plain}`."
        raise VaultError(f"The vault has no secret {plain}.", next_step=next_step)
    return secret
