"""`voicepurge run`: one purge now for each account, with progress."""

import asyncio
import secrets
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from agent.alexa.marketplaces import find
from agent.cli import words
from agent.cli.exit_codes import of_verdict, worst
from agent.cli.output import Output, denied
from agent.cli.progress import progress
from agent.cli.watching import watched, watched_document
from agent.clock import StoppableClock
from agent.errors import AgentError
from agent.model import Why
from agent.publishing import renew
from agent.purge import Order, Report, run
from agent.record import counts
from agent.wiring import Installation, install, world_of

Outcome = Report | AgentError


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What was said on the command line."""

    dry_run: bool = False
    confirm: bool = False
    wait: bool = False


def run_accounts(output: Output, names: Sequence[str], options: RunOptions) -> int:
    """Runs every named account, all of them when none is named; one failing alone stops no other.

    Raises:
        UsageError: an unknown account.
        ConfigError, NoPermissionError, VaultError: before any account was touched.
    """
    installation = install(output.config)
    chosen = list(dict.fromkeys(names)) or list(installation.settings.accounts)
    for name in chosen:
        installation.account(name)
    outcomes = asyncio.run(_all(installation, chosen, options, output))
    if output.json:
        output.document({"runs": [_as_json(installation, name, got) for name, got in outcomes.items()]})
    return worst(_exit_code(got) for got in outcomes.values())


async def _all(
    installation: Installation, names: Sequence[str], options: RunOptions, output: Output
) -> dict[str, Outcome]:
    clock = StoppableClock()
    _stop_on_signals(clock, output)
    outcomes: dict[str, Outcome] = {}
    for name in names:
        if clock.stopped:
            break
        outcomes[name] = await _one(installation, name, options, output, clock)
    return outcomes


async def _one(
    installation: Installation, name: str, options: RunOptions, output: Output, clock: StoppableClock
) -> Outcome:
    order = Order(
        run=secrets.token_hex(6),
        policy=installation.account(name).policy(),
        confirm=options.confirm,
        dry_run=options.dry_run,
        wait=options.wait,
        requests_per_second=installation.settings.limits.requests_per_second,
    )
    practice = installation.account(name).practice is not None
    try:
        with progress(output.err) as watcher:
            async with world_of(installation, name, clock, watcher, lambda: clock.stopped) as world:
                report = await run(order, world)
    except (AgentError, PermissionError) as failure:
        error = failure if isinstance(failure, AgentError) else denied(failure)
        if not output.json:
            output.say(f"{'[practice] ' if practice else ''}{name}:")
            output.failure(error)
        return error
    if not order.dry_run and (trouble := renew(installation.settings, installation.state, name, clock.now())):
        output.say(f"The report could not be written: {trouble}.")
    if not output.json:
        marketplace = find(installation.account(name).marketplace)
        for line in (*words.sentences(name, report, practice=practice), *watched(report, marketplace)):
            output.data(line)
    return report


def _stop_on_signals(clock: StoppableClock, output: Output) -> None:
    """The first Ctrl-C ends the run in good order, the second at once."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        clock.stop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        output.say("Stopping after the current step; press Ctrl-C again to stop at once.")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def _exit_code(outcome: Outcome) -> int:
    if isinstance(outcome, AgentError):
        return outcome.exit_code
    planned = outcome.plan is not None and outcome.plan.listing.complete
    if outcome.dry_run and outcome.plan is not None and planned:
        return 0 if outcome.plan.blocked in (None, Why.CONFIRM) else 3
    return of_verdict(outcome.judgement.verdict, outcome.counts.due)


def _as_json(installation: Installation, name: str, outcome: Outcome) -> dict[str, object]:
    practice = installation.account(name).practice is not None
    if isinstance(outcome, AgentError):
        error = {"code": outcome.code, "message": outcome.message, "next": outcome.next_step}
        return {"account": name, "practice": practice, "error": error}
    marketplace = find(installation.account(name).marketplace)
    more = watched_document(outcome, marketplace)
    return {"account": name, "practice": practice, **run_document(outcome), **more}


def run_document(report: Report) -> dict[str, object]:
    """One run as the JSON that `run --json` prints."""
    plan, head = report.plan, report.head
    planned = report.dry_run and plan is not None and plan.listing.complete
    return {
        "run": report.run,
        "verdict": None if planned else report.judgement.verdict.value,
        "reason": None if planned else report.judgement.reason,
        "surfaces": list(report.surfaces),
        **counts(report.counts),
        "methods": list(report.methods),
        "started": words.iso(report.started),
        "ended": words.iso(report.ended),
        "expected_s": round(plan.expected_s, 1) if plan is not None else None,
        "ledger": {"size": head.size, "root": head.root} if head is not None else None,
        **(
            {"dry_run": True, "requests": plan.requests, "blocked": plan.blocked}
            if report.dry_run and plan is not None
            else {}
        ),
    }
