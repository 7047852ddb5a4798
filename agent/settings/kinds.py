"""The kinds of value a configuration holds, each checked on its own and each with its JSON Schema."""

import re
import zoneinfo
from collections.abc import Hashable
from datetime import time, timedelta
from difflib import get_close_matches
from typing import Annotated, TypeVar

from pydantic import AfterValidator, PlainSerializer, PlainValidator, WithJsonSchema

from agent.settings import cron, duration
from agent.settings.problem import RefusedError

ACCOUNT = r"^[a-z][a-z0-9-]{0,31}$"
METHOD = r"^(learned|phrase|recipe:[a-z0-9][a-z0-9-]{0,63})$"
REFERENCE = r"^\{credential:[a-z][a-z0-9-]{0,63}\}$"
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
LOOPBACK = r"^https://127\.0\.0\.1:([1-9][0-9]{0,4})$"
FILE = r"^/[^\x00]+$"
_ZONE = r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}"
_NOT_A_ZONE = ("localtime", "posixrules", "posix/", "right/")
_HIGHEST_PORT = 65_535
_LONGEST_NAME = 256

Entries = TypeVar("Entries", bound=tuple[Hashable, ...])


def _matching(pattern: str, value: object, message: str, proposal: str = "") -> str:
    if not isinstance(value, str):
        raise RefusedError("must be text", "put it in quotes")
    if re.fullmatch(pattern, value) is None:
        raise RefusedError(message, proposal)
    return value


def _version(value: object) -> int:
    if type(value) is not int or value != 1:  # True and 1.0 equal 1, too
        raise RefusedError("must be 1", "a newer file needs a newer voicepurge")
    return value


def _account(value: object) -> str:
    proposal = "a-z first, then a-z, 0-9 and -, at most 32 characters"
    return _matching(ACCOUNT, value, "is no name for an account", proposal)


def _method(value: object) -> str:
    return _matching(METHOD, value, "is no method", "learned, phrase or recipe:NAME")


def _reference(value: object) -> str:
    proposal = 'put it in the vault: `voicepurge secret set NAME`, then write "{credential:NAME}"'
    return _matching(REFERENCE, value, "must be a reference to a secret", proposal)


def _file(value: object) -> str:
    return _matching(FILE, value, "must be the full path of a file", "begin with /")


def _clock(value: object) -> time:
    text = _matching(CLOCK, value, "must be a time of day", 'two digits each, quoted, like "03:10"')
    return time.fromisoformat(text)


def _loopback(value: object) -> str:
    text = _matching(LOOPBACK, value, "must be a practice cloud here", "https://127.0.0.1:PORT")
    if int(text.rpartition(":")[2]) > _HIGHEST_PORT:
        raise RefusedError("has no such port", f"1 to {_HIGHEST_PORT}")
    return text


def _zone(value: object) -> str:
    text = _matching(_ZONE, value, "is no time zone", "a name like Europe/Berlin")
    try:
        known = not text.startswith(_NOT_A_ZONE) and bool(zoneinfo.ZoneInfo(text))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = False
    if not known:
        zones = {zone for zone in zoneinfo.available_timezones() if not zone.startswith(_NOT_A_ZONE)}
        if not zones:
            raise RefusedError("cannot be checked: this machine has no time zone data", "install tzdata")
        near = get_close_matches(text[:64], zones, n=1)
        raise RefusedError(
            "is no time zone", f"did you mean {near[0]}?" if near else "a name like Europe/Berlin"
        )
    return text


def _device_name(value: object) -> str:
    if not isinstance(value, str):
        raise RefusedError("must be text", "put it in quotes")
    if not value.strip():
        raise RefusedError("is no name of a device")
    if len(value) > _LONGEST_NAME:
        raise RefusedError(f"is longer than {_LONGEST_NAME} characters")
    return value


def no_twins(entries: Entries) -> Entries:
    """Refuses a list that says something twice."""
    if len(set(entries)) < len(entries):
        raise RefusedError("says something twice", "remove one")
    return entries


def _text(pattern: str, description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": description})


Duration = Annotated[
    timedelta,
    PlainValidator(duration.parse),
    PlainSerializer(duration.show, return_type=str),
    _text(duration.PATTERN, "A whole number and a unit: s, m, h, d, w."),
]
Version = Annotated[int, PlainValidator(_version), WithJsonSchema({"const": 1})]
AccountName = Annotated[str, PlainValidator(_account), _text(ACCOUNT, "A short name of your own.")]
Method = Annotated[str, PlainValidator(_method), _text(METHOD, "learned, phrase or recipe:NAME.")]
Reference = Annotated[str, PlainValidator(_reference), _text(REFERENCE, "{credential:NAME}, in the vault.")]
File = Annotated[str, PlainValidator(_file), _text(r"^/.+$", "Full path of a file.")]
Loopback = Annotated[str, PlainValidator(_loopback), _text(LOOPBACK, "Address of a practice cloud here.")]
Zone = Annotated[str, PlainValidator(_zone), _text(f"^{_ZONE}$", "A name like Europe/Berlin.")]
DeviceName = Annotated[str, PlainValidator(_device_name), WithJsonSchema({"type": "string", "minLength": 1})]
TimeOfDay = Annotated[
    time,
    PlainValidator(_clock),
    PlainSerializer(lambda at: at.strftime("%H:%M"), return_type=str),
    _text(CLOCK, "A time of day, quoted."),
]
CronLine = Annotated[
    cron.Cron,
    PlainValidator(cron.parse),
    PlainSerializer(lambda line: line.text, return_type=str),
    WithJsonSchema({"type": "string", "description": "minute hour day month weekday; 0 and 7 are Sunday."}),
]
Names = Annotated[tuple[DeviceName, ...], AfterValidator(no_twins)]
Methods = Annotated[tuple[Method, ...], AfterValidator(no_twins)]
References = Annotated[tuple[Reference, ...], AfterValidator(no_twins)]
