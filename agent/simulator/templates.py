"""From values on the axes and words to request templates, one a step. Pure."""

import json
from dataclasses import dataclass, replace

from agent.simulator.axes import Axes, Carrier, Company, Place, Scope, Spelling, TicketPlace, TokenPlace, Wrap
from agent.simulator.wire import (
    CUSTOMER,
    END,
    ITEM_KEY,
    ITEM_KEYS,
    KEY,
    KIND,
    MULTIPART,
    SERIAL,
    STAMP,
    STAMP_TEXT,
    START,
    TICKET,
    TOKEN,
    UTTERANCE_ID,
    UTTERANCE_IDS,
    Json,
    Pairs,
    Template,
)

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_VERSION = (("x-amzn-client-version", "RVHWeb-4.17.0"),)
_OTHER_HEADER = "x-csrf-token"
_DELETION = "mutation DeleteRecords($input: DeleteInput!) { deleteRecords(input: $input) { status } }"


@dataclass(frozen=True, slots=True)
class Words:
    """The paths and names of a shape.

    Attributes:
        path: of the first step, without the segments that name a record.
        confirm_path: of the second step.
        field: of the names.
        key_field: of a record's key inside an object.
        nesting: names of outer objects, outermost first, "" for a list; as many as the shape is nested.
        data_field: of the text that holds the names, where there is one.
        token_field: of the anti-CSRF token, where it travels in a field.
        ticket_field: of the ticket in the second step.
        noise: fixed fields.
    """

    path: str = ""
    confirm_path: str = ""
    field: str = "recordKeys"
    key_field: str = "recordKey"
    nesting: tuple[str, ...] = ()
    data_field: str = "data"
    token_field: str = "csrfToken"  # noqa: S105 - name of a field
    ticket_field: str = "ticket"
    noise: Pairs = ()


def of(axes: Axes, words: Words) -> tuple[Template, ...]:
    """One request template a step."""
    first = _request(axes, words, axes.method.value, words.path + _segments(axes), _fields(axes, words))
    if axes.ticket is TicketPlace.NONE:
        return (first,)
    return (
        replace(first, ticket=axes.ticket.value),
        _request(axes, words, "POST", words.confirm_path, ((words.ticket_field, TICKET),)),
    )


def _segments(axes: Axes) -> str:
    if axes.scope is not Scope.RECORDS:
        return ""
    if axes.place is Place.PATH:
        return "/" + (KEY if axes.spelling is Spelling.PLAIN else "{key64}")
    return f"/{STAMP_TEXT}/{KIND}/{SERIAL}" if axes.place is Place.PATH_PARTS else ""


def _request(axes: Axes, words: Words, method: str, path: str, fields: Pairs) -> Template:
    """The fields in their carrier, the token in its place."""
    query: Pairs = ()
    form: Pairs = ()
    body: Json = None
    token = ((words.token_field, TOKEN),)
    beside = token if axes.token is TokenPlace.FIELD else ()
    if axes.carrier is Carrier.QUERY:
        query = (*fields, *beside)
    elif axes.carrier in (Carrier.FORM, Carrier.MULTIPART):
        form = (*fields, *beside)
    else:
        body = dict((*fields, *beside))
    if axes.token is TokenPlace.QUERY:
        query = (*query, *token)
    header = axes.token is TokenPlace.HEADER or (
        axes.token is TokenPlace.INSIDE and TICKET in dict(fields).values()
    )
    return Template(
        method,
        path,
        query,
        _media(axes, body, form),
        body,
        form,
        header,
        (*(_VERSION if axes.version else ()), *_other_header(axes)),
    )


def _media(axes: Axes, body: Json, form: Pairs) -> str:
    if body is not None:
        return _JSON
    if not form:
        return ""
    return MULTIPART if axes.carrier is Carrier.MULTIPART else _FORM


