"""`voicepurge schedule`: the next runs in local time and UTC, as the daemon will make them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from agent import settings as yaml_settings
from agent.alexa.marketplaces import MARKETPLACES
from agent.cli import words
from agent.cli.output import Output
from agent.clock import SystemClock
from agent.daemon.schedule import slot_id, start_of, timetable, upcoming
from agent.errors import UsageError
from agent.settings import Account, Schedule, Settings
from agent.settings.duration import show


@dataclass(frozen=True, slots=True)
class NextRun:
    """One run to come: its slot, when it starts in ms UTC, jitter included, and the configured zone."""

    slot: str
    at: int
    zone: ZoneInfo

    @property
    def document(self) -> dict[str, object]:
        """As JSON."""
        local = datetime.fromtimestamp(self.at / 1000, self.zone)
        return {
            "slot": self.slot,
            "local": local.isoformat(timespec="milliseconds"),
            "utc": words.iso(self.at),
        }

    @property
    def line(self) -> str:
        """As one line of text."""
        local = datetime.fromtimestamp(self.at // 1000, self.zone)
        utc = datetime.fromtimestamp(self.at // 1000, UTC)
        return f"{local:%a} {local.isoformat(sep=' ')}  {utc:%Y-%m-%d %H:%M:%S} UTC  slot {self.slot}"


def next_runs(settings: Settings, name: str, count: int, now_ms: int) -> list[NextRun]:
    """The next `count` runs of an account after `now_ms`, as they stand in its timetable.

    Raises:
        ConfigError: the schedule has no next slot.
    """
    table = timetable(name, settings.accounts[name], settings.timezone)
    return [
        NextRun(slot_id(slot), start_of(table, slot), table.zone)
        for slot in islice(upcoming(table, now_ms), count)
    ]


def show_schedule(output: Output, account: str | None, count: int) -> int:
    """Prints the next runs of one account or all. Needs neither the vault nor the state.

    Raises:
        UsageError: no such account.
        ConfigError: the configuration has problems.
        NoPermissionError: it may not be read.
    """
    path = yaml_settings.find(output.config, os.environ)
    settings = yaml_settings.load(path, marketplaces=MARKETPLACES)
    if account is not None and account not in settings.accounts:
        raise UsageError(
            "There is no account of that name.",
            next_step=f"The configuration has: {', '.join(settings.accounts)}.",
        )
    now = SystemClock().now()
    names = [account] if account is not None else list(settings.accounts)
    runs = {name: next_runs(settings, name, count, now) for name in names}
    if output.json:
        output.document({"timezone": settings.timezone, "accounts": list(_documents(settings, runs))})
        return 0
    for name, several in runs.items():
        one = settings.accounts[name]
        mark = "[practice] " if one.practice is not None else ""
        output.data(f"{mark}{name}: {_words(one.schedule)}, {settings.timezone}{_jitter(one)}")
        for run in several:
            output.data(f"  {run.line}")
    return 0


def _documents(settings: Settings, runs: dict[str, list[NextRun]]) -> Iterator[dict[str, object]]:
    for name, several in runs.items():
        account = settings.accounts[name]
        yield {
            "account": name,
            "practice": account.practice is not None,
            "schedule": _words(account.schedule),
            "jitter_s": account.jitter.total_seconds(),
            "runs": [run.document for run in several],
        }


def _words(schedule: Schedule) -> str:
    """A schedule as one reads it aloud."""
    if schedule.at is not None:
        days = f" on {', '.join(schedule.days)}" if schedule.days else ""
        return f"at {schedule.at:%H:%M}{days}"
    if schedule.cron is not None:
        return f"cron {schedule.cron.text}"
    return f"every {show(schedule.every)}" if schedule.every is not None else ""


def _jitter(account: Account) -> str:
    return f", up to {show(account.jitter)} later" if account.jitter else ""
