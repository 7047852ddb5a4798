"""`voicepurge ledger verify` and `ledger key`."""

from collections.abc import Sequence
from pathlib import Path

from agent.cli.output import Output
from agent.clock import SystemClock
from agent.errors import LedgerDamagedError, NoPermissionError, UsageError
from agent.ledger.report import Report
from agent.ledger.verify import verify
from agent.timetext import duration
from agent.wiring import Installation, install, verifier_key

MAX_AGE_MS = 8 * 86_400_000
"""A live ledger whose newest signed entry is older than this is stale: nobody has looked for too long."""

_OF_A_FILE = "Keep the file as it is, and ask whoever gave it to you for another copy."


def verify_ledger(
    output: Output, file: Path | None, witnessed: Sequence[Path], key: str | None, account: str | None
) -> int:
    """Checks one given file, or the live ledger of each account.

    Raises:
        UsageError: a file without a key, or no such file or account.
        LedgerDamagedError: the check failed; its message names the first place.
    """
    heads = remembered(witnessed)
    if file is not None:
        if key is None:
            raise UsageError("A file is checked against a key.", next_step="Give --key VKEY.")
        reports = {str(file): verify(file, vkey=key, witnessed=heads, now_ms=SystemClock().now())}
    else:
        reports = _live(install(output.config), heads, key, account)
    if output.json:
        output.document({"ledgers": [_document(name, report) for name, report in reports.items()]})
    else:
        for name, report in reports.items():
            _print(output, name, report)
            if not report.ok:
                output.say(f"Next: {LedgerDamagedError.default_next if file is None else _OF_A_FILE}")
    return 0 if all(report.ok for report in reports.values()) else LedgerDamagedError.exit_code


def _live(
    installation: Installation, witnessed: Sequence[str], key: str | None, account: str | None
) -> dict[str, Report]:
    names = [account] if account is not None else list(installation.settings.accounts)
    reports: dict[str, Report] = {}
    for name in names:
        installation.account(name)
        vkey = key or verifier_key(installation, name)
        if vkey is None:
            raise UsageError(f"The account {name} has no ledger yet.", next_step="Run `voicepurge run`.")
        now = SystemClock().now()
        directory = installation.directory(name)
        reports[name] = verify(directory, vkey=vkey, witnessed=witnessed, now_ms=now, max_age_ms=MAX_AGE_MS)
    return reports


def remembered(files: Sequence[Path]) -> list[str]:
    """What somebody kept, as texts.

    Raises:
        UsageError, NoPermissionError: a file cannot be read.
    """
    return [_text(path) for path in files]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except PermissionError:
        raise NoPermissionError(f"{path} may not be read.") from None
    except (OSError, ValueError):
        raise UsageError(f"{path} cannot be read as a checkpoint.") from None


def _print(output: Output, name: str, report: Report) -> None:
    mark = "[practice] " if report.practice else ""
    verdict = "is as it was written" if report.ok else "is DAMAGED"
    output.data(f"{mark}{name}: the ledger {verdict}: {report.entries} entries, {report.signed} signed.")
    output.data(f"  root {report.root}, {report.checkpoints} signed heads compared")
    if report.age_ms is not None:
        output.data(f"  newest signed entry: {duration(report.age_ms / 1000)} old")
    if report.unsigned:
        output.data(f"  {report.unsigned} entries not yet signed")
    for problem in report.problems:
        output.say(f"  {problem.place}: {problem.what}")
    for remark in report.remarks:
        output.data(f"  note: {remark}")


def _document(name: str, report: Report) -> dict[str, object]:
    return {
        "ledger": name,
        "ok": report.ok,
        "practice": report.practice,
        "origin": report.origin,
        "entries": report.entries,
        "signed": report.signed,
        "unsigned": report.unsigned,
        "root": report.root,
        "follows": None if report.follows is None else dict(report.follows),
        "checkpoints": report.checkpoints,
        "age_ms": report.age_ms,
        "problems": [{"place": p.place, "what": p.what} for p in report.problems],
        "remarks": list(report.remarks),
    }


def show_key(output: Output, account: str | None) -> int:
    """Prints the verifier key of one account or all.

    Raises:
        UsageError: no such account, or no ledger yet.
    """
    installation = install(output.config)
    names = [account] if account is not None else list(installation.settings.accounts)
    keys: dict[str, str] = {}
    marks: dict[str, bool] = {}
    for name in names:
        marks[name] = installation.account(name).practice is not None
        found = verifier_key(installation, name)
        if found is not None:
            keys[name] = found
    if not keys:
        raise UsageError("There is no ledger yet.", next_step="Run `voicepurge run` once.")
    if output.json:
        found_keys = [{"account": n, "practice": marks[n], "vkey": vkey} for n, vkey in keys.items()]
        output.document({"keys": found_keys})
        return 0
    for name, vkey in keys.items():
        mark = "[practice] " if marks[name] else ""
        if account is not None:  # the key alone, for a script; what it is goes beside it
            output.say(f"{mark}{name}:")
        output.data(vkey if account is not None else f"{mark}{name}  {vkey}")
    output.say("Keep it off this machine: with it anybody can check the ledger, nobody can change it.")
    return 0
