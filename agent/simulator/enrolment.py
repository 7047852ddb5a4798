"""Who may become a device: sign-ins on their way, codes, refresh tokens. Times are ms UTC and arguments."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

MADE_BEFORE = "PRACTICE"
"""Serial that stands for the credential every practice cloud is born with."""


@dataclass(slots=True)
class Visit:
    """One person on the sign-in pages: what the address asked for, and how far they are.

    Without a `client_id` they only want to see a page, and get cookies but no code.
    """

    domain: str
    client_id: str
    challenge: str
    return_to: str
    known: bool = False
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code: for whom it was made, and when."""

    client_id: str
    challenge: str
    made: int


@dataclass
class Enrolments:
    """Everything given out on the way from a sign-in page to a refresh token.

    Attributes:
        visits: by the state their forms carry.
        codes: not yet used.
        tokens: serial by live refresh token.
        access: refresh token by the access token it gave.
    """

    visits: dict[str, Visit] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)

    def redeem(self, code: str, verifier: str, client_id: str, now: int, life_ms: int) -> bool:
        """Whether a code is good for this verifier and client; it is gone afterwards, good or not.

        The challenge is RFC 7636, section 4.2, method S256.
        """
        found = self.codes.pop(code, None)
        return (
            found is not None
            and now < found.made + life_ms
            and found.client_id == client_id
            and found.challenge == challenge_of(verifier)
        )

    def rotate(self, old: str, new: str) -> None:
        """Replaces a refresh token; the old one is dead."""
        self.tokens[new] = self.tokens.pop(old)

    def serials(self) -> list[str]:
        """Serials of the devices that are registered now."""
        return sorted(set(self.tokens.values()))


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def device_of(client_id: str) -> tuple[str, str] | None:
    """Serial and device type inside a client id (hex of `serial#type`), None where it is none."""
    try:
        serial, mark, kind = bytes.fromhex(client_id).decode("ascii").partition("#")
    except ValueError:
        return None
    return (serial, kind) if serial and mark and kind else None


def to_page(query: Mapping[str, str], host: str) -> Visit | None:
    """Somebody who was sent here from a privacy page of this host and wants back, or None."""
    back = query.get("openid.return_to", "")
    ours = back.startswith(f"https://{host}/alexa-privacy/") and back.isprintable() and " " not in back
    return Visit(host.partition(".")[2], "", "", back) if ours else None


def wanted(query: Mapping[str, str], host: str) -> Visit | None:
    """What a sign-in address asks for, None where it is not one a client would send."""
    fixed = {
        "openid.mode": "checkid_setup",
        "openid.ns": "http://specs.openid.net/auth/2.0",
        "openid.ns.oa2": "http://www.amazon.com/ap/ext/oauth/2",
        "openid.oa2.response_type": "code",
        "openid.oa2.code_challenge_method": "S256",
        "openid.return_to": f"https://{host}/ap/maplanding",
    }
    client = query.get("openid.oa2.client_id", "")
    challenge = query.get("openid.oa2.code_challenge", "")
    plain = len(challenge) == len(challenge_of("")) and challenge.replace("-", "").replace("_", "").isalnum()
    if any(query.get(name) != value for name, value in fixed.items()) or not plain:
        return None
    scheme, _, client_id = client.partition(":")
    if scheme != "device" or device_of(client_id) is None or not query.get("openid.assoc_handle"):
        return None
    return Visit(host.partition(".")[2], client_id, challenge, fixed["openid.return_to"])
