"""Rows of the two history surfaces to `Recording`s. Pure.

`voice` is RVH v2, `activity` is RAH; PROTOCOL.md, section "Listing". Unknown fields are ignored, a known
field of another type is a `SchemaError`: half-understood rows would be miscounted. Left out here:
the walk over the pages (`paging`).
"""

import hashlib
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.errors import SchemaError, WrongAccountError
from agent.model import NO_KEY, Recording, Surface

LIST_FIELD = {Surface.VOICE: "customerHistoryRecords", Surface.ACTIVITY: "alexaHistoryRecords"}
TOKEN_FIELD = {Surface.VOICE: "encodedRequestToken", Surface.ACTIVITY: "paginationToken"}
KEY_FIELD = {Surface.VOICE: "recordKey", Surface.ACTIVITY: "activityKey"}

EARLIEST = 1_000_000_000_000
LATEST = 10_000_000_000_000
"""Times outside (2001 to 2286) are not milliseconds: seconds or microseconds would be misjudged."""

_KEY_PARTS = 4
_LOOKS_LIKE_PAGING = ("token", "cursor", "nextpage")
_SEEN_ON = {surface: frozenset({surface}) for surface in Surface}
_EVERYWHERE = frozenset(Surface)


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `null` and `time_limit` are the two ways in which it says nothing about what is there."""

    recordings: tuple[Recording, ...]
    token: str | None
    null: bool = False
    time_limit: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What is written in a row's items."""

    item_keys: tuple[str, ...] = ()
    utterance_ids: tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Reader:
    """Reads pages of one listing; equal texts are kept once in memory.

    Attributes:
        customer_id: whose rows they must be.
        digest_key: random bytes of this process (at most 64), so that digests mean nothing elsewhere.
        items: keep item keys and utterance ids.
        text: keep the words.
    """

    customer_id: str
    digest_key: bytes
    items: bool = False
    text: bool = False
    _serials: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict, init=False)

    def page(self, surface: Surface, value: object) -> Page:
        """Reads one answer.

        Raises:
            SchemaError: it has another shape.
            WrongAccountError: a row belongs to another customer.
        """
        top = _object(value)
        name = LIST_FIELD[surface]
        if name not in top:
            raise SchemaError("the list of records is missing")
        rows = top[name]
        if rows is not None and not isinstance(rows, list):
            raise SchemaError("the list of records is no list")
        return Page(
            tuple(self.row(surface, row) for row in rows or ()),
            _token(top, TOKEN_FIELD[surface]),
            null=rows is None,
            time_limit=_flag(top, "noDataFoundWithinTimeLimit"),
        )

    def row(self, surface: Surface, value: object) -> Recording:
        """Reads one row. Raises as `page`."""
        row = _object(value)
        key = _text(row, KEY_FIELD[surface])
        parts = key.split("#")
        composed = parts if len(parts) == _KEY_PARTS and parts[1].isdigit() else ["", "", "", ""]
        customer = self._whose(_text(row, "customerId"), composed[0])
        kind = sys.intern(_text(row, "utteranceType") or _text(row, "recordType"))
        spoken_at = _time(row, composed[1])
        words = _words(row)
        said = " ".join(words.said.split())
        return Recording(
            key=key or _made_up(kind, spoken_at),
            spoken_at=spoken_at,
            surfaces=_SEEN_ON[surface],
            serials=self._once(tuple(sorted({serial for serial in (composed[3], *_devices(row)) if serial}))),
            device_type=sys.intern(composed[2]),
            kind=kind,
            customer_id=sys.intern(customer),
            text_digest=self._digest(said),
            audio=bool(words.utterance_ids),
            item_keys=words.item_keys if self.items else (),
            utterance_ids=words.utterance_ids if self.items else (),
            text=said if self.text and said else None,
        )

    def _whose(self, named: str, in_key: str) -> str:
        for customer in (named, in_key):
            if customer and customer != self.customer_id:
                raise WrongAccountError("a row of the history belongs to another customer")
        return in_key or named

    def _digest(self, said: str) -> bytes | None:
        normal = " ".join(unicodedata.normalize("NFKC", said).casefold().split())
        if not normal:
            return None
        return hashlib.blake2b(normal.encode(), digest_size=16, key=self.digest_key).digest()

    def _once(self, serials: tuple[str, ...]) -> tuple[str, ...]:
        return self._serials.setdefault(serials, serials)


