"""The dead man's switch hears of every run: begun, ended well, ended badly.

One switch serves all accounts: it hears of success only while no account's last run failed. A run that makes
progress, or that only has to look again, is no failure. A slot nobody ran is heard of by nobody: that is what
the other side's clock is for.
"""

from collections.abc import Callable

from agent.alerts.ping import Beat, ping
from agent.ledger.storage import CHECKPOINT
from agent.model import Verdict, Why
from agent.purge import Report
from agent.state import AccountState
from agent.wiring import Installation

_PROGRESS = frozenset({Why.BACKLOG, Why.PENDING})


class Switch:
    """Implements `agent.daemon.telling.Follower`. `address` gives the secret address when it is needed."""

    label = "healthchecks"

    def __init__(self, address: Callable[[], str], installation: Installation) -> None:
        self._address, self._installation = address, installation
        self._failing: set[str] = set()

    async def begun(self, account: str, run: str) -> None:
        """Starts the other side's clock. Raises ChannelError."""
        del account
        await ping(self._address(), Beat.START, run)

    async def ended(self, account: str, report: Report, state: AccountState) -> None:
        """Says how it ended. Raises ChannelError."""
        del state
        (self._failing.discard if is_well(report) else self._failing.add)(account)
        beat = Beat.FAIL if self._failing else Beat.SUCCESS
        await ping(self._address(), beat, report.run, self._words(account, report))

    async def beat(self) -> None:
        """Nothing: the other side has a clock of its own."""

    def _words(self, account: str, report: Report) -> str:
        """Verdict and signed head: whoever keeps them is a witness."""
        settings = self._installation.settings.accounts.get(account)
        practice = settings is not None and settings.practice is not None
        reason = f" ({report.judgement.reason})" if report.judgement.reason else ""
        first = f"{'[practice] ' if practice else ''}{account}: {report.judgement.verdict.value}{reason}"
        try:
            note = (self._installation.directory(account) / CHECKPOINT).read_text(encoding="utf-8")
        except (OSError, ValueError):
            note = ""
        return f"{first}\n\n{note}"


def is_well(report: Report) -> bool:
    """Whether the run did what it should, as far as it could."""
    match report.judgement.verdict:
        case Verdict.VERIFIED | Verdict.NOTHING_DUE:
            return True
        case Verdict.RESIDUAL:
            return report.judgement.reason in _PROGRESS
        case Verdict.WATCH_ONLY:
            return report.counts.due == 0
        case _:
            return False
