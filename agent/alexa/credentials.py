"""Refresh token to access token to website cookies: the two requests, and what their answers mean. Pure.

Sources: alexapy 1.33.0 `secureauth.py` (2026-07), alexa-cookie2 5.0.6, audible 0.13.1; PROTOCOL.md,
section "Staying signed in".
"""

from urllib.parse import urlencode

from agent.alexa import answers, decode
from agent.alexa.exchange import Host, Incoming, Outgoing, Secret
from agent.alexa.marketplaces import Marketplace
from agent.errors import AgentError, SchemaError, ServerFaultError, SignedOutError, VaultError
from agent.model import Incomplete

PRACTICE = "practice-"
"""How the credential of a practice account begins."""

APP_VERSION = "2.2.651540.0"
"""The app we say we are; clients send different ones."""

LIFE_S = 3600
"""Seconds an access token is used when its answer names no time."""

_TERMINAL = frozenset({"invalid_grant", "invalid_token", "unauthorized_client"})
_NOT_ACCEPTED = frozenset({400, 401})
_FORM = "application/x-www-form-urlencoded"
_APP = (
    ("app_name", "Amazon Alexa"),
    ("app_version", APP_VERSION),
    ("di.sdk.version", "6.12.4"),
    ("package_name", "com.amazon.echo"),
    ("di.hw.version", "iPhone"),
    ("platform", "iOS"),
    ("di.os.name", "iOS"),
    ("di.os.version", "16.6"),
    ("current_version", "6.12.4"),
    ("previous_version", "6.12.4"),
)


def fits(refresh_token: Secret, *, practice: bool) -> None:
    """Keeps practice and the real world apart.

    Raises:
        VaultError: a practice credential for a real account, or the other way round.
    """
    if refresh_token.reveal().startswith(PRACTICE) == practice:
        return
    if practice:
        raise VaultError("a real sign-in must never be used with the practice cloud")
    raise VaultError("a practice credential is stored for a real account")


def access_request(marketplace: Marketplace, refresh_token: Secret) -> Outgoing:
    """Asks for an access token."""
    return _request(
        marketplace, refresh_token, Host.API, "/auth/token", ("requested_token_type", "access_token")
    )


def cookie_request(marketplace: Marketplace, refresh_token: Secret) -> Outgoing:
    """Asks for website cookies of the whole marketplace."""
    more = (("requested_token_type", "auth_cookies"), ("domain", marketplace.cookie_domain))
    return _request(marketplace, refresh_token, Host.RETAIL, "/ap/exchangetoken/cookies", *more)


def _request(
    marketplace: Marketplace, refresh_token: Secret, host: Host, path: str, *more: tuple[str, str]
) -> Outgoing:
    source = (("source_token_type", "refresh_token"), ("source_token", refresh_token.reveal()))
    return Outgoing(
        "POST",
        path,
        headers=(("x-amzn-identity-auth-domain", marketplace.api_host),),
        body=urlencode((*_APP, *source, *more)).encode(),
        content_type=_FORM,
        host=host,
        cookies=False,
    )


def access_token(answer: Incoming) -> tuple[Secret, float]:
    """The access token and the seconds it lives.

    Raises:
        SignedOutError: the refresh token is no longer accepted.
        AgentError: anything else; it may pass.
    """
    value = _accepted(answer)
    token = value.get("access_token")
    if not isinstance(token, str) or not usable(token):
        raise SchemaError("the answer holds no access token")
    life = value.get("expires_in")
    seconds = float(life) if isinstance(life, (int, str)) and str(life).isdecimal() else LIFE_S
    return Secret(token), seconds


def usable(token: str) -> bool:
    """Whether a token can stand in a header or a form at all."""
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def rotated(answer: Incoming, before: Secret) -> Secret | None:
    """A new refresh token, should an answer with an access token ever bring one; None without.

    No public client has seen one; one that is not stored would be lost for good.
    """
    token = _accepted(answer).get("refresh_token")
    if not isinstance(token, str) or not usable(token) or token == before.reveal():
        return None
    return Secret(token)


def is_final(answer: Incoming) -> bool:
    """Whether this answer to an exchange means that a person must sign in again."""
    return answer.status in _NOT_ACCEPTED and _error(answer) in _TERMINAL


def cookies(answer: Incoming, marketplace: Marketplace) -> dict[str, str]:
    """Cookies by name.

    Raises:
        SignedOutError: the refresh token is no longer accepted, or there are no sign-in cookies for this
            marketplace (this happens with status 200).
        AgentError: anything else; it may pass.
    """
    value: object = _accepted(answer)
    for name in ("response", "tokens", "cookies"):
        value = value.get(name) if isinstance(value, dict) else None
    rows = value.get(marketplace.cookie_domain) if isinstance(value, dict) else None
    found = dict(_cookie(row) for row in rows) if isinstance(rows, list) else {}
    if not any(name.startswith("at-") for name in found):
        raise SignedOutError(
            "Amazon gave no sign-in cookies for this marketplace",
            next_step="Check `marketplace` in the configuration, then run `voicepurge login ACCOUNT`.",
        )
    return found


def _cookie(row: object) -> tuple[str, str]:
    name, text = (row.get("Name"), row.get("Value")) if isinstance(row, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(text, str):
        raise SchemaError("a cookie has another shape")
    return name, text


def _accepted(answer: Incoming) -> dict[str, object]:
    if is_final(answer):
        raise SignedOutError("the stored sign-in is no longer accepted")
    if answer.reason in {Incomplete.CSRF_REFUSED, Incomplete.SCHEMA}:
        raise ServerFaultError("Amazon did not exchange the stored sign-in this time")
    value = answers.value(answer)
    if not isinstance(value, dict):
        raise SchemaError("the answer to a sign-in is no object")
    return value


def _error(answer: Incoming) -> str:
    try:
        value = decode.parse(answer.body or b"")
    except AgentError:
        return ""
    error = value.get("error") if isinstance(value, dict) else None
    return error if isinstance(error, str) else ""
