"""`voicepurge receipt` and `receipt verify`: proof of one recording, for somebody who trusts nobody."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.cli.output import Output
from agent.errors import AgentError, LedgerDamagedError, NoPermissionError, UsageError
from agent.ledger.commitment import commitment
from agent.ledger.evidence import NoReceiptError, receipt, traces
from agent.ledger.note import NoteError, parse_vkey
from agent.ledger.receipt import MOST_BYTES, ReceiptError, render
from agent.ledger.shown import Shown, check
from agent.vault import Kept
from agent.wiring import Installation, install, is_practice, keepsakes_of

_MOST_SHOWN = 20
_UNSAFE = re.compile(r"[^0-9A-Za-z-]")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said on the command line: a run and maybe a moment in it, or a key."""

    account: str | None = None
    run: str | None = None
    at: str | None = None
    key: str | None = None
    everything: bool = False
    out: Path | None = None


def make_receipts(output: Output, asked: Asked) -> int:
    """Writes the receipt of one recording, or of all of a run, or lists those of a run to choose from.

    Raises:
        UsageError: nothing, too much or something unknown was named; or there is nothing to prove.
        VaultError, NoPermissionError, LedgerDamagedError: what is needed cannot be read.
    """
    installation = install(output.config)
    name = _account(installation, asked)
    if asked.key is not None:
        found = [Kept(0, asked.key)]
    else:
        found = _of_run(installation, name, asked)
        if len(found) > 1 and not asked.everything:
            return _offer(output, installation, found)
    return _write(output, installation, name, found, asked)


def _account(installation: Installation, asked: Asked) -> str:
    if (asked.run is None) == (asked.key is None):
        raise UsageError("Name either a run or a key.", next_step="`voicepurge log` shows the runs.")
    names = list(installation.settings.accounts)
    if asked.account is None and len(names) > 1:
        raise UsageError("There are several accounts.", next_step="Name one with --account.")
    name = asked.account or names[0]
    installation.account(name)
    if not (installation.directory(name) / "ledger.jsonl").exists():
        raise UsageError("There is no ledger yet.", next_step="Run `voicepurge run` once.")
    return name


def _of_run(installation: Installation, name: str, asked: Asked) -> list[Kept]:
    """Recordings of the run that are gone, of the named moment only where one was named."""
    kept = keepsakes_of(installation, name)
    runs = [run for run in kept.runs() if run.startswith(asked.run or "")]
    if not runs:
        raise UsageError(
            "No keys are kept of a run of that id.",
            next_step="They are kept for 400 days; with the record key itself, use --key.",
        )
    if len(runs) > 1:
        raise UsageError("Several runs begin like that.", next_step="Give more of the id.")
    secret = installation.keys(name, create=False).secret
    rows = kept.of(runs[0])
    seen = traces(installation.directory(name), {commitment(secret, row.key) for row in rows})
    gone = [row for row in rows if seen[commitment(secret, row.key)].proved]
    wanted = _moment(installation, asked.at)
    chosen = [row for row in gone if wanted is None or wanted[0] <= row.spoken < wanted[1]]
    if not chosen:
        raise UsageError(
            "No recording of that run and time is known to be gone.",
            next_step="`voicepurge log --run ID` shows what became of the run.",
        )
    return sorted(chosen, key=lambda row: row.spoken)


def _moment(installation: Installation, text: str | None) -> tuple[int, int] | None:
    """The span of ms a person means by a moment: to the second where seconds are given, else the minute."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "That is no time.", next_step='Write it like --at "2026-11-24 07:05", in your own time zone.'
        ) from None
    local = at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(installation.settings.timezone))
    start = int(local.timestamp() * 1000)
    return start, start + (1000 if re.search(r":\d\d:\d\d", text) else 60_000)


def _offer(output: Output, installation: Installation, found: list[Kept]) -> int:
    """Shows what there is to choose from; a person's own times, no words."""
    times = [_local(installation, row.spoken) for row in found]
    if output.json:
        output.document({"recordings": [{"at": time} for time in times]})
        return 0
    output.data(f"{len(found)} recordings of this run are gone. Spoken at:")
    for time in times[:_MOST_SHOWN]:
        output.data(f"  {time}")
    if len(times) > _MOST_SHOWN:
        output.data(f"  … and {len(times) - _MOST_SHOWN} more")
    output.say("Next: choose one with --at TIME, or take them all with --all --out DIRECTORY.")
    return 0


