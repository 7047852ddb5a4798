"""`voicepurge ledger restart`: a new ledger after one that was damaged or put back from a backup."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from agent import __version__
from agent.cli import asking
from agent.cli.ledger import remembered
from agent.cli.output import Output
from agent.clock import SystemClock
from agent.errors import UsageError, VaultError
from agent.ledger.aside import present
from agent.ledger.former import Former, former
from agent.ledger.restart import Heir, Restarted, restart
from agent.vault import account_keys
from agent.wiring import Installation, install, sign_in_of

_RIGHT = (
    "That is right when the ledger was put back from a backup, or when it is damaged. "
    "A ledger that works needs no new one."
)


def restart_ledger(output: Output, account: str, witnessed: Sequence[Path], *, sure: bool) -> int:
    """Says what would be put aside, asks, and begins a new ledger that names the old one.

    Raises:
        UsageError: no such account, no ledger, nobody said yes.
        AgentError: the vault or the ledger cannot be used; nothing is lost.
    """
    installation = install(output.config)
    practice = installation.account(account).practice is not None
    directory, heads = installation.directory(account), remembered(witnessed)
    if not present(directory):
        raise UsageError(f"The account {account} has no ledger yet.", next_step="Run `voicepurge run`.")
    keys = account_keys(installation.vault, account, secrets.token_bytes, create=True)
    found = former(directory, signer=keys.signing, witnessed=heads)
    mark = "[practice] " if practice else ""
    output.say(
        f"{mark}{account}: {_described(found)} It is put aside, and a new ledger begins that names it."
    )
    output.say(_RIGHT)
    if not sure and not (asking.at_terminal() and asking.yes(output, "Begin a new ledger?")):
        raise UsageError("Nothing was changed.", next_step="Say yes, or `--yes` once you have read it.")
    heir = _heir(
        installation, account, Heir(keys.signing, keys.secret, practice, f"voicepurge {__version__}")
    )
    made = restart(directory, heir, SystemClock(), heads)
    if output.json:
        output.document(_document(account, made, practice=practice))
    else:
        _print(output, f"{mark}{account}", made, account)
    return 0


def _heir(installation: Installation, account: str, heir: Heir) -> Heir:
    """With the sign-in, if the vault has one that can be read."""
    try:
        record = sign_in_of(installation, account, SystemClock()).read()
    except VaultError:
        return heir
    if record is None:
        return heir
    refused = record.refused_at is not None
    return Heir(heir.signer, heir.secret, heir.practice, heir.tool, record.since, refused)


def _described(found: Former | None) -> str:
    if found is None:
        return "nothing is left of the ledger."
    name = found.origin or "a ledger whose name cannot be read"
    if found.head is None:
        return f"{name}, of which no signed head was found."
    return f"{name}, whose newest signed head that was found covers {found.head.size} entries."


def _print(output: Output, who: str, made: Restarted, account: str) -> None:
    output.data(f"{who}: the ledger is now {made.origin}")
    output.data(f"  key {made.vkey}")
    output.data(f"  before it {made.follows['origin'] or 'unknown'}, {made.follows['size']} entries signed")
    if made.place is not None:
        output.data(f"  kept in {made.place}")
    for method in made.methods:
        output.data(f"  {method} stays failed; proven methods are tried on one recording again")
    output.say("Keep the new key off this machine. The old one still checks the old files:")
    key = made.follows["vkey"] or "OLD-KEY"
    output.say(f"  voicepurge ledger verify {made.place}/ledger.jsonl --key {key}")
    output.say(f"Next: `voicepurge run {account}` lists everything anew.")


def _document(account: str, made: Restarted, *, practice: bool) -> dict[str, object]:
    return {
        "account": account,
        "practice": practice,
        "origin": made.origin,
        "vkey": made.vkey,
        "follows": dict(made.follows),
        "kept": str(made.place) if made.place is not None else None,
        "failed_methods": list(made.methods),
    }
