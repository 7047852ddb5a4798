"""The history of an account nobody has signed in to: every question says so."""

from collections.abc import Sequence

from agent.errors import SignedOutError
from agent.model import Device, Identity, Listing, Recording, Surface, Window
from agent.ports import Progress


class SignedOutHistory:
    """Implements `agent.ports.VoiceHistory` for an account nobody has signed in to."""

    def __init__(self, account: str) -> None:
        self._error = SignedOutError(
            "Nobody has signed in to this account yet.", next_step=f"Run `voicepurge login {account}`."
        )

    async def identify(self) -> Identity:
        """Raises SignedOutError."""
        raise self._error

    async def devices(self) -> Sequence[Device]:
        """Raises SignedOutError."""
        raise self._error

    async def listing(
        self,
        window: Window,
        surfaces: Sequence[Surface],
        *,
        items: bool = False,
        text: bool = False,
        progress: Progress,
    ) -> Listing:
        """Raises SignedOutError; a run asks `identify` first."""
        raise self._error

    async def without_audio(self, recordings: Sequence[Recording]) -> frozenset[str]:
        """Nobody could look."""
        return frozenset()
