"""`voicepurge list`: what is visible now, by day and device."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.cli import words
from agent.cli.exit_codes import of_verdict
from agent.cli.output import Output
from agent.cli.progress import progress
from agent.clock import SystemClock
from agent.errors import UsageError
from agent.ledger.commitment import commitment
from agent.ledger.storage import LEDGER
from agent.model import Listing, Recording, Window
from agent.record import device_label
from agent.verdict import of_incomplete
from agent.wiring import Installation, history_of, install

UNKNOWN = "(unknown device)"


@dataclass(frozen=True, slots=True)
class Seen:
    """One listing with the names of the devices by serial."""

    listing: Listing
    names: Mapping[str, str]

    def device(self, row: Recording) -> str:
        """The name a person knows the device by."""
        return " / ".join(self.names.get(serial, UNKNOWN) for serial in row.serials) or UNKNOWN


def list_visible(output: Output, account: str | None, *, show_text: bool) -> int:
    """Prints what is visible; the exit code says whether the listing reached its end.

    Raises:
        UsageError: no or an unknown account named where there are several.
        AgentError: signed out, offline and the like.
    """
    installation = install(output.config)
    name = only_account(installation, account)
    seen = asyncio.run(_look(installation, name, output, show_text=show_text))
    zone = ZoneInfo(installation.settings.timezone)
    practice = installation.account(name).practice is not None
    labels = _labels(installation, name, seen)
    if output.json:
        document = _document(name, seen, zone, show_text=show_text, practice=practice)
        output.document({**document, "labels": labels})
    else:
        _print(output, name, seen, zone, show_text=show_text, practice=practice)
        for label, device in labels.items():
            output.data(f"  {label} in status and reports is {device}")
    if seen.listing.complete:
        return 0
    return of_verdict(of_incomplete(seen.listing, requested=False).verdict, 0)


def _labels(installation: Installation, name: str, seen: Seen) -> dict[str, str]:
    """What stands in the ledger for each device that was seen, with its name; none before there is one."""
    if not (installation.directory(name) / LEDGER).exists():
        return {}
    secret = installation.keys(name, create=False).secret
    serials = sorted({serial for row in seen.listing.recordings.values() for serial in row.serials[:1]})
    return {
        device_label(serial, lambda text: commitment(secret, text)): seen.names.get(serial, UNKNOWN)
        for serial in serials
    }


def only_account(installation: Installation, account: str | None) -> str:
    """The named account, or the only one there is.

    Raises:
        UsageError: several accounts and none named, or an unknown one.
    """
    names = list(installation.settings.accounts)
    if account is None and len(names) > 1:
        raise UsageError("Several accounts are configured.", next_step=f"Name one of: {', '.join(names)}.")
    name = account or names[0]
    installation.account(name)
    return name


async def _look(installation: Installation, name: str, output: Output, *, show_text: bool) -> Seen:
    clock = SystemClock()
    async with history_of(installation, name, clock) as (history, _session):
        with progress(output.err) as watcher:
            identity = await history.identify()
            names = {device.serial: device.name for device in await history.devices()}
            everything = Window(0, clock.now() + max(identity.skew_ms, 0))
            surfaces = installation.account(name).surfaces
            listing = await history.listing(everything, surfaces, text=show_text, progress=watcher)
    return Seen(listing, names)


def _rows(seen: Seen) -> list[Recording]:
    return sorted(seen.listing.recordings.values(), key=lambda row: (row.spoken_at, row.key))


def _day(row: Recording, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(row.spoken_at / 1000, zone).date().isoformat()


def _print(output: Output, name: str, seen: Seen, zone: ZoneInfo, *, show_text: bool, practice: bool) -> None:
    rows = _rows(seen)
    mark = "[practice] " if practice else ""
    texts = sum(row.has_text for row in rows)
    output.data(f"{mark}{name}: {len(rows)} recordings visible, {texts} of them with text.")
    for (day, device), number in sorted(Counter((_day(r, zone), seen.device(r)) for r in rows).items()):
        output.data(f"  {day}  {number:5}  {device}")
    for row in rows if show_text else ():
        at = datetime.fromtimestamp(row.spoken_at / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")
        output.data(f"  {at}  {seen.device(row)}  {row.text or '-'}")
    for surface, end in seen.listing.ends.items():
        if end.reason is not None:
            output.say(f"The listing of {surface.value} is incomplete: {words.why(end.reason)}.")


def _document(name: str, seen: Seen, zone: ZoneInfo, *, show_text: bool, practice: bool) -> dict[str, object]:
    rows = _rows(seen)
    days = Counter((_day(row, zone), seen.device(row)) for row in rows)
    document: dict[str, object] = {
        "account": name,
        "practice": practice,
        "recordings": len(rows),
        "texts": sum(row.has_text for row in rows),
        "complete": seen.listing.complete,
        "surfaces": {
            surface.value: {"complete": end.complete, "reason": end.reason, "pages": end.pages}
            for surface, end in seen.listing.ends.items()
        },
        "days": [{"day": d, "device": v, "recordings": n} for (d, v), n in sorted(days.items())],
    }
    if show_text:
        document["rows"] = [
            {"spoken": words.iso(row.spoken_at), "device": seen.device(row), "text": row.text} for row in rows
        ]
    return document
