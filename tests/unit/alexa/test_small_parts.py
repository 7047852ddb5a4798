"""Parts too small for a file each: cookies, tokens in pages, retries, pace, headers, identity."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alexa import csrf, identity
from agent.alexa.cookies import Jar
from agent.alexa.exchange import Incoming
from agent.alexa.headers import redirect_target
from agent.alexa.marketplaces import find
from agent.alexa.pacing import Pace
from agent.alexa.retry import RETRY_AFTER_S, TOTAL_WAIT_S, Retries
from agent.errors import (
    AgentError,
    ConnectionLostError,
    CsrfRefusedError,
    DeadlineError,
    SchemaError,
    ServerFaultError,
    ThrottledError,
    TruncatedError,
    WrongAccountError,
)
from tests.support.fake_clock import FakeClock

WWW, ALEXA, API = "www.amazon.de", "alexa.amazon.de", "api.amazon.de"
NOW = 1_790_000_000_000


def jar(**cookies: str) -> Jar:
    made = Jar(".amazon.de", {WWW, ALEXA, API})
    made.replace(cookies)
    return made


def test_cookies_of_the_exchange_serve_all_own_hosts() -> None:
    """Wrapping quotes come off; hosts outside the row get nothing, not even a sign-in host."""
    held = jar(a='"1"', b="2")
    assert {held.header(host, "/") for host in (WWW, ALEXA, API)} == {"a=1; b=2"}
    for host in (
        "www.amazon.com",
        "amazon.de",
        "evil.example",
        "www.amazon.de.evil.example",
        "eu.www.amazon.de",
    ):
        assert held.header(host, "/") == ""


@pytest.mark.parametrize(
    ("header", "host", "on_www", "on_alexa"),
    [
        ("csrf=-1; Domain=.amazon.de; Path=/", ALEXA, "-1", "-1"),
        ("csrf=-1; Domain=amazon.de", ALEXA, "-1", "-1"),
        ("csrf=-1", ALEXA, None, "-1"),
        ("csrf=-1; Domain=alexa.amazon.de", ALEXA, None, "-1"),
        ("csrf=-1; Domain=.evil.example", ALEXA, None, None),
        ("csrf=-1; Domain=.de", ALEXA, None, None),
        ("csrf=-1; Domain=.amazon.de", "www.amazon.com", None, None),
        ("csrf=-1; Path=/api", ALEXA, None, None),
        ("csrf=-1; Max-Age=0", ALEXA, None, None),
        ("csrf=-1; Max-Age=600", ALEXA, None, "-1"),
        ("csrf=-1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ALEXA, None, None),
        ("csrf=-1; Expires=never", ALEXA, None, "-1"),
        ("csrf=a\r\nX: 1", ALEXA, None, None),
        ("nonsense", ALEXA, None, None),
        ("", ALEXA, None, None),
    ],
)
def test_set_cookie(header: str, host: str, on_www: str | None, on_alexa: str | None) -> None:
    """A host may set cookies for itself or for the whole marketplace, for nobody else."""
    held = jar()
    held.take(header, host, NOW)
    assert (held.value("csrf", WWW), held.value("csrf", ALEXA)) == (on_www, on_alexa)


def test_a_cookie_is_taken_back() -> None:
    """An expired cookie removes the one it names; a path bounds where it is sent."""
    held = jar(csrf="1")
    held.take("csrf=x; Domain=.amazon.de; Max-Age=0", ALEXA, NOW)
    assert held.value("csrf", ALEXA) is None
    held.take("deep=1; Path=/api", ALEXA, NOW)
    assert held.header(ALEXA, "/api/users") == "deep=1"
    assert held.header(ALEXA, "/apidae") == ""


@given(st.text(max_size=60), st.sampled_from([WWW, ALEXA, "evil.example"]))
def test_no_header_breaks_out(header: str, host: str) -> None:
    """Whatever a server sets, what we send back is one clean header line."""
    held = jar()
    held.take(header, host, NOW)
    sent = held.header(host, "/")
    assert sent.isascii()
    assert "\r" not in sent
    assert "\n" not in sent


def incoming(body: str, kind: str = "text/html") -> Incoming:
    return Incoming(200, {"content-type": kind}, body.encode())


@pytest.mark.parametrize(
    ("body", "token"),
    [
        ('<html><head><meta name="csrf-token" content="abc+/="></head>', "abc+/="),
        ("<meta content='abc' name='csrf-token' />", "abc"),
        ('\ufeff<META NAME="csrf-token" CONTENT="abc">', "abc"),
        ('<meta name="csrf-token" content="a&amp;b">', "a&b"),
        ("abc==\n", "abc=="),
        ('<meta name="csrf-token">', None),
        ('<meta name="other" content="abc">', None),
        ('<meta name="csrf-token" content="a b">', None),
        ("<html>sign in</html>", None),
        ('{"message":"x"}', None),
        ("two words", None),
        ("x" * 5000, None),
        ("", None),
    ],
)
def test_tokens_in_pages(body: str, token: str | None) -> None:
    """The meta tag in any order of attributes, or a plain text that is one word."""
    assert csrf.token_in(incoming(body)) == token


def waits(*errors: AgentError) -> list[float | None]:
    retries = Retries()
    return [retries.wait_s(error) for error in errors]


def test_waits_grow_and_end() -> None:
    """One, two, four, eight seconds, then no more; the other kinds sooner."""
    assert waits(*[ThrottledError("x")] * 5) == [1, 2, 4, 8, None]
    assert waits(*[ConnectionLostError("x")] * 3) == [1, 2, None]
    assert waits(*[TruncatedError("x")] * 3) == [1, 2, None]
    assert waits(*[ServerFaultError("x")] * 3) == [1, 2, None]
    assert waits(*[DeadlineError("x")] * 2) == [1, None]
    assert waits(CsrfRefusedError("x")) == [None]


def test_amazons_wish_counts_when_it_is_longer() -> None:
    """Shorter than our own wait changes nothing, over a minute ends it."""
    wishes = [0.0, 5.0, RETRY_AFTER_S, RETRY_AFTER_S + 1]
    assert waits(*[ThrottledError("x", retry_after_s=wish) for wish in wishes]) == [1, 5, 60, None]


@given(
    st.lists(
        st.one_of(
            st.builds(ThrottledError, st.just("x"), retry_after_s=st.none() | st.floats(0, 100)),
            st.builds(ConnectionLostError, st.just("x")),
            st.builds(ServerFaultError, st.just("x")),
        ),
        max_size=30,
    )
)
def test_no_request_waits_for_ever(errors: list[AgentError]) -> None:
    """Whatever happens in whatever order, tries and waits are bounded."""
    given_waits = [wait for wait in waits(*errors) if wait is not None]
    assert len(given_waits) <= 8
    assert sum(given_waits) <= TOTAL_WAIT_S


@given(st.floats(0.5, 5000), st.integers(2, 40))
def test_the_rate_is_kept(per_second: float, count: int) -> None:
    """Many requests take at least as long as the rate says, less one second's worth at the start."""
    clock = FakeClock()
    pace = Pace(clock, per_second, 4)

    async def go() -> None:
        for _ in range(count):
            async with pace.turn():
                pass

    asyncio.run(go())
    assert clock.slept >= (count - 1) / per_second - 0.03
    assert clock.slept <= count / per_second


