"""Verbs for secrets and the vault. Parsing only: each hands over to one function."""

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.root import Json, app, output_of

secret_app = typer.Typer(no_args_is_help=True, help="Secrets the configuration refers to by name.")
vault_app = typer.Typer(no_args_is_help=True, help="The vault's key, and moving everything in it.")
app.add_typer(secret_app, name="secret")
app.add_typer(vault_app, name="vault")

Secret = Annotated[str, typer.Argument(metavar="NAME", help="As in {credential:NAME}.")]
VaultFile = Annotated[Path, typer.Argument(metavar="FILE", help="The exported file.")]


@secret_app.command("set", epilog="Example: voicepurge secret set ntfy-url < file")
def secret_set(context: typer.Context, name: Secret, json: Json = False) -> int:
    """Store a value, typed unseen or from standard input, for {credential:NAME}."""
    from agent.cli.secret import set_secret

    return set_secret(output_of(context, json=json), name)


@secret_app.command("list", epilog="Example: voicepurge secret list")
def secret_list(context: typer.Context, json: Json = False) -> int:
    """Show names, never values: what is stored, what the configuration misses."""
    from agent.cli.secret import list_secrets

    return list_secrets(output_of(context, json=json))


@secret_app.command("remove", epilog="Example: voicepurge secret remove ntfy-url")
def secret_remove(context: typer.Context, name: Secret, json: Json = False) -> int:
    """Forget a value."""
    from agent.cli.secret import remove_secret

    return remove_secret(output_of(context, json=json), name)


@vault_app.command("init", epilog="Example: sudo voicepurge vault init")
def vault_init(context: typer.Context, json: Json = False) -> int:
    """Make the vault's key where there is none yet."""
    from agent.cli.vault import init_vault

    return init_vault(output_of(context, json=json))


@vault_app.command("rotate", epilog="Example: sudo voicepurge vault rotate")
def vault_rotate(context: typer.Context, json: Json = False) -> int:
    """Give the vault a new key and seal every secret with it."""
    from agent.cli.vault import rotate_vault

    return rotate_vault(output_of(context, json=json))


@vault_app.command("export", epilog="Example: voicepurge vault export moving.vault")
def vault_export(context: typer.Context, file: VaultFile, json: Json = False) -> int:
    """Write all secrets to a new file under a passphrase."""
    from agent.cli.vault import export_vault

    return export_vault(output_of(context, json=json), file)


@vault_app.command("import", epilog="Example: voicepurge vault import moving.vault")
def vault_import(context: typer.Context, file: VaultFile, json: Json = False) -> int:
    """Store all secrets of an exported file; replaces none."""
    from agent.cli.vault import import_vault

    return import_vault(output_of(context, json=json), file)
