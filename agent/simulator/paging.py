"""Continuation tokens: opaque to the client, and all the server needs to go on. Nothing is remembered."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import quote, unquote

_TAG = 12


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: below the row spoken at `at` with number `number`.

    `page` counts from 1; the first page has no cursor. `noise` makes two tokens for one place differ.
    """

    surface: str
    page: int
    at: int
    number: int
    noise: int = 0

    def token(self, secret: bytes) -> str:
        """A URL-encoded base64 string, as `encodedRequestToken` is (node-red issue 138, 2023-09)."""
        body = json.dumps([self.surface, self.page, self.at, self.number, self.noise]).encode()
        return quote(base64.b64encode(_tag(secret, body) + body).decode(), safe="")


def read(token: str, surface: str, secret: bytes) -> Cursor | None:
    """The cursor of a token this server gave out for that surface, or None."""
    try:
        raw = base64.b64decode(unquote(token), validate=True)
    except ValueError:
        return None
    tag, body = raw[:_TAG], raw[_TAG:]
    if not hmac.compare_digest(tag, _tag(secret, body)):
        return None
    cursor = Cursor(*json.loads(body))
    return cursor if cursor.surface == surface else None


def _tag(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, body, hashlib.sha256).digest()[:_TAG]
