import asyncio
import gzip
import logging
from pathlib import Path

import httpx
import pytest
import trustme

from agent.alexa.exchange import Incoming, Limits, Outgoing
from agent.alexa.practice import Practice
from agent.alexa.transport import Line, Transport
from agent.errors import (
    AgentError,
    ConfigError,
    ConnectionLostError,
    DeadlineError,
    SchemaError,
    TruncatedError,
    UsageError,
)
from tests.support.amazon_box import Box, Reply, Seen, data, running

GET = Outgoing("GET", "/x", (("uid", "a#b c/d"),))


def exchange(
    reply: Reply, outgoing: Outgoing = GET, limits: Limits | None = None, box: Box | None = None
) -> Incoming:
    """One request to a server that says `reply`."""
    box = box or Box()
    box.routes["/x"] = lambda _seen: reply

    async def talk() -> Incoming:
        async with running(box):
            line = Line(box.practice, limits or Limits())
            try:
                return await line.exchange("www.amazon.de", outgoing, (("X-Own", "1"),))
            finally:
                await line.aclose()

    return asyncio.run(talk())


def test_only_the_connection_goes_elsewhere() -> None:
    """The practice cloud is asked under Amazon's own name in TLS and HTTP."""
    box = Box()
    answer = exchange(data({"a": 1}), box=box)
    seen: Seen = box.seen[0]
    assert (seen.sni, seen.host, seen.path) == ("www.amazon.de", "www.amazon.de", "/x")
    assert seen.query == {"uid": "a#b c/d"}
    assert seen.headers["x-own"] == "1"
    assert (answer.status, answer.body, answer.content_type) == (200, b'{"a": 1}', "application/json")


def test_no_cookie_is_kept_below_the_session() -> None:
    """The connection remembers nothing between requests."""
    box = Box()
    box.routes["/x"] = lambda _seen: data({}, 200, ("Set-Cookie", "a=1; Domain=.amazon.de; Path=/"))

    async def talk() -> None:
        async with running(box):
            line = Line(box.practice, Limits())
            first = await line.exchange("www.amazon.de", GET, ())
            await line.exchange("www.amazon.de", GET, ())
            await line.aclose()
        assert first.cookies == ("a=1; Domain=.amazon.de; Path=/",)

    asyncio.run(talk())
    assert all("cookie" not in seen.headers for seen in box.seen)


def test_another_ca_is_not_trusted(tmp_path: Path) -> None:
    """Only the CA of the practice cloud opens its door; no system store helps."""
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    box = Box()

    async def talk() -> None:
        async with running(box):
            line = Line(Practice("127.0.0.1", box.port, tmp_path / "other.pem"), Limits())
            try:
                await line.exchange("www.amazon.de", GET, ())
            finally:
                await line.aclose()

    with pytest.raises(ConnectionLostError):
        asyncio.run(talk())
    assert box.seen == []


@pytest.mark.parametrize("content", [None, b"not a certificate"])
def test_a_ca_that_cannot_be_read_is_a_mistake_of_the_configuration(
    tmp_path: Path, content: bytes | None
) -> None:
    """Said at once, with no request made."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError):
        Transport(Practice("127.0.0.1", 1, file))


@pytest.mark.parametrize("url", ["http://www.amazon.de/x", "https://www.amazon.de:8443/x"])
def test_only_https_on_its_own_port(url: str) -> None:
    """No answer can talk us into plain text or another port."""

    async def talk() -> None:
        transport = Transport()
        try:
            await transport.handle_async_request(httpx.Request("GET", url))
        finally:
            await transport.aclose()

    with pytest.raises(httpx.UnsupportedProtocol):
        asyncio.run(talk())


@pytest.mark.parametrize(
    "url",
    [
        "https://192.0.2.1:8443",
        "https://example.org:8443",
        "http://127.0.0.1:1",
        "https://127.0.0.1",
        "https://[:1",
    ],
)
def test_practice_stays_on_this_machine(url: str) -> None:
    """A practice account can never be pointed at another machine."""
    with pytest.raises(ConfigError):
        Practice.from_url(url, Path("ca"))


def test_practice_addresses_that_are_fine() -> None:
    """Loopback in each spelling."""
    for url, address in (("https://127.0.0.1:7", "127.0.0.1"), ("https://localhost:7", "127.0.0.1")):
        assert Practice.from_url(url, Path("ca")) == Practice(address, 7, Path("ca"))
    assert Practice.from_url("https://[::1]:7", Path("ca")).address == "::1"


SHORT = Limits(connect_s=2, read_s=0.2, total_s=5)


@pytest.mark.parametrize(
    ("reply", "limits", "expected"),
    [
        (Reply(reset=True), Limits(), ConnectionLostError),
        (Reply(b"x" * 100, cut=120), Limits(), TruncatedError),
        (Reply(b"x" * 100, cut=5), Limits(), ConnectionLostError),
        (Reply(b"x", delay=2), SHORT, DeadlineError),
        (Reply(b"x", delay=2), Limits(total_s=0.2), DeadlineError),
        (Reply(b"x", headers=(("Content-Encoding", "br"),)), Limits(), SchemaError),
    ],
)
def test_each_way_to_get_no_answer_has_its_own_name(
    reply: Reply, limits: Limits, expected: type[AgentError]
) -> None:
    """No answer, half an answer and a late answer lead to different conclusions."""
    with pytest.raises(expected):
        exchange(reply, limits=limits)


def test_nobody_listens() -> None:
    """A closed port is a lost connection."""
    box = Box()

    async def talk() -> None:
        async with running(box):
            practice = box.practice
        line = Line(practice, Limits())
        try:
            await line.exchange("www.amazon.de", GET, ())
        finally:
            await line.aclose()

    with pytest.raises(ConnectionLostError):
        asyncio.run(talk())


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_is_cut_off_at_its_limit(packed: bool) -> None:
    """Large, or small and swelling: nothing over the limit is kept."""
    body = bytes(30_000_000)
    reply = Reply(gzip.compress(body), headers=(("Content-Encoding", "gzip"),)) if packed else Reply(body)
    answer = exchange(reply)
    assert (answer.status, answer.body) == (200, None)


def test_a_packed_answer_is_unpacked() -> None:
    """Packed with gzip is what we ask for."""
    reply = Reply(gzip.compress(b'{"a":1}'), headers=(("Content-Encoding", "gzip"),))
    assert exchange(reply).body == b'{"a":1}'


def test_sound_is_never_fetched() -> None:
    """That there is sound is enough to know; the recording itself stays where it is."""
    assert exchange(Reply(b"RIFF" * 100, headers=(("Content-Type", "audio/mpeg"),))).body == b""


def test_an_endless_address_is_refused() -> None:
    """What no server would read is not sent."""
    box = Box()
    with pytest.raises(UsageError):
        exchange(data({}), Outgoing("GET", "/x", (("k", "x" * 70_000),)), box=box)
    assert box.seen == []


def test_nothing_private_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    """Even with all logging on, neither address nor header is written by the libraries below."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    reply = data({}, 200, ("Set-Cookie", "at-acbde=Atza|secret"))
    exchange(reply, Outgoing("POST", "/x", (("key", "A1CUSTOMER#1"),), body=b"secret"))
    assert caplog.text == ""
