"""What all accounts of the service share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from agent.daemon.inforce import InForce
from agent.daemon.schedule import Appointments
from agent.daemon.stopping import Stop
from agent.daemon.telling import Telling
from agent.ledger.storage import CHECKPOINT
from agent.ports import Clock
from agent.wiring import Installation


@dataclass(slots=True)
class Shared:
    """The surroundings of an account's turn.

    Attributes:
        clock: the time.
        stop: whether the service is to end.
        appointments: calls turns.
        telling: tells others.
        in_force: the configuration; replaced as a whole when another one is applied.
        refused: whether an edit of it is being refused.
        changed: to be called when `status.json` no longer says how it is.
    """

    clock: Clock
    stop: Stop
    appointments: Appointments
    telling: Telling
    in_force: InForce
    changed: Callable[[], None]
    refused: bool = False

    @property
    def installation(self) -> Installation:
        """The configuration in force with its places."""
        return self.in_force.installation

    def is_practice(self, name: str) -> bool:
        """Whether an account talks to a practice cloud; one that is no longer configured counts as none."""
        account = self.in_force.settings.accounts.get(name)
        return account is not None and account.practice is not None

    def log(self, name: str) -> structlog.stdlib.BoundLogger:
        """What writes about an account; of a practice account every line says so."""
        log: structlog.stdlib.BoundLogger = structlog.get_logger("voicepurge.daemon")
        return log.bind(account=name, **({"practice": True} if self.is_practice(name) else {}))

    def directory(self, name: str) -> Path:
        """Where an account's ledger lies."""
        return self.installation.directory(name)

    def note(self, name: str) -> str:
        """The newest signed head of an account's ledger, "" where there is none to read."""
        try:
            return (self.directory(name) / CHECKPOINT).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def notes(self) -> str:
        """Those of all accounts, for what concerns them all."""
        return "\n".join(filter(None, map(self.note, self.in_force.settings.accounts)))
