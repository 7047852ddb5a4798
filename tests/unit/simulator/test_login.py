"""The practice cloud's sign-in pages, and devices that come and go."""

import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from agent.simulator.enrolment import challenge_of
from tests.support.practice_client import Browser, Opener
from tests.support.visitor import FORMS, Person

VERIFIER = "v" * 43
SERIAL = "0123456789ABCDEF0123456789ABCDEF"
CLIENT = f"{SERIAL}#A2IVLV5VM2W81".encode().hex()
TOKENS = ["bearer", "mac_dms", "website_cookies"]


def address(domain: str = "amazon.de", path: str = "/ap/signin", **changes: str) -> str:
    query = {
        "openid.return_to": f"https://www.{domain}/ap/maplanding",
        "openid.assoc_handle": "amzn_dp_project_dee_ios",
        "openid.mode": "checkid_setup",
        "openid.ns": "http://specs.openid.net/auth/2.0",
        "openid.ns.oa2": "http://www.amazon.com/ap/ext/oauth/2",
        "openid.oa2.response_type": "code",
        "openid.oa2.client_id": f"device:{CLIENT}",
        "openid.oa2.code_challenge_method": "S256",
        "openid.oa2.code_challenge": challenge_of(VERIFIER),
        "language": "de_DE",
    }
    for name, value in changes.items():
        query["openid." + name.replace("__", ".") if name != "language" else name] = value
    return f"https://www.{domain}{path}?{urlencode(query)}"


def code(landed: str) -> str:
    [found] = parse_qs(urlsplit(landed).query)["openid.oa2.authorization_code"]
    return found


def body(given: str, **auth: str) -> dict[str, Any]:
    return {
        "registration_data": {"device_serial": SERIAL, "device_type": "A2IVLV5VM2W81"},
        "auth_data": {
            "client_id": CLIENT,
            "authorization_code": given,
            "code_verifier": VERIFIER,
            "code_algorithm": "SHA-256",
            "client_domain": "DeviceLegacy",
            **auth,
        },
        "requested_token_type": TOKENS,
    }


