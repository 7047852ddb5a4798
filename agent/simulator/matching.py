"""Whether a request is exactly of a template's form, and what its placeholders stand for then."""

import json
import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64Error
from collections.abc import Sequence
from urllib.parse import unquote

from agent.simulator.wire import (
    ITEM_KEY,
    ITEM_KEYS,
    KEY,
    KIND,
    NUMBERS,
    OF_RECORD,
    PLACEHOLDERS,
    SERIAL,
    STAMP,
    STAMP_TEXT,
    UTTERANCE_ID,
    UTTERANCE_IDS,
    Json,
    Named,
    Pairs,
    Values,
)

_WHOLE = re.compile(r"0|[1-9][0-9]{0,15}")

Found = dict[str, Json]
"""What names the record that is being matched, by placeholder."""


class MismatchError(Exception):
    """A request is not of the template's form; says where."""


def match_json(template: Json, given: Json, values: Values) -> None:
    """Finds in `given` what the placeholders of `template` stand for.

    Raises:
        MismatchError: anything is missing, more, or of another type.
    """
    found: Found = {}
    _match(template, given, values, found)
    _record(found, values)


def match_pairs(template: Pairs, given: Sequence[tuple[str, str]], values: Values) -> None:
    """The same for query or form fields; their order does not matter, that of a repeated field does.

    Raises:
        MismatchError: anything is missing or more.
    """
    sent: dict[str, list[str]] = {}
    for name, value in given:
        sent.setdefault(name, []).append(value)
    if set(sent) != {name for name, _ in template}:
        raise MismatchError("other fields than expected")
    found: Found = {}
    for name, wanted in template:
        if wanted in (ITEM_KEY, UTTERANCE_ID):
            found[ITEM_KEYS if wanted == ITEM_KEY else UTTERANCE_IDS] = sent[name]
        elif wanted == KEY or (isinstance(wanted, dict) and "$each" in wanted):
            _match(wanted if isinstance(wanted, dict) else {"$each": KEY}, sent[name], values, found)
        elif len(sent[name]) != 1:
            raise MismatchError(f"{name} is repeated")
        else:
            text = sent[name][0]
            _match(wanted, _number(text) if wanted in NUMBERS else text, values, found)
    _record(found, values)


def match_path(template: str, given: str, values: Values) -> bool:
    """Whether the still percent-encoded path `given` is of the form of `template`."""
    wanted, sent = template.split("/"), given.split("/")
    if len(wanted) != len(sent):
        return False
    found: Found = {}
    try:
        for one, each in zip(wanted, sent, strict=True):
            if one != "{key64}" and one not in PLACEHOLDERS:
                if one != each:
                    return False
            elif not each or "#" in each:
                return False
            else:
                text = unquote(each)
                inner: Json = {"$base64url": KEY} if one == "{key64}" else one
                _match(inner, _number(text) if one in NUMBERS else text, values, found)
        _record(found, values)
    except MismatchError:
        return False
    return True


def _record(found: Found, values: Values) -> None:
    """Adds the record that `found` names, if it names one."""
    if not found:
        return
    stamp = found[STAMP] if STAMP in found else found.get(STAMP_TEXT)
    key = found.get(KEY, "")
    parts = ("", str(stamp), found.get(KIND), found.get(SERIAL))
    if not key and None not in parts and stamp is not None:
        key = "#".join(str(part) for part in parts)
    if stamp is not None and str(stamp) not in key.split("#")[1:2]:
        raise MismatchError("the time is not that of the key")
    if found.get(KIND) is not None and found[KIND] not in key.split("#")[2:3]:
        raise MismatchError("the device is not that of the key")
    parts_of = (tuple(found.get(name, ())) for name in (ITEM_KEYS, UTTERANCE_IDS))
    values.records.append(Named(key, *parts_of))


def _number(text: str) -> int | str:
    return int(text) if _WHOLE.fullmatch(text) else text


def _match(template: Json, given: Json, values: Values, found: Found) -> None:
    if isinstance(template, dict):
        _match_object(template, given, values, found)
    elif isinstance(template, list):
        if not isinstance(given, list) or len(given) != len(template):
            raise MismatchError("a list of another length is expected")
        for wanted, each in zip(template, given, strict=True):
            _match(wanted, each, values, found)
    elif isinstance(template, str) and template in PLACEHOLDERS:
        _bind(template, given, values, found)
    elif type(template) is not type(given) or template != given:
        raise MismatchError("a fixed value differs")


def _match_object(template: dict[str, Json], given: Json, values: Values, found: Found) -> None:
    directive = next(iter(template), "")
    inner = template.get(directive)
    if directive == "$each":
        if not isinstance(given, list):
            raise MismatchError("a list is expected")
        for each in given:
            _one_record(inner, each, values, {})
    elif directive in ("$json", "$base64", "$base64url"):
        _match(inner, _READ[directive](given), values, found)
    elif not isinstance(given, dict):
        raise MismatchError("an object is expected")
    elif directive == "$keyed":
        for key, each in given.items():
            _one_record(inner, each, values, {KEY: key})
    elif set(given) != set(template):
        raise MismatchError("other members than expected")
    else:
        for name, value in template.items():
            _match(value, given[name], values, found)


def _one_record(template: Json, given: Json, values: Values, found: Found) -> None:
    _match(template, given, values, found)
    _record(found, values)


def _from_json(given: Json) -> Json:
    if not isinstance(given, str):
        raise MismatchError("a text is expected")
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        raise MismatchError("no JSON inside") from None


def _from_base64(given: Json) -> Json:
    return _decoded(given, url=False)


def _from_base64url(given: Json) -> Json:
    return _decoded(given, url=True)


def _decoded(given: Json, *, url: bool) -> str:
    """Exactly one way of writing is right; lenient decoders would take more."""
    if not isinstance(given, str) or not given.isascii():
        raise MismatchError("a text is expected")
    try:
        raw = urlsafe_b64decode(given + "=" * (-len(given) % 4)) if url else b64decode(given, validate=True)
        text = raw.decode()
    except (ValueError, NoBase64Error):
        raise MismatchError("not encoded as expected") from None
    again = urlsafe_b64encode(raw).decode().rstrip("=") if url else b64encode(raw).decode()
    if again != given:
        raise MismatchError("not encoded as expected")
    return text


_READ = {"$json": _from_json, "$base64": _from_base64, "$base64url": _from_base64url}


def _bind(placeholder: str, given: Json, values: Values, found: Found) -> None:
    if placeholder in NUMBERS:
        fits = type(given) is int
    elif placeholder in (ITEM_KEYS, UTTERANCE_IDS):
        fits = isinstance(given, list) and all(isinstance(each, str) for each in given)
    else:
        fits = isinstance(given, str)
    if not fits:
        raise MismatchError("a value of another type is expected")
    if placeholder in OF_RECORD:
        found[placeholder] = given
    elif values.one.setdefault(placeholder, given) != given:
        raise MismatchError("one value in two places differs")
