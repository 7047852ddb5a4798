"""Who is told when a stored sign-in changes or ends, at the moment it happens."""

from typing import Protocol

from agent.alexa.exchange import Secret


class Keeper(Protocol):
    """Keeps the sign-in of one account. Both calls store before they return, or raise VaultError."""

    def refused(self) -> None:
        """Amazon will never take this refresh token again."""
        ...

    def rotated(self, token: Secret) -> None:
        """From now on only `token` is good."""
        ...
