"""Becoming a device of the account, and ceasing to be one. The two requests beside a session's own.

Sources: alexapy 1.33.0 `secureauth.py` (2026-07) for both; audible 0.13.1 deregisters another way, and
nobody has published an answer. PROTOCOL.md, section "Signing in".
"""

import json
from enum import StrEnum

from agent.alexa import answers, credentials, headers
from agent.alexa.conversation import Conversation
from agent.alexa.exchange import Host, Limits, Outgoing
from agent.alexa.marketplaces import Marketplace
from agent.alexa.practice import Practice
from agent.alexa.session import Session
from agent.alexa.signin import Registered, SignInFlow
from agent.errors import AgentError, ConnectionLostError, DeadlineError, TruncatedError
from agent.ports import Clock

_LET_GO = Outgoing(
    "POST",
    "/auth/deregister",
    body=json.dumps({"requested_deregister_type": "deregister_device"}).encode(),
    content_type="application/json",
    host=Host.API,
    bearer=True,
    cookies=False,
)


class Farewell(StrEnum):
    """What is known about a registration that was let go."""

    GONE = "gone"  # asked for, and the refresh token was refused when shown again
    NOT_ACCEPTED = "not_accepted"  # it was no longer accepted to begin with
    BY_HAND = "by_hand"  # nobody knows; a person must look


async def register(
    flow: SignInFlow, marketplace: Marketplace, clock: Clock, limits: Limits, practice: Practice | None
) -> Registered:
    """Redeems the code of `flow`, once.

    Raises:
        NeedsPersonError: Amazon did not take the code.
        VaultError: what came is no credential for this kind of account.
        AgentError: no registration is known of; the code must be taken for spent.
    """
    request = flow.request()
    talk = Conversation(marketplace, clock, limits, practice)
    try:
        answer = await talk.once(request, (*headers.common(marketplace), *headers.content(request, None)))
    except (ConnectionLostError, DeadlineError, TruncatedError):
        raise ConnectionLostError(
            "The connection was lost while registering.",
            next_step=f"Sign in again; if two devices appear, remove one: {by_hand(marketplace)}",
        ) from None
    finally:
        await talk.aclose()
    registered = flow.registered(answer)
    credentials.fits(registered.refresh_token, practice=practice is not None)
    return registered


async def let_go(session: Session) -> Farewell:
    """Asks Amazon once to forget this device, then shows the refresh token again: an answer proves nothing.

    Never raises for what Amazon does.
    """
    asked = False
    try:
        answer = await session.tell(_LET_GO)
        asked = answer.status in answers.OK and answer.reason is None
        if asked:
            await session.renew()
    except AgentError:
        if session.refused:
            return Farewell.GONE if asked else Farewell.NOT_ACCEPTED
    return Farewell.BY_HAND


def by_hand(marketplace: Marketplace) -> str:
    """Where a person removes the device (README of ioBroker.alexa2, read in 2026-11)."""
    return f"https://{marketplace.retail_host}/hz/mycd/digital-console/devicedetails?deviceFamily=ALEXA_APP"
