"""The sign-in as values: an address out, an address in, one registration."""

import base64
import contextlib
import hashlib
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alexa.exchange import Host, Incoming
from agent.alexa.marketplaces import MARKETPLACES, find
from agent.alexa.pasted import LONGEST, code_in
from agent.alexa.signin import FRC_BYTES, SERIAL_BYTES, VERIFIER_BYTES, SignInFlow, Stage
from agent.errors import (
    AgentError,
    NeedsPersonError,
    SchemaError,
    ServerFaultError,
    ThrottledError,
    UsageError,
)

RANDOM = bytes(range(SERIAL_BYTES + VERIFIER_BYTES)) + bytes(FRC_BYTES)
DE = find("amazon.de")
LANDED = "https://www.amazon.de/ap/maplanding?openid.mode=id_res&openid.oa2.authorization_code=ANcode-1_x"
SUCCESS = {
    "tokens": {"bearer": {"access_token": "Atna|a", "refresh_token": "Atnr|r", "expires_in": "3600"}},
    "extensions": {
        "device_info": {"device_serial_number": "SERIAL9", "device_type": "A2IVLV5VM2W81"},
        "customer_info": {"user_id": "amzn1.account.X", "home_region": "EU"},
    },
}


def flow(landed: str | None = LANDED) -> SignInFlow:
    made = SignInFlow(DE, RANDOM)
    if landed is not None:
        made.paste(landed)
    return made


def answer(value: object, status: int = 200) -> Incoming:
    return Incoming(status, {"content-type": "application/json"}, json.dumps(value).encode())


@pytest.mark.parametrize("name", MARKETPLACES)
def test_the_address_is_the_marketplaces_own_and_asks_for_a_code(name: str) -> None:
    """Host, landing page and language belong to the account's marketplace."""
    made = SignInFlow(find(name), RANDOM)
    parts = urlsplit(made.address)
    query = {key: value for key, [value] in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, parts.path) == ("https", f"www.{name}", "/ap/register")
    assert query["openid.return_to"] == f"https://www.{name}/ap/maplanding"
    assert query["language"] == find(name).language
    assert query["openid.oa2.response_type"] == "code"
    assert query["openid.oa2.code_challenge_method"] == "S256"
    assert query["openid.mode"] == "checkid_setup"
    scheme, _, client = query["openid.oa2.client_id"].partition(":")
    serial, _, kind = bytes.fromhex(client).decode().partition("#")
    assert (scheme, kind) == ("device", "A2IVLV5VM2W81")
    assert serial == RANDOM[:SERIAL_BYTES].hex().upper()


def test_the_challenge_is_the_hash_of_the_verifier_that_is_sent_later() -> None:
    """RFC 7636: base64url(SHA-256(verifier)); the address itself does not hold the verifier."""
    made = flow()
    query = parse_qs(urlsplit(made.address).query)
    sent = json.loads(made.request().body or b"")["auth_data"]
    digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert query["openid.oa2.code_challenge"] == [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()]
    assert len(sent["code_verifier"]) == 43
    assert sent["code_verifier"] not in made.address
    assert query["openid.oa2.client_id"] == ["device:" + sent["client_id"]]


def test_the_registration_goes_to_the_marketplaces_api_with_what_clients_send() -> None:
    """One JSON request without cookies of an account; serial, code and verifier agree with the address."""
    request = flow().request()
    body = json.loads(request.body or b"")
    assert (request.method, request.path, request.host) == ("POST", "/auth/register", Host.API)
    assert not request.cookies and not request.bearer
    assert dict(request.headers)["x-amzn-identity-auth-domain"] == "api.amazon.de"
    assert dict(request.headers)["Cookie"].startswith(f"frc={body['user_context_map']['frc']}; map-md=")
    assert body["auth_data"]["authorization_code"] == "ANcode-1_x"
    assert body["auth_data"]["client_domain"] == "DeviceLegacy"
    assert body["registration_data"]["device_serial"] == RANDOM[:SERIAL_BYTES].hex().upper()
    assert body["cookies"]["domain"] == ".amazon.de"
    assert "bearer" in body["requested_token_type"]


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "Nothing was pasted"),
        ("what?", "https://"),
        ("not an address", "not an address"),
        ("https://[::1", "not an address"),
        ("http" + LANDED[5:], "https://"),
        (LANDED.replace("amazon.de", "amazon.com"), "amazon.com, but the configuration says amazon.de"),
        (LANDED.replace("amazon.de", "amazon.de.example.org"), "must be one of www.amazon.de"),
        (LANDED.replace("www.", "alexa."), "must be one of www.amazon.de"),
        (LANDED.replace("https://", "https://me@"), "must be one of www.amazon.de"),
        (LANDED.replace("amazon.de", "amazon.de:8443"), "must be one of www.amazon.de"),
        (LANDED.replace("/ap/maplanding", "/ap/signin"), "still a sign-in page"),
        (LANDED.replace("/ap/maplanding", "/ap/mfa/verify"), "still a sign-in page"),
        (LANDED.replace("/ap/maplanding", "/"), "another page"),
        (LANDED.partition("&")[0], "holds no code"),
        (LANDED.partition("openid")[0] + "error=access_denied", "an error instead of a code"),
        (LANDED + "&openid.oa2.authorization_code=B", "more than one code"),
        (LANDED + "%0d%0aX", "damaged"),
        (LANDED[: LANDED.index("ANcode")], "damaged"),
        (LANDED + "x" * LONGEST, "not an address"),
        (LANDED + "\u202e", "not an address"),
    ],
)
def test_every_wrong_paste_is_called_by_its_name(pasted: str, words: str) -> None:
    """Each has its own message and a next step; the flow still waits, and nothing pasted is repeated."""
    made = flow(None)
    with pytest.raises(UsageError) as caught:
        made.paste(pasted)
    assert words in caught.value.message
    assert caught.value.next_step
    assert "ANcode" not in caught.value.message + caught.value.next_step
    assert made.stage is Stage.WAITING
    made.paste(LANDED)


