"""An entry of the ledger as lines to read. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from agent.cli import words
from agent.ledger.entry import Entry
from agent.model import Event
from agent.reporting.moments import count

_A_ROW = 3


def line(entry: Entry) -> str:
    """What happened, in one line."""
    fields: dict[str, Any] = dict(entry.fields)
    match entry.event:
        case Event.RUN_STARTED:
            slot = f" for the slot {fields['slot']}" if "slot" in fields else ""
            what = (
                "everything" if fields["full"] else f"what was spoken since {_at(fields['window']['from'])}"
            )
            return f"run {entry.run} begins ({fields['trigger'].replace('_', ' ')}){slot}: lists {what}"
        case Event.RUN_ENDED:
            reason = f": {words.why(fields['reason'])}" if fields["reason"] else ""
            numbers = ", ".join(f"{name} {value}" for name, value in fields["counts"].items() if value)
            return f"run {entry.run}  {fields['verdict']}{reason}  ({numbers or 'nothing listed'})"
        case Event.LISTED:
            numbers = f"{fields['recordings']}, due {fields['due']}, undecided {fields['undecided']}"
            return f"listed {numbers} ({_ends(fields)})"
        case Event.DELETION_INTENDED:
            part = f" part {fields['part']} of {fields['parts']}" if fields["parts"] > 1 else ""
            number = count(len(fields["recordings"]), "recording")
            return f"will request deletion of {number}{part} with {fields['method']}"
        case Event.DELETION_ANSWERED:
            status = f" with status {fields['status']}" if fields.get("status") is not None else ""
            reason = f" ({words.why(fields['reason'])})" if fields.get("reason") else ""
            return f"the request was answered: {fields['result']}{status}{reason} after {fields['ms']} ms"
        case Event.RELISTED:
            return _relisted(entry, fields)
        case _:
            return _aside(entry, fields)


def _relisted(entry: Entry, fields: dict[str, Any]) -> str:
    seen = ", ".join(
        f"{len(fields[kind])} {kind.replace('_', ' ')}"
        for kind in ("gone", "text_remains", "still_visible")
        if fields[kind]
    )
    harm = f", {fields['collateral']} vanished that had to stay" if fields["collateral"] else ""
    whose = f" for run {fields['of']}" if fields["of"] != entry.run else ""
    numbers = f"{fields['recordings']} visible, {fields['due']} due"
    return f"listed again{whose}: {numbers}; {seen or 'no change'}{harm} ({_ends(fields)})"


def _aside(entry: Entry, fields: dict[str, Any]) -> str:
    match entry.event:
        case Event.METHOD_CHANGED:
            reason = f" ({fields['reason'].replace('_', ' ')})" if fields["reason"] else ""
            return f"method {fields['method']} is now {fields['standing']}{reason}"
        case Event.REAPPEARED:
            return f"{count(len(fields['recordings']), 'recording')} seen gone before can be seen again"
        case Event.SIGNED_OUT:
            refused = fields["reason"] == "refused"
            return "signed out: " + ("Amazon no longer accepts the sign-in" if refused else "by `logout`")
        case Event.SLOT_MISSED:
            more = f" and {fields['count'] - 1} before it" if fields.get("count", 1) > 1 else ""
            reason = f": {words.why(fields['reason'])}" if fields.get("reason") else ""
            return f"slot missed: nobody ran {fields['slot']}{more}{reason}"
        case Event.CONFIG_REFUSED:
            return (
                f"config refused: {count(fields['problems'], 'problem')}; the settings before stay in force"
            )
        case Event.RECOVERED if fields["kind"] == "run":
            return f"recovered: run {entry.run} never ended; what it last asked for is not known"
        case Event.RECOVERED if fields["kind"] == "clock":
            return f"the clock was wrong for a while: slots after {fields['slot']} are planned again"
        case Event.LEDGER_CREATED if "follows" in fields:
            before = fields["follows"]["origin"] or "one that could not be read"
            return f"ledger created, after {before}"
        case Event.RECOVERED:
            return f"recovered: {fields['bytes']} bytes of an unfinished line were cut"
        case _:
            return entry.event.value.replace("_", " ")


def details(entry: Entry) -> Iterator[str]:
    """Each recording an entry names, by what stands for it, with the hour it was spoken or its fate."""
    fields: dict[str, Any] = dict(entry.fields)
    named: list[tuple[str, str]] = []
    match entry.event:
        case Event.DELETION_INTENDED:
            named = [(commitment, hour) for commitment, hour in fields["recordings"]]
        case Event.RELISTED:
            kinds = ("gone", "text_remains", "still_visible")
            named = [(one, kind.replace("_", " ")) for kind in kinds for one in fields[kind]]
        case Event.REAPPEARED:
            named = [(one, "visible again") for one in fields["recordings"]]
    yield from _rows([f"{commitment[:12]} {what}" for commitment, what in named])


def _rows(named: Sequence[str]) -> Iterator[str]:
    width = max(map(len, named), default=0)
    for at in range(0, len(named), _A_ROW):
        yield "  ".join(text.ljust(width) for text in named[at : at + _A_ROW]).rstrip()


def _ends(fields: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}: {'complete' if end['complete'] else 'incomplete, ' + words.why(end['reason'])}"
        f", {count(end['pages'], 'page')}"
        for name, end in fields["surfaces"].items()
    )


def _at(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
