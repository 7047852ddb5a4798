"""Parses the command line and hands over to one function a verb. The one place where errors end.

Exit codes: 0 done, 1 recordings remain, 2 could not verify, 3 a person must act, 4 the service changed,
5 ledger damaged, 64 usage, 70 a bug, 75 try later, 77 permission, 78 configuration, 130 interrupted.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from agent import __version__
from agent.cli.output import Output, denied
from agent.errors import AgentError, NoPermissionError, UsageError

BUG = 70
INTERRUPTED = 130

app = typer.Typer(
    name="voicepurge",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Requests deletion of your own Alexa voice recordings, checks what really went, and keeps proof.",
)
ledger_app = typer.Typer(no_args_is_help=True, help="Check the ledger, show its key.")
config_app = typer.Typer(no_args_is_help=True, help="Check the configuration.")
app.add_typer(ledger_app, name="ledger")
app.add_typer(config_app, name="config")
auth_app = typer.Typer(no_args_is_help=True, help="Would a run get in?")
account_app = typer.Typer(no_args_is_help=True, help="Accounts over time.")
app.add_typer(auth_app, name="auth")
app.add_typer(account_app, name="account")
secret_app = typer.Typer(no_args_is_help=True, help="Secrets the configuration refers to by name.")
vault_app = typer.Typer(no_args_is_help=True, help="The vault's key, and moving everything in it.")
app.add_typer(secret_app, name="secret")
app.add_typer(vault_app, name="vault")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Secret = Annotated[str, typer.Argument(metavar="NAME", help="As in {credential:NAME}.")]
VaultFile = Annotated[Path, typer.Argument(metavar="FILE", help="The exported file.")]
AccountName = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Account as named in the YAML.")]
Account = Annotated[str | None, typer.Argument(metavar="ACCOUNT", help="Account as named in the YAML.")]


def _output(context: typer.Context, *, json: bool = False) -> Output:
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
    from agent.logs import configure

    configure(json=False, level="debug" if verbose else "warning", stream=sys.stderr)


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
    return run_accounts(_output(context, json=json), accounts or [], chosen)


@app.command("list", epilog="Example: voicepurge list home")
def list_(
    context: typer.Context,
    account: Account = None,
    show_text: Annotated[bool, typer.Option("--show-text", help="Show what was said.")] = False,
    json: Json = False,
) -> int:
    """Show what is visible now, by day and device."""
    from agent.cli.visible import list_visible

    return list_visible(_output(context, json=json), account, show_text=show_text)


@app.command(epilog="Example: voicepurge log home --run 8f3a")
def log(
    context: typer.Context,
    account: Account = None,
    run_id: Annotated[str | None, typer.Option("--run", help="Everything of one run.")] = None,
    json: Json = False,
) -> int:
    """Show the ledger, a line for each run."""
    from agent.cli.log import show_log

    return show_log(_output(context, json=json), account, run_id)


@ledger_app.command("verify", epilog="Example: voicepurge ledger verify --witnessed remembered.txt")
def ledger_verify(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A copy of a ledger.jsonl.")] = None,
    witnessed: Annotated[list[Path] | None, typer.Option(help="A remembered checkpoint.")] = None,
    key: Annotated[str | None, typer.Option(help="Verifier key; default: the account's own.")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    json: Json = False,
) -> int:
    """Check every byte of the ledger: chain, tree, signatures, remembered heads."""
    from agent.cli.ledger import verify_ledger

    return verify_ledger(_output(context, json=json), file, witnessed or [], key, account)


@ledger_app.command("key", epilog="Example: voicepurge ledger key home")
def ledger_key(context: typer.Context, account: Account = None, json: Json = False) -> int:
    """Print the verifier key. Keep it away from this machine."""
    from agent.cli.ledger import show_key

    return show_key(_output(context, json=json), account)


@config_app.command("check", epilog="Example: voicepurge --config my.yaml config check")
def config_check(context: typer.Context, json: Json = False) -> int:
    """Find every problem of the configuration at once."""
    from agent.cli.config import check

    return check(_output(context, json=json))


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
    return initialise(_output(context, json=json), {**given, "account": account})


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
        return log_in_practice(_output(context, json=json), account)
    return log_in(_output(context, json=json), account, again=reauth, browser=browser)


@app.command(epilog="Example: voicepurge logout home")
def logout(context: typer.Context, account: AccountName, json: Json = False) -> int:
    """Forget the sign-in here, and ask Amazon once to forget the device."""
    from agent.cli.logout import log_out

    return log_out(_output(context, json=json), account)


@auth_app.command("check", epilog="Example: voicepurge auth check home --json")
def auth_check(context: typer.Context, account: Account = None, json: Json = False) -> int:
    """Check the vault, every secret, the renewal of each sign-in, and whose account it is."""
    from agent.cli.auth import check

    return check(_output(context, json=json), account)


@account_app.command("rename", epilog="Example: voicepurge account rename home flat")
def account_rename(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD")],
    new: Annotated[str, typer.Argument(metavar="NEW")],
    json: Json = False,
) -> int:
    """Give an account another name; its ledger and secrets come along."""
    from agent.cli.auth import rename_account

    return rename_account(_output(context, json=json), old, new)


@secret_app.command("set", epilog="Example: voicepurge secret set ntfy-url < file")
def secret_set(context: typer.Context, name: Secret, json: Json = False) -> int:
    """Store a value, typed unseen or from standard input, for {credential:NAME}."""
    from agent.cli.secret import set_secret

    return set_secret(_output(context, json=json), name)


@secret_app.command("list", epilog="Example: voicepurge secret list")
def secret_list(context: typer.Context, json: Json = False) -> int:
    """Show names, never values: what is stored, what the configuration misses."""
    from agent.cli.secret import list_secrets

    return list_secrets(_output(context, json=json))


@secret_app.command("remove", epilog="Example: voicepurge secret remove ntfy-url")
def secret_remove(context: typer.Context, name: Secret, json: Json = False) -> int:
    """Forget a value."""
    from agent.cli.secret import remove_secret

    return remove_secret(_output(context, json=json), name)


@vault_app.command("init", epilog="Example: sudo voicepurge vault init")
def vault_init(context: typer.Context, json: Json = False) -> int:
    """Make the vault's key where there is none yet."""
    from agent.cli.vault import init_vault

    return init_vault(_output(context, json=json))


