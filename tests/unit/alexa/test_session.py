from collections.abc import Awaitable

import pytest

from agent.alexa.exchange import Incoming, Outgoing
from agent.alexa.session import Session
from agent.errors import (
    AgentError,
    ConnectionLostError,
    CsrfRefusedError,
    SignedOutError,
    ThrottledError,
    UsageError,
)
from agent.model import Incomplete
from tests.support.amazon_box import Box, Reply, box_with, data, page, redirect, talk, turns

PATH = "/alexa-privacy/x"
READ = Outgoing("GET", PATH)
GUARDED = Outgoing("POST", PATH, body=b"{}", content_type="application/json", csrf=True)
SIGN_IN = "https://www.amazon.de/ap/signin?openid.return_to=x"


def token_page(tokens: list[str]) -> Reply:
    return page(f'<meta content="{tokens.pop(0)}" name="csrf-token">')


def test_a_refused_token_is_renewed_once() -> None:
    """403 drops the cached token; the next one is accepted and kept."""
    box = Box()
    tokens = ["old", "new"]
    box.routes["/alexa-privacy/apd/rvh"] = lambda _s: token_page(tokens)
    box.routes[PATH] = lambda seen: (
        data({"a": 1}) if seen.headers["anti-csrftoken-a2z"] == "new" else page("no", 403)
    )

    async def twice(session: Session) -> None:
        await session.read(GUARDED)
        await session.read(GUARDED)

    talk(box, twice)
    assert [seen.headers["anti-csrftoken-a2z"] for seen in box.asked(PATH)] == ["old", "new", "new"]
    assert tokens == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (data({}), CsrfRefusedError),
        (data({}, 401), SignedOutError),
        (page("", 403), SignedOutError),
        (redirect(SIGN_IN), SignedOutError),
        (Reply(b"", 429), ThrottledError),
        (Reply(reset=True), ConnectionLostError),
    ],
)
def test_refused_for_ever_is_sign_out_or_drift(status: Reply, expected: type[AgentError]) -> None:
    """Only a look at the session tells a dead one from a token that is no longer right."""
    box = box_with(page("no", 403), path=PATH)
    box.routes["/api/customer-status"] = turns(status)
    with pytest.raises(expected):
        talk(box, lambda session: session.read(GUARDED))
    assert len(box.asked(PATH)) == 2


@pytest.mark.parametrize(
    ("pages", "token", "asked"),
    [
        (
            {"/alexa-privacy/apd/rvh": page("<p>no token</p>"), "/alexa-privacy/apd/activity": page("")},
            "plain",
            3,
        ),
        ({"/alexa-privacy/apd/rvh": page("gone", 404)}, "from-activity", 2),
    ],
)
def test_a_token_is_looked_for_in_three_places(pages: dict[str, Reply], token: str, asked: int) -> None:
    """The history page, then the activity page, then the plain text."""
    box = Box()
    box.routes["/alexa-privacy/apd/activity"] = lambda _s: page(
        '<meta name="csrf-token" content="from-activity">'
    )
    box.routes["/alexa-privacy/apd/csrf-token"] = lambda _s: Reply(
        b"plain\n", headers=(("Content-Type", "text/plain"),)
    )
    box.routes |= {path: turns(reply) for path, reply in pages.items()}
    assert talk(box, lambda session: session.tokens())["anti_csrf"] == token
    assert len([seen for seen in box.seen if "/apd/" in seen.path]) == asked


def test_no_token_anywhere_is_told_apart() -> None:
    """Signed out, or alive and changed: never a request without a token."""
    box = Box()
    box.routes["/alexa-privacy/apd/rvh"] = turns(redirect(SIGN_IN))
    with pytest.raises(SignedOutError):
        talk(box, lambda session: session.tokens())
    box = Box()
    box.routes["/alexa-privacy/apd/rvh"] = turns(page("<p>no token</p>"))
    with pytest.raises(CsrfRefusedError):
        talk(box, lambda session: session.tokens())


DELETE = Outgoing(
    "POST", "/alexa-privacy/x", (("k", "A#1 b"),), (("X-More", "1"),), b"k=1", "text/plain", csrf=True
)


def send(session: Session) -> Awaitable[Incoming]:
    return session.send(DELETE)


