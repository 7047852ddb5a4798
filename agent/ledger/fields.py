"""Which fields each event must and may carry. Pure; FORMAT.md holds the same table for people.

Fields not named here are allowed and kept: an older reader must not stumble over a newer writer.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeGuard

from agent.model import Event, Result, Scope, Standing, Surface, Verdict

PER_ENTRY: Final = 100
"""The most recordings one entry names."""

Kind = Callable[[Any], bool]
Fields = Mapping[str, object]

_HEX64 = re.compile(r"[0-9a-f]{64}").fullmatch
_HOUR = re.compile(r"\d{4}-\d\d-\d\dT\d\dZ").fullmatch
_SHORT = 1024


def is_text(value: object) -> TypeGuard[str]:
    """A string of at most 1024 characters, maybe empty."""
    return isinstance(value, str) and len(value) <= _SHORT


def is_name(value: object) -> TypeGuard[str]:
    """A string that is not empty."""
    return is_text(value) and bool(value)


def is_int(value: object) -> TypeGuard[int]:
    """An integer; in JSON terms neither a boolean nor a fraction."""
    return type(value) is int  # a subclass, like bool, is another kind; and this is asked a million times


def is_count(value: object) -> TypeGuard[int]:
    """An integer of at least zero."""
    return type(value) is int and value >= 0


def is_sha256(value: object) -> TypeGuard[str]:
    """64 lower-case hex digits."""
    return isinstance(value, str) and _HEX64(value) is not None


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _seconds(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _hour(value: object) -> bool:
    return isinstance(value, str) and _HOUR(value) is not None


def _one_of(words: type[Result | Scope | Standing | Verdict]) -> Kind:
    allowed = frozenset(word.value for word in words)
    return lambda value: isinstance(value, str) and value in allowed


def _word(*words: str) -> Kind:
    return lambda value: isinstance(value, str) and value in words


def _many(kind: Kind, most: int = PER_ENTRY) -> Kind:
    return lambda value: isinstance(value, list) and len(value) <= most and all(map(kind, value))


def _or_null(kind: Kind) -> Kind:
    return lambda value: value is None or kind(value)


def _window(value: object) -> bool:
    return isinstance(value, dict) and is_int(value.get("from")) and is_int(value.get("to"))


def _open(value: object) -> bool:
    return isinstance(value, dict) and _window(value) and _many(is_name)(value.get("methods"))


def _named(value: object) -> bool:
    """A recording as the pair of its commitment and the hour it was spoken."""
    return isinstance(value, list) and list(map(type, value)) == [str, str] and _pair(*value)


def _pair(commitment: str, hour: str) -> bool:
    return is_sha256(commitment) and _hour(hour)


def _surface_end(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("complete"), bool)
        and is_count(value.get("rows"))
        and is_count(value.get("pages"))
        and value["complete"] == (value.get("reason") is None)
        and (value["complete"] or is_name(value["reason"]))
    )


def _surface_ends(value: object) -> bool:
    known = {surface.value for surface in Surface}
    return isinstance(value, dict) and value.keys() <= known and all(map(_surface_end, value.values()))


COUNTS: Final = (
    "listed",
    "due",
    "requested",
    "gone",
    "text_remains",
    "still_visible",
    "unknown",
    "collateral",
    "undecided",
)
"""The numbers of `run_ended`."""


def _counts(value: object) -> bool:
    return isinstance(value, dict) and all(is_count(value.get(name)) for name in COUNTS)


def _follows(value: object) -> bool:
    """The ledger before: its name, key and newest signed head as far as they were known, and its bytes."""
    return (
        isinstance(value, dict)
        and all(is_text(value.get(name)) for name in ("origin", "vkey", "root"))
        and is_count(value.get("size"))
        and is_sha256(value.get("sha256"))
    )


def _tally(value: object) -> bool:
    return isinstance(value, dict) and all(map(is_text, value)) and all(map(is_count, value.values()))


def _visible(value: object) -> bool:
    """What a complete look showed: counts, from when on, by surface and by device label."""
    return (
        isinstance(value, dict)
        and all(is_int(value.get(name)) for name in ("at", "start"))
        and all(is_count(value.get(name)) for name in ("recordings", "texts", "due"))
        and (value.get("oldest") == "" or _hour(value.get("oldest")))
        and _tally(value.get("surfaces"))
        and _tally(value.get("devices"))
    )


_NAMES = _many(is_name)
_COMMITMENTS = _many(is_sha256)

REQUIRED: Final[Mapping[Event, Mapping[str, Kind]]] = {
    Event.LEDGER_CREATED: {
        "format": is_name,
        "origin": is_name,
        "vkey": is_name,
        "tool": is_name,
        "practice": _flag,
    },
    Event.CONFIG_APPLIED: {"config": is_sha256, "policy": is_sha256},
    Event.CONFIG_REFUSED: {"problems": is_count},
    Event.RUN_STARTED: {
        "trigger": _word("manual", "schedule", "catch_up", "retry"),
        "policy": is_sha256,
        "window": _window,
        "full": _flag,
    },
    Event.LISTED: {
        "surfaces": _surface_ends,
        "recordings": is_count,
        "texts": is_count,
        "due": is_count,
        "undecided": is_count,
    },
    Event.DELETION_INTENDED: {
        "attempt": is_count,
        "method": is_name,
        "digest": is_sha256,
        "scope": _one_of(Scope),
        "part": is_count,
        "parts": is_count,
        "recordings": _many(_named),
    },
    Event.DELETION_ANSWERED: {"attempt": is_count, "result": _one_of(Result), "ms": is_count},
    Event.RELISTED: {
        "of": is_name,
        "surfaces": _surface_ends,
        "recordings": is_count,
        "due": is_count,
        "part": is_count,
        "parts": is_count,
        "gone": _COMMITMENTS,
        "text_remains": _COMMITMENTS,
        "still_visible": _COMMITMENTS,
        "collateral": is_count,
    },
    Event.RUN_ENDED: {
        "verdict": _one_of(Verdict),
        "reason": is_text,
        "counts": _counts,
        "surfaces": _NAMES,
        "methods": _NAMES,
        "policy": is_sha256,
        "confirmed": _flag,
        "settled_through": _or_null(is_int),
        "full": _flag,
        "open": _or_null(_open),
    },
    Event.RECOVERED: {"kind": _word("tail", "run", "clock")},
    Event.SLOT_MISSED: {"slot": is_name},
    Event.METHOD_CHANGED: {
        "method": is_name,
        "digest": is_sha256,
        "standing": _one_of(Standing),
        "reason": is_text,
    },
    Event.REAPPEARED: {"recordings": _COMMITMENTS},
    Event.SIGNED_IN: {},
    Event.SIGNED_OUT: {"reason": is_text},
    Event.CHECKPOINTED: {"size": is_count, "root": is_name},
}

OPTIONAL: Final[Mapping[Event, Mapping[str, Kind]]] = {
    Event.LEDGER_CREATED: {"follows": _follows},
    Event.SIGNED_IN: {"since": is_count},
    Event.RUN_STARTED: {"slot": is_name, "confirmed": _flag},
    Event.LISTED: {"oldest": _hour, "methods": _NAMES, "expected_s": _seconds, "window": _window},
    Event.DELETION_INTENDED: {"window": _window},
    Event.DELETION_ANSWERED: {"status": _or_null(is_int), "reason": is_text},
    Event.RELISTED: {"closes": _flag, "window": _window},
    Event.RUN_ENDED: {
        "slot": is_name,
        "visible": _visible,
        "state": lambda value: isinstance(value, dict),
    },
    Event.CONFIG_APPLIED: {"schedule_changed": _flag, "schedule": is_sha256},
    Event.SLOT_MISSED: {"count": is_count, "reason": is_text},
    Event.RECOVERED: {"bytes": is_count, "sha256": is_sha256, "slot": is_name},
}

RUN_NEEDED: Final = frozenset(
    {
        Event.RUN_STARTED,
        Event.LISTED,
        Event.DELETION_INTENDED,
        Event.DELETION_ANSWERED,
        Event.RELISTED,
        Event.RUN_ENDED,
        Event.REAPPEARED,
    }
)
"""Events that belong to a run and must name it."""

_NOTHING: Final[Mapping[str, Kind]] = {}


def problem(event: Event, run: str | None, fields: Fields) -> str | None:
    """What is wrong with an entry's fields, in a few words that show none of its values; None when fine."""
    if run is None and event in RUN_NEEDED:
        return f"{event} names no run"
    for name, kind in REQUIRED[event].items():
        if name not in fields:
            return f"{event} has no field {name}"
        if not kind(fields[name]):
            return f"{event} has a field {name} of another kind"
    for name, kind in OPTIONAL.get(event, _NOTHING).items():
        if name in fields and not kind(fields[name]):
            return f"{event} has a field {name} of another kind"
    return _across(event, run, fields)


def _across(event: Event, run: str | None, fields: Fields) -> str | None:
    """Rules that look at more than one field."""
    if event is Event.RELISTED:
        named = (fields[name] for name in ("gone", "text_remains", "still_visible"))
        if sum(len(part) for part in named if isinstance(part, list)) > PER_ENTRY:
            return f"{event} names more than {PER_ENTRY} recordings"
    if event is Event.RECOVERED:
        if fields["kind"] == "run" and run is None:
            return f"{event} names no run"
        if fields["kind"] == "tail" and not {"bytes", "sha256"} <= fields.keys():
            return f"{event} of a tail needs bytes and sha256"
        if fields["kind"] == "clock" and "slot" not in fields:
            return f"{event} of a clock needs a slot"
    return None
