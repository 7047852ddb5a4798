"""Verbs for proof: the ledger and what is made of it. Parsing only: each hands over to one function."""

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.root import Account, AccountName, Json, app, output_of
from agent.reporting.letters import Law

ledger_app = typer.Typer(no_args_is_help=True, help="Check the ledger, show its key, begin a new one.")
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


@ledger_app.command("restart", epilog="Example: voicepurge ledger restart home")
def ledger_restart(
    context: typer.Context,
    account: AccountName,
    witnessed: Annotated[list[Path] | None, typer.Option(help="A remembered checkpoint.")] = None,
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> int:
    """Begin a new ledger after a damaged or restored one. The old files stay."""
    from agent.cli.ledger_restart import restart_ledger

    return restart_ledger(output_of(context, json=json), account, witnessed or [], sure=sure)


receipt_app = typer.Typer(help="Proof of one recording, for somebody who trusts nobody.")
app.add_typer(receipt_app, name="receipt")


@receipt_app.callback(
    invoke_without_command=True, epilog='Example: voicepurge receipt --run 8f3a --at "2026-11-24 07:05"'
)
def receipt(
    context: typer.Context,
    run_id: Annotated[str | None, typer.Option("--run", help="Of this run.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="When it was spoken, in your time zone.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="By its record key.")] = None,
    account: Annotated[str | None, typer.Option(help="Where there are several.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="One for each recording of the run.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="File, or directory with --all.")] = None,
    json: Json = False,
) -> int:
    """Write a file that shows that one recording was requested and then no longer visible."""
    output = output_of(context, json=json)
    if context.invoked_subcommand is not None:
        return 0
    from agent.cli.receipt import Asked, make_receipts

    return make_receipts(output, Asked(account, run_id, at, key, everything, out))


@receipt_app.command("verify", epilog="Example: voicepurge receipt verify receipt.txt --key VKEY")
def receipt_verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The receipt.")],
    key: Annotated[str, typer.Option("--key", help="The verifier key of the ledger.")],
    json: Json = False,
) -> int:
    """Check a receipt. Needs nothing else: no account, no configuration."""
    from agent.cli.receipt import verify_receipt

    return verify_receipt(output_of(context, json=json), file, key)


@app.command(epilog="Example: voicepurge statement home --for gdpr --html --out letter.html")
def statement(
    context: typer.Context,
    account: AccountName,
    law: Annotated[Law, typer.Option("--for", help="What it rests on.")] = Law.GDPR,
    name: Annotated[str, typer.Option(help="Your name; stored nowhere.")] = "",
    address: Annotated[str, typer.Option(help="Your address, lines parted by \\n; stored nowhere.")] = "",
    html: Annotated[bool, typer.Option("--html", help="A page to print instead of text.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this new file.")] = None,
    json: Json = False,
) -> int:
    """A letter to Amazon: what was asked, answered and is still visible; asks for erasure and access."""
    from agent.cli.statement import Wish, write_statement
    from agent.reporting.statement import Sender

    wish = Wish(law, Sender(name, address), html, out)
    return write_statement(output_of(context, json=json), account, wish)