def _other_header(axes: Axes) -> Pairs:
    return ((_OTHER_HEADER, TOKEN),) if axes.token is TokenPlace.OTHER_HEADER else ()


def _fields(axes: Axes, words: Words) -> Pairs:
    """What stands in the carrier: plain fields, or one text that holds the names as JSON."""
    if axes.carrier is Carrier.GRAPHQL:
        inner = _content(axes, words)
        variables = inner if axes.wrap is Wrap.NONE else {words.data_field: {"$json": inner}}
        return (("operationName", "DeleteRecords"), ("query", _DELETION), ("variables", variables))
    if axes.wrap is Wrap.JSON:
        return ((words.data_field, {"$json": _content(axes, words)}),)
    if axes.wrap in (Wrap.BASE64, Wrap.BASE64URL):
        return ((words.data_field, {f"${axes.wrap.value}": {"$json": _content(axes, words)}}),)
    if axes.carrier is Carrier.JSON:
        return tuple(_content(axes, words).items())
    return (*_named_in_pairs(axes, words), *((name, _written(value)) for name, value in words.noise))


def _written(value: Json) -> str:
    """A fixed value as a page writes it into a field."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _named_in_pairs(axes: Axes, words: Words) -> Pairs:
    if axes.scope is Scope.RANGE:
        return (("startTime", START), ("endTime", END))
    if axes.scope is Scope.EVERYTHING or axes.place in (Place.PATH, Place.PATH_PARTS):
        return ()
    if axes.place is Place.PARTS:
        return (("timestamp", STAMP_TEXT), ("deviceType", KIND), ("serialNumber", SERIAL))
    if axes.place in (Place.ITEMS, Place.UTTERANCES):
        return ((words.field, ITEM_KEY if axes.place is Place.ITEMS else UTTERANCE_ID),)
    key = _key(axes)
    return ((words.field, {"$each": key} if axes.place is Place.REPEATED and key != KEY else key),)


def _content(axes: Axes, words: Words) -> dict[str, Json]:
    """The innermost JSON object with all that is nested around it."""
    inner: Json = {**_named_in_json(axes, words), **dict(words.noise)}
    if axes.token is TokenPlace.INSIDE:
        inner[words.token_field] = TOKEN
    for outer in reversed(words.nesting[: axes.nesting]):
        inner = {outer: inner} if outer else [inner]
    assert isinstance(inner, dict)  # noqa: S101 - the outermost is always named
    return inner


def _named_in_json(axes: Axes, words: Words) -> dict[str, Json]:
    if axes.scope is Scope.RANGE:
        return {"startTime": START, "endTime": END}
    if axes.scope is Scope.EVERYTHING or axes.place in (Place.PATH, Place.PATH_PARTS):
        return {}
    return {words.field: _records(axes, words)}


def _records(axes: Axes, words: Words) -> Json:
    key, beside = _key(axes), _COMPANY[axes.company]
    return {
        Place.LIST: {"$each": key},
        Place.OBJECTS: {"$each": {words.key_field: key, **beside}},
        Place.KEYED: {"$keyed": beside or {"delete": True}},
        Place.PARTS: {"$each": _PARTS} if axes.batch > 1 else _PARTS,
        Place.ITEMS: ITEM_KEYS,
        Place.UTTERANCES: UTTERANCE_IDS,
    }.get(axes.place, key)


_PARTS = {"timestamp": STAMP, "deviceType": KIND, "serialNumber": SERIAL, "customerId": CUSTOMER}
_COMPANY: dict[Company, dict[str, Json]] = {
    Company.NONE: {},
    Company.PARTS: {"recordItemKeys": ITEM_KEYS, "utteranceIds": UTTERANCE_IDS},
    Company.TIME: {"timestamp": STAMP, "deviceType": KIND},
}


def _key(axes: Axes) -> Json:
    return KEY if axes.spelling is Spelling.PLAIN else {f"${axes.spelling.value}": KEY}
