"""Which entries `voicepurge log` shows. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from agent.errors import UsageError
from agent.ledger.entry import Entry
from agent.model import Event, Verdict
from agent.settings.duration import parse
from agent.settings.problem import RefusedError

BESIDE: Final = (
    Event.LEDGER_CREATED,
    Event.CONFIG_APPLIED,
    Event.CONFIG_REFUSED,
    Event.SLOT_MISSED,
    Event.REAPPEARED,
    Event.SIGNED_IN,
    Event.SIGNED_OUT,
    Event.RECOVERED,
)
"""Events shown on their own line among the runs."""

_DATE: Final = len("2026-05-03")
_CLOCK: Final = re.compile(r"\d\d:?(?:\d\d)?(:?\d\d)?([.,]\d+)?").match


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for. `since` and `until` in ms UTC, both included.

    With `run`, everything of the runs whose id begins so, and what later runs saw of them. Without, a line
    a run and the events beside; with `verdicts`, only runs that ended so.
    """

    run: str = ""
    verdicts: tuple[Verdict, ...] = ()
    since: int | None = None
    until: int | None = None

    @property
    def words(self) -> Sequence[bytes]:
        """One of them stands in the line of every entry that is wanted: others need no decoding."""
        if self.run:
            return [f'"{self.run}'.encode()]
        events = (Event.RUN_ENDED,) if self.verdicts else (Event.RUN_ENDED, *BESIDE)
        return [f'"{event.value}"'.encode() for event in events]

    def wants(self, entry: Entry) -> bool:
        """Whether to show it."""
        early = self.since is not None and entry.at < self.since
        late = self.until is not None and entry.at > self.until
        return not (early or late) and self._chosen(entry)

    def _chosen(self, entry: Entry) -> bool:
        if self.run:
            runs = (entry.run, entry.fields.get("of"))
            return any(isinstance(run, str) and run.startswith(self.run) for run in runs)
        if entry.event is Event.RUN_ENDED:
            return not self.verdicts or entry.fields["verdict"] in self.verdicts
        return not self.verdicts and entry.event in BESIDE


def choice(
    run: str | None,
    verdicts: Sequence[str],
    since: str | None,
    until: str | None,
    *,
    now: int,
    zone: tzinfo,
) -> Choice:
    """What the options of the command line ask for.

    Raises:
        UsageError: a time or a verdict that is none, or `--run` together with `--verdict`.
    """
    if run is not None and (verdicts or not run.isalnum()):
        raise UsageError(
            "--run takes the id of a run, or its beginning, and shows all of it.",
            next_step="`voicepurge log` shows the ids; leave --verdict out.",
        )
    known = [verdict.value for verdict in Verdict]
    for name in verdicts:
        if name not in known:
            raise UsageError("There is no verdict of that name.", next_step=f"One of: {', '.join(known)}.")
    return Choice(
        run or "",
        tuple(Verdict(name) for name in verdicts),
        moment(since, now, zone) if since is not None else None,
        moment(until, now, zone, end=True) if until is not None else None,
    )


def moment(text: str, now: int, zone: tzinfo, *, end: bool = False) -> int:
    """A moment as typed, in ms UTC: `2026-05-03`, `2026-05-03T18:10`, with a zone, or `2d` for so long ago.

    Without a zone it is meant in `zone`. With `end` a bare date means its last moment, a minute its end.

    Raises:
        UsageError: it is none of these.
    """
    try:
        return now - parse(text) // timedelta(milliseconds=1)
    except RefusedError:
        pass
    try:
        found = datetime.fromisoformat(text)
        shown = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        start = int(shown.timestamp() * 1000)
        return start if not end else _end(text, shown) - 1
    except (ValueError, OverflowError):
        raise UsageError(
            "That is no moment.", next_step="Write 2026-05-03, 2026-05-03T18:10, or 2d for two days ago."
        ) from None


def _end(text: str, shown: datetime) -> int:
    """When the day, minute, second or moment that was typed is over."""
    if len(text) <= _DATE:
        return int((shown + timedelta(days=1)).timestamp() * 1000)
    clock = _CLOCK(text[_DATE + 1 :])
    seconds, fraction = clock.groups() if clock is not None else (None, None)
    return int(shown.timestamp() * 1000) + (1 if fraction else 1000 if seconds else 60_000)
