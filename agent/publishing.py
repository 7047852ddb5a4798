"""The page of an account, from its ledger to a file. What it shows is decided in `agent.reporting`.

Left out here: when (after each run by the service and by `run`; by hand with `report`).
"""

import os
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from agent.errors import AgentError
from agent.ledger.glance import Glance, glance
from agent.ledger.reading import Follower
from agent.ledger.storage import make_directory, replace_file
from agent.reporting.figures import WANTED, figures
from agent.reporting.page import Page, Proof, page
from agent.reporting.status import Standing
from agent.settings import Settings
from agent.state import AccountState
from agent.viewing import kept

_WORDS: Final = tuple(f'"{event.value}"'.encode() for event in WANTED)


def place(state: Path, name: str) -> Path:
    """Where the page of an account lies."""
    return state / "reports" / f"{name}.html"


def html(
    standing: Standing, found: Glance | None, directory: Path, settings: Settings | None, now: int
) -> str:
    """The page, in one pass over the ledger.

    Args:
        standing: how the account stands.
        found: its ledger at a glance, None where there is none yet.
        directory: where that lies.
        settings: the configuration, where it can be read: its time zone and how long things are kept.
        now: ms UTC.

    Raises:
        LedgerDamagedError: a line is no entry.
        NoPermissionError: not ours to read.
    """
    zone: tzinfo = ZoneInfo(settings.timezone) if settings is not None else UTC
    account = settings.accounts.get(standing.name) if settings is not None else None
    keep_ms = account.policy().keep_for_ms if account is not None else None
    counted = figures(Follower(directory, _WORDS).news(), zone)
    proof = Proof(0, None, "", None)
    if found is not None:
        proof = Proof(found.size, found.signed, found.note, found.signed_at)
    return page(Page(standing, counted, proof, zone, keep_ms, now))


def write(path: Path, text: str) -> None:
    """Puts a page in its place, all or nothing, readable for the group.

    Raises:
        OSError: it cannot be written.
    """
    replace_file(path, text.encode())


def renew(settings: Settings, state: Path, name: str, now: int) -> str:
    """Writes the account's page anew after a run, if that is configured. Never raises.

    Args:
        settings: the configuration in force.
        state: the state directory.
        name: the account.
        now: ms UTC.

    Returns:
        What went wrong, in a few words; "" when nothing did. A run is never worse for it.
    """
    if not settings.report.html:
        return ""
    directory = state / "accounts" / name
    try:
        found = glance(directory)
        known = found.state if found is not None else AccountState()
        practice = settings.accounts[name].practice is not None
        standing = Standing(name, practice, known, kept(settings, name, known), serviced=True)
        path = place(state, name)
        make_directory(path.parent)
        write(path, html(standing, found, directory, settings, now))
    except AgentError as error:
        return error.message
    except OSError as error:
        return f"the page cannot be written: {os.strerror(error.errno or 0)}"
    return ""


def is_ours(path: Path) -> bool:
    """Whether there is a page of ours at `path`, so that it may be replaced."""
    with path.open("rb") as file:
        return b'<meta name="generator" content="voicepurge report' in file.read(512)
