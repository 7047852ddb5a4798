"""An account gets another name: its ledger and its secrets come along."""

import contextlib
import re
from pathlib import Path

from agent.errors import UsageError
from agent.ledger.lock import Lock
from agent.ledger.storage import translated
from agent.ports import Clock, Vault
from agent.vault.private import sync_directory
from agent.wiring import Installation

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


def rename(installation: Installation, old: str, new: str, clock: Clock) -> None:
    """Moves everything that is kept for `old` to `new`; the configuration is the person's own to edit.

    Secrets are copied, the directory is renamed, then the old secrets go: interrupted anywhere, the same
    command goes on where it stopped.

    Raises:
        UsageError: `new` is no name or is taken, or nothing is kept for `old`.
        BusyError: a run of the account is in progress.
        AgentError: the vault or the state cannot be used.
    """
    if not _NAME.fullmatch(new) or new == old:
        raise UsageError("That is no new name.", next_step="Use a to z, 0 to 9 and -, at most 32 characters.")
    vault, source, target = installation.vault, installation.directory(old), installation.directory(new)
    things = [name.partition("/")[2] for name in vault.names() if name.startswith(f"{old}/")]
    ledger = _NAME.fullmatch(old) is not None and source.is_dir()
    if not ledger and not things:
        raise UsageError(f"Nothing is kept for an account {old}.", next_step="See `voicepurge auth check`.")
    if ledger and target.exists():
        raise UsageError(f"There is a ledger of an account {new} already.", next_step="Choose another name.")
    _refuse_others(vault, old, new, things)
    with _held(source, clock) if ledger else contextlib.nullcontext():
        for thing in things:
            _copy(vault, f"{old}/{thing}", f"{new}/{thing}")
        if ledger:
            with translated():
                source.rename(target)
                sync_directory(target.parent)
        for thing in things:
            vault.remove(f"{old}/{thing}")


def _held(directory: Path, clock: Clock) -> contextlib.closing[Lock]:
    return contextlib.closing(Lock(directory, now=clock.now()))


def _refuse_others(vault: Vault, old: str, new: str, things: list[str]) -> None:
    for thing in things:
        there = vault.get(f"{new}/{thing}")
        if there is not None and there != vault.get(f"{old}/{thing}"):
            raise UsageError(f"An account {new} has secrets of its own.", next_step="Choose another name.")


def _copy(vault: Vault, source: str, target: str) -> None:
    secret = vault.get(source)
    if secret is not None and vault.get(target) is None:
        vault.set(target, secret)
