"""One request over TLS, one whole answer: httpx above, TCP below. The only place for either.

The same classes serve a real account and the practice cloud. For a practice account every connection
goes to one loopback address and only the practice CA is trusted; URLs, `Host`, SNI and cookies stay
Amazon's. Left out here: who may be asked, cookies, tokens, redirects and retries (`session`).
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import quote, urlencode

import httpcore
import httpx

from agent.alexa.decode import Inflater
from agent.alexa.exchange import Incoming, Limits, Outgoing
from agent.alexa.practice import Practice
from agent.errors import (
    ConfigError,
    ConnectionLostError,
    DeadlineError,
    TooLargeError,
    TruncatedError,
    UsageError,
)

for _name in ("httpx", "httpcore"):
    # Both would write whole addresses and headers into a log, and those hold record keys and cookies.
    logging.getLogger(_name).setLevel(logging.WARNING)

HTTPS_PORT = 443
_PATH = "/%:@!$&'()*+,;=~-._"

_MEANING: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.TimeoutException, httpx.PoolTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.NetworkError, httpx.ReadError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.ProtocolError, httpx.RemoteProtocolError),
)


class _Loopback(httpcore.AsyncNetworkBackend):
    """Connects every host to the practice cloud."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._real = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - the name stays in TLS and HTTP; only the connection goes elsewhere
        port: int,  # noqa: ARG002 - as above
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return await self._real.connect_tcp(
            self._practice.address, self._practice.port, timeout, local_address, socket_options
        )

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)


class Transport(httpx.AsyncBaseTransport):
    """Requests over TLS on port 443, nothing else.

    Raises:
        ConfigError: the practice CA cannot be read.
        httpx.TransportError: whatever went wrong with a connection.
    """

    def __init__(self, practice: Practice | None = None, *, connections: int = 8) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(practice),
            max_connections=connections,
            keepalive_expiry=20.0,
            network_backend=httpcore.AnyIOBackend() if practice is None else _Loopback(practice),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request; the body of the answer is read later. Raises httpx.TransportError."""
        url = request.url
        if url.scheme != "https" or url.port not in {None, HTTPS_PORT}:
            raise httpx.UnsupportedProtocol("only https on its own port")
        if not isinstance(request.stream, httpx.AsyncByteStream):
            raise httpx.LocalProtocolError("a body that is not asynchronous")
        core = httpcore.Request(
            request.method,
            httpcore.URL(scheme=b"https", host=url.raw_host, port=None, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _translated():
            answer = await self._pool.handle_async_request(core)
        if not isinstance(answer.stream, AsyncIterable):
            raise httpx.LocalProtocolError("an answer that is not asynchronous")
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Closes every connection."""
        with _translated():
            await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    """The answer's bytes as they arrive."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for piece in self._answer.aiter_stream():
                yield piece

    async def aclose(self) -> None:
        with _translated():
            await self._answer.aclose()


def trusted(practice: Practice | None) -> ssl.SSLContext:
    """The CA bundle that ships with httpx, untouched by the environment; in practice one CA alone.

    Raises:
        ConfigError: the practice CA cannot be read.
    """
    if practice is None:
        return httpx.create_ssl_context(trust_env=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=practice.ca)
    except OSError as error:
        raise ConfigError(
            f"the practice CA cannot be read: {error.strerror or 'not a certificate'}"
        ) from error
    return context


@contextmanager
def _translated() -> Iterator[None]:
    """Turns httpcore's errors into httpx's, which `session` knows."""
    try:
        yield
    except Exception as error:
        for theirs, ours in _MEANING:
            if isinstance(error, theirs):
                raise ours(str(error)) from error
        raise


class Line:
    """Sends one request at a time per call and reads its answer to the end, within bounds."""

    def __init__(self, practice: Practice | None, limits: Limits) -> None:
        """Raises ConfigError when the practice CA cannot be read."""
        self._limits = limits
        self._client = httpx.AsyncClient(
            transport=Transport(practice, connections=2 * limits.concurrency),
            timeout=httpx.Timeout(limits.read_s, connect=limits.connect_s),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # cookies are the session's business
            follow_redirects=False,
            trust_env=False,
        )

    async def exchange(self, host: str, outgoing: Outgoing, headers: Sequence[tuple[str, str]]) -> Incoming:
        """Sends `outgoing` to `host` with exactly these `headers`, once.

        The body of a sound file is not read. A body that is too large is None.

        Raises:
            ConnectionLostError: no answer came.
            TruncatedError: an answer began and stopped.
            DeadlineError: a time limit of `Limits` passed.
            SchemaError: an encoding nobody asked for.
            UsageError: an address that is none.
        """
        address = f"https://{host}{quote(outgoing.path, safe=_PATH)}"
        query = f"?{urlencode(outgoing.query, quote_via=quote, safe='')}" if outgoing.query else ""
        try:
            request = httpx.Request(outgoing.method, address + query, headers=headers, content=outgoing.body)
        except httpx.InvalidURL as error:
            raise UsageError("an address that is too long or none at all") from error
        answer: httpx.Response | None = None
        try:
            async with asyncio.timeout(self._limits.total_s):
                answer = await self._client.send(request, stream=True)
                return await self._whole(answer)
        except httpx.ConnectTimeout as error:
            raise ConnectionLostError("no connection to Amazon") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise DeadlineError("Amazon did not answer in time") from error
        except httpx.TransportError as error:
            if answer is not None:
                raise TruncatedError("the answer stops in the middle") from error
            raise ConnectionLostError("the connection to Amazon was lost") from error
        finally:
            if answer is not None:
                await answer.aclose()

    async def _whole(self, answer: httpx.Response) -> Incoming:
        headers = {
            name.lower(): text for name, text in answer.headers.items() if name.lower() != "set-cookie"
        }
        sound = headers.get("content-type", "").lower().startswith("audio/")
        body: bytes | None = b""
        try:
            if not sound:
                body = await self._body(answer)
        except TooLargeError:
            body = None
        return Incoming(
            answer.status_code,
            headers,
            body,
            final_path=answer.request.url.path,
            cookies=tuple(answer.headers.get_list("set-cookie")),
        )

    async def _body(self, answer: httpx.Response) -> bytes:
        inflater = Inflater(answer.headers.get("content-encoding", ""), self._limits.body)
        async for piece in answer.aiter_raw():
            inflater.feed(piece)
        return inflater.finish()

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._client.aclose()
