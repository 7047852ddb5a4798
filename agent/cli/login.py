"""`voicepurge login`: the person signs in with their own browser and pastes an address back."""

import asyncio
import os
import sys

from agent.alexa.credentials import fits
from agent.alexa.enrolment import Farewell, by_hand
from agent.alexa.exchange import Secret
from agent.alexa.marketplaces import find
from agent.alexa.pasted import LONGEST
from agent.alexa.signin import SignInFlow
from agent.auth.enter import SignedIn, begin, finish
from agent.cli import words
from agent.cli.browser import open_in_browser
from agent.cli.long_line import read_long_line
from agent.cli.output import Output
from agent.cli.progress import progress
from agent.clock import SystemClock
from agent.errors import UsageError
from agent.wiring import Installation, install, is_practice, practice_of, store_sign_in

_LONGEST_CREDENTIAL = 4096
_TRIES = 5


def log_in(output: Output, account: str, *, again: bool = False, browser: bool = True) -> int:
    """Leads through a sign-in; nothing is stored before it has shown the last week.

    Raises:
        UsageError: signed in already, or no usable address was pasted.
        NeedsPersonError: Amazon did not take the sign-in, or it is another account's.
        AgentError: it could not be finished; nothing is stored.
    """
    installation, clock = install(output.config), SystemClock()
    flow = begin(installation, account, clock, again=again)
    _explain(output, installation, account, flow)
    if browser and not is_practice(installation, account):
        opened = open_in_browser(flow.address, os.environ, root=os.geteuid() == 0)
        if opened is not None:
            output.say("It was opened in your browser." if opened else "Your browser could not be opened.")
    _read_address(output, flow)
    with progress(output.err) as watcher:
        done = asyncio.run(finish(installation, account, flow, clock, watcher))
    _tell(output, installation, account, done)
    return 0


def log_in_practice(output: Output, account: str) -> int:
    """Reads a practice credential from standard input, asks whose it is, stores it.

    Raises:
        UsageError: not a practice account, or no credential came.
        VaultError: a real credential for a practice account.
        AgentError: the practice cloud did not accept it; nothing is stored.
    """
    installation = install(output.config)
    if not is_practice(installation, account):
        raise UsageError(
            "This account is not a practice account.",
            next_step=f"Sign in with a browser: `voicepurge login {account}`.",
        )
    text = sys.stdin.read(_LONGEST_CREDENTIAL).strip()
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


def _explain(output: Output, installation: Installation, account: str, flow: SignInFlow) -> None:
    output.say(f"To sign in to {account}, open this address in your browser:")
    output.say("")
    (output.say if output.json else output.data)(flow.address)
    output.say("")
    practice = practice_of(installation, account)
    if practice is not None:
        output.say(
            "[practice] Only a browser started for it gets there: chromium --user-data-dir=DIR "
            f'--ignore-certificate-errors --host-resolver-rules="MAP * {practice.address}:{practice.port}"'
        )
    output.say("Sign in there as you always do. Your password stays between you and Amazon.")
    output.say(
        "The page you end at LOOKS LIKE AN ERROR (page not found). That is meant to be so: only its address "
        "counts. Copy the whole address and paste it here within five minutes."
    )


def _read_address(output: Output, flow: SignInFlow) -> None:
    """Asks until the address is the right one; only a terminal is asked twice."""
    for left in reversed(range(_TRIES if sys.stdin.isatty() else 1)):
        text = read_long_line(
            LONGEST, lambda: output.say("Paste the address and press Enter (it is not shown):")
        )
        try:
            flow.paste(text)
        except UsageError as error:
            if not left or not text:
                raise
            output.say(f"{error.message} {error.next_step}")
        else:
            return


def _tell(output: Output, installation: Installation, account: str, done: SignedIn) -> None:
    practice = is_practice(installation, account)
    marketplace = find(installation.account(account).marketplace)
    reasons = {surface.value: end.reason for surface, end in done.proof.ends.items() if end.reason}
    if done.before is Farewell.BY_HAND:
        output.say(f"The sign-in before this one may still be registered; see {by_hand(marketplace)}")
    if output.json:
        output.document(
            {
                "account": account,
                "practice": practice,
                "stored": True,
                "marketplace": marketplace.name,
                "listed": len(done.proof.recordings),
                "incomplete": reasons,
                "before": done.before,
            }
        )
        return
    mark = "[practice] " if practice else ""
    count = len(done.proof.recordings)
    seen = f"the last seven days show {count} recording{'' if count == 1 else 's'}"
    output.data(f"{mark}{account}: signed in to {marketplace.name}; {seen}.")
    for surface, reason in reasons.items():
        output.say(f"The first look at {surface} did not reach its end: {words.why(reason)}.")
