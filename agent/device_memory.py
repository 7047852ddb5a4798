"""Which serials a kept device's name stood for, remembered in the vault: serials are private."""

import json
from collections.abc import Mapping, Sequence

from agent.errors import VaultError
from agent.ports import Vault


class VaultDevices:
    """Implements `agent.ports.DeviceMemory`: serials are private, so they lie in the vault."""

    def __init__(self, vault: Vault, account: str) -> None:
        self._vault, self._name = vault, f"{account}/kept-devices"

    def recall(self) -> Mapping[str, Sequence[str]]:
        """Serials by the name in the configuration."""
        text = self._vault.get(self._name)
        try:
            found = json.loads(text or "{}")
        except ValueError:
            raise VaultError("The remembered kept devices are damaged.") from None
        return {str(name): tuple(map(str, serials)) for name, serials in dict(found).items()}

    def remember(self, kept: Mapping[str, Sequence[str]]) -> None:
        """Stores before it returns; unchanged values are not written again."""
        if kept != self.recall():
            self._vault.set(self._name, json.dumps({name: list(serials) for name, serials in kept.items()}))
