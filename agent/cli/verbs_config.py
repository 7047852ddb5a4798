"""Verbs for the configuration. Parsing only: each hands over to one function."""

import typer

from agent.cli.root import Json, app, output_of

config_app = typer.Typer(no_args_is_help=True, help="Check the configuration.")
app.add_typer(config_app, name="config")


@config_app.command("check", epilog="Example: voicepurge --config my.yaml config check")
def config_check(context: typer.Context, json: Json = False) -> int:
    """Find every problem of the configuration at once."""
    from agent.cli.config import check

    return check(output_of(context, json=json))