def _local(installation: Installation, at: int) -> str:
    zone = ZoneInfo(installation.settings.timezone)
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _write(output: Output, installation: Installation, name: str, found: list[Kept], asked: Asked) -> int:
    secret, directory = installation.keys(name, create=False).secret, installation.directory(name)
    written: list[str] = []
    for number, row in enumerate(found, start=1):
        try:
            raw = render(receipt(directory, secret, row.key))
        except NoReceiptError as error:
            raise UsageError(f"There is no receipt for this recording: {error}.") from None
        path = _path(installation, row, number, asked, several=len(found) > 1)
        put_new(path, raw)
        written.append(str(path))
    practice = is_practice(installation, name)
    if output.json:
        output.document({"account": name, "practice": practice, "receipts": written})
        return 0
    mark = "[practice] " if practice else ""
    for path_text in written:
        output.data(f"{mark}{path_text}")
    output.say(
        "Whoever gets it also needs your verifier key: `voicepurge ledger key`. It names the recording."
    )
    return 0


def _path(installation: Installation, row: Kept, number: int, asked: Asked, *, several: bool) -> Path:
    when = _UNSAFE.sub("-", _local(installation, row.spoken)) if row.spoken else "by-key"
    usual = f"receipt-{when}-{number}.txt" if several else f"receipt-{when}.txt"
    if asked.out is None:
        return Path(usual)
    return asked.out / usual if several or asked.out.is_dir() else asked.out


def put_new(path: Path, raw: bytes) -> None:
    """Writes a new file, never over another one. Raises UsageError and NoPermissionError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(raw)
    except FileExistsError:
        raise UsageError(f"{path} is there already.", next_step="Name another file with --out.") from None
    except PermissionError:
        raise NoPermissionError(f"{path} may not be written.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None


def verify_receipt(output: Output, file: Path, key: str) -> int:
    """Checks a receipt, with no configuration, vault or state.

    Raises:
        UsageError: no such file, or the key is none.
        LedgerDamagedError: it does not show what a receipt shows.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except PermissionError:
        raise NoPermissionError(f"{file} may not be read.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None
    try:
        parse_vkey(key.strip())
    except NoteError as error:
        raise UsageError(
            f"That is no verifier key: {error}.",
            next_step="It begins with `voicepurge/` and has three parts.",
        ) from None
    try:
        shown = check(raw, key)
    except ReceiptError as error:
        raise _false(str(error)) from None
    if output.json:
        output.document({"receipt": str(file), "ok": True, **_document(shown)})
        return 0
    for line in sentences(shown):
        output.data(line)
    return 0


def _false(why: str) -> AgentError:
    return LedgerDamagedError(
        f"This receipt does not hold: {why}.",
        next_step="Ask for the file again, and for the verifier key from the person's own hand.",
    )


def _document(shown: Shown) -> dict[str, object]:
    return {
        "practice": shown.practice,
        "ledger": shown.origin,
        "entries": shown.size,
        "spoken_hour": shown.spoken,
        "requested": _utc(shown.requested),
        "method": shown.method,
        "scope": shown.scope,
        "result": shown.result,
        "status": shown.status,
        "no_longer_visible": _utc(shown.gone),
        "surfaces": list(shown.surfaces),
    }


def _utc(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sentences(shown: Shown) -> list[str]:
    """What a receipt shows and what it does not, in plain words."""
    answer = {
        "accepted": "it was answered as accepted",
        "refused": "it was answered as refused",
        "unknown": "no whole answer came back",
        None: "the answer is not part of this receipt",
    }[shown.result]
    status = f" (HTTP {shown.status})" if shown.status is not None else ""
    lines = [
        "This receipt holds.",
        f"  Ledger {shown.origin}, {shown.size} entries signed by this key.",
        f"  The recording was spoken in the hour {shown.spoken}.",
        f"  Its deletion was requested at {_utc(shown.requested)} with {shown.method}; {answer}{status}.",
        f"  At {_utc(shown.gone)} a complete listing ({' and '.join(shown.surfaces)}) no longer showed it.",
        "It does not show what exists behind these pages, nor that it never became visible again.",
        "The times are those of the clock of the machine that kept the ledger.",
    ]
    if shown.practice:
        lines.insert(1, "  PRACTICE: it is about a practice cloud and is no evidence about Amazon.")
    return lines
