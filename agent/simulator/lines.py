"""The open connections, so that an answer can be broken off in the middle."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

Lines = dict[tuple[Any, ...], asyncio.Transport]
"""Transports by the client's address and port."""


def protocol(lines: Lines) -> type[H11Protocol]:
    """Uvicorn's HTTP/1.1 protocol, keeping `lines` up to date."""

    class Watched(H11Protocol):
        """Notes each connection when it opens and forgets it when it is gone."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
            super().connection_made(transport)
            if self.client is not None:
                lines[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client is not None:
                lines.pop(self.client, None)
            super().connection_lost(exc)

    return Watched
