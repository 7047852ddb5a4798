"""`voicepurge report`: one page an account, to look at and to show. Needs no vault."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.cli.browser import open_in_browser
from agent.cli.output import Output
from agent.cli.status_facts import Account, gather
from agent.clock import SystemClock
from agent.errors import LedgerDamagedError, NoPermissionError, UsageError
from agent.ledger.storage import make_directory
from agent.publishing import html, is_ours, place, write
from agent.viewing import View, view

STDOUT: Final = "-"


def write_reports(output: Output, account: str | None, out: str | None, *, show: bool) -> int:
    """Writes the page of one account or of all, and says where; `-` prints it instead.

    Raises:
        UsageError: no such account, one file for several accounts, or a file that is no page of ours.
        LedgerDamagedError: a ledger cannot be read.
        NoPermissionError: not ours to read, or the page's place not ours to write.
    """
    root = os.geteuid() == 0
    seen = view(output.config)
    now = SystemClock().now()
    found = gather(seen, account, now)
    if out is not None and len(found.accounts) != 1:
        raise UsageError("One file holds one account.", next_step="Name the account, or leave --out out.")
    pages = [(one, _html(seen, one, now)) for one in found.accounts]
    if out == STDOUT:
        sys.stdout.write(pages[0][1])
        return 0
    written = [(one, _write(seen, one, text, out)) for one, text in pages]
    if output.json:
        output.document({"reports": [_document(one, path) for one, path in written]})
    else:
        for one, path in written:
            output.data(f"{'[practice] ' if one.standing.practice else ''}{one.standing.name}: {path}")
    if show:
        _open(output, [path for _, path in written], root=root)
    return 0


def _html(seen: View, one: Account, now: int) -> str:
    if one.standing.damage:
        raise LedgerDamagedError(one.standing.damage)
    return html(one.standing, one.ledger, seen.directory(one.standing.name), seen.settings, now)


def _write(seen: View, one: Account, text: str, out: str | None) -> Path:
    path = place(seen.state, one.standing.name) if out is None else Path(out).absolute()
    try:
        if out is None:
            make_directory(path.parent)
        elif path.exists() and not is_ours(path):
            raise UsageError(f"{path} is there and is no page of ours.", next_step="Name another file.")
        write(path, text)
    except (PermissionError, NoPermissionError):
        raise NoPermissionError(
            f"{path} may not be written.", next_step="Name a file of your own with --out."
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    return path


def _document(one: Account, path: Path) -> dict[str, object]:
    return {"account": one.standing.name, "practice": one.standing.practice, "file": str(path)}


def _open(output: Output, paths: Sequence[Path], *, root: bool) -> None:
    for path in paths:
        if not open_in_browser(path.as_uri(), os.environ, root=root):
            output.say(f"Open it in a browser: {path.as_uri()}")
