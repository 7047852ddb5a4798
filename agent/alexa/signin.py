"""Signing in as a new device: from the address of the sign-in page to a refresh token. Pure.

The way: authorization code with PKCE (RFC 7636), an address the person opens, signs in and pastes back,
then one registration. Sources: alexapy 1.33.0 `secureauth.py` (2026-07) for the pages of the account's
own marketplace; superbeetle1973/alexa-auth-redesign (a run on a real account, 2026-07-18); PROTOCOL.md,
section "Signing in". Left out here: sending (`enrolment`), storing (`agent.auth`).
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from agent.alexa import answers, decode
from agent.alexa.credentials import APP_VERSION, usable
from agent.alexa.exchange import Host, Incoming, Outgoing, Secret
from agent.alexa.marketplaces import Marketplace
from agent.alexa.pasted import AGAIN, LANDING, code_in
from agent.errors import AgentError, NeedsPersonError, SchemaError, UsageError

SERIAL_BYTES = 16
VERIFIER_BYTES = 32
FRC_BYTES = 313
DEVICE_TYPE = "A2IVLV5VM2W81"

_ENTRANCE = "/ap/register"
_HANDLE = "amzn_dp_project_dee_ios"


class Stage(StrEnum):
    """How far a sign-in is."""

    WAITING = "waiting"  # for the pasted address
    PASTED = "pasted"  # there is a code; it may be redeemed once
    SPENT = "spent"  # the code went out; this sign-in is over, well or not


@dataclass(frozen=True, slots=True, repr=False)
class Registered:
    """What a registration gave. Never shows itself.

    Attributes:
        refresh_token: the credential that renews everything.
        serial: of the device this program is for Amazon.
        directed_id: the customer as sign-in names them (`amzn1.account.…`), "" if the answer did not say.
    """

    refresh_token: Secret
    serial: str
    directed_id: str

    def __repr__(self) -> str:
        return "Registered(…)"


class SignInFlow:
    """One sign-in of one account, from its address to its registration.

    Args:
        marketplace: where the account lives, as the configuration says.
        random: `SERIAL_BYTES + VERIFIER_BYTES + FRC_BYTES` random bytes, used for nothing else.
    """

    def __init__(self, marketplace: Marketplace, random: bytes) -> None:
        if len(random) != SERIAL_BYTES + VERIFIER_BYTES + FRC_BYTES:
            raise ValueError("a sign-in needs its full count of random bytes")
        self._marketplace = marketplace
        self._serial = random[:SERIAL_BYTES].hex().upper()
        self._verifier = _base64url(random[SERIAL_BYTES : SERIAL_BYTES + VERIFIER_BYTES])
        self._frc = base64.b64encode(random[SERIAL_BYTES + VERIFIER_BYTES :]).decode()
        self._code = ""
        self.stage = Stage.WAITING

    def __repr__(self) -> str:
        return f"SignInFlow({self.stage})"

    def secrets(self) -> tuple[str, ...]:
        """Everything in it that must never be written anywhere."""
        return tuple(text for text in (self._serial, self._verifier, self._client_id, self._code) if text)

    @property
    def address(self) -> str:
        """The address to open in a browser. Holds nothing secret: only a hash of the verifier."""
        retail = f"https://{self._marketplace.retail_host}"
        pick = "http://specs.openid.net/auth/2.0/identifier_select"
        query = {
            "openid.return_to": retail + LANDING,
            "openid.assoc_handle": _HANDLE,
            "openid.identity": pick,
            "openid.claimed_id": pick,
            "pageId": _HANDLE,
            "accountStatusPolicy": "P1",
            "openid.mode": "checkid_setup",
            "openid.ns": "http://specs.openid.net/auth/2.0",
            "openid.ns.oa2": "http://www.amazon.com/ap/ext/oauth/2",
            "openid.ns.pape": "http://specs.openid.net/extensions/pape/1.0",
            "openid.pape.max_auth_age": "0",
            "openid.oa2.response_type": "code",
            "openid.oa2.scope": "device_auth_access",
            "openid.oa2.client_id": f"device:{self._client_id}",
            "openid.oa2.code_challenge_method": "S256",
            "openid.oa2.code_challenge": _base64url(hashlib.sha256(self._verifier.encode()).digest()),
            "language": self._marketplace.language,
        }
        return f"{retail}{_ENTRANCE}?{urlencode(query)}"

    def paste(self, text: str) -> None:
        """Takes the address the browser ended at.

        Raises:
            UsageError: it is none, or not that one; another may be pasted.
        """
        if self.stage is not Stage.WAITING:
            raise UsageError("An address was pasted already; a code works only once.", next_step=AGAIN)
        self._code = code_in(text, self._marketplace)
        self.stage = Stage.PASTED

    def request(self) -> Outgoing:
        """The registration; may be sent once, because a code works only once.

        Raises:
            UsageError: nothing was pasted yet, or the code was spent.
        """
        if self.stage is not Stage.PASTED:
            raise UsageError("There is no code to redeem.", next_step=AGAIN)
        self.stage = Stage.SPENT
        return Outgoing(
            "POST",
            "/auth/register",
            headers=(
                ("x-amzn-identity-auth-domain", self._marketplace.api_host),
                ("Cookie", f"frc={self._frc}; map-md={_map_md()}"),
            ),
            body=json.dumps(self._body()).encode(),
            content_type="application/json",
            host=Host.API,
            cookies=False,
        )

    @property
    def _client_id(self) -> str:
        return f"{self._serial}#{DEVICE_TYPE}".encode().hex()

    def _body(self) -> dict[str, object]:
        return {
            "requested_extensions": ["device_info", "customer_info"],
            "cookies": {"website_cookies": [], "domain": self._marketplace.cookie_domain},
            "registration_data": {
                "domain": "Device",
                "app_version": APP_VERSION,
                "device_type": DEVICE_TYPE,
                "device_name": "%FIRST_NAME%'s%DUPE_STRATEGY_1ST%voicepurge",
                "os_version": "16.6",
                "device_serial": self._serial,
                "device_model": "iPhone",
                "app_name": "voicepurge",
                "software_version": "1",
            },
            "auth_data": {
                "client_id": self._client_id,
                "authorization_code": self._code,
                "code_verifier": self._verifier,
                "code_algorithm": "SHA-256",
                "client_domain": "DeviceLegacy",
            },
            "user_context_map": {"frc": self._frc},
            "requested_token_type": ["bearer", "mac_dms", "website_cookies"],
        }

    def registered(self, answer: Incoming) -> Registered:
        """What the answer to `request` gave.

        Raises:
            NeedsPersonError: Amazon did not take the code.
            AgentError: no registration came of it.
        """
        success = _success(answer)
        bearer = _inside(success, "tokens", "bearer")
        token = bearer.get("refresh_token")
        if not isinstance(token, str) or not usable(token):
            raise SchemaError("the registration gave no refresh token")
        serial = _inside(success, "extensions", "device_info").get("device_serial_number")
        user = _inside(success, "extensions", "customer_info").get("user_id")
        return Registered(
            Secret(token),
            serial if isinstance(serial, str) and serial else self._serial,
            user if isinstance(user, str) else "",
        )


def _success(answer: Incoming) -> dict[str, object]:
    try:
        value = decode.parse(answer.body or b"")
    except AgentError:
        value = None
    error = _inside(value, "response", "error") if isinstance(value, dict) else {}
    if error:
        raise _refusal(error.get("code"))
    if answer.status in answers.REFUSED:
        raise _refusal(None)
    answers.check(answer)
    success = _inside(value, "response", "success") if isinstance(value, dict) else {}
    if not success:
        raise SchemaError("the answer to the registration has another shape")
    return success


def _refusal(code: object) -> NeedsPersonError:
    """Of all codes only `InvalidToken` was ever recorded (ioBroker.alexa2 issue 1380, 2026-06-19)."""
    if code == "InvalidToken":
        return NeedsPersonError("Amazon says that this sign-in is too old (InvalidToken).", next_step=AGAIN)
    return NeedsPersonError(
        "Amazon did not take the code: it works once, for about five minutes, and only for the address "
        "printed last.",
        next_step=AGAIN,
    )


def _inside(value: object, *names: str) -> dict[str, object]:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _map_md() -> str:
    about = {
        "device_user_dictionary": [],
        "device_registration_data": {"software_version": "1"},
        "app_identifier": {"app_version": APP_VERSION, "bundle_id": "com.amazon.echo"},
    }
    return base64.b64encode(json.dumps(about).encode()).decode()


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
