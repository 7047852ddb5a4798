"""`voicepurge login`: for now, practice accounts only."""

import asyncio
import sys

from agent.alexa.credentials import fits
from agent.alexa.exchange import Secret
from agent.cli.output import Output
from agent.clock import SystemClock
from agent.errors import UsageError
from agent.wiring import install, store_sign_in

_LONGEST = 4096


def log_in(output: Output, account: str, *, practice: bool) -> int:
    """Reads a practice credential from standard input, asks whose it is, stores it.

    Raises:
        UsageError: not a practice account, or no credential came.
        VaultError: a real credential for a practice account.
        AgentError: the practice cloud did not accept it; nothing is stored.
    """
    installation = install(output.config)
    if not practice or installation.account(account).practice is None:
        raise UsageError(
            "This version signs in to practice accounts only.",
            next_step="Use --practice with an account that has `practice`; real sign-in comes next.",
        )
    text = sys.stdin.read(_LONGEST).strip()
    if not text or len(text.split()) != 1:
        raise UsageError(
            "No credential came from standard input.", next_step="See `voicepurge login --help`."
        )
    token = Secret(text)
    fits(token, practice=True)
    asyncio.run(store_sign_in(installation, account, token, SystemClock()))
    if output.json:
        output.document({"account": account, "practice": True, "stored": True})
    else:
        output.data(f"[practice] {account}: signed in; the credential is stored in the vault.")
    return 0
