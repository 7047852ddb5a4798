"""Answers as values: status, headers, body, and how the connection ends. Nothing is sent here."""

import json
from dataclasses import dataclass, field, replace
from enum import StrEnum

JSON_TYPE = "application/json"
HTML_TYPE = "text/html;charset=UTF-8"
SIGN_IN_PATH = "/ap/signin"


class Ending(StrEnum):
    """What becomes of the connection."""

    WHOLE = "whole"
    RESET = "reset"  # nothing is sent
    CUT = "cut"  # half the body is sent


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `wait_ms` passes before it is sent."""

    status: int = 200
    body: bytes = b""
    media: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    ending: Ending = Ending.WHOLE
    wait_ms: int = 0
    cookies: tuple[str, ...] = field(default=())

    def later(self, ms: int) -> "Reply":
        """The same answer, `ms` later."""
        return replace(self, wait_ms=self.wait_ms + ms)


def as_json(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A JSON answer."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return Reply(status, body, JSON_TYPE, headers)


def text(words: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A plain text answer."""
    return Reply(status, words.encode(), "text/plain;charset=UTF-8", headers)


def html(title: str, body: str = "", status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A small page."""
    page = (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body>{body or f'<h1>{title}</h1>'}</body></html>"
    )
    return Reply(status, page.encode(), HTML_TYPE, headers)


def redirect(location: str) -> Reply:
    """302 without a body."""
    return Reply(302, b"", HTML_TYPE, (("location", location),))


def not_found() -> Reply:
    """What retired endpoints answer: a 404 page with a logo (ioBroker.alexa2 issue 1132, 2024-01-24)."""
    return html("Seite wurde nicht gefunden", '<img alt="logo"><h1>Seite wurde nicht gefunden</h1>', 404)


def forbidden() -> Reply:
    """What a wrong anti-CSRF token gets (alexa_media_player issue 2982, 2025-08-20)."""
    return html("Forbidden", status=403)


def sign_in_page() -> Reply:
    """The sign-in page; `ap_email` is how clients know it."""
    return html(
        "Amazon Sign-In",
        f'<form name="signIn" action="{SIGN_IN_PATH}" method="post">'
        '<input type="email" id="ap_email" name="email"><input type="submit"></form>',
    )


def step_up_page() -> Reply:
    """Another proof of identity is wanted (cidecode `generateCookies.py`, 2025-10-30)."""
    return html(
        "Two-Step Verification",
        '<form action="/ap/mfa/verify" method="post"><h1>For your security, please verify it\'s you</h1>'
        '<input id="auth-mfa-otpcode" name="otpCode"></form>',
    )
