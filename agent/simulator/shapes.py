"""What the delete request of the practice page looks like: independent axes, and ten named combinations.

The real request is in no public source, so every form here is a guess and a parameter, never a truth.
"""

from dataclasses import dataclass
from enum import StrEnum

from agent.errors import UsageError
from agent.simulator.wire import (
    END,
    ITEM_KEYS,
    KEY,
    START,
    TICKET,
    TOKEN,
    UTTERANCE_IDS,
    Json,
    Pairs,
    Template,
)

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_RVH = "/alexa-privacy/apd/rvh/"
_RAH = "/alexa-privacy/apd/rah/"
TOKEN_FIELD = "csrfToken"  # noqa: S105 - name of a field
TICKET_FIELD = "ticket"


class Scope(StrEnum):
    """What one request deletes."""

    RECORDS = "records"
    RANGE = "range"
    EVERYTHING = "everything"


class Place(StrEnum):
    """Where the records stand."""

    LIST = "list"  # a list of keys: {FIELD: ["k1", "k2"]}
    OBJECTS = "objects"  # a list of objects: {FIELD: [{"recordKey": "k1", …}]}
    KEYED = "keyed"  # an object by key: {FIELD: {"k1": {…}}}
    SINGLE = "single"  # one field: {FIELD: "k1"}, or FIELD=k1
    REPEATED = "repeated"  # FIELD=k1&FIELD=k2
    PATH = "path"  # in the path, percent-encoded


class Where(StrEnum):
    """Where names and tokens travel."""

    JSON = "json"
    FORM = "form"
    QUERY = "query"
    HEADER = "header"  # the anti-CSRF token only


@dataclass(frozen=True, slots=True)
class Shape:
    """One form of the delete request. Axes are independent; `templates` makes requests of them.

    Attributes:
        name: as in `simulator --shape NAME`.
        method: HTTP method.
        path: of the first step; with `Place.PATH` it contains `{key}`.
        scope: what one request deletes.
        place: where the records stand; no meaning outside scope `records`.
        encoding: how names travel: body as JSON, body as form, or query.
        field: name of the field that holds the records.
        key_field: name of a record's key inside an object.
        items: whether a record must come with its item keys and utterance ids.
        nesting: outer JSON objects, outermost first.
        batch: most records one request may name.
        token: where the anti-CSRF token travels.
        noise: fixed fields that must be there.
        confirm_path: of the second step, which sends the first answer's ticket; "" for one step.
        empty_answer: an accepted request is answered without a body.
    """

    name: str
    method: str
    path: str
    scope: Scope = Scope.RECORDS
    place: Place = Place.LIST
    encoding: Where = Where.JSON
    field: str = "recordKeys"
    key_field: str = "recordKey"
    items: bool = False
    nesting: tuple[str, ...] = ()
    batch: int = 1
    token: Where = Where.HEADER
    noise: Pairs = ()
    confirm_path: str = ""
    empty_answer: bool = False

    @property
    def templates(self) -> tuple[Template, ...]:
        """One request template a step."""
        first = _template(self, self.path, self._pairs() if self.encoding is not Where.JSON else ())
        if not self.confirm_path:
            return (first,)
        confirm = _ticket_step(self)
        return (first, confirm)

    def _pairs(self) -> Pairs:
        if self.scope is Scope.RANGE:
            return (("startTime", START), ("endTime", END), *self.noise)
        if self.scope is Scope.EVERYTHING or self.place is Place.PATH:
            return self.noise
        return ((self.field, KEY), *self.noise)


def shape(name: str) -> Shape:
    """The named shape.

    Raises:
        UsageError: there is none of that name.
    """
    try:
        return SHAPES[name]
    except KeyError:
        raise UsageError(f"There is no shape of that name; there are {', '.join(sorted(SHAPES))}.") from None