@vault_app.command("rotate", epilog="Example: sudo voicepurge vault rotate")
def vault_rotate(context: typer.Context, json: Json = False) -> int:
    """Give the vault a new key and seal every secret with it."""
    from agent.cli.vault import rotate_vault

    return rotate_vault(_output(context, json=json))


@vault_app.command("export", epilog="Example: voicepurge vault export moving.vault")
def vault_export(context: typer.Context, file: VaultFile, json: Json = False) -> int:
    """Write all secrets to a new file under a passphrase."""
    from agent.cli.vault import export_vault

    return export_vault(_output(context, json=json), file)


@vault_app.command("import", epilog="Example: voicepurge vault import moving.vault")
def vault_import(context: typer.Context, file: VaultFile, json: Json = False) -> int:
    """Store all secrets of an exported file; replaces none."""
    from agent.cli.vault import import_vault

    return import_vault(_output(context, json=json), file)


@app.command(epilog="Example: voicepurge simulator --recordings 200 --shape two-step")
def simulator(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 picks one.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same account.")] = 7,
    recordings: Annotated[int, typer.Option(help="How many recordings it begins with.")] = 2000,
    shape: Annotated[str | None, typer.Option(help="Shape of the deletion request.")] = None,
    scenario: Annotated[Path | None, typer.Option(help="JSON file with dials.")] = None,
) -> int:
    """Run the practice cloud until interrupted."""
    from agent.cli.simulator import simulate

    return simulate(_output(context), port, seed, recordings, shape, scenario)


@app.command(epilog="Example: voicepurge demo --seed 3")
def demo(
    context: typer.Context,
    seed: Annotated[int | None, typer.Option(help="The same seed tells the same story.")] = None,
    recordings: Annotated[int, typer.Option(help="How many recordings the account has.")] = 200,
    json: Json = False,
) -> int:
    """The whole story against a practice cloud, without an account."""
    from agent.cli.demo import tell

    return tell(_output(context, json=json), seed, recordings)


def run_command(arguments: Sequence[str]) -> int:
    """Runs one command line; the only `except AgentError` of the program."""
    output = Output(json="--json" in arguments)
    try:
        result = typer.main.get_command(app).main(
            list(arguments), prog_name="voicepurge", standalone_mode=False, obj=output
        )
    except AgentError as error:
        output.failure(error)
        return error.exit_code
    except typer.TyperException as error:
        return _misused(output, error.format_message())
    except PermissionError as error:
        output.failure(denied(error))
        return NoPermissionError.exit_code
    except (KeyboardInterrupt, typer.Abort):
        output.say("Interrupted. The ledger is complete up to here; run again to go on.")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the end of the line: a bug is told as one
        if output.verbose:
            from agent.crash import told

            for line in told(error).splitlines():
                output.say(line)
        output.failure(AgentError("Something unexpected happened inside voicepurge."))
        return BUG
    return result if isinstance(result, int) else 0


def _misused(output: Output, message: str) -> int:
    if "\n" in message:  # no verb was given: the message is the help
        for line in message.splitlines():
            output.say(line)
    else:
        output.failure(UsageError(message))
    return UsageError.exit_code
