"""Values that must never be written, planted in a practice account, and the search for them in any form."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

from agent.ledger.commitment import nonce
from agent.simulator.recording import Recording
from agent.simulator.server import PracticeCloud
from agent.simulator.sessions import Session, Sessions
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


_WINDOW = 8
_BROKEN = b"=\r\n"


@dataclass
class Canaries:
    """Forbidden values by what they are."""

    values: dict[str, bytes] = field(default_factory=dict)

    def add(self, what: str, value: str | bytes) -> None:
        """One more value that must be nowhere."""
        self.values[what] = value.encode() if isinstance(value, str) else value

    def found(self, written: bytes, *, allowed: str | tuple[str, ...] = "-") -> list[str]:
        """What of it stands in `written`, in any form; kinds that begin with `allowed` may."""
        if not written.strip(b"\0"):
            return []
        written = written.replace(_BROKEN, b"")  # mail breaks lines anywhere
        windows = {written[at : at + _WINDOW] for at in range(len(written))}
        return [
            what
            for what, value in self.values.items()
            if not what.startswith(allowed) and any(_within(form, written, windows) for form in _forms(value))
        ]


def _within(form: bytes, written: bytes, windows: set[bytes]) -> bool:
    """Whether it stands there; most that do not are told by how they begin."""
    return (len(form) < _WINDOW or form[:_WINDOW] in windows) and form in written


@cache
def _forms(value: bytes) -> frozenset[bytes]:
    """As it is, quoted for JSON, repr, HTML or an address (once and twice), in hex and in base64."""
    forms = {value, value.hex().encode(), value.hex().upper().encode(), *_in_base64(value)}
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return frozenset(forms)
    once, plus = quote(text, safe=""), quote_plus(text)
    lower = re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), once)
    quoted = (json.dumps(text)[1:-1], repr(text)[1:-1], escape(text), once, plus, lower, quote(once, safe=""))
    forms |= {one.encode() for one in quoted}
    return frozenset(forms | {text.encode("utf-16-le")})


def _in_base64(value: bytes) -> Iterator[bytes]:
    """The letters that stand for it wherever in a longer text it begins, in both alphabets."""
    yield from (base64.b64encode(value), base64.urlsafe_b64encode(value))
    for before in range(3):
        whole = base64.b64encode(bytes(before) + value)
        first = -(-before * 8 // 6)
        inside = whole[first : (before + len(value)) * 8 // 6]
        if len(inside) >= _WINDOW:
            yield from (inside, inside.translate(bytes.maketrans(b"+/", b"-_")))


def plant(cloud: PracticeCloud) -> Canaries:
    """Gives every row words of its own and every device a name, and notes all that is private."""
    made = Canaries()
    cloud.turn(rename_devices=NAMES, rename_after_delete=False)
    with cloud.world.lock:
        who = cloud.world.account
        people = {
            person.id: replace(person, first_name=f"Canaria-{n}") for n, person in enumerate(who.persons)
        }
        who = cloud.world.account = replace(who, persons=tuple(people.values()))
        for row in cloud.world.rows:
            row.person = people[row.person.id] if row.person is not None else None
    plant_words(made, cloud)
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
        made.add(f"name of person {person.first_name}", person.first_name)
    for token in TOKENS:
        made.add(f"token {token}", token)
    made.add("credential", SECRET)
    _listen(made, cloud.world.sessions)
    return made


def plant_words(made: Canaries, cloud: PracticeCloud) -> None:
    """Gives every row words of its own, also those that came since, and notes its keys."""
    with cloud.world.lock:
        for number, row in enumerate(cloud.world.rows):
            row.text, row.response = (f"{WORDS} {number}", ANSWER) if row.text else ("", "")
            _add_row(made, row, number)


def _add_row(made: Canaries, row: Recording, number: int) -> None:
    made.add(f"utterance {number}", row.utterance_id)
    if row.key:
        made.add(f"record key {number}", row.key)
    for part, key in enumerate(row.item_keys()):
        made.add(f"item key {number} {part}", key)


def _listen(made: Canaries, sessions: Sessions) -> None:
    """From now on everything that is given out is forbidden: cookies, access and anti-CSRF tokens."""
    draw, anti_csrf = sessions.draw, sessions.anti_csrf

    def drawn(what: str, count: int) -> str:
        given = draw(what, count)
        made.add(f"{what} {given[:6]}", given)
        return given

    def signed(session: Session, now: int) -> str:
        given = anti_csrf(session, now)
        made.add(f"anti-csrf {now}", given)
        made.add(f"csrf {now}", session.csrf)
        return given

    sessions.draw = drawn  # type: ignore[method-assign] # it only listens
    sessions.anti_csrf = signed  # type: ignore[method-assign] # it only listens


def add_keys(made: Canaries, state: Path) -> None:
    """The account's keys and every secret of its vault."""
    vault = file_vault(state)
    keys = account_keys(vault, "home", bytes, create=False)
    made.add("account secret", keys.secret)
    for name, value in list(made.values.items()):
        if name.startswith("record key"):
            made.add(f"number of {name}", nonce(keys.secret, value.decode()))
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
