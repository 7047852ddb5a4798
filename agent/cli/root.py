"""The command itself: its options, and what all verbs share."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from agent import __version__
from agent.cli.output import Output

app = typer.Typer(
    name="voicepurge",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Requests deletion of your own Alexa voice recordings, checks what really went, and keeps proof.",
)

_SILENT = frozenset({"status", "log"})
"""Verbs that only read and print: nothing of theirs is logged, and they are asked often."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
AccountName = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Account as named in the YAML.")]
Account = Annotated[str | None, typer.Argument(metavar="ACCOUNT", help="Account as named in the YAML.")]


def output_of(context: typer.Context, *, json: bool = False) -> Output:
    """What this command writes with."""
    found = context.find_object(Output) or Output()
    found.json = found.json or json
    return found


def _version(value: bool) -> None:  # noqa: FBT001 - the signature click gives to option callbacks
    if value:
        typer.echo(f"voicepurge {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option("--config", help="Configuration file.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show where a bug happened, on stderr.")] = False,
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before the verb."""
    output = context.obj if isinstance(context.obj, Output) else Output()
    output.config, output.verbose = config, verbose
    context.obj = output
    if context.invoked_subcommand in _SILENT:
        return
    from agent.logs import configure

    configure(json=False, level="debug" if verbose else "warning", stream=sys.stderr)
