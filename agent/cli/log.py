"""`voicepurge log`: the ledger for reading, a line a run, or everything of one run. Needs no vault."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from zoneinfo import ZoneInfo

from agent.cli import words
from agent.cli.log_choice import Choice, choice
from agent.cli.log_lines import details, line
from agent.cli.output import Output
from agent.clock import SystemClock
from agent.errors import UsageError
from agent.ledger.entry import Entry
from agent.ledger.reading import Follower, entries
from agent.viewing import View, view

POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What was said on the command line."""

    run: str | None = None
    verdicts: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    follow: bool = False


@dataclass(slots=True)
class _Source:
    """One account's ledger and how its lines are marked."""

    name: str
    retired: bool
    follower: Follower
    practice: bool | None

    @property
    def mark(self) -> str:
        """What stands before the name."""
        return f"{'[practice] ' if self.practice else ''}{'[retired] ' if self.retired else ''}"


def show_log(output: Output, account: str | None, options: LogOptions) -> int:
    """Prints the log of one account or all, oldest first, reading in constant memory.

    Following ends with Ctrl-C, which is no failure.

    Raises:
        UsageError: no such account or run, or an option that makes no sense.
        LedgerDamagedError: a line is no entry.
        NoPermissionError: not ours to read.
    """
    seen = view(output.config)
    zone = ZoneInfo(seen.settings.timezone) if seen.settings is not None else UTC
    chosen = choice(
        options.run, options.verdicts, options.since, options.until, now=SystemClock().now(), zone=zone
    )
    sources = [_source(seen, name, chosen) for name in seen.names(account)]
    try:
        found = sum(_print(output, source, seen, chosen) for source in sources)
        if chosen.run and not found and not options.follow:
            raise UsageError("There is no run of that id.", next_step="`voicepurge log` shows the ids.")
        while options.follow:
            time.sleep(POLL_S)
            for source in sources:
                _print(output, source, seen, chosen)
    except KeyboardInterrupt:
        if not options.follow:
            raise
    return 0


def _source(seen: View, name: str, chosen: Choice) -> _Source:
    return _Source(
        name, seen.retired(name), Follower(seen.directory(name), chosen.words), seen.practice(name)
    )


def _print(output: Output, source: _Source, seen: View, chosen: Choice) -> int:
    """Prints what is new; how many entries it was."""
    found = 0
    for entry in source.follower.news():
        if not chosen.wants(entry):
            continue
        found += 1
        if source.practice is None:  # only its ledger knows
            first = next(entries(seen.directory(source.name)))
            source.practice = first.fields.get("practice") is True
        if output.json:
            more = {"retired": True} if source.retired else {}
            output.document({"account": source.name, "practice": source.practice, **more, **plain(entry)})
            continue
        output.data(f"{words.clock_time(entry.at)}  {source.mark}{source.name}  {line(entry)}")
        for detail in details(entry) if chosen.run else ():
            output.data(f"    {detail}")
    return found


def plain(entry: Entry) -> dict[str, object]:
    """An entry as JSON: all its fields but the summary, which is for programs that read the file."""
    kept = {name: value for name, value in entry.fields.items() if name != "state"}
    run = {"run": entry.run} if entry.run is not None else {}
    return {"seq": entry.seq, "t": words.iso(entry.at), "event": entry.event.value, **run, **kept}
