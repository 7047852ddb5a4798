"""One entry as one line of the file, both ways. Pure.

A line is compact JSON in ASCII, at most 64 KiB: seq, prev, t, event, run (where there is one), then the
event's own fields in the order they were given. What is hashed is the line's bytes as they stand, so nobody
ever has to write JSON twice the same way.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from agent.ledger import fields as rules
from agent.model import Event

FORMAT: Final = "voicepurge-ledger/1"
MAX_LINE: Final = 65_536
"""The longest line in bytes, without its newline."""
ZERO: Final = "0" * 64
"""`prev` of the first entry."""

_HEAD = ("seq", "prev", "t", "event", "run")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z").fullmatch
_LAST_MS = 253_402_300_799_999
_EVENTS = {event.value: event for event in Event}


class EntryError(ValueError):
    """An entry breaks the format. The message says how and shows none of its values."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        seq: its number, from 0; line number minus one.
        prev: hex SHA-256 of the line before, without newline; 64 zeros for the first.
        at: when it was written, ms UTC, by the machine's clock.
        event: what happened.
        run: the run it belongs to, or None.
        fields: everything else.
    """

    seq: int
    prev: str
    at: int
    event: Event
    run: str | None
    fields: Mapping[str, object]


def line_hash(line: bytes) -> str:
    """What the next entry carries as `prev`: hex SHA-256 of the line without its newline."""
    return hashlib.sha256(line).hexdigest()


def timestamp(at: int) -> str:
    """RFC 3339 in UTC with milliseconds, from ms UTC.

    Raises:
        EntryError: before 1970 or after the year 9999.
    """
    if not 0 <= at <= _LAST_MS:
        raise EntryError("time out of range")
    whole = datetime.fromtimestamp(at // 1000, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def from_timestamp(text: str) -> int:
    """Ms UTC of what `timestamp` wrote.

    Raises:
        EntryError: of another form, or no such moment.
    """
    if _TIME(text) is None:
        raise EntryError("t is not a UTC time with milliseconds")
    try:
        moment = datetime.fromisoformat(text[:19] + "+00:00")
    except ValueError:
        raise EntryError("t is no moment of the calendar") from None
    return int(moment.timestamp()) * 1000 + int(text[20:23])


def encode(entry: Entry) -> bytes:
    """The line of an entry, without newline.

    Raises:
        EntryError: a field is missing or of another kind, a number is not finite, a name is taken, too long.
    """
    _check(entry.seq, entry.prev, entry.run)
    if fault := rules.problem(entry.event, entry.run, entry.fields):
        raise EntryError(fault)
    if taken := [name for name in _HEAD if name in entry.fields]:
        raise EntryError(f"field {taken[0]} is the ledger's own")
    head = {"seq": entry.seq, "prev": entry.prev, "t": timestamp(entry.at), "event": entry.event.value}
    own = {} if entry.run is None else {"run": entry.run}
    try:
        text = json.dumps({**head, **own, **entry.fields}, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise EntryError("a field cannot be written as JSON") from None
    if len(text) > MAX_LINE:
        raise EntryError("line over 64 KiB")
    return text.encode("ascii")


def decode(line: bytes) -> Entry:
    """The entry of a line without its newline.

    Raises:
        EntryError: not one JSON object in ASCII, a name twice, a number not finite, an unknown event, a field
            missing or of another kind, over 64 KiB.
    """
    if len(line) > MAX_LINE:
        raise EntryError("line over 64 KiB")
    try:
        raw = _DECODER.decode(line.decode("ascii"))
    except EntryError:
        raise
    except UnicodeDecodeError:
        raise EntryError("not ASCII") from None
    except (ValueError, RecursionError):
        raise EntryError("not JSON") from None
    if not isinstance(raw, dict):
        raise EntryError("not a JSON object")
    return _entry(raw)


def _entry(raw: dict[str, Any]) -> Entry:
    seq, prev, t, name, run = (raw.pop(key, None) for key in _HEAD)
    event = _EVENTS.get(name) if isinstance(name, str) else None
    if event is None:
        raise EntryError("unknown event")
    if not isinstance(t, str):
        raise EntryError("t is missing")
    _check(seq, prev, run)
    if fault := rules.problem(event, run, raw):
        raise EntryError(fault)
    return Entry(seq, prev, from_timestamp(t), event, run, raw)


def _check(seq: object, prev: object, run: object) -> None:
    if not rules.is_count(seq):
        raise EntryError("seq is not a number from 0")
    if not rules.is_sha256(prev):
        raise EntryError("prev is not a SHA-256 in hex")
    if run is not None and not rules.is_name(run):
        raise EntryError("run is not a name")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: readers disagree about which of two equal names counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise EntryError("a name stands twice")
    return found


def _not_finite(_: str) -> NoReturn:
    raise EntryError("a number is not finite")


def _fraction(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        _not_finite(text)
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_not_finite, parse_float=_fraction)