def test_what_is_sent() -> None:
    """Exactly what was asked for, with cookies and the proofs of the privacy pages."""
    box = box_with(data({"ok": True}, 200, ("X-Ticket", "t1"), ("Set-Cookie", "a=1")), path=PATH)
    answer = talk(box, send)
    assert answer.headers["x-ticket"] == "t1"
    assert "set-cookie" not in answer.headers
    [seen] = box.asked(PATH)
    assert (answer.status, answer.reason, answer.final_path) == (200, None, PATH)
    assert (seen.method, seen.host, seen.query, seen.body) == (
        "POST",
        "www.amazon.de",
        {"k": "A#1 b"},
        b"k=1",
    )
    expected = {
        "anti-csrftoken-a2z": "tok-1",
        "csrf": "-7",
        "content-type": "text/plain",
        "x-more": "1",
        "referer": "https://www.amazon.de/alexa-privacy/apd/rvh",
        "origin": "https://www.amazon.de",
        "cookie": "at-acbde=Atza|x; csrf=-7",
    }
    assert expected.items() <= seen.headers.items()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(reset=True),
        Reply(b"x" * 500, cut=300),
        Reply(b"x" * 500, cut=3),
        Reply(b"x", headers=(("Content-Encoding", "br"),)),
        Reply(b"not gzip", headers=(("Content-Encoding", "gzip"),)),
    ],
)
def test_a_deletion_is_never_repeated_when_the_answer_is_lost(reply: Reply) -> None:
    """It may have been carried out: only a listing knows."""
    box = box_with(reply, path=PATH)
    with pytest.raises(ConnectionLostError):
        talk(box, send)
    assert len(box.asked(PATH)) == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"", 429), Incomplete.THROTTLED),
        (Reply(b"", 503), Incomplete.THROTTLED),
        (data({"message": "Rate exceeded"}), Incomplete.THROTTLED),
        (Reply(b"", 500), Incomplete.SERVER_ERROR),
        (page("no", 403), Incomplete.CSRF_REFUSED),
        (page("no", 404), Incomplete.NOT_FOUND),
        (redirect(SIGN_IN), Incomplete.SIGNED_OUT),
        (redirect("https://evil.example/"), Incomplete.REDIRECTED),
        (redirect("/elsewhere"), Incomplete.REDIRECTED),
        (Reply(bytes(9_000_000)), Incomplete.TOO_LARGE),
        (page("ok"), Incomplete.HTML),
        (data({}), None),
    ],
)
def test_any_whole_answer_comes_back_once(reply: Reply, reason: Incomplete | None) -> None:
    """A deletion leaves exactly once, whatever is answered, and follows no redirect."""
    box = box_with(reply, path=PATH)
    assert talk(box, send).reason is reason
    assert len(box.asked(PATH)) == 1
    assert box.asked("/elsewhere") == []


def test_a_refused_deletion_gets_a_fresh_token_next_time() -> None:
    """The token is dropped; whether to ask again is not decided here."""
    box = Box()
    tokens = ["old", "new"]
    box.routes["/alexa-privacy/apd/rvh"] = lambda _s: token_page(tokens)
    box.routes[PATH] = turns(page("no", 403), data({}))

    async def twice(session: Session) -> None:
        await session.send(DELETE)
        await session.send(DELETE)

    talk(box, twice)
    assert [seen.headers["anti-csrftoken-a2z"] for seen in box.asked(PATH)] == ["old", "new"]


@pytest.mark.parametrize(
    "bad",
    [
        Outgoing("TRACE", "/x"),
        Outgoing("POST", "x"),
        Outgoing("POST", "//evil.example/x"),
        Outgoing("POST", "/a/../b"),
        Outgoing("POST", "/a/%2E%2e/b"),
        Outgoing("POST", "/a?b"),
        Outgoing("POST", "/a\r\nX: 1"),
        Outgoing("POST", "/a", headers=(("Cookie", "a=1"),)),
        Outgoing("POST", "/a", headers=(("Host", "evil.example"),)),
        Outgoing("POST", "/a", headers=(("Transfer-Encoding", "chunked"),)),
        Outgoing("POST", "/a", headers=(("X", "1\r\nY: 2"),)),
        Outgoing("POST", "/a", content_type="a\r\nb"),
    ],
)
def test_a_request_keeps_to_its_host(bad: Outgoing) -> None:
    """What could leave the account's host or set the session's own headers is not sent at all."""
    box = Box()
    with pytest.raises(UsageError):
        talk(box, lambda session: session.send(bad))
    assert box.seen == []