def _template(shape: Shape, path: str, pairs: Pairs) -> Template:
    """The request of the first step: names by encoding, token by its place."""
    body: Json = _json_body(shape) if shape.encoding is Where.JSON else None
    query = pairs if shape.encoding is Where.QUERY else ()
    form = pairs if shape.encoding is Where.FORM else ()
    if shape.token is Where.QUERY:
        query = (*query, (TOKEN_FIELD, TOKEN))
    elif shape.token is Where.FORM:
        form = (*form, (TOKEN_FIELD, TOKEN))
    elif shape.token is Where.JSON:
        body = {**(body or {}), TOKEN_FIELD: TOKEN}
    kind = _JSON if body is not None else _FORM if form else ""
    return Template(shape.method, path, query, kind, body, form, shape.token is Where.HEADER)


def _json_body(shape: Shape) -> Json:
    body: Json
    if shape.scope is Scope.RANGE:
        body = {"startTime": START, "endTime": END}
    elif shape.scope is Scope.EVERYTHING:
        body = {}
    else:
        body = {shape.field: _records(shape)}
    body.update(shape.noise)
    for outer in reversed(shape.nesting):
        body = {outer: body}
    return body


def _records(shape: Shape) -> Json:
    parts = {"recordItemKeys": ITEM_KEYS, "utteranceIds": UTTERANCE_IDS} if shape.items else {}
    if shape.place is Place.SINGLE:
        return KEY
    if shape.place is Place.LIST:
        return {"$each": KEY}
    if shape.place is Place.KEYED:
        return {"$keyed": parts or {"delete": True}}
    return {"$each": {shape.key_field: KEY, **parts}}


def _ticket_step(shape: Shape) -> Template:
    """The second step sends the ticket the way the first sent the names."""
    in_query = shape.encoding is Where.QUERY
    in_form = shape.encoding is Where.FORM
    body: Json = None if in_query or in_form else {TICKET_FIELD: TICKET}
    pair = ((TICKET_FIELD, TICKET),)
    kind = "" if in_query else _FORM if in_form else _JSON
    return Template("POST", shape.confirm_path, pair if in_query else (), kind, body, pair if in_form else ())


_VOICE = (("recordType", "VOICE_HISTORY"),)

SHAPES: dict[str, Shape] = {
    each.name: each
    for each in (
        Shape("json-batch", "POST", _RVH + "delete-records", batch=50, noise=_VOICE),
        Shape(
            "form-single",
            "POST",
            _RVH + "delete-record",
            place=Place.SINGLE,
            encoding=Where.FORM,
            field="recordKey",
            token=Where.FORM,
        ),
        Shape(
            "query-single",
            "DELETE",
            _RVH + "record",
            place=Place.SINGLE,
            encoding=Where.QUERY,
            field="recordKey",
        ),
        Shape(
            "nested-items",
            "POST",
            _RAH + "delete-activities",
            place=Place.OBJECTS,
            field="activities",
            key_field="activityKey",
            items=True,
            nesting=("deleteRequest",),
            batch=10,
        ),
        Shape("range", "POST", _RVH + "delete-by-range", scope=Scope.RANGE, noise=_VOICE),
        Shape("two-step", "POST", _RVH + "delete-request", batch=50, confirm_path=_RVH + "delete-confirm"),
        Shape(
            "form-repeated",
            "POST",
            _RVH + "delete-selected",
            place=Place.REPEATED,
            encoding=Where.FORM,
            field="recordKey",
            batch=10,
            noise=(("action", "delete"),),
        ),
        Shape(
            "path-single",
            "DELETE",
            _RVH + "records/{key}",
            place=Place.PATH,
            encoding=Where.QUERY,
            empty_answer=True,
        ),
        Shape("keyed-object", "PUT", _RAH + "records", place=Place.KEYED, field="records", batch=25),
        Shape(
            "everything",
            "POST",
            _RVH + "delete-all",
            scope=Scope.EVERYTHING,
            noise=(("range", "ALL_HISTORY"),),
        ),
    )
}
