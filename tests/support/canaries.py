"""Values that must never be written, planted in a practice account, and the search for them in any form."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

from agent.simulator.server import PracticeCloud
from agent.vault import account_keys, file_vault

WORDS = "zebra canary transcript"
ANSWER = "okapi canary response"
SECRET = "canary-credential-5d1f0c2b"
NAMES = {
    name: f"Canary-{name}".replace(" ", "-")
    for name in ("Kitchen", "Living room", "Bedroom", "Kids room", "Office")
}
TOKENS = ("Atna|", "Atza|", "Atnr|")
"""How every access token, website cookie and refresh token begins."""


@dataclass
class Canaries:
    """Forbidden values by what they are."""

    values: dict[str, bytes] = field(default_factory=dict)

    def add(self, what: str, value: str | bytes) -> None:
        """One more value that must be nowhere."""
        self.values[what] = value.encode() if isinstance(value, str) else value

    def found(self, written: bytes, *, allowed: str = "-") -> list[str]:
        """What of it stands in `written`, in any form; kinds that begin with `allowed` may."""
        return [
            what
            for what, value in self.values.items()
            if not what.startswith(allowed) and any(form in written for form in _forms(value))
        ]


def _forms(value: bytes) -> set[bytes]:
    """As it is, quoted for JSON, repr or an address, in hex and base64."""
    forms = {value, value.hex().encode(), base64.b64encode(value), base64.urlsafe_b64encode(value)}
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return forms
    quoted = (json.dumps(text)[1:-1], repr(text)[1:-1], quote(text, safe=""), quote_plus(text))
    return forms | {one.encode() for one in quoted}


def plant(cloud: PracticeCloud) -> Canaries:
    """Gives every row words of its own and every device a name, and notes all that is private."""
    made = Canaries()
    cloud.turn(rename_devices=NAMES, rename_after_delete=False)
    with cloud.world.lock:
        for number, row in enumerate(cloud.world.rows):
            row.text, row.response = (f"{WORDS} {number}", ANSWER) if row.text else ("", "")
            made.add(f"utterance {number}", row.utterance_id)
        who = cloud.world.account
    made.add("transcript", WORDS)
    made.add("response", ANSWER)
    made.add("refresh token", who.credential)
    made.add("customer id", who.customer_id)
    made.add("directed id", who.directed_id)
    for device in who.devices:
        made.add(f"serial {device.name}", device.serial)
        made.add(f"name {device.name}", NAMES[device.name])
    for person in who.persons:
        made.add(f"person {person.first_name}", person.id)
    for token in TOKENS:
        made.add(f"token {token}", token)
    made.add("credential", SECRET)
    return made


def add_keys(made: Canaries, state: Path) -> None:
    """The account's keys and every secret of its vault."""
    vault = file_vault(state)
    keys = account_keys(vault, "home", bytes, create=False)
    made.add("account secret", keys.secret)
    made.add("signing key", keys.signing)
    made.add("vault key", (state / "vault" / "key").read_bytes())
    for name in vault.names():
        made.add(f"vault {name}", vault.get(name) or "")


def add_sessions(made: Canaries, cloud: PracticeCloud) -> None:
    """Cookies and anti-CSRF values that the cloud has given out and still knows."""
    with cloud.world.lock:
        for number, session in enumerate(cloud.world.sessions.cookies.values()):
            made.add(f"cookie {number}", session.at[5:37])
            made.add(f"csrf {number}", session.csrf)


def everything(*places: Path) -> Mapping[str, bytes]:
    """Every file below `places` by its path."""
    return {str(path): path.read_bytes() for place in places for path in place.rglob("*") if path.is_file()}


def hits(made: Canaries, files: Mapping[str, bytes], besides: Iterable[str] = ()) -> dict[str, list[str]]:
    """Files with forbidden values. The key in its own file, and `besides` (what the person wrote), may be."""
    found = {path: made.found(content) for path, content in files.items() if path not in set(besides)}
    for path, whats in found.items():
        if path.endswith("/vault/key"):
            whats.remove("vault key")
    return {path: whats for path, whats in found.items() if whats}
