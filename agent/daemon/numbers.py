"""The numbers for Prometheus follow every run and every beat: `voicepurge.prom` in the runtime directory."""

import os
from pathlib import Path

from agent.errors import AgentError, ChannelError
from agent.ledger.reading import last_state
from agent.ports import Clock
from agent.purge import Report
from agent.reporting.metrics import Subject, write
from agent.state import AccountState
from agent.wiring import Installation


class Numbers:
    """Implements `agent.daemon.telling.Follower`. `directory` is where the file goes."""

    label = "metrics"

    def __init__(self, installation: Installation, directory: Path, clock: Clock) -> None:
        self._installation, self._directory, self._clock = installation, directory, clock

    async def begun(self, account: str, run: str) -> None:
        """Nothing: a run that began changes no number."""
        del account, run

    async def ended(self, account: str, report: Report, state: AccountState) -> None:
        """Writes all numbers anew. Raises ChannelError."""
        del account, report, state
        await self.beat()

    async def beat(self) -> None:
        """Writes all numbers anew. Raises ChannelError."""
        try:
            self._directory.mkdir(mode=0o755, parents=True, exist_ok=True)
            write(self._directory, self._subjects(), self._clock.now())
        except OSError as error:
            why = os.strerror(error.errno or 0)
            raise ChannelError(f"The numbers cannot be written: {why}.", why="unwritable") from None

    def _subjects(self) -> dict[str, Subject]:
        """Every account whose ledger can be read; one that cannot has no numbers, not old ones."""
        found: dict[str, Subject] = {}
        for name, account in self._installation.settings.accounts.items():
            try:
                state = last_state(self._installation.directory(name))
            except AgentError:
                continue
            found[name] = Subject(account.practice is not None, state)
        return found
