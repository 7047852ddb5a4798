"""Verbs for the configuration. Parsing only: each hands over to one function."""

import typer

from agent.cli.root import Json, app, output_of

config_app = typer.Typer(no_args_is_help=True, help="Check, show and describe the configuration.")
app.add_typer(config_app, name="config")


@config_app.command("check", epilog="Example: voicepurge --config my.yaml config check")
def config_check(context: typer.Context, json: Json = False) -> int:
    """Find every problem of the configuration at once."""
    from agent.cli.config import check

    return check(output_of(context, json=json))


@config_app.command("show", epilog="Example: voicepurge config show")
def config_show(context: typer.Context, json: Json = False) -> int:
    """Show the settings in force, every default filled in."""
    from agent.cli.config_show import show

    return show(output_of(context, json=json))


@config_app.command("schema", epilog="Example: voicepurge config schema > schema.json")
def config_schema(context: typer.Context, json: Json = False) -> int:
    """Print the JSON Schema of the configuration, for editors."""
    from agent.cli.config_show import schema

    return schema(output_of(context, json=json))
