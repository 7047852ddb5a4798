"""Verbs for proof: the ledger and what is made of it. Parsing only: each hands over to one function."""

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.root import Account, Json, app, output_of

ledger_app = typer.Typer(no_args_is_help=True, help="Check the ledger, show its key.")
app.add_typer(ledger_app, name="ledger")


@ledger_app.command("verify", epilog="Example: voicepurge ledger verify --witnessed remembered.txt")
def ledger_verify(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A copy of a ledger.jsonl.")] = None,
    witnessed: Annotated[list[Path] | None, typer.Option(help="A remembered checkpoint.")] = None,
    key: Annotated[str | None, typer.Option(help="Verifier key; default: the account's own.")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    json: Json = False,
) -> int:
    """Check every byte of the ledger: chain, tree, signatures, remembered heads."""
    from agent.cli.ledger import verify_ledger

    return verify_ledger(output_of(context, json=json), file, witnessed or [], key, account)


@ledger_app.command("key", epilog="Example: voicepurge ledger key home")
def ledger_key(context: typer.Context, account: Account = None, json: Json = False) -> int:
    """Print the verifier key. Keep it away from this machine."""
    from agent.cli.ledger import show_key

    return show_key(output_of(context, json=json), account)
