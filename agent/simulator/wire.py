"""Request templates: one description that can be filled in (to ask) and matched (to check what was asked).

A template is plain data: JSON values in which the strings of `PLACEHOLDERS` stand for values, and
`{"$each": X}` stands for a list with one X a record, `{"$keyed": X}` for an object with one member a record.
Query and form fields are pairs of name and value; a pair with a record's placeholder repeats for each record.
Tests fill templates with it, the privacy page's script fills the same data, the server matches against it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlencode

KEY, ITEM_KEYS, UTTERANCE_IDS = "{key}", "{item_keys}", "{utterance_ids}"
TOKEN, TICKET, START, END = "{token}", "{ticket}", "{start}", "{end}"
PLACEHOLDERS = (KEY, ITEM_KEYS, UTTERANCE_IDS, TOKEN, TICKET, START, END)
_OF_RECORD = (KEY, ITEM_KEYS, UTTERANCE_IDS)
_NUMBERS = (START, END)

Pairs = tuple[tuple[str, str], ...]
Json = Any
"""A JSON value; its shape is checked where it is read."""


@dataclass(frozen=True, slots=True)
class Template:
    """One step of a delete request, with placeholders.

    Attributes:
        method: HTTP method.
        path: below the retail host; may contain `{key}`, percent-encoded when filled in.
        query: pairs; `{token}` may stand here.
        content_type: of the body, or "" without one.
        json: the body of a JSON request, else None.
        form: the body of a form request, else empty.
        header: whether the anti-CSRF token goes into `anti-csrftoken-a2z`.
    """

    method: str
    path: str
    query: Pairs = ()
    content_type: str = ""
    json: Json = None
    form: Pairs = ()
    header: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """What one record is named by."""

    key: str
    item_keys: tuple[str, ...] = ()
    utterance_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class Values:
    """What placeholders stand for: filled in by who asks, found by who matches."""

    records: list[Named] = field(default_factory=list)
    one: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asking:
    """A finished request: what goes over the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class MismatchError(Exception):
    """A request is not of the template's form; says where."""


def fill(template: Template, values: Values) -> Asking:
    """The request for these values.

    Raises:
        KeyError: a placeholder has no value.
    """
    path = template.path
    if KEY in path:
        path = path.replace(KEY, quote(values.records[0].key, safe=""))
    query = urlencode(_filled_pairs(template.query, values))
    headers = {"content-type": template.content_type} if template.content_type else {}
    if template.header:
        headers["anti-csrftoken-a2z"] = str(values.one[TOKEN])
    body = b""
    if template.json is not None:
        body = json.dumps(_filled(template.json, values, None)).encode()
    elif template.form:
        body = urlencode(_filled_pairs(template.form, values)).encode()
    return Asking(template.method, path + (f"?{query}" if query else ""), headers, body)


def match_json(template: Json, given: Json, values: Values) -> None:
    """Finds in `given` what the placeholders of `template` stand for.

    Raises:
        MismatchError: anything is missing, more, or of another type.
    """
    _match(template, given, values, [])


def match_pairs(template: Pairs, given: Sequence[tuple[str, str]], values: Values) -> None:
    """The same for query or form fields; their order does not matter, that of a repeated field does.

    Raises:
        MismatchError: anything is missing or more.
    """
    found: dict[str, list[str]] = {}
    for name, value in given:
        found.setdefault(name, []).append(value)
    if set(found) != {name for name, _ in template}:
        raise MismatchError("other fields than expected")
    for name, wanted in template:
        if wanted == KEY:
            values.records.extend(Named(each) for each in found[name])
        elif len(found[name]) != 1:
            raise MismatchError(f"{name} is repeated")
        else:
            _match(wanted, _number(found[name][0]) if wanted in _NUMBERS else found[name][0], values, [])


def match_path(template: str, given: str, values: Values) -> bool:
    """Whether the still percent-encoded path `given` is of the form of `template`."""
    before, mark, after = template.partition(KEY)
    if not mark:
        return given == template
    if not (given.startswith(before) and given.endswith(after) and len(given) > len(before) + len(after)):
        return False
    middle = given[len(before) : len(given) - len(after)]
    if "/" in middle or "#" in middle:
        return False
    values.records.append(Named(unquote(middle)))
    return True


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def _filled(template: Json, values: Values, record: Named | None) -> Json:
    if isinstance(template, dict):
        if "$each" in template:
            return [_filled(template["$each"], values, each) for each in values.records]
        if "$keyed" in template:
            return {each.key: _filled(template["$keyed"], values, each) for each in values.records}
        return {name: _filled(value, values, record) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values, record) for value in template]
    if template in _OF_RECORD:
        return _of(record or values.records[0], template)
    return values.one[template] if template in PLACEHOLDERS else template


def _of(record: Named, placeholder: str) -> str | list[str]:
    if placeholder == KEY:
        return record.key
    return list(record.item_keys if placeholder == ITEM_KEYS else record.utterance_ids)


def _filled_pairs(template: Pairs, values: Values) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in template:
        if value == KEY:
            pairs.extend((name, each.key) for each in values.records)
        else:
            pairs.append((name, str(values.one[value]) if value in PLACEHOLDERS else value))
    return pairs


def _match(template: Json, given: Json, values: Values, record: list[Any]) -> None:
    """`record` collects what names the record being matched: [key, item keys, utterance ids]."""
    if isinstance(template, dict):
        _match_object(template, given, values, record)
    elif isinstance(template, str) and template in PLACEHOLDERS:
        _bind(template, given, values, record)
    elif type(template) is not type(given) or template != given:
        raise MismatchError("a fixed value differs")


def _match_object(template: dict[str, Json], given: Json, values: Values, record: list[Any]) -> None:
    if "$each" in template:
        if not isinstance(given, list):
            raise MismatchError("a list is expected")
        for each in given:
            _one_record(template["$each"], each, values, "")
        return
    if not isinstance(given, dict):
        raise MismatchError("an object is expected")
    if "$keyed" in template:
        for key, each in given.items():
            _one_record(template["$keyed"], each, values, key)
        return
    if set(given) != set(template):
        raise MismatchError("other members than expected")
    for name, value in template.items():
        _match(value, given[name], values, record)


def _one_record(template: Json, given: Json, values: Values, key: str) -> None:
    parts: list[Any] = [key, (), ()]
    _match(template, given, values, parts)
    values.records.append(Named(*parts))


def _bind(placeholder: str, given: Json, values: Values, record: list[Any]) -> None:
    if placeholder in _NUMBERS:
        fits = type(given) is int
    elif placeholder in (ITEM_KEYS, UTTERANCE_IDS):
        fits = isinstance(given, list) and all(isinstance(each, str) for each in given)
    else:
        fits = isinstance(given, str)
    if not fits:
        raise MismatchError("a value of another type is expected")
    if placeholder not in _OF_RECORD:
        values.one[placeholder] = given
        return
    if not record:  # a record named outside any list
        values.records.append(Named(given))
        return
    record[_OF_RECORD.index(placeholder)] = given if placeholder == KEY else tuple(given)