def merge(one: Recording, other: Recording) -> Recording:
    """Two sightings of the same key as one: visible wherever either is.

    Order does not matter, and merging a sighting with itself changes nothing. Where the two
    contradict each other the smaller value stays, so that every order ends the same.
    """
    if one == other:
        return one
    seen_on = one.surfaces | other.surfaces
    digests = [digest for digest in (one.text_digest, other.text_digest) if digest is not None]
    return Recording(
        key=one.key,
        spoken_at=min(one.spoken_at, other.spoken_at),
        surfaces=_EVERYWHERE if seen_on == _EVERYWHERE else seen_on,
        serials=_union(one.serials, other.serials),
        device_type=_either(one.device_type, other.device_type),
        kind=_either(one.kind, other.kind),
        customer_id=_either(one.customer_id, other.customer_id),
        text_digest=min(digests, default=None),
        audio=one.audio or other.audio,
        item_keys=_union(one.item_keys, other.item_keys),
        utterance_ids=_union(one.utterance_ids, other.utterance_ids),
        text=min((text for text in (one.text, other.text) if text is not None), default=None),
    )


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return one if one == other else tuple(sorted({*one, *other}))


def _either(one: str, other: str) -> str:
    return min(one, other) if one and other else one or other


def _made_up(kind: str, spoken_at: int) -> str:
    return NO_KEY + hashlib.sha256(f"{kind}\n{spoken_at}".encode()).hexdigest()


def _words(row: Mapping[str, object]) -> Words:
    """Keys, audio and words of a row's items, in the order of the row.

    What the customer said comes first; only where nothing of it is left do other texts (a replacement,
    Alexa's answer) stand for the row, so that the same words give the same digest with any answer.
    """
    item_keys: dict[str, None] = {}
    utterances: dict[str, None] = {}
    said: list[str] = []
    other: list[str] = []
    for item in _list(row, "voiceHistoryRecordItems"):
        item_keys[_text(item, "recordItemKey")] = None
        utterances[_text(item, "utteranceId")] = None
        text = _text(item, "transcriptText")
        (said if _text(item, "recordItemType") == "CUSTOMER_TRANSCRIPT" else other).append(text)
    words = " ".join(said) if any(text.split() for text in said) else " ".join(other)
    return Words(tuple(filter(None, item_keys)), tuple(filter(None, utterances)), words)


def _devices(row: Mapping[str, object]) -> Iterator[str]:
    """Serials that RAH names: in one object, in an array of them, or nowhere."""
    info = row.get("deviceInfo")
    for device in info if isinstance(info, list) else [] if info is None else [info]:
        yield _text(_object(device), "deviceSerialNumber")


def _time(row: Mapping[str, object], in_key: str) -> int:
    at = row.get("timestamp")
    if at is None and in_key.isascii() and in_key:
        at = int(in_key[:20])
    if not isinstance(at, int) or isinstance(at, bool) or not EARLIEST <= at < LATEST:
        raise SchemaError("the time of a row is not in milliseconds")
    return at


def _token(top: Mapping[str, object], name: str) -> str | None:
    """The token of the next page. A renamed one must not read as the last page."""
    if name not in top and any(_pages_on(field, value) for field, value in top.items()):
        raise SchemaError("paging works in another way")
    return _text(top, name) or None


def _pages_on(name: str, value: object) -> bool:
    return bool(value) and any(word in name.lower() for word in _LOOKS_LIKE_PAGING)


def _flag(top: Mapping[str, object], name: str) -> bool:
    value = top.get(name)
    if value is not None and not isinstance(value, bool):
        raise SchemaError("a yes or no is neither")
    return bool(value)


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise SchemaError("something is no object that should be one")
    return value


def _list(row: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    value = row.get(name)
    if value is not None and not isinstance(value, list):
        raise SchemaError("something is no list that should be one")
    for item in value or ():
        yield _object(item)


def _text(row: Mapping[str, object], name: str) -> str:
    """A text field; absent and null read as ""."""
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SchemaError("something is no text that should be one")
    return value
