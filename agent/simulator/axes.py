"""The axes of a delete request, which values of them go together, and drawing a combination by seed. Pure.

The real request is in no public source, so every value here is a guess and a parameter, never a truth.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum, StrEnum
from itertools import product
from random import Random


class Scope(StrEnum):
    """What one request deletes."""

    RECORDS = "records"
    RANGE = "range"
    EVERYTHING = "everything"


class Place(StrEnum):
    """Where and by what the records are named; a range and everything need no record."""

    LIST = "list"  # a list of keys: {FIELD: ["k1", "k2"]}
    OBJECTS = "objects"  # a list of objects: {FIELD: [{"recordKey": "k1", …}]}
    KEYED = "keyed"  # an object by key: {FIELD: {"k1": {…}}}
    SINGLE = "single"  # one field: {FIELD: "k1"}, or FIELD=k1
    REPEATED = "repeated"  # FIELD=k1&FIELD=k2
    PATH = "path"  # a segment of the path, percent-encoded
    PARTS = "parts"  # time, device type and serial instead of the key
    PATH_PARTS = "path_parts"  # the same, each a segment of the path
    ITEMS = "items"  # the keys of all its items
    UTTERANCES = "utterances"  # the ids of its audio


class Carrier(StrEnum):
    """How names travel."""

    JSON = "json"
    FORM = "form"
    QUERY = "query"
    MULTIPART = "multipart"
    GRAPHQL = "graphql"  # a JSON body with operationName, query and variables


class Wrap(StrEnum):
    """What the names stand inside of: the carrier itself, or a text in one field of it that holds JSON."""

    NONE = "none"
    JSON = "json"
    BASE64 = "base64"
    BASE64URL = "base64url"


class Spelling(StrEnum):
    """How each key is written."""

    PLAIN = "plain"
    BASE64 = "base64"
    BASE64URL = "base64url"


class TokenPlace(StrEnum):
    """Where the anti-CSRF token travels."""

    HEADER = "header"  # anti-csrftoken-a2z
    OTHER_HEADER = "other_header"  # a header of another name
    FIELD = "field"  # beside the names: a field, or a member of the whole body
    QUERY = "query"
    INSIDE = "inside"  # in the innermost JSON object, with the names


class TicketPlace(StrEnum):
    """Where the first answer of two steps carries the ticket. The value is a JSON pointer or a header."""

    NONE = ""  # one step
    TOP = "/ticket"
    DEEP = "/data/requests/0/ticketId"
    HEADER = "x-amzn-ticket"


class Company(StrEnum):
    """What stands beside a key in its object."""

    NONE = "none"
    PARTS = "parts"  # its item keys and utterance ids
    TIME = "time"  # when it was spoken, and the device type


class Method(StrEnum):
    """The HTTP method of the first step."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


class Noise(StrEnum):
    """Fixed fields that must be there."""

    NONE = "none"
    WORDS = "words"
    MIXED = "mixed"  # also booleans, a number, null and the customer id


class Beacon(StrEnum):
    """When the page tells its telemetry, on another path, which record the button was pressed for."""

    NONE = "none"
    BEFORE = "before"
    AFTER = "after"
    BOTH = "both"


class Chatter(StrEnum):
    """What else the page sends while it deletes."""

    QUIET = "quiet"
    ANALYTICS = "analytics"  # clicks, without a key
    LISTING = "listing"  # lists again
    AUDIO = "audio"  # asks whether the recording can be played


class Answer(StrEnum):
    """What an accepted request gets."""

    SUCCESS = "success"  # {"success": true}
    EMPTY = "empty"  # 200 without a body
    NO_CONTENT = "no_content"  # 204
    DATA = "data"  # {"data": {"result": {"status": "OK", "code": 0}}}


@dataclass(frozen=True, slots=True)
class Axes:
    """One value on every axis.

    Attributes:
        nesting: outer objects and lists around the names, 0 to 3.
        batch: most records one request may name.
        activity: whether the request belongs to the activity page rather than the voice page.
        version: whether a header with the client's version must be there.
    """

    scope: Scope
    place: Place
    carrier: Carrier
    wrap: Wrap
    spelling: Spelling
    nesting: int
    token: TokenPlace
    batch: int
    ticket: TicketPlace
    method: Method
    company: Company
    noise: Noise
    beacon: Beacon
    chatter: Chatter
    answer: Answer
    activity: bool
    version: bool


HELD_OUT: frozenset[Enum] = frozenset({Place.PATH_PARTS, TokenPlace.OTHER_HEADER})
"""Values that only the browser test of learning draws: what learns must not have been built around them."""

_SEVERAL = frozenset({Place.LIST, Place.OBJECTS, Place.KEYED, Place.REPEATED, Place.ITEMS, Place.UTTERANCES})
_IN_JSON = frozenset({Place.LIST, Place.OBJECTS, Place.KEYED})
_IN_PATH = frozenset({Place.PATH, Place.PATH_PARTS})
_BASE64 = frozenset({Wrap.BASE64, Wrap.BASE64URL})
_SPELLED = frozenset({Place.LIST, Place.OBJECTS, Place.SINGLE, Place.REPEATED})

