"""What is told, and when: on a change, never twice for the same. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Occasion(StrEnum):
    """Why somebody is told. `residual` to `recovered` may be chosen in the configuration."""

    RESIDUAL = "residual"
    UNVERIFIABLE = "unverifiable"
    BLOCKED = "blocked"
    DRIFTED = "drifted"
    MISSED = "missed"
    RECOVERED = "recovered"
    CONFIG = "config"
    METHOD = "method"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Alert:
    """One message. Holds no name, no serial, no words, no secret.

    Attributes:
        occasion: why.
        account: its short name, None for the installation as a whole.
        practice: about a practice cloud; every message says so.
        since: since when it is so, ms UTC.
        what: what happened, one sentence.
        todo: what to do, one sentence, with the command.
        run: id of the run it is about, or "".
        checkpoint: the newest signed note of the ledger, or "": whoever keeps the message is a witness.
    """

    occasion: Occasion
    account: str | None
    practice: bool
    since: int
    what: str
    todo: str
    run: str = ""
    checkpoint: str = ""


class Channel(Protocol):
    """A way to reach somebody."""

    @property
    def label(self) -> str:
        """What to call it in `status`: never an address."""
        ...

    async def send(self, alert: Alert) -> None:
        """Delivers one message, once. Raises ChannelError."""
        ...
