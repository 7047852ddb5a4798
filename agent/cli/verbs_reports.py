"""Verbs that say how things are and were. Parsing only: each hands over to one function."""

import typer

from agent.cli.root import Account, Json, app, output_of


@app.command(epilog="Example: voicepurge status home --json")
def status(context: typer.Context, account: Account = None, json: Json = False) -> int:
    """How every account stands: verdict, what is visible, what comes next. The exit code says the same."""
    from agent.cli.status import show_status

    return show_status(output_of(context, json=json), account)