def register(browser: Browser, sent: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever it answers
    headers = {"x-amzn-identity-auth-domain": f"api.{browser.domain}"}
    return browser.ask("POST", "api", "/auth/register", json=sent, headers=headers).json()["response"]


@pytest.mark.parametrize("path", ["/ap/signin", "/ap/register"])
def test_three_forms_lead_to_a_landing_page_with_one_code(opened: Opener, path: str) -> None:
    """E-mail, password and one-time code, then a page that is a 404; its address holds one code."""
    browser = opened(recordings=5)
    person = Person(browser.cloud)
    landed = person.visit(address(path=path))
    parts = urlsplit(landed)
    assert (parts.netloc, parts.path) == ("www.amazon.de", "/ap/maplanding")
    assert code(landed)
    for field, page in zip(("ap_email", "ap_password", "auth-mfa-otpcode"), person.pages, strict=False):
        assert f'id="{field}"' in page and "Practice cloud, not Amazon" in page


@pytest.mark.parametrize("wrong", FORMS)
def test_a_wrong_answer_keeps_the_person_where_they_are(opened: Opener, wrong: str) -> None:
    """An error box, the same form again, and no code."""
    person = Person(opened(recordings=5).cloud)
    landed = person.visit(address(), **{wrong: "nonsense"})
    assert "maplanding?" not in landed
    assert any('id="auth-error-message-box"' in page for page in person.pages)


@pytest.mark.parametrize(
    "changes",
    [
        {"oa2__code_challenge_method": "plain"},
        {"oa2__code_challenge": "short"},
        {"oa2__client_id": "device:zz"},
        {"oa2__client_id": CLIENT},
        {"oa2__response_type": "token"},
        {"return_to": "https://www.example.org/ap/maplanding"},
        {"mode": "checkid_immediate"},
    ],
)
def test_an_address_no_client_sends_is_refused(opened: Opener, changes: dict[str, str]) -> None:
    """What is not a PKCE sign-in for this host is an error page."""
    person = Person(opened(recordings=5).cloud)
    person.visit(address(**changes))
    assert "Looking for Something" in person.pages[0]


def test_japan_wants_its_own_language(opened: Opener) -> None:
    """Any other language meets a captcha."""
    browser = opened(recordings=5)
    person = Person(browser.cloud)
    person.visit(address("amazon.co.jp", language="en_US"))
    assert "cvf-aamation-challenge-form" in person.pages[-1]
    assert code(person.visit(address("amazon.co.jp", language="ja_JP")))


def test_a_code_becomes_a_device_with_its_own_token(opened: Opener) -> None:
    """The token begins with practice-, works, and the device is listed; another code makes another token."""
    browser = opened(recordings=5)
    first = register(browser, body(code(Person(browser.cloud).visit(address()))))["success"]
    second = register(browser, body(code(Person(browser.cloud).visit(address()))))["success"]
    tokens = [each["tokens"]["bearer"]["refresh_token"] for each in (first, second)]
    assert len(set(tokens)) == 2 and all(token.startswith("practice-") for token in tokens)
    assert first["extensions"]["device_info"]["device_serial_number"] == SERIAL
    assert first["extensions"]["customer_info"]["user_id"] == browser.cloud.world.account.directed_id
    assert SERIAL in browser.cloud.truth()["devices"]
    assert browser.exchange(source_token=tokens[0]).status_code == 200


def test_a_code_works_once_and_not_for_long(opened: Opener) -> None:
    """Used, old, foreign or with another verifier: refused in the recorded form."""
    browser = opened(recordings=5, code_life_ms=60_000)
    person = Person(browser.cloud)
    used = code(person.visit(address()))
    assert "success" in register(browser, body(used))
    old = code(person.visit(address()))
    browser.cloud.advance(60_000)
    fresh = [code(person.visit(address())) for _ in range(2)]
    other = f"{SERIAL[::-1]}#A2IVLV5VM2W81".encode().hex()
    for sent in (
        body(used),
        body(old),
        body("made-up"),
        body(fresh[0], code_verifier="w" * 43),
        body(fresh[1], client_id=other),
        body(fresh[1], code_algorithm="plain"),
    ):
        assert set(register(browser, sent)["error"]) == {"code", "message"}


def test_invalid_token_is_answered_as_recorded(opened: Opener) -> None:
    """The refusal of ioBroker.alexa2 issue 1380, when a fault wants it."""
    browser = opened(recordings=5, faults=[{"kind": "invalid_token", "on": "register"}])
    error = register(browser, body("x"))["error"]
    assert error == {"code": "InvalidToken", "message": "Auth time of the token is expired."}


def access(browser: Browser, refresh: str) -> str:
    fields = {
        "app_name": "x",
        "source_token_type": "refresh_token",
        "source_token": refresh,
        "requested_token_type": "access_token",
    }
    token = browser.ask("POST", "api", "/auth/token", data=fields).json()["access_token"]
    assert isinstance(token, str)
    return token


@pytest.mark.parametrize(
    ("how", "header", "status", "gone"),
    [
        ("bearer", "authorization", 200, True),
        ("bearer", "x-amz-access-token", 401, False),
        ("access_header", "x-amz-access-token", 200, True),
        ("access_header", "authorization", 401, False),
        ("ignored", "authorization", 200, False),
    ],
)
def test_a_device_goes_the_way_the_dial_says(
    opened: Opener, how: str, header: str, status: int, *, gone: bool
) -> None:
    """Two ways in public clients, and an answer that means nothing."""
    browser = opened(recordings=5, deregistration=how)
    made = register(browser, body(code(Person(browser.cloud).visit(address()))))["success"]
    refresh = made["tokens"]["bearer"]["refresh_token"]
    token = access(browser, refresh)
    value = f"Bearer {token}" if header == "authorization" else token
    asked = browser.ask("POST", "api", "/auth/deregister", json={}, headers={header: value})
    assert asked.status_code == status
    assert (SERIAL in browser.cloud.truth()["devices"]) is not gone
    assert (browser.exchange(source_token=refresh).status_code == 400) is gone


def test_a_rotated_token_replaces_the_old_one(opened: Opener) -> None:
    """With the dial each access token brings a new refresh token, and only that one works."""
    browser = opened(recordings=5, rotate_refresh_token=True)
    fields = {
        "app_name": "x",
        "source_token_type": "refresh_token",
        "source_token": browser.cloud.credential,
        "requested_token_type": "access_token",
    }
    fresh = json.loads(browser.ask("POST", "api", "/auth/token", data=fields).text)["refresh_token"]
    assert browser.exchange().status_code == 400
    assert browser.exchange(source_token=fresh).status_code == 200


@pytest.mark.parametrize(
    "back",
    [
        "https://www.not-amazon.example/alexa-privacy/apd/rvh",
        "https://www.amazon.de/gp/home",
        "https://www.amazon.de/alexa-privacy/\r\nset-cookie: a=b",
        "",
    ],
)
def test_signing_in_to_see_a_page_leads_only_to_our_own_privacy_pages(opened: Opener, back: str) -> None:
    """An address that leads elsewhere gets the plain page, whose form goes nowhere."""
    browser = opened()
    answer = browser.ask("GET", "www", "/ap/signin", params={"openid.return_to": back})
    assert (answer.status_code, "ap_email" in answer.text, "workflowState" in answer.text) == (
        200,
        True,
        False,
    )
    right = "https://www.amazon.de/alexa-privacy/apd/rvh"
    assert "workflowState" in browser.ask("GET", "www", "/ap/signin", params={"openid.return_to": right}).text
