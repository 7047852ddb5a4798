"""Waiting for the network after a boot, within bounds: a machine is up before its network is."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from agent.alexa.marketplaces import find
from agent.ports import Clock
from agent.wiring import Installation, practice_of

WAIT_S: Final = 60.0
"""No network after this is no error: the run says so, and is tried again."""

_PAUSE_S: Final = 2.0
_CONNECT_S: Final = 5.0
_HTTPS: Final = 443


async def await_network(
    installation: Installation, name: str, clock: Clock, log: structlog.stdlib.BoundLogger
) -> bool:
    """Returns once the account's host takes a connection, on which nothing is sent; False after a minute."""
    practice = practice_of(installation, name)
    if practice is not None:
        host, port = practice.address, practice.port
    else:
        host, port = find(installation.account(name).marketplace).retail_host, _HTTPS
    if await _connects(host, port):
        return True
    log.info("waiting for the network")
    until = clock.monotonic() + WAIT_S
    while clock.monotonic() < until:
        await clock.sleep(_PAUSE_S)
        if await _connects(host, port):
            return True
    log.warning("there is no network")
    return False


async def _connects(host: str, port: int) -> bool:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True
    return False