CHOICES: dict[str, tuple[object, ...]] = {
    "scope": (Scope.RECORDS, Scope.RANGE),  # everything: nothing would be left to try it on
    "place": tuple(each for each in Place if each not in HELD_OUT),
    "carrier": tuple(Carrier),
    "wrap": tuple(Wrap),
    "spelling": tuple(Spelling),
    "nesting": (0, 1, 2, 3),
    "token": tuple(each for each in TokenPlace if each not in HELD_OUT),
    "batch": (1, 10, 50),
    "ticket": tuple(TicketPlace),
    "method": tuple(Method),
    "company": tuple(Company),
    "noise": tuple(Noise),
    "beacon": tuple(Beacon),
    "chatter": tuple(Chatter),
    "answer": tuple(Answer),
    "activity": (False, True),
    "version": (False, True),
}
"""What is drawn by default, axis by axis."""

FREE = ("noise", "beacon", "chatter", "answer", "activity", "version")
"""Axes whose every value goes with everything else."""


_RANGES, _TWO_STEPS = 0.1, 0.5
"""Shares among what is drawn."""


def consistent(axes: Axes) -> bool:
    """Whether these values can describe one request."""
    return _names(axes) and _travels(axes) and _token_fits(axes) and _method_fits(axes)


def combinations() -> Iterator[Axes]:
    """Every consistent combination that may be drawn by default, the free axes left at their first value."""
    choices = [CHOICES[each.name][:1] if each.name in FREE else CHOICES[each.name] for each in fields(Axes)]
    return (axes for values in product(*choices) if consistent(axes := Axes(*values)))  # type: ignore[arg-type]  # CHOICES holds each axis' own type


def draw(seed: int | str, **pinned: object) -> Axes:
    """A consistent combination; the same seed draws the same one.

    Args:
        seed: any.
        pinned: axes by name whose value is given; only so a value of `HELD_OUT` is ever used.

    Raises:
        ValueError: nothing goes together with what is pinned.
    """
    rng = Random(f"shape {seed}")  # noqa: S311 - practice data, meant to repeat
    named = _named(rng, pinned)
    for _ in range(2000):
        first = {"carrier": rng.choice(CHOICES["carrier"]), "ticket": _ticket(rng), **named}
        for _ in range(100):
            values = {name: first[name] if name in first else rng.choice(of) for name, of in CHOICES.items()}
            axes = Axes(**values)  # type: ignore[arg-type]  # CHOICES holds each axis' own type
            if consistent(axes):
                return axes
    raise ValueError("nothing goes together with what is pinned")


def _named(rng: Random, pinned: Mapping[str, object]) -> dict[str, object]:
    """Scope and place come first: each value gets its share, however little goes with it."""
    scope = Scope.RANGE if rng.random() < _RANGES and "place" not in pinned else Scope.RECORDS
    named = {"scope": scope, **pinned}
    place = rng.choice(CHOICES["place"]) if named["scope"] is Scope.RECORDS else Place.SINGLE
    return {"place": place, **named}


def _ticket(rng: Random) -> TicketPlace:
    return rng.choice(tuple(TicketPlace)) if rng.random() < _TWO_STEPS else TicketPlace.NONE


def _names(axes: Axes) -> bool:
    """What names the records, and how many of them."""
    place, batch, company = axes.place, axes.batch, axes.company
    if axes.scope is not Scope.RECORDS:
        plain = axes.spelling is Spelling.PLAIN and company is Company.NONE
        return place is Place.SINGLE and batch == 1 and plain
    several = place in _SEVERAL or (place is Place.PARTS and _holds_json(axes))
    if batch > 1 and not several:
        return False
    if company is not Company.NONE and place not in (Place.OBJECTS, Place.KEYED):
        return False
    if axes.spelling is Spelling.PLAIN:
        return True
    if place is Place.PATH:
        return axes.spelling is Spelling.BASE64URL
    return place in _SPELLED and axes.wrap not in _BASE64


def _travels(axes: Axes) -> bool:
    """Place, carrier, wrap and nesting."""
    place, json = axes.place, _holds_json(axes)
    if axes.scope is Scope.RECORDS and place in _IN_PATH:
        return axes.wrap is Wrap.NONE and axes.nesting == 0 and axes.carrier is not Carrier.GRAPHQL
    if place is Place.REPEATED and json:
        return False
    if place in _IN_JSON and not json:
        return False
    if axes.carrier is Carrier.GRAPHQL and axes.wrap in _BASE64:
        return False
    return axes.nesting == 0 or json


def _token_fits(axes: Axes) -> bool:
    if axes.token is TokenPlace.QUERY:
        return axes.carrier is not Carrier.QUERY
    if axes.token is TokenPlace.FIELD:
        return axes.carrier is not Carrier.GRAPHQL
    if axes.token is TokenPlace.INSIDE:
        in_path = axes.scope is Scope.RECORDS and axes.place in _IN_PATH
        deeper = axes.nesting > 0 or axes.wrap is not Wrap.NONE or axes.carrier is Carrier.GRAPHQL
        return _holds_json(axes) and deeper and not in_path
    return True


def _method_fits(axes: Axes) -> bool:
    if axes.method is Method.GET:
        return axes.carrier is Carrier.QUERY
    if axes.method is Method.DELETE:
        return axes.carrier not in (Carrier.MULTIPART, Carrier.GRAPHQL)
    return axes.method is Method.POST or axes.carrier is not Carrier.GRAPHQL


def _holds_json(axes: Axes) -> bool:
    return axes.carrier in (Carrier.JSON, Carrier.GRAPHQL) or axes.wrap is not Wrap.NONE