def test_a_pause_holds_everybody() -> None:
    """While Amazon asks for a pause, no request leaves."""
    clock = FakeClock()
    pace = Pace(clock, 100, 4)
    left: list[float] = []

    async def one() -> None:
        async with pace.turn():
            left.append(clock.monotonic())

    async def go() -> None:
        pace.pause(30)
        await asyncio.gather(*(one() for _ in range(3)))

    asyncio.run(go())
    assert min(left) >= 30


@given(st.text(max_size=40))
def test_any_location_is_judged(location: str) -> None:
    """A redirect leads to one of the account's hosts over https, or nowhere."""
    target = redirect_target("https://www.amazon.de/x", location, find("amazon.de"))
    assert target is None or (target.scheme == "https" and target.hostname in find("amazon.de").hosts())


ME = {"id": "A1", "marketPlaceDomainName": "https://www.amazon.de", "email": "x"}


def test_an_identity_is_read() -> None:
    """Customer and marketplace, as the published answers have them."""
    found = identity.identity(ME, find("amazon.de"), "A1", 7)
    assert (found.customer_id, found.retail_domain, found.skew_ms) == ("A1", "www.amazon.de", 7)
    assert "A1" not in repr(found)


def test_another_customer_is_refused() -> None:
    """The message names nobody."""
    with pytest.raises(WrongAccountError) as caught:
        identity.identity(ME, find("amazon.de"), "A2OTHER", 0)
    assert "A1" not in str(caught.value)
    assert "A2OTHER" not in str(caught.value)


def test_another_marketplace_is_proposed() -> None:
    """An empty history of the wrong marketplace must not pass for a clean one."""
    with pytest.raises(WrongAccountError) as caught:
        identity.identity(ME | {"marketPlaceDomainName": "www.amazon.co.uk"}, find("amazon.de"), None, 0)
    assert "amazon.co.uk" in caught.value.next_step
    with pytest.raises(WrongAccountError):
        identity.identity(ME | {"marketPlaceDomainName": "https://x.example"}, find("amazon.de"), None, 0)


@pytest.mark.parametrize(
    "value", [None, [], {}, {"id": "A1"}, {"id": 1, "marketPlaceDomainName": "x"}, ME | {"id": ""}]
)
def test_a_nameless_answer_is_refused(value: object) -> None:
    """Without a customer nobody is identified."""
    with pytest.raises(SchemaError):
        identity.identity(value, find("amazon.de"), None, 0)


def test_devices_are_read() -> None:
    """Name, serial, family and whether it is online; other fields do not matter."""
    row = {"accountName": "Kitchen", "serialNumber": "G1", "deviceType": "A1", "deviceFamily": "ECHO"}
    [device] = identity.devices({"devices": [row | {"online": True, "capabilities": []}]})
    assert (device.serial, device.type, device.name, device.family) == ("G1", "A1", "Kitchen", "ECHO")
    assert device.online


@pytest.mark.parametrize(
    "value", [None, {}, {"devices": None}, {"devices": [1]}, {"devices": [{"accountName": "x"}]}]
)
def test_a_device_list_of_another_shape_is_refused(value: object) -> None:
    """A device that cannot be named cannot be kept."""
    with pytest.raises(SchemaError):
        identity.devices(value)
