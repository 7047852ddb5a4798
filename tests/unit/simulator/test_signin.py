"""Sign-in, identity and both anti-CSRF systems over real HTTPS."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.simulator.account import MARKETPLACES
from tests.support.practice_client import RVH, VOICE, Browser, Opener

FIXTURES = Path(__file__).parents[2] / "fixtures" / "amazon"


def sample(name: str) -> Any:  # noqa: ANN401 - whatever the file holds
    return json.loads((FIXTURES / name).read_text())["sample"]


def token(browser: Browser, **changes: str) -> dict[str, str]:
    return {
        "app_name": "Amazon Alexa",
        "source_token_type": "refresh_token",
        "source_token": browser.cloud.credential,
        "requested_token_type": "access_token",
        **changes,
    }


def test_a_refresh_token_gives_an_access_token_that_lives_an_hour(opened: Opener) -> None:
    """Form or JSON alike; the token opens the Alexa host without cookies until it expires."""
    browser = opened()
    browser.cookies = {}
    me = "/api/users/me?platform=ios&version=1"
    for how in ("data", "json"):
        answer = browser.ask("POST", "api", "/auth/token", **{how: token(browser)}).json()
        assert set(answer) == {"access_token", "token_type", "expires_in"}
        assert answer["access_token"].startswith("Atna|")
        bearer = {"authorization": "Bearer " + answer["access_token"]}
        assert browser.ask("GET", "alexa.amazon.com", me, headers=bearer).status_code == 200
        browser.cloud.advance(answer["expires_in"] * 1000)
        assert browser.ask("GET", "alexa.amazon.com", me, headers=bearer).status_code == 401


@pytest.mark.parametrize(
    "changes", [{"source_token": "practice-wrong"}, {"source_token_type": "access_token"}]
)
def test_a_wrong_refresh_token_is_an_invalid_grant(opened: Opener, changes: dict[str, str]) -> None:
    """400 with the keys of the recorded refusal, for tokens and for cookies."""
    browser = opened()
    for answer in (
        browser.ask("POST", "api", "/auth/token", data=token(browser, **changes)),
        browser.exchange(**changes),
    ):
        assert answer.status_code == 400
        assert answer.json().keys() == sample("token_refused.json").keys()
        assert answer.json()["error"] == "invalid_grant"


def test_an_incomplete_token_request_is_invalid(opened: Opener) -> None:
    """A missing field is told apart from a dead token."""
    browser = opened()
    fields = token(browser)
    del fields["app_name"]
    assert browser.ask("POST", "api", "/auth/token", data=fields).json()["error"] == "invalid_request"
    assert browser.exchange(app_name="").json()["error"] == "invalid_request"


def test_cookies_have_the_recorded_form(opened: Opener) -> None:
    """Names, fields and types of the recorded answer, on every way to ask."""
    browser = opened()
    wanted = sample("website_cookies.json")
    one = wanted["answer"]["response"]["tokens"]["cookies"][".amazon.de"][0]
    fields = token(browser, requested_token_type="auth_cookies", domain="www.amazon.de")
    for answer in (
        browser.exchange(),
        browser.ask("POST", "api", "/ap/exchangetoken/cookies", data=fields),
        browser.ask("POST", "api.amazon.com", "/auth/token", data=fields),
    ):
        jar = answer.json()["response"]["tokens"]["cookies"][".amazon.de"]
        assert {each["Name"] for each in jar} == set(wanted["names"])
        for each in jar:
            assert {name: type(value) for name, value in each.items()} == {
                name: type(value) for name, value in one.items()
            }
        assert next(each for each in jar if each["Name"] == "at-acbde")["Value"].startswith('"Atza|')


@pytest.mark.parametrize("domain", MARKETPLACES)
def test_every_marketplace_is_served_under_its_own_name(opened: Opener, domain: str) -> None:
    """Certificate, cookies and session of each marketplace work; at home only is there anything to see."""
    browser = opened(recordings=5)
    browser.domain = domain
    browser.sign_in()
    assert bool(browser.rows(VOICE)) is (domain == "amazon.de")


def test_identity_and_endpoints_lead_home_from_anywhere(opened: Opener) -> None:
    """`users/me` on amazon.com names the customer and the home marketplace; `endpoints` the hosts."""
    browser = opened()
    me = browser.ask("GET", "alexa.amazon.com", "/api/users/me?platform=ios&version=2.2").json()
    assert me["id"] == browser.cloud.world.account.customer_id
    assert (me["marketPlaceDomainName"], me["marketPlaceLocale"]) == ("https://www.amazon.de", "de-DE")
    hosts = browser.ask("GET", "alexa", "/api/endpoints").json()
    assert hosts["websiteApiUrl"] == "https://alexa.amazon.de"
    assert set(hosts) == {
        "alexaApiUrl",
        "awsRegion",
        "retailDomain",
        "retailUrl",
        "skillsStoreUrl",
        "websiteApiUrl",
        "websiteUrl",
    }


@pytest.mark.parametrize(
    "path",
    ["/api/users/me", "/api/endpoints", "/api/customer-status", "/api/devices-v2/device", "/api/language"],
)
def test_the_alexa_host_answers_401_without_a_body_when_signed_out(opened: Opener, path: str) -> None:
    """Signed in it is 200; without, or with expired cookies, 401 and nothing."""
    browser = opened()
    assert browser.ask("GET", "alexa", path).status_code == 200
    browser.cloud.advance(14 * 86_400_000)
    answer = browser.ask("GET", "alexa", path)
    assert (answer.status_code, answer.content) == (401, b"")


def test_expired_cookies_lead_to_the_sign_in_page(opened: Opener) -> None:
    """The retail host sends a lost session to /ap/signin, which answers 200 with the sign-in page."""
    browser = opened()
    browser.cloud.advance(14 * 86_400_000)
    for answer in (browser.page(), browser.ask("GET", "www", RVH), browser.ask("GET", "www", f"{RVH}/audio")):
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("https://www.amazon.de/ap/signin")
    final = browser.ask("GET", "www", "/ap/signin")
    assert (final.status_code, 'id="ap_email"' in final.text) == (200, True)
    browser.sign_in()
    assert browser.page().status_code == 200


def test_cookies_of_one_marketplace_do_not_open_another(opened: Opener) -> None:
    """A session belongs to its domain; only identity on amazon.com takes any."""
    browser = opened()
    assert browser.ask("GET", "www.amazon.fr", RVH).status_code == 302
    assert browser.ask("GET", "alexa.amazon.fr", "/api/devices-v2/device").status_code == 401
    browser.cookies["at-acbfr"] = browser.cookies["at-acbde"]
    assert browser.ask("GET", "www.amazon.fr", RVH).status_code == 302
    assert browser.ask("GET", "alexa.amazon.com", "/api/users/me").status_code == 200


def test_quoted_cookie_values_are_accepted(opened: Opener) -> None:
    """Clients send values with and without the wrapping quotes."""
    browser = opened()
    browser.cookies["at-acbde"] = f'"{browser.cookies["at-acbde"]}"'
    assert browser.page().status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/language",
        "/spa/index.html",
        "/api/devices-v2/device?cached=false",
        "/templates/oobe/d-device-pick.handlebars",
        "/api/strings",
    ],
)
def test_the_alexa_host_sets_the_csrf_cookie(opened: Opener, path: str) -> None:
    """A signed integer, for the whole domain."""
    cookie = opened().ask("GET", "alexa", path).headers["set-cookie"]
    value = cookie.partition(";")[0].removeprefix("csrf=")
    assert type(int(value)) is type(int(sample("website_cookies.json")["csrf"]))
    assert "Domain=.amazon.de" in cookie


def test_a_privacy_request_needs_the_right_tokens(opened: Opener) -> None:
    """Without the anti-CSRF token, or with a wrong one of either kind, 403 as a page."""
    browser = opened()
    right = browser.token
    for wrong in ("", "made-up", "8J+Mjw==", right[:-6] + "AAAA=="):
        browser.token = wrong
        answer = browser.page()
        assert (answer.status_code, answer.headers["content-type"][:9]) == (403, "text/html")
    browser.token = right
    browser.cookies["csrf"] = "1"
    assert browser.page().status_code == 403


def test_the_csrf_header_may_be_missing_unless_a_dial_wants_it(opened: Opener) -> None:
    """Not every known client sends it, so by default only a wrong one is refused."""
    browser = opened()
    headers = {"anti-csrftoken-a2z": browser.token}
    path = f"{VOICE}?startTime=0&endTime=1"
    assert browser.ask("POST", "www", path, json={}, headers=headers).status_code == 200
    browser.cloud.turn(require_csrf_header=True)
    assert browser.ask("POST", "www", path, json={}, headers=headers).status_code == 403


def test_an_anti_csrf_token_belongs_to_one_session_and_expires(opened: Opener) -> None:
    """A new session or the end of its life makes it worthless."""
    browser = opened(csrf_life_ms=3_600_000)
    old = browser.token
    browser.sign_in()
    browser.token = old
    assert browser.page().status_code == 403
    browser.renew()
    assert browser.page().status_code == 200
    browser.cloud.advance(3_600_000)
    assert browser.page().status_code == 403


def test_devices_carry_what_listings_name(opened: Opener) -> None:
    """Every device has name, serial, type, family and owner; the kids' room is among them."""
    browser = opened()
    devices = browser.ask("GET", "alexa", "/api/devices-v2/device?cached=false").json()["devices"]
    assert "Kids room" in {each["accountName"] for each in devices}
    serials = {each["serialNumber"] for each in devices}
    assert {row["recordKey"].split("#")[3] for row in browser.rows()} <= serials
    assert all(each["deviceOwnerCustomerId"] == browser.cloud.world.account.customer_id for each in devices)
