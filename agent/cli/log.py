"""`voicepurge log`: the ledger for reading, a line a run, or everything of one run."""

from collections.abc import Iterator
from typing import Any

from agent.cli import words
from agent.cli.output import Output
from agent.errors import UsageError
from agent.ledger.entry import Entry
from agent.ledger.reading import entries
from agent.model import Event
from agent.wiring import Installation, install, is_practice, retired

_BESIDE = frozenset(
    {
        Event.LEDGER_CREATED,
        Event.CONFIG_APPLIED,
        Event.CONFIG_REFUSED,
        Event.SLOT_MISSED,
        Event.SIGNED_IN,
        Event.SIGNED_OUT,
        Event.RECOVERED,
    }
)
"""Events shown on their own line among the runs."""


def show_log(output: Output, account: str | None, run_id: str | None) -> int:
    """Prints the log of one account or all, oldest first, reading in constant memory.

    Raises:
        UsageError: no such account or run.
        LedgerDamagedError: a line is no entry.
    """
    installation = install(output.config)
    gone = retired(installation)
    names = [account] if account is not None else [*installation.settings.accounts, *gone]
    found = False
    for name in names:
        practice = is_practice(installation, name)
        mark = f"{'[practice] ' if practice else ''}{'[retired] ' if name in gone else ''}"
        more = {"retired": True} if name in gone else {}
        for entry in _chosen(installation, name, run_id):
            found = True
            if output.json:
                output.document({"account": name, "practice": practice, **more, **_plain(entry)})
            else:
                output.data(f"{words.clock_time(entry.at)}  {mark}{name}  {_line(entry)}")
    if run_id is not None and not found:
        raise UsageError("There is no run of that id.", next_step="`voicepurge log` shows the ids.")
    return 0


def _chosen(installation: Installation, name: str, run_id: str | None) -> Iterator[Entry]:
    for entry in entries(installation.directory(name)):
        mine = entry.run is not None and run_id is not None and entry.run.startswith(run_id)
        if mine or (run_id is None and (entry.event is Event.RUN_ENDED or entry.event in _BESIDE)):
            yield entry


def _plain(entry: Entry) -> dict[str, object]:
    kept = {name: value for name, value in entry.fields.items() if name != "state"}
    run = {"run": entry.run} if entry.run is not None else {}
    return {"seq": entry.seq, "t": words.iso(entry.at), "event": entry.event.value, **run, **kept}


def _line(entry: Entry) -> str:
    fields: dict[str, Any] = dict(entry.fields)
    match entry.event:
        case Event.RUN_ENDED:
            reason = f": {words.why(fields['reason'])}" if fields["reason"] else ""
            numbers = ", ".join(f"{name} {value}" for name, value in fields["counts"].items() if value)
            return f"run {entry.run}  {fields['verdict']}{reason}  ({numbers or 'nothing listed'})"
        case Event.LISTED:
            return f"listed {fields['recordings']}, due {fields['due']}, undecided {fields['undecided']}"
        case Event.DELETION_INTENDED:
            part = f" part {fields['part']} of {fields['parts']}" if fields["parts"] > 1 else ""
            number = len(fields["recordings"])
            return f"will request deletion of {number} recordings{part} with {fields['method']}"
        case Event.DELETION_ANSWERED:
            status = f" with status {fields['status']}" if fields.get("status") is not None else ""
            return f"the request was answered: {fields['result']}{status} after {fields['ms']} ms"
        case Event.RELISTED:
            seen = ", ".join(
                f"{len(fields[k])} {k.replace('_', ' ')}"
                for k in ("gone", "text_remains", "still_visible")
                if fields[k]
            )
            return f"listed again: {fields['recordings']} visible, {fields['due']} due; {seen or 'no change'}"
        case Event.METHOD_CHANGED:
            reason = f" ({fields['reason']})" if fields["reason"] else ""
            return f"method {fields['method']} is now {fields['standing']}{reason}"
        case Event.SLOT_MISSED:
            count = fields.get("count", 1)
            return f"slot missed: {fields['slot']}" + (f" and {count - 1} before it" if count > 1 else "")
        case Event.RECOVERED if fields["kind"] == "clock":
            return f"the clock was wrong for a while: slots after {fields['slot']} are planned again"
        case Event.SIGNED_OUT:
            refused = fields["reason"] == "refused"
            return "signed out: " + ("Amazon no longer accepts the sign-in" if refused else "by `logout`")
        case _:
            return entry.event.value.replace("_", " ")
