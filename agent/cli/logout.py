"""`voicepurge logout`: forgets the sign-in here, and asks Amazon once to do the same."""

import asyncio

from agent.alexa.enrolment import Farewell, by_hand
from agent.alexa.marketplaces import Marketplace
from agent.auth.leave import sign_out
from agent.cli.output import Output
from agent.clock import SystemClock
from agent.errors import UsageError
from agent.wiring import install, is_practice

_THERE = {
    Farewell.GONE: "Amazon no longer accepts it.",
    Farewell.NOT_ACCEPTED: "Amazon did not accept it any more before.",
    Farewell.BY_HAND: "At Amazon the device may still be registered; remove it there: ",
}


def log_out(output: Output, account: str) -> int:
    """Ends the sign-in of an account, also of one that is no longer in the configuration.

    Raises:
        UsageError: no such account, or nobody is signed in.
        AgentError: the vault or the ledger cannot be used.
    """
    installation = install(output.config)
    ended = asyncio.run(sign_out(installation, account, SystemClock()))
    if ended is None:
        raise UsageError(f"Nobody is signed in to {account}.", next_step="`voicepurge auth check` shows all.")
    farewell, marketplace = ended
    practice = is_practice(installation, account)
    if output.json:
        link = by_hand(marketplace) if farewell is Farewell.BY_HAND else None
        output.document({"account": account, "practice": practice, "there": farewell.value, "link": link})
    else:
        mark = "[practice] " if practice else ""
        output.data(f"{mark}{account}: the sign-in is forgotten here. {_there(farewell, marketplace)}")
    return 0


def _there(farewell: Farewell, marketplace: Marketplace) -> str:
    return _THERE[farewell] + (by_hand(marketplace) if farewell is Farewell.BY_HAND else "")
