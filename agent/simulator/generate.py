"""Seeded recordings: a household's last 90 days, with everything a listing has to cope with."""

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from agent.simulator.account import Account, Device, Person
from agent.simulator.recording import Recording, Sort

DAY_MS = 86_400_000
DAYS = 90

# (utterance type, weight, whether any words are shown). An open set; these are the ones seen in public code.
_KINDS: tuple[tuple[str, int, bool], ...] = (
    ("GENERAL", 76, True),
    ("ROUTINES_OR_TAP_TO_ALEXA", 3, True),
    ("DISCARDED_NON_DEVICE_DIRECTED_INTENT", 4, True),
    ("WAKE_WORD_ONLY", 5, False),
    ("DEVICE_ARBITRATION", 4, False),
    ("ASR_TIMEOUT", 2, False),
    ("NO_EXPRESSED_INTENT", 2, False),
    ("FALSE_WAKE_WORD_1P", 4, False),
)
_WORDS = (
    ("what time is it", "It is half past."),
    ("good morning", "Good morning!"),
    ("set a timer for ten minutes", "Ten minutes, starting now."),
    ("turn on the light", ""),
    ("what is the weather tomorrow", "Cloudy, with some rain."),
    ("play some music", "Here is a station you might like."),
    ("add milk to the shopping list", "I added milk."),
    ("tell me a joke", "Why did the router cross the road?"),
    ("stop", ""),
)
_ROOMS = (
    ("Kitchen", "A10A33FOX2NUBK", "ECHO"),
    ("Living room", "A2M35JJZWCQOMZ", "ECHO"),
    ("Bedroom", "A10A33FOX2NUBK", "ECHO"),
    ("Kids room", "A32DOYMUN6DTXA", "ECHO"),
    ("Office", "A1RABVCI4QCIKC", "KNIGHT"),
)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much there is: rows with a key, and conversations, which have none."""

    recordings: int
    conversations: int = 0


def account(seed: int, domain: str) -> Account:
    """The same account for the same seed and retail domain."""
    rng = Random(f"account {seed}")  # noqa: S311 - practice data, meant to repeat
    devices = tuple(
        Device(name, "G0" + "".join(rng.choices("0123456789ABCDEFGHJKLMNP", k=14)), kind, family)
        for name, kind, family in _ROOMS
    )
    persons = tuple(
        Person(f"amzn1.actor.person.oid.{_letters(rng, 14)}", name) for name in ("Practice", "Pat")
    )
    return Account(
        domain=domain,
        customer_id="A" + _letters(rng, 13),
        directed_id="amzn1.account." + _letters(rng, 28),
        credential=f"practice-{rng.randbytes(24).hex()}",
        devices=devices,
        persons=persons,
    )


def recordings(seed: int, who: Account, amount: Amount, now: int) -> list[Recording]:
    """Rows of the last 90 days before `now` (ms UTC), oldest first; the newest is some minutes old.

    About 3 % of the keyed rows are routines, on the activity surface only.
    """
    rng = Random(f"recordings {seed}")  # noqa: S311 - practice data, meant to repeat
    total = amount.recordings + amount.conversations
    moments = sorted(_moment(rng, now) for _ in range(total))
    moments = [at + n for n, at in enumerate(moments, start=-total)]  # no two rows share a moment
    talks = set(rng.sample(range(total), amount.conversations))
    return [_row(rng, who, at, keyless=n in talks) for n, at in enumerate(moments)]


def spoken(
    rng: Random, who: Account, at: int, text: str | None = None, device: str | None = None
) -> Recording:
    """One more ordinary utterance at `at` (ms UTC), on the device of that name or a drawn one."""
    named = [each for each in who.devices if each.name == device]
    words, response = rng.choice(_WORDS)
    place = named[0] if named else rng.choice(who.devices)
    row = _build(rng, who, at, place, "utterance", "GENERAL")
    row.text, row.response = (words, response) if text is None else (text, "")
    return row


def _moment(rng: Random, now: int) -> int:
    """More recent days are busier; nobody talks in the night, by UTC."""
    day = int(DAYS * rng.random() ** 1.3)
    hour = min(max(rng.gauss(14.5, 4.0), 6.0), 23.5)
    at = (now // DAY_MS - day) * DAY_MS + int(hour * 3_600_000) + rng.randrange(3_600_000)
    if now - 600_000 < at:  # not yet said today: move it into the last hours
        at = now - 600_000 - rng.randrange(20 * 3_600_000)
    return max(at, now - DAYS * DAY_MS + 60_000)


def _row(rng: Random, who: Account, at: int, *, keyless: bool) -> Recording:
    device = rng.choices(who.devices, weights=(8, 6, 4, 3, 2))[0]
    words, response = rng.choice(_WORDS)
    if keyless:
        row = _build(rng, who, at, device, "conversation", "")
        row.key = ""
    elif rng.random() < 0.03:  # noqa: PLR2004 - the share named in `recordings`
        row = _build(rng, who, at, device, "routine", "ROUTINES_OR_TAP_TO_ALEXA")
    else:
        kind, _, shown = rng.choices(_KINDS, weights=[weight for _, weight, _ in _KINDS])[0]
        row = _build(rng, who, at, device, "utterance", kind)
        if not shown:
            return row
    row.text, row.response = words, response
    return row


def _build(rng: Random, who: Account, at: int, device: Device, sort: Sort, kind: str) -> Recording:
    person = rng.choice(who.persons) if rng.random() < 0.5 else None  # noqa: PLR2004 - half are recognised
    return Recording(
        key=f"{who.customer_id}#{at}#{device.type}#{device.serial}",
        at=at,
        device=device,
        sort=sort,
        kind=kind,
        text="",
        response="",
        utterance_id=_utterance_id(rng, device, at),
        person=person,
    )


def _utterance_id(rng: Random, device: Device, at: int) -> str:
    """Form of a debug log of alexa-remote2 (node-red issue 138, 2023-09)."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    raw = rng.randbytes(16).hex()
    uid = "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
    return f"{device.type}:1.0/{moment:%Y/%m/%d/%H}/DEVICE_UNSPECIFIED/{moment:%M:%S}::TNIH_2V.{uid}ZXV/0"


def _letters(rng: Random, count: int) -> str:
    return "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=count))
