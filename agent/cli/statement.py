"""`voicepurge statement`: a letter to Amazon, filled from the ledger."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.cli.output import Output
from agent.cli.receipt import put_new
from agent.clock import SystemClock
from agent.errors import UsageError
from agent.ledger.entry import Entry
from agent.ledger.reading import entries
from agent.ledger.storage import CHECKPOINT
from agent.model import Event
from agent.reporting.letters import Law
from agent.reporting.statement import Answered, Facts, Remaining, Sender, letter
from agent.wiring import Installation, install


@dataclass(frozen=True, slots=True)
class Wish:
    """What was said on the command line."""

    law: Law = Law.GDPR
    sender: Sender = field(default_factory=Sender)
    html: bool = False
    out: Path | None = None


@dataclass(slots=True)
class _Tally:
    """One pass over a ledger; the newest fate of each recording counts."""

    fates: dict[str, str] = field(default_factory=dict)
    reappeared: set[str] = field(default_factory=set)
    answers: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    times: list[int] = field(default_factory=list)
    runs: int = 0
    last_look: int | None = None
    remaining: Remaining | None = None

    def add(self, entry: Entry) -> None:
        fields: dict[str, Any] = dict(entry.fields)
        match entry.event:
            case Event.DELETION_INTENDED:
                self.times = [*self.times[:1], entry.at]
                self.fates |= {named: "unknown" for named, _ in fields["recordings"]}
            case Event.DELETION_ANSWERED:
                self.answers[fields["result"], fields.get("status")] += 1
            case Event.RELISTED:
                self._looked(entry.at, fields)
            case Event.REAPPEARED:
                self.reappeared.update(fields["recordings"])
                self.fates |= {n: "still_visible" for n in fields["recordings"] if n in self.fates}
            case Event.RUN_ENDED:
                self.runs += 1
                seen = fields.get("visible")
                if seen is not None:
                    names = ("at", "recordings", "texts", "due", "oldest")
                    self.remaining = Remaining(**{name: seen[name] for name in names})

    def _looked(self, at: int, fields: dict[str, Any]) -> None:
        if all(end["complete"] for end in fields["surfaces"].values()):
            self.last_look = at
        for fate in ("gone", "text_remains", "still_visible"):
            self.fates |= {named: fate for named in fields[fate] if named in self.fates}


def facts(marketplace: str, found: Iterable[Entry], checkpoint: str) -> Facts:
    """What a ledger shows, in one pass over its entries. The first must be its first."""
    tally, made = _Tally(), None
    for entry in found:
        made = made or entry
        tally.add(entry)
    if made is None:
        raise UsageError("There is no ledger yet.", next_step="Run `voicepurge run` once.")
    count = Counter(tally.fates.values())
    answers = sorted(tally.answers.items(), key=str)
    return Facts(
        marketplace=marketplace,
        practice=made.fields["practice"] is True,
        runs=tally.runs,
        first_request=tally.times[0] if tally.times else None,
        last_request=tally.times[-1] if tally.times else None,
        requested=len(tally.fates),
        answers=[Answered(result, status, number) for (result, status), number in answers],
        gone=count["gone"],
        texts=count["text_remains"],
        still=count["still_visible"],
        unknown=count["unknown"],
        reappeared=len(tally.reappeared),
        last_look=tally.last_look,
        remaining=tally.remaining,
        origin=str(made.fields["origin"]),
        vkey=str(made.fields["vkey"]),
        checkpoint=checkpoint,
    )


def write_statement(output: Output, account: str, wish: Wish) -> int:
    """Prints the letter, or writes it to a new file.

    Raises:
        UsageError: no such account, no ledger, or the file is there already.
        LedgerDamagedError, NoPermissionError: the ledger cannot be read.
    """
    installation = install(output.config)
    zone = ZoneInfo(installation.settings.timezone)
    shown = _facts(installation, account)
    text = letter(shown, wish.law, wish.sender, zone, SystemClock().now(), html=wish.html)
    if wish.out is not None:
        put_new(wish.out, text.encode())
    if output.json:
        where = {"file": str(wish.out)} if wish.out is not None else {"letter": text}
        output.document({"account": account, "practice": shown.practice, "for": wish.law.value, **where})
    elif wish.out is not None:
        output.data(f"{'[practice] ' if shown.practice else ''}{wish.out}")
        output.say("Read it before you send it. It is filled from your ledger and is no legal advice.")
    else:
        for line in text.rstrip("\n").split("\n"):
            output.data(line)
    return 0


def _facts(installation: Installation, account: str) -> Facts:
    directory = installation.directory(account)
    marketplace = installation.account(account).marketplace
    try:
        checkpoint = (directory / CHECKPOINT).read_text(encoding="utf-8").strip("\n")
    except FileNotFoundError:
        checkpoint = ""
    return facts(marketplace, entries(directory), checkpoint)
