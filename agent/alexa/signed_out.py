"""The history of an account that cannot be asked: every question says why, and nothing is sent."""

from collections.abc import Sequence

from agent.errors import SignedOutError
from agent.model import Device, Identity, Listing, Recording, Surface, Window
from agent.ports import Progress


class SignedOutHistory:
    """Implements `agent.ports.VoiceHistory` for an account without a sign-in that works."""

    def __init__(self, account: str, *, refused: bool = False) -> None:
        """`refused`: there is a sign-in, but Amazon does not take it any more and is not asked again."""
        why = (
            "Amazon no longer accepts the stored sign-in."
            if refused
            else "Nobody has signed in to this account yet."
        )
        self._error = SignedOutError(why, next_step=f"Run `voicepurge login {account}`.")

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
