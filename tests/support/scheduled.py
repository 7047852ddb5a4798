"""A scheduled run of one account in this process, as the service makes it."""

import asyncio
import secrets
from dataclasses import dataclass

from agent.alerts.alert import About, Alert, alerts_of
from agent.cli import words
from agent.clock import SystemClock
from agent.daemon.schedule import slot_id
from agent.ledger.reading import last_state
from agent.purge import Order, Report, run
from agent.wiring import install, world_of
from tests.support.fake_history import QuietProgress
from tests.support.practice_home import Home


@dataclass(frozen=True, slots=True)
class Scheduled:
    """How it ended, what it says about that, and what its owner is told."""

    report: Report
    said: str
    alerts: tuple[Alert, ...]

    @property
    def verdict(self) -> tuple[str, str]:
        """With its reason."""
        return self.report.judgement.verdict.value, self.report.judgement.reason


def scheduled_run(home: Home, account: str = "home") -> Scheduled:
    """Runs one slot, now."""
    installation = install(home.config, home.environment())
    clock, directory = SystemClock(), installation.directory(account)
    before = last_state(directory)
    order = Order(
        run=secrets.token_hex(6),
        policy=installation.account(account).policy(),
        trigger="schedule",
        slot=slot_id(clock.now()),
        wait=True,
        requests_per_second=installation.settings.limits.requests_per_second,
    )

    async def go() -> Report:
        async with world_of(installation, account, clock, QuietProgress()) as world:
            return await run(order, world)

    report = asyncio.run(go())
    said = "\n".join(words.sentences(account, report, practice=True))
    return Scheduled(report, said, alerts_of(About(account, practice=True), before, last_state(directory)))
