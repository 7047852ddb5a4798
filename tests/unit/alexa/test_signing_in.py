from urllib.parse import parse_qs

import pytest

from agent.alexa.exchange import Outgoing, Secret
from agent.alexa.marketplaces import find
from agent.alexa.session import Session
from agent.errors import (
    AgentError,
    ConnectionLostError,
    SchemaError,
    ServerFaultError,
    SignedOutError,
    ThrottledError,
    VaultError,
)
from tests.support.amazon_box import Box, Reply, box_with, data, page, talk
from tests.support.fake_clock import FakeClock

PATH = "/alexa-privacy/x"
READ = Outgoing("GET", PATH)


def test_the_refresh_token_becomes_cookies() -> None:
    """Token and cookies are fetched as clients do: form bodies, no cookies sent along."""
    box = Box()
    talk(box, lambda session: session.sign_in())
    [token], [cookies] = box.asked("/auth/token"), box.asked("/ap/exchangetoken/cookies")
    assert (token.host, cookies.host) == ("api.amazon.de", "www.amazon.de")
    sent = parse_qs(cookies.body.decode())
    assert (sent["domain"], sent["requested_token_type"]) == ([".amazon.de"], ["auth_cookies"])
    assert (sent["source_token"], sent["source_token_type"]) == (["practice-x"], ["refresh_token"])
    assert parse_qs(token.body.decode())["requested_token_type"] == ["access_token"]
    for seen in (token, cookies):
        assert seen.headers["x-amzn-identity-auth-domain"] == "api.amazon.de"
        assert "cookie" not in seen.headers


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_token", "unauthorized_client"])
@pytest.mark.parametrize("status", [400, 401])
def test_a_dead_refresh_token_needs_a_person(error: str, status: int) -> None:
    """Exactly these three errors say that signing in again is needed."""
    box = box_with(data({"error": error}, status), path="/auth/token")
    with pytest.raises(SignedOutError):
        talk(box, lambda session: session.sign_in())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (data({"error": "server_busy"}, 400), ServerFaultError),
        (data({}, 401), ServerFaultError),
        (Reply(b"", 500), ServerFaultError),
        (data({"message": "Rate exceeded"}), ThrottledError),
        (Reply(reset=True), ConnectionLostError),
        (data({"token": 1}), SchemaError),
        (data({"access_token": "a\r\nb"}), SchemaError),
    ],
)
def test_everything_else_may_pass(reply: Reply, expected: type[AgentError]) -> None:
    """A broken answer at sign-in never makes a person sign in again for nothing."""
    box = box_with(reply, path="/auth/token")
    with pytest.raises(expected):
        talk(box, lambda session: session.sign_in())


@pytest.mark.parametrize(
    "cookies",
    [
        {},
        {".amazon.com": [{"Name": "at-main", "Value": "x"}]},
        {".amazon.de": []},
        {".amazon.de": [{"Name": "session-id", "Value": "1"}]},
    ],
)
def test_a_200_without_sign_in_cookies_is_no_sign_in(cookies: object) -> None:
    """Amazon answers 200 without cookies for a marketplace the token is not for."""
    box = box_with(data({"response": {"tokens": {"cookies": cookies}}}), path="/ap/exchangetoken/cookies")
    with pytest.raises(SignedOutError) as caught:
        talk(box, lambda session: session.sign_in())
    assert "marketplace" in caught.value.next_step


@pytest.mark.parametrize(("token", "practice"), [("practice-x", False), ("Atnr|real", True)])
def test_practice_and_reality_never_meet(token: str, practice: bool) -> None:
    """A practice credential is refused for a real account, a real one in practice."""
    box = Box()
    with pytest.raises(VaultError) as caught:
        Session(find("amazon.de"), Secret(token), FakeClock(), practice=box.practice if practice else None)
    assert token not in str(caught.value)


def test_the_ladder_is_climbed_until_the_csrf_cookie_is_there() -> None:
    """The first address does not set it, the second does, no third is asked."""
    box = Box()
    rows = {".amazon.de": [{"Name": "at-acbde", "Value": "x"}]}
    box.routes["/ap/exchangetoken/cookies"] = lambda _s: data({"response": {"tokens": {"cookies": rows}}})
    box.routes["/api/language"] = lambda _s: Reply(b"", 500)
    box.routes["/spa/index.html"] = lambda _s: page(
        "", 200, ("Set-Cookie", "csrf=99; Domain=.amazon.de; Path=/")
    )
    tokens = talk(box, lambda session: session.tokens())
    assert tokens == {"anti_csrf": "tok-1", "csrf": "99"}
    assert box.asked("/api/devices-v2/device") == []
