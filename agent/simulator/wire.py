"""Request templates: one description that can be filled in (to ask) and matched (to check what was asked).

A template is plain data. Strings of `PLACEHOLDERS` stand for values; an object with one member whose name
begins with `$` is a directive:

    {"$each": X}        a list with one X a record
    {"$keyed": X}       an object with one member a record, named by its key
    {"$json": X}        a text that holds X as JSON
    {"$base64": X}      a text, encoded; X is a placeholder or `$json`
    {"$base64url": X}   the same in the other alphabet, without `=`

Query and form fields are pairs of name and value; a pair with a record's key or `$each` repeats for each
record, one with an item key or utterance id for each of those. Tests fill templates with it, the privacy
page's script fills the same data, `matching` checks requests against it.
"""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from agent.simulator import multipart

KEY, ITEM_KEYS, UTTERANCE_IDS = "{key}", "{item_keys}", "{utterance_ids}"
STAMP, STAMP_TEXT, KIND, SERIAL = "{stamp}", "{stamp_text}", "{kind}", "{serial}"
"""Parts of a key: ms as a number or as text, device type, device serial."""

ITEM_KEY, UTTERANCE_ID = "{item_key}", "{utterance_id}"
"""In query and form fields: repeated for each."""

TOKEN, TICKET, START, END, CUSTOMER = "{token}", "{ticket}", "{start}", "{end}", "{customer}"
OF_RECORD = (KEY, ITEM_KEYS, UTTERANCE_IDS, STAMP, STAMP_TEXT, KIND, SERIAL)
PLACEHOLDERS = (*OF_RECORD, ITEM_KEY, UTTERANCE_ID, TOKEN, TICKET, START, END, CUSTOMER)
NUMBERS = (START, END, STAMP)
MULTIPART = "multipart/form-data"

Json = Any
"""A JSON value; its shape is checked where it is read."""

Pairs = tuple[tuple[str, Json], ...]


@dataclass(frozen=True, slots=True)
class Template:
    """One step of a delete request, with placeholders.

    Attributes:
        method: HTTP method.
        path: below the retail host; a segment may be a placeholder, or `{key64}` for the key in base64url.
        query: pairs; `{token}` may stand here.
        content_type: of the body, or "" without one.
        json: the body of a JSON request, else None.
        form: the fields of a form or multipart body, else empty.
        header: whether the anti-CSRF token goes into `anti-csrftoken-a2z`.
        headers: more headers that must be there; `{token}` may stand here.
        ticket: where the answer carries the ticket: a JSON pointer, or the name of a header; "" for nowhere.
    """

    method: str
    path: str
    query: Pairs = ()
    content_type: str = ""
    json: Json = None
    form: Pairs = ()
    header: bool = True
    headers: Pairs = ()
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What one record is named by. A key that begins with `#` was put together from its parts."""

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


def fill(template: Template, values: Values) -> Asking:
    """The request for these values.

    Raises:
        KeyError: a placeholder has no value.
    """
    path = "/".join(_segment(each, values) for each in template.path.split("/"))
    query = urlencode(_filled_pairs(template.query, values))
    headers = {name: str(_filled(value, values, None)) for name, value in template.headers}
    if template.header:
        headers["anti-csrftoken-a2z"] = str(values.one[TOKEN])
    media, body = template.content_type, b""
    if template.json is not None:
        body = _dump(_filled(template.json, values, None)).encode()
    elif template.form and media == MULTIPART:
        media, body = multipart.write(_filled_pairs(template.form, values))
    elif template.form:
        body = urlencode(_filled_pairs(template.form, values)).encode()
    if media:
        headers["content-type"] = media
    return Asking(template.method, path + (f"?{query}" if query else ""), headers, body)


def _segment(segment: str, values: Values) -> str:
    if segment == "{key64}":
        return _base64url(values.records[0].key)
    return quote(str(_filled(segment, values, None)), safe="") if segment in PLACEHOLDERS else segment


def _filled(template: Json, values: Values, record: Named | None) -> Json:
    if isinstance(template, list):
        return [_filled(value, values, record) for value in template]
    if not isinstance(template, dict):
        return _value(template, values, record)
    directive = next(iter(template), "")
    if directive == "$each":
        return [_filled(template[directive], values, each) for each in values.records]
    if directive == "$keyed":
        return {each.key: _filled(template[directive], values, each) for each in values.records}
    if directive in _TEXTS:
        return _TEXTS[directive](_filled(template[directive], values, record))
    return {name: _filled(value, values, record) for name, value in template.items()}


def _value(template: Json, values: Values, record: Named | None) -> Json:
    if template in (ITEM_KEYS, UTTERANCE_IDS):  # outside any record: those of all
        named = values.records if record is None else [record]
        return [text for each in named for text in _parts(each, template)]
    if template in OF_RECORD:
        return _of(record or values.records[0], template)
    if template == CUSTOMER and CUSTOMER not in values.one:
        return values.records[0].key.partition("#")[0]
    return values.one[template] if template in PLACEHOLDERS else template


def _of(record: Named, placeholder: str) -> str | int:
    if placeholder == KEY:
        return record.key
    _, stamp, kind, serial = record.key.split("#")
    if placeholder == STAMP:
        return int(stamp)
    return {STAMP_TEXT: stamp, KIND: kind, SERIAL: serial}[placeholder]


def _parts(record: Named, placeholder: str) -> tuple[str, ...]:
    return record.item_keys if placeholder in (ITEM_KEYS, ITEM_KEY) else record.utterance_ids


def _filled_pairs(template: Pairs, values: Values) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in template:
        if value in (ITEM_KEY, UTTERANCE_ID):
            pairs.extend((name, text) for each in values.records for text in _parts(each, value))
        elif value == KEY or (isinstance(value, dict) and "$each" in value):
            one = value["$each"] if isinstance(value, dict) else value
            pairs.extend((name, _filled(one, values, each)) for each in values.records)
        else:
            pairs.append((name, str(_filled(value, values, None))))
    return pairs


def _dump(value: Json) -> str:
    """As a browser writes JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _base64url(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


_TEXTS: Mapping[str, Callable[[Json], str]] = {"$json": _dump, "$base64": _base64, "$base64url": _base64url}
"""Directives that make a text."""
