import asyncio

import pytest

from agent.alexa.exchange import Host, Incoming, Limits, Outgoing, Secret
from agent.alexa.session import Session
from agent.errors import (
    AgentError,
    ConnectionLostError,
    CouldNotVerifyError,
    GoneError,
    HtmlError,
    RedirectedError,
    ServerFaultError,
    SignedOutError,
    StepUpError,
    ThrottledError,
    TooLargeError,
    TruncatedError,
)
from tests.support.amazon_box import Box, Reply, Seen, box_with, data, page, redirect, talk
from tests.support.fake_clock import FakeClock

PATH = "/alexa-privacy/x"
READ = Outgoing("GET", PATH)
GUARDED = Outgoing("POST", PATH, body=b"{}", content_type="application/json", csrf=True)
SIGN_IN = "https://www.amazon.de/ap/signin?openid.return_to=x"


def test_cookies_go_to_the_accounts_hosts_only() -> None:
    """A redirect to a global sign-in host is followed, but takes nothing of the account along."""
    box = box_with(redirect("https://www.amazon.com/elsewhere?a=1"), path=PATH)
    box.routes["/elsewhere"] = lambda _s: data({"a": 1})
    answer = talk(box, lambda session: session.read(Outgoing("GET", PATH, csrf=True, bearer=True)))
    assert answer.body == b'{"a": 1}'
    [first], [second] = box.asked(PATH), box.asked("/elsewhere")
    assert {"cookie", "authorization", "anti-csrftoken-a2z", "csrf"} <= set(first.headers)
    assert second.host == "www.amazon.com"
    assert not {"cookie", "authorization", "anti-csrftoken-a2z", "csrf", "referer"} & set(second.headers)
    assert second.query == {"a": "1"}


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/x",
        "http://www.amazon.de/x",
        "https://www.amazon.de:8443/x",
        "https://www.amazon.de.evil.example/",
        "https://user:secret@www.amazon.de/x",
        "https://www.amazon.fr/x",
        "//evil.example/x",
        "https://[bad",
        "",
    ],
)
def test_redirects_elsewhere_are_refused(location: str) -> None:
    """Nothing is sent to a host outside the table, whatever the answer says."""
    box = box_with(redirect(location), path=PATH)
    with pytest.raises(RedirectedError):
        talk(box, lambda session: session.read(READ))
    assert len(box.asked(PATH)) == 1
    assert {seen.host for seen in box.seen} <= {"www.amazon.de", "alexa.amazon.de", "api.amazon.de"}


def test_redirects_are_bounded() -> None:
    """Going round in a circle ends after five hops."""
    box = box_with(redirect(PATH), path=PATH)
    with pytest.raises(RedirectedError):
        talk(box, lambda session: session.read(READ))
    assert len(box.asked(PATH)) == 6


def test_a_post_is_never_sent_on() -> None:
    """Only a GET goes along a redirect."""
    box = box_with(redirect("/elsewhere"), path=PATH)
    with pytest.raises(RedirectedError):
        talk(box, lambda session: session.read(GUARDED))
    assert box.asked("/elsewhere") == []


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (redirect(SIGN_IN), SignedOutError),
        (page('<input id="ap_email">'), SignedOutError),
        (redirect("https://www.amazon.de/ap/mfa/x"), StepUpError),
        (page("<p>Verify it's you</p>"), StepUpError),
        (page("<p>hello</p>"), HtmlError),
        (page("not found", 404), GoneError),
        (data({"message": "Rate exceeded"}), ThrottledError),
        (Reply(b"slow", 429), ThrottledError),
        (Reply(b"", 503), ThrottledError),
        (data({"message": "Rate exceeded"}, 400), ThrottledError),
        (Reply(b"", 500), ServerFaultError),
        (Reply(bytes(9_000_000)), TooLargeError),
        (Reply(b"x" * 500, cut=300), TruncatedError),
        (Reply(reset=True), ConnectionLostError),
    ],
)
def test_each_trouble_has_its_error(reply: Reply, expected: type[AgentError]) -> None:
    """A caller can tell every kind of trouble from every other."""
    with pytest.raises(expected):
        talk(box_with(reply, path=PATH), lambda session: session.read(READ))


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(b"", 429),
        Reply(b"", 503),
        data({"message": "Rate exceeded"}),
        Reply(b"", 500),
        Reply(reset=True),
        Reply(b"x" * 500, cut=300),
    ],
)
def test_a_read_is_repeated(trouble: Reply) -> None:
    """What passes by itself does not end a listing."""
    box = box_with(trouble, trouble, data({"a": 1}), path=PATH)
    clock = FakeClock()
    assert talk(box, lambda session: session.read(READ), clock).body == b'{"a": 1}'
    assert clock.slept >= 3


