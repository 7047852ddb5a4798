"""A scripted HTTPS server on loopback that answers as any of Amazon's hosts, as badly as it is told to.

Knows nothing of the protocol: a test scripts every answer. For a believable Amazon use the practice cloud.
"""

import asyncio
import functools
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import trustme

from agent.alexa.exchange import Limits, Secret
from agent.alexa.marketplaces import find
from agent.alexa.practice import Practice
from agent.alexa.session import Session
from tests.support.fake_clock import FakeClock

T = TypeVar("T")
CUSTOMER = "A1CUSTOMER"
ME = {"id": CUSTOMER, "marketPlaceDomainName": "https://www.amazon.de"}
NAMES = tuple(f"{host}.amazon.{tld}" for host in ("www", "alexa", "api") for tld in ("de", "com"))


@dataclass(frozen=True)
class Seen:
    """One request as the server got it; header names in lower case."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    sni: str

    @property
    def token(self) -> str | None:
        """Paging token of a listing request."""
        return json.loads(self.body)["previousRequestToken"] if self.body else None


@dataclass(frozen=True)
class Reply:
    """What the server says. `cut` closes after so many bytes, `reset` before any; `delay` in seconds."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    cut: int | None = None
    reset: bool = False
    delay: float = 0.0


Script = Callable[[Seen], Reply]


def data(value: object, status: int = 200, *headers: tuple[str, str]) -> Reply:
    """An answer in JSON."""
    return Reply(json.dumps(value).encode(), status, (("Content-Type", "application/json"), *headers))


def page(text: str, status: int = 200, *headers: tuple[str, str]) -> Reply:
    """An answer in HTML."""
    return Reply(text.encode(), status, (("Content-Type", "text/html; charset=UTF-8"), *headers))


def redirect(location: str) -> Reply:
    """A redirect."""
    return Reply(b"", 302, (("Location", location),))


@functools.cache
def authority() -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for all names, and the file of the CA behind it."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*NAMES).configure_cert(context)
    file = Path(tempfile.mkdtemp(prefix="amazon-box-")) / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    return context, file


@dataclass
class Box:
    """A running server. `routes` by path come before `script`; the sign-in is scripted already."""

    routes: dict[str, Script] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    _names: dict[int, str] = field(default_factory=dict)
    _open: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pairs = (("at-acbde", '"Atza|x"'), ("csrf", "-7"))
        cookies = {".amazon.de": [{"Name": name, "Value": value} for name, value in pairs]}
        self.routes |= {
            "/auth/token": lambda _s: data({"access_token": "Atna|a", "expires_in": 3600}),
            "/ap/exchangetoken/cookies": lambda _s: data({"response": {"tokens": {"cookies": cookies}}}),
            "/api/users/me": lambda _s: data(ME),
            "/api/customer-status": lambda _s: data({}),
            "/alexa-privacy/apd/rvh": lambda _s: page('<meta name="csrf-token" content="tok-1">'),
        }

    def asked(self, path: str) -> list[Seen]:
        """Requests of one path."""
        return [seen for seen in self.seen if seen.path == path]

    @property
    def practice(self) -> Practice:
        """What a session needs to reach it."""
        return Practice("127.0.0.1", self.port, authority()[1])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection until either side has enough."""
        self._open[asyncio.current_task()] = writer
        with suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while True:
                seen = await self._read(reader, writer)
                self.seen.append(seen)
                reply = self.routes.get(seen.path, _nothing)(seen)
                await asyncio.sleep(reply.delay)
                if reply.reset:
                    writer.transport.abort()
                    return
                whole = _encode(reply)
                writer.write(whole if reply.cut is None else whole[: reply.cut])
                await writer.drain()
                if reply.cut is not None:
                    break
        with suppress(ConnectionError, ssl.SSLError):
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Seen:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = head[0].split(" ")
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        sni = self._names.get(id(writer.get_extra_info("ssl_object")), "")
        return Seen(method, headers["host"], parts.path, query, headers, body, sni)

    def named(self, connection: object, name: str | None, _context: ssl.SSLContext) -> None:
        """Takes note of the name a connection asked for in its handshake."""
        self._names[id(connection)] = name or ""

    async def hang_up(self) -> None:
        """Ends every connection and waits for it."""
        for writer in self._open.values():
            writer.transport.abort()
        await asyncio.gather(*(task for task in self._open if task is not None), return_exceptions=True)
        self._open.clear()


def _nothing(_seen: Seen) -> Reply:
    return page("nothing here", 404)


def _encode(reply: Reply) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} X", *(f"{n}: {v}" for n, v in reply.headers)]
    return "\r\n".join([*lines, f"Content-Length: {len(reply.body)}", "", ""]).encode() + reply.body


@asynccontextmanager
async def running(box: Box) -> AsyncIterator[Box]:
    """Serves `box` on a free port of this machine."""
    context, _ = authority()
    context.sni_callback = box.named
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0, ssl=context)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await box.hang_up()


@asynccontextmanager
async def session_with(box: Box, clock: FakeClock, limits: Limits | None = None) -> AsyncIterator[Session]:
    """A session of a practice account on amazon.de, against `box`."""
    fast = limits or Limits(requests_per_second=1000)
    async with (
        running(box),
        Session(
            find("amazon.de"), Secret("practice-x"), clock, limits=fast, practice=box.practice
        ) as session,
    ):
        yield session


def talk(
    box: Box,
    what: Callable[[Session], Awaitable[T]],
    clock: FakeClock | None = None,
    limits: Limits | None = None,
) -> T:
    """Does `what` with a session against `box`, in a loop of its own."""

    async def go() -> T:
        async with session_with(box, clock or FakeClock(), limits) as session:
            return await what(session)

    return asyncio.run(go())


def turns(*replies: Reply) -> Script:
    """Says each reply once, the last one for ever."""
    rest = list(replies)
    return lambda _seen: rest.pop(0) if len(rest) > 1 else rest[0]


def box_with(*replies: Reply, path: str) -> Box:
    """A box that says `replies` at `path`."""
    box = Box()
    box.routes[path] = turns(*replies)
    return box
