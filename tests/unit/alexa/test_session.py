import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

import pytest

from agent.alexa.exchange import Host, Incoming, Limits, Outgoing, Secret
from agent.alexa.marketplaces import find
from agent.alexa.session import Session
from agent.errors import (
    AgentError,
    ConnectionLostError,
    CouldNotVerifyError,
    CsrfRefusedError,
    DeadlineError,
    GoneError,
    HtmlError,
    RedirectedError,
    SchemaError,
    ServerFaultError,
    SignedOutError,
    StepUpError,
    ThrottledError,
    TooLargeError,
    TruncatedError,
    UsageError,
    VaultError,
)
from agent.model import Incomplete
from tests.support.amazon_box import Box, Reply, Script, Seen, data, page, redirect, running, session_with
from tests.support.fake_clock import FakeClock

READ = Outgoing("GET", "/alexa-privacy/x")
GUARDED = Outgoing("POST", "/alexa-privacy/x", body=b"{}", content_type="application/json", csrf=True)


def talk[T](
    box: Box,
    what: Callable[[Session], Awaitable[T]],
    *,
    clock: FakeClock | None = None,
    limits: Limits | None = None,
) -> T:
    """Does `what` with a session against `box`."""

    async def go() -> T:
        async with session_with(box, clock or FakeClock(), limits) as session:
            return await what(session)

    return asyncio.run(go())


def turns(*replies: Reply) -> Script:
    """Says each reply once, the last one for ever."""
    rest = list(replies)
    return lambda _seen: rest.pop(0) if len(rest) > 1 else rest[0]
