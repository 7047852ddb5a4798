"""Verbs that say how things are and were. Parsing only: each hands over to one function."""

from typing import Annotated

import typer

from agent.cli.root import Account, Json, app, output_of


@app.command(epilog="Example: voicepurge status home --json")
def status(context: typer.Context, account: Account = None, json: Json = False) -> int:
    """How every account stands: verdict, what is visible, what comes next. The exit code says the same."""
    from agent.cli.status import show_status

    return show_status(output_of(context, json=json), account)


@app.command(epilog="Example: voicepurge log home --since 7d --verdict residual")
def log(
    context: typer.Context,
    account: Account = None,
    run_id: Annotated[str | None, typer.Option("--run", help="Everything of one run.")] = None,
    verdict: Annotated[
        list[str] | None, typer.Option(help="Only runs that ended so; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="From then on: 2026-05-03, 2026-05-03T18:10, or 7d for a week ago.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Up to then; a date means all of its day.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is entered from now on.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")] = False,
) -> int:
    """Show the ledger, a line for each run and for what happened besides."""
    from agent.cli.log import LogOptions, show_log

    options = LogOptions(run_id, verdict or [], since, until, follow)
    return show_log(output_of(context, json=json), account, options)


@app.command(epilog="Example: voicepurge doctor home --json")
def doctor(context: typer.Context, account: Account = None, json: Json = False) -> int:
    """What would fail tonight: clock, network, vault, sign-in, ledger, disk, service. Repairs nothing."""
    from agent.cli.doctor import diagnose

    return diagnose(output_of(context, json=json), account)


@app.command(epilog="Example: voicepurge report home --out report.html")
def report(
    context: typer.Context,
    account: Account = None,
    out: Annotated[str | None, typer.Option(metavar="FILE", help="Where to; - prints it.")] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    json: Json = False,
) -> int:
    """Write a page to look at and to show: what was visible, for how long, what remains, and the proof."""
    from agent.cli.report import write_reports

    return write_reports(output_of(context, json=json), account, out, show=show)
