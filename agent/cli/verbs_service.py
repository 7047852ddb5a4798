"""Verbs for the service of this machine. Parsing only: each hands over to one function."""

from typing import Annotated

import typer

from agent.cli.root import Json, app, output_of

service_app = typer.Typer(no_args_is_help=True, help="The systemd service of this machine.")
app.add_typer(service_app, name="service")


@service_app.command("install", epilog="Example: sudo voicepurge service install")
def service_install(
    context: typer.Context,
    show: Annotated[
        bool, typer.Option("--print", help="Show what would be written, change nothing.")
    ] = False,
    json: Json = False,
) -> int:
    """Write unit, user and a first configuration, for where this command lies."""
    from agent.cli.service import install_service

    return install_service(output_of(context, json=json), show=show)


@service_app.command("uninstall", epilog="Example: sudo voicepurge service uninstall")
def service_uninstall(
    context: typer.Context,
    purge_data: Annotated[
        bool, typer.Option("--purge-data", help="Also ledgers, secrets, configuration and user.")
    ] = False,
    json: Json = False,
) -> int:
    """Stop and remove the service; what it wrote stays."""
    from agent.cli.service_removal import uninstall_service

    return uninstall_service(output_of(context, json=json), purge_data=purge_data)
