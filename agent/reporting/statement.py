"""A letter to Amazon from the facts of one ledger, as text and as a page to print. Pure.

It claims no more than the ledger shows: what was requested, how it was answered, what a complete listing
showed and when. No transcript, name of a device, serial or customer id; the person's own name and address
come in as arguments and are stored nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from agent.printable import printable
from agent.reporting.letters import Law, wording


@dataclass(frozen=True, slots=True)
class Answered:
    """So many requests were answered like this: accepted, refused or unknown, with an HTTP status or None."""

    result: str
    status: int | None
    requests: int


@dataclass(frozen=True, slots=True)
class Remaining:
    """What the last complete listing showed, at ms UTC; `oldest` is a UTC hour as in the ledger, or ""."""

    at: int
    recordings: int
    texts: int
    due: int
    oldest: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a ledger shows, counted in recordings (keys). Times in ms UTC, None where there is none.

    Attributes:
        marketplace: like amazon.de.
        practice: about a practice cloud: no evidence about Amazon.
        runs: runs that ended.
        first_request, last_request: when deletion was first and last requested.
        requested: recordings whose deletion was requested.
        answers: how the requests were answered.
        gone: of the requested, no longer visible when last looked for.
        texts: of the requested, the words were still there when last looked for.
        still: of the requested, still visible when last looked for.
        unknown: of the requested, no complete listing has settled.
        reappeared: recordings that were gone and became visible again at some time.
        last_look: when a complete listing was last entered.
        remaining: what a whole look last showed.
        origin, vkey, checkpoint: name, verifier key and newest signed head of the ledger.
    """

    marketplace: str
    practice: bool
    runs: int
    first_request: int | None
    last_request: int | None
    requested: int
    answers: Sequence[Answered]
    gone: int
    texts: int
    still: int
    unknown: int
    reappeared: int
    last_look: int | None
    remaining: Remaining | None
    origin: str
    vkey: str
    checkpoint: str


@dataclass(frozen=True, slots=True, repr=False)
class Sender:
    """Who writes, as they typed it; either may be empty. `address` may have several lines."""

    name: str = ""
    address: str = ""


def letter(facts: Facts, law: Law, sender: Sender, zone: ZoneInfo, now: int, *, html: bool) -> str:
    """The letter, in English. `now` is its date, ms UTC, in `zone` like all its times."""
    template = _environment(zone).get_template("statement.html.j2" if html else "statement.txt.j2")
    lines = [printable(line) for line in sender.address.replace("\\n", "\n").split("\n") if line.strip()]
    return template.render(
        facts=facts, wording=wording(law), name=printable(sender.name), address=lines, now=now
    )


@cache
def _environment(zone: ZoneInfo) -> Environment:
    made = Environment(
        loader=PackageLoader("agent.reporting"),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["moment"] = lambda at: _local(at, zone).strftime("%-d %B %Y, %H:%M %Z")
    made.filters["day"] = lambda at: _local(at, zone).strftime("%-d %B %Y")
    made.filters["hour"] = lambda text: _local(_of_hour(text), zone).strftime("%-d %B %Y, %H:00 %Z")
    made.filters["counted"] = _counted
    return made


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)


def _of_hour(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%HZ").replace(tzinfo=UTC).timestamp() * 1000)


def _counted(number: int, one: str, more: str) -> str:
    return f"1 {one}" if number == 1 else f"{number:,} {more}"
