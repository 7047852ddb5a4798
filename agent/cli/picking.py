"""A supervised trial on the terminal: shows recordings, asks for one, tells how it ended."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.cli import asking, words
from agent.cli.exit_codes import of_verdict
from agent.cli.output import Output
from agent.cli.progress import progress
from agent.cli.visible import UNKNOWN
from agent.clock import StoppableClock
from agent.model import Recording, Standing
from agent.reasons import of_method
from agent.teach.supervised import supervised
from agent.trial import Outcome
from agent.wiring import Installation, is_practice

MOST_SHOWN = 10
UNPROVEN = "Unproven: its first run asks for one recording, and goes on only if exactly that one vanished."
_LONGEST_TEXT = 80


def try_method(output: Output, installation: Installation, account: str, method: str) -> Outcome:
    """Lets the person pick one recording, deletes it with `method`, and looks again.

    Raises:
        AgentError: nobody is signed in, the account is busy, no such method.
    """
    return asyncio.run(_try(output, installation, account, method))


async def _try(output: Output, installation: Installation, account: str, method: str) -> Outcome:
    clock = StoppableClock()
    zone = ZoneInfo(installation.settings.timezone)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, clock.stop)

    def pick(rows: Sequence[Recording], names: Mapping[str, str]) -> Recording | None:
        return _pick(output, rows, names, zone)

    try:
        with progress(output.err) as watcher:
            return await supervised(
                installation, account, method, clock, watcher, pick, lambda: clock.stopped
            )
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _pick(
    output: Output, rows: Sequence[Recording], names: Mapping[str, str], zone: ZoneInfo
) -> Recording | None:
    shown = rows[:MOST_SHOWN]
    output.say(
        f"One of these {len(shown)} recordings is deleted to see whether it works. All of them are due."
    )
    for number, row in enumerate(shown, start=1):
        at = datetime.fromtimestamp(row.spoken_at / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")
        device = " / ".join(names.get(serial, UNKNOWN) for serial in row.serials) or UNKNOWN
        said = (row.text or "(no words)")[:_LONGEST_TEXT]
        output.say(f"  {number:2}  {at}  {device}  {said}")
    chosen = asking.number(output, "Which one shall go?", len(shown))
    return shown[chosen - 1] if chosen is not None else None


def tell(output: Output, installation: Installation, account: str, method: str, outcome: Outcome) -> int:
    """Says how the trial ended, unless JSON was asked for; the exit code."""
    mark = "[practice] " if is_practice(installation, account) else ""
    if not output.json:
        for line in _sentences(account, method, outcome):
            output.data(f"{mark}{line}")
    return exit_code(outcome)


def exit_code(outcome: Outcome) -> int:
    """0 when it passed or nothing was tried, else what the run's verdict says, and never 0."""
    if outcome.passed or (not outcome.picked and outcome.report.plan is not None):
        return 0
    return of_verdict(outcome.report.judgement.verdict, outcome.report.counts.due) or 1


def document(outcome: Outcome) -> dict[str, object]:
    """A trial as JSON."""
    judged = outcome.report.judgement
    return {
        "run": outcome.report.run,
        "picked": outcome.picked,
        "passed": outcome.passed,
        "standing": outcome.method.standing.value,
        "why": outcome.method.reason,
        "verdict": judged.verdict.value,
        "reason": judged.reason,
    }


def _sentences(account: str, method: str, outcome: Outcome) -> list[str]:
    judged, at = outcome.report.judgement, words.clock_time(outcome.report.ended)
    if outcome.passed:
        return [f"{account}: {method} is proven. Exactly the picked recording vanished, seen at {at}."]
    if not outcome.picked:
        looked = outcome.report.plan is not None and outcome.report.plan.listing.complete
        why = (
            "no recording was picked" if outcome.offered else "there is nothing due that it could take alone"
        )
        if not looked:
            why = words.why(judged.reason)
        return [f"{account}: {method} was not tried: {why}.", f"{account}: {UNPROVEN}"]
    if outcome.method.standing is Standing.FAILED:
        return [f"{account}: {method} failed: {of_method(outcome.method.reason)}.", *_taken(outcome)]
    return [
        f"{account}: {method} is not proven yet: {words.why(judged.reason)}, at {at}.",
        f"{account}: the next run looks again. {UNPROVEN}",
    ]


def _taken(outcome: Outcome) -> list[str]:
    hurt = outcome.report.counts.collateral
    return [f"{hurt} more vanished that nobody asked for; it is not used again by itself."] if hurt else []