@given(
    st.text(alphabet="ABCXYZabcxyz0123456789-_.~", min_size=1, max_size=60),
    st.dictionaries(st.text(alphabet="abc.", min_size=1, max_size=6), st.text(max_size=20), max_size=5),
)
def test_the_code_survives_whatever_else_the_address_carries(code: str, others: dict[str, str]) -> None:
    """Order and other parameters do not matter; the code comes out as it went in."""
    query = urlencode({**others, "openid.oa2.authorization_code": code, "z": "1"})
    assert code_in(f" https://www.amazon.de/ap/maplanding/?{query}\n", DE) == code


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever is pasted is a code or a usage error."""
    with contextlib.suppress(UsageError):
        assert code_in(text, DE)


def test_a_code_is_pasted_once_and_spent_once() -> None:
    """A second paste and a second registration are refused with their next step."""
    made = flow()
    with pytest.raises(UsageError, match="works only once"):
        made.paste(LANDED)
    made.request()
    assert made.stage is Stage.SPENT
    for again in (made.request, lambda: made.paste(LANDED)):
        with pytest.raises(UsageError) as caught:
            again()
        assert "login" in caught.value.next_step


def test_nothing_is_sent_before_something_was_pasted() -> None:
    """Without a code there is no registration."""
    with pytest.raises(UsageError):
        flow(None).request()


def test_a_registration_gives_token_serial_and_customer() -> None:
    """All three are read from the answer, and none shows in a repr."""
    found = flow().registered(answer({"response": {"success": SUCCESS}}))
    assert (found.refresh_token.reveal(), found.serial, found.directed_id) == (
        "Atnr|r",
        "SERIAL9",
        "amzn1.account.X",
    )
    assert repr(found) == "Registered(…)" and "ANcode" not in repr(flow())


def test_a_short_answer_still_gives_a_token() -> None:
    """Without extensions the serial is our own and the customer unknown."""
    found = flow().registered(answer({"response": {"success": {"tokens": SUCCESS["tokens"]}}}))
    assert (found.serial, found.directed_id) == (RANDOM[:SERIAL_BYTES].hex().upper(), "")


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (
            answer({"response": {"error": {"code": "InvalidToken", "message": "x"}}}, 400),
            NeedsPersonError,
            "InvalidToken",
        ),
        (
            answer({"response": {"error": {"code": "InvalidValue", "message": "x"}}}, 400),
            NeedsPersonError,
            "once",
        ),
        (answer({"response": {"error": {"code": "Other"}}}), NeedsPersonError, "once"),
        (answer({}, 401), NeedsPersonError, "once"),
        (answer({}), SchemaError, ""),
        (answer({"response": {"success": {"tokens": {}}}}), SchemaError, "refresh token"),
        (
            answer({"response": {"success": {"tokens": {"bearer": {"refresh_token": "a\r\nb"}}}}}),
            SchemaError,
            "",
        ),
        (answer([]), SchemaError, ""),
    ],
)
def test_a_refused_or_strange_answer_is_an_error(reply: Incoming, kind: type[AgentError], words: str) -> None:
    """A refusal asks for a person, another shape says that the service changed."""
    with pytest.raises(kind) as caught:
        flow().registered(reply)
    assert words in caught.value.message


def test_troubles_of_the_line_keep_their_own_names() -> None:
    """Throttled is throttled, a fault is a fault: nobody is told that the code was bad."""
    from agent.alexa.answers import judged

    for status, kind in ((429, ThrottledError), (500, ServerFaultError)):
        with pytest.raises(kind):
            flow().registered(judged(answer({}, status), "api.amazon.de", 0))


@given(st.binary(max_size=SERIAL_BYTES + VERIFIER_BYTES + FRC_BYTES - 1))
def test_too_little_randomness_is_refused(random: bytes) -> None:
    """No sign-in starts with a guessable verifier."""
    with pytest.raises(ValueError, match="random"):
        SignInFlow(DE, random)
