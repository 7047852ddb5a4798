"""Parses the command line and hands over to one function a verb. The one place where errors end.

Exit codes: 0 done, 1 recordings remain, 2 could not verify, 3 a person must act, 4 the service changed,
5 ledger damaged, 64 usage, 70 a bug, 75 try later, 77 permission, 78 configuration, 130 interrupted.
"""

import contextlib
import os
import sys
from collections.abc import Sequence

import typer

from agent.cli import (
    verbs_accounts,
    verbs_config,
    verbs_methods,
    verbs_practice,
    verbs_proof,
    verbs_reports,
    verbs_runs,
    verbs_secrets,
    verbs_service,
)
from agent.cli.output import Output, ReaderGoneError, denied
from agent.cli.root import app
from agent.errors import AgentError, NoPermissionError, UsageError

__all__ = ["VERBS", "app", "run_command"]

BUG = 70
INTERRUPTED = 130
READER_GONE = 141
"""What a shell says of a program that SIGPIPE ended."""
VERBS = (
    verbs_runs,
    verbs_reports,
    verbs_accounts,
    verbs_methods,
    verbs_config,
    verbs_secrets,
    verbs_service,
    verbs_proof,
    verbs_practice,
)
"""Importing them registered them."""


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
        return _unforeseen(output, error)
    return result if isinstance(result, int) else 0


def _unforeseen(output: Output, error: Exception) -> int:
    """The code for what no verb expects: a reader that went away, else a bug."""
    if isinstance(error, ReaderGoneError):
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end
        return READER_GONE
    if output.verbose:
        from agent.crash import told

        for line in told(error).splitlines():
            output.say(line)
    output.failure(AgentError("Something unexpected happened inside voicepurge."))
    return BUG


def _misused(output: Output, message: str) -> int:
    if "\n" in message:  # no verb was given: the message is the help
        for line in message.splitlines():
            output.say(line)
    else:
        output.failure(UsageError(message))
    return UsageError.exit_code
