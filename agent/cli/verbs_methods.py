"""Verbs for ways to delete. Parsing only: each hands over to one function."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from agent.cli.root import Json, app, output_of
from agent.errors import UsageError

OfAccount = Annotated[str | None, typer.Option("--account", help="Account as named in the YAML.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `voicepurge methods` shows it.")]


class _ListByDefault(TyperGroup):
    """`methods` and `methods ACCOUNT` mean `methods list`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer keeps its own copy of click
        """Puts `list` in front of anything that is no other verb of the group."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


methods_app = typer.Typer(cls=_ListByDefault, help="Ways to delete: their standing, and sharing them.")
app.add_typer(methods_app, name="methods")


@app.command(epilog="Example: voicepurge learn amazon.har --account home")
def learn(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE.har", help="Saved by your browser, with content.")
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser", help="Record in a window of its own instead of a file.")
    ] = False,
    account: OfAccount = None,
    name: Annotated[str | None, typer.Option("--name", help="What to call it; else `page`.")] = None,
    choose: Annotated[
        int | None, typer.Option("--choose", help="Which candidate, where several are likely.")
    ] = None,
    trial: Annotated[
        bool, typer.Option("--trial/--no-trial", help="Try it on one recording you pick.")
    ] = True,
    json: Json = False,
) -> int:
    """Learn how to delete from a deletion you make in your own browser, then try it on one recording."""
    from agent.cli.learn import LearnOptions, learn_browser, learn_file

    options, output = LearnOptions(account, name, choose, trial), output_of(context, json=json)
    if (file is None) is not browser:
        raise UsageError("Name a HAR file, or say --browser.", next_step="See `voicepurge learn --help`.")
    return learn_file(output, file, options) if file is not None else learn_browser(output, options)


@methods_app.command("list", epilog="Example: voicepurge methods list home")
def methods_list(
    context: typer.Context,
    account: Annotated[str | None, typer.Argument(metavar="ACCOUNT")] = None,
    json: Json = False,
) -> int:
    """Show each method's standing, in the order a run would try them; `methods` alone does it too."""
    from agent.cli.methods import list_methods

    return list_methods(output_of(context, json=json), account)


@methods_app.command("show", epilog="Example: voicepurge methods show page")
def methods_show(context: typer.Context, name: Name, account: OfAccount = None, json: Json = False) -> int:
    """Explain a recipe in plain words, with an example of what it sends."""
    from agent.cli.methods import show_method

    return show_method(output_of(context, json=json), name, account)


@methods_app.command("export", epilog="Example: voicepurge methods export page page.yaml")
def methods_export(
    context: typer.Context,
    name: Name,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A new file; else stdout.")] = None,
    account: OfAccount = None,
    json: Json = False,
) -> int:
    """Write a recipe's file; nothing in it is personal."""
    from agent.cli.methods import export_method

    return export_method(output_of(context, json=json), name, file, account)


@methods_app.command("import", epilog="Example: voicepurge methods import page.yaml --account home")
def methods_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recipe somebody shared.")],
    account: OfAccount = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take it without asking.")] = False,
    json: Json = False,
) -> int:
    """Show what a recipe would send, ask, and store it as unproven."""
    from agent.cli.methods import import_method

    return import_method(output_of(context, json=json), file, account, sure=yes)


@methods_app.command("trial", epilog="Example: voicepurge methods trial page --account home")
def methods_trial(context: typer.Context, name: Name, account: OfAccount = None, json: Json = False) -> int:
    """Delete one recording that you pick, and see whether exactly that one vanishes."""
    from agent.cli.methods import trial_method

    return trial_method(output_of(context, json=json), name, account)
