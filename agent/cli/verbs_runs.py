"""Verbs that look and purge. Parsing only: each hands over to one function."""

from typing import Annotated

import typer

from agent.cli.root import Account, Json, app, output_of


@app.command(epilog="Example: voicepurge run home --dry-run")
def run(
    context: typer.Context,
    accounts: Annotated[list[str] | None, typer.Argument(metavar="ACCOUNT")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, request nothing.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Yes to a large first run.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Stay for all rechecks.")] = False,
    json: Json = False,
) -> int:
    """Purge now: list, request deletion of what is due, list again, judge."""
    from agent.cli.run import RunOptions, run_accounts

    chosen = RunOptions(dry_run=dry_run, confirm=confirm, wait=wait)
    return run_accounts(output_of(context, json=json), accounts or [], chosen)


@app.command("list", epilog="Example: voicepurge list home")
def list_(
    context: typer.Context,
    account: Account = None,
    show_text: Annotated[bool, typer.Option("--show-text", help="Show what was said.")] = False,
    json: Json = False,
) -> int:
    """Show what is visible now, by day and device."""
    from agent.cli.visible import list_visible

    return list_visible(output_of(context, json=json), account, show_text=show_text)


@app.command(epilog="Example: voicepurge schedule home --count 10")
def schedule(
    context: typer.Context,
    account: Account = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many runs of each account.")] = 5,
    json: Json = False,
) -> int:
    """Show the next runs, in local time and UTC."""
    from agent.cli.schedule import show_schedule

    return show_schedule(output_of(context, json=json), account, count)


@app.command(epilog="Example: voicepurge --config my.yaml daemon")
def daemon(context: typer.Context) -> int:
    """Purge on schedule until told to stop; the service runs this."""
    from agent.cli.daemon import serve

    return serve(output_of(context))
