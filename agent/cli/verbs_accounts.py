"""Verbs for accounts: first configuration, signing in and out."""

from typing import Annotated

import typer

from agent.cli.root import Account, AccountName, Json, app, output_of

auth_app = typer.Typer(no_args_is_help=True, help="Would a run get in?")
account_app = typer.Typer(no_args_is_help=True, help="Accounts over time.")
app.add_typer(auth_app, name="auth")
app.add_typer(account_app, name="account")


@app.command(epilog="Example: voicepurge init --timezone Europe/Berlin --backend file")
def init(
    context: typer.Context,
    timezone: Annotated[str | None, typer.Option(help="Like Europe/Berlin.")] = None,
    marketplace: Annotated[str | None, typer.Option(help="Like amazon.de.")] = None,
    keep_for: Annotated[str | None, typer.Option(help="Like 24h; 0s deletes everything.")] = None,
    backend: Annotated[str | None, typer.Option(help="file, keyring or systemd.")] = None,
    account: Annotated[str | None, typer.Option(help="A short name; `home` if nothing is said.")] = None,
    json: Json = False,
) -> int:
    """Write a first configuration, make the keys, show the ledger's. Asks what no option says."""
    from agent.cli.init import initialise

    given = {"timezone": timezone, "marketplace": marketplace, "keep_for": keep_for, "backend": backend}
    return initialise(output_of(context, json=json), {**given, "account": account})


@app.command(epilog="Example: voicepurge login home")
def login(
    context: typer.Context,
    account: AccountName,
    reauth: Annotated[bool, typer.Option("--reauth", help="Sign in anew though signed in.")] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the address here.")] = True,
    practice: Annotated[
        bool, typer.Option("--practice", help="Read a practice credential from standard input.")
    ] = False,
    json: Json = False,
) -> int:
    """Sign in once, in your own browser; your password is never asked for here."""
    from agent.cli.login import log_in, log_in_practice

    if practice:
        return log_in_practice(output_of(context, json=json), account)
    return log_in(output_of(context, json=json), account, again=reauth, browser=browser)


@app.command(epilog="Example: voicepurge logout home")
def logout(context: typer.Context, account: AccountName, json: Json = False) -> int:
    """Forget the sign-in here, and ask Amazon once to forget the device."""
    from agent.cli.logout import log_out

    return log_out(output_of(context, json=json), account)


@auth_app.command("check", epilog="Example: voicepurge auth check home --json")
def auth_check(context: typer.Context, account: Account = None, json: Json = False) -> int:
    """Check the vault, every secret, the renewal of each sign-in, and whose account it is."""
    from agent.cli.auth import check

    return check(output_of(context, json=json), account)


@account_app.command("rename", epilog="Example: voicepurge account rename home flat")
def account_rename(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD")],
    new: Annotated[str, typer.Argument(metavar="NEW")],
    json: Json = False,
) -> int:
    """Give an account another name; its ledger and secrets come along."""
    from agent.cli.auth import rename_account

    return rename_account(output_of(context, json=json), old, new)