def test_patience_has_an_end() -> None:
    """Four more tries, waiting 1, 2, 4 and 8 seconds, then it is said."""
    box, clock = box_with(Reply(b"", 429), path=PATH), FakeClock()
    with pytest.raises(ThrottledError):
        talk(box, lambda session: session.read(READ), clock)
    assert len(box.asked(PATH)) == 5
    assert 14.9 < clock.slept < 16


@pytest.mark.parametrize(("wish", "tries", "slept"), [("20", 5, 80), ("61", 1, 0), ("3600", 1, 0)])
def test_a_wish_is_honoured_or_passed_on(wish: str, tries: int, slept: float) -> None:
    """Up to a minute is waited for; a longer wish ends the run and is told to whoever plans the next."""
    reply = Reply(b"", 429, (("Retry-After", wish),))
    box, clock = box_with(reply, path=PATH), FakeClock()
    with pytest.raises(ThrottledError) as caught:
        talk(box, lambda session: session.read(READ), clock)
    assert caught.value.retry_after_s == float(wish)
    assert len(box.asked(PATH)) == tries
    assert clock.slept == pytest.approx(slept, abs=1)


def test_requests_are_paced() -> None:
    """Two a second: eleven reads in a row take five seconds and no less."""
    box, clock = box_with(data({}), path=PATH), FakeClock()

    async def many(session: Session) -> float:
        await session.sign_in()
        began = clock.monotonic()
        for _ in range(11):
            await session.read(READ)
        return clock.monotonic() - began

    assert 4.9 < talk(box, many, clock, Limits(requests_per_second=2)) < 6


def test_requests_at_once_are_bounded() -> None:
    """Never more than the limit at the same time."""
    box = Box()
    now = [0, 0]

    def slow(_seen: Seen) -> Reply:
        now[0] += 1
        now[1] = max(now[1], now[0])
        return Reply(b"{}", delay=0.02)

    box.routes[PATH] = slow

    async def many(session: Session) -> None:
        async def one() -> None:
            await session.read(READ)
            now[0] -= 1

        await session.sign_in()
        await asyncio.gather(*(one() for _ in range(12)))

    talk(box, many, limits=Limits(requests_per_second=1000, concurrency=3))
    assert now[1] == 3


def test_the_servers_clock_is_known() -> None:
    """Its Date headers say by how much it is ahead, to a second."""
    clock = FakeClock(1_790_000_000_000)

    async def ask(session: Session) -> int:
        await session.read(READ)
        return session.skew_ms

    ahead = box_with(data({}, 200, ("Date", "Mon, 21 Sep 2026 14:23:20 GMT")), path=PATH)
    assert abs(talk(ahead, ask, clock) - 600_000) <= 1000
    equal = box_with(data({}, 200, ("Date", "Mon, 21 Sep 2026 14:13:20 GMT")), path=PATH)
    assert talk(equal, ask, clock) == 0


def test_an_expired_access_token_is_renewed() -> None:
    """Where a request carries the access token, it is never a stale one."""
    box, clock = box_with(data({}), path=PATH), FakeClock()

    async def later(session: Session) -> None:
        outgoing = Outgoing("GET", PATH, bearer=True)
        await session.read(outgoing)
        await clock.sleep(4000)
        await session.read(outgoing)

    talk(box, later, clock)
    assert len(box.asked("/auth/token")) == 2
    assert all(seen.headers["authorization"] == "Bearer Atna|a" for seen in box.asked(PATH))


def test_nobody_is_known_before_asking() -> None:
    """An identity is never made up."""
    with pytest.raises(CouldNotVerifyError):
        talk(Box(), _identity)


async def _identity(session: Session) -> str:
    return session.identity.customer_id


def test_nothing_private_shows_itself() -> None:
    """Values that travel through error messages and logs hide what they hold."""
    shown = repr(
        [
            Secret("hidden"),
            Outgoing("GET", "/hidden", (("k", "hidden"),)),
            Incoming(200, {"x": "hidden"}, b"hidden"),
        ]
    )
    assert "hidden" not in shown


def test_the_hosts_of_a_request_are_the_accounts() -> None:
    """Retail, alexa and api stand for the hosts of the account's own row."""
    box = Box()
    for host in Host:
        box.routes[f"/{host}"] = lambda _s: data({})

    async def each(session: Session) -> None:
        for host in Host:
            await session.read(Outgoing("GET", f"/{host}", host=host))

    talk(box, each)
    assert [box.asked(f"/{host}")[0].host.partition(".")[0] for host in Host] == ["www", "alexa", "api"]
