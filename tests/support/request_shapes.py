"""Delete requests of every form one can think of, put together freely. Knows nothing of what learns them.

A shape is a function from recordings and values to requests, so it can be asked for the captured ones and for
others. Parts of it are functions as well: `Of` makes JSON for one recording, `Whole` for the request.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from tests.support.captures import CUSTOMER, Row

Values = Mapping[str, str]
Of = Callable[[Row, Values], Any]
Whole = Callable[[Sequence[Row], Values], Any]
Pairs = list[tuple[str, str]]

_NAMES = st.sampled_from(
    (
        "recordKeys",
        "ids",
        "k",
        "payload",
        "a.b",
        "records[]",
        "input",
        "$id",
        "with space",
        "größe",
        "x-1",
        "{n}",
        "q",
    )
).filter(lambda name: not name.startswith("$"))
_CONSTANTS = st.sampled_from(
    (
        "VOICE_HISTORY",
        "web",
        "",
        "a b",
        "{x}",
        "100 %",
        "größe",
        "true",
        "5",
        "v2.651",
        "a&b=c",
        "x/y",
        True,
        False,
        None,
        3,
        -1,
        0,
    )
)
_TEXTS = st.sampled_from(
    ("VOICE_HISTORY", "web", "", "a b", "{x}", "100 %", "größe", "5", "v2.651", "a&b=c", "x/y")
)
_ENCODINGS = st.sampled_from(("plain", "plain", "plain", "base64", "base64url", "url", "json"))


@dataclass(frozen=True)
class Asked:
    """One request as the page would send it."""

    method: str
    path: str
    query: Pairs
    headers: Pairs
    kind: str
    body: Any
    csrf: bool
    content_type: str

    @property
    def target(self) -> str:
        """Path and query as they go over the wire."""
        return self.path + ("?" + urlencode(self.query) if self.query else "")

    @property
    def raw(self) -> str | None:
        """The body as it goes over the wire."""
        match self.kind:
            case "json":
                return _dump(self.body)
            case "form":
                return urlencode(self.body)
            case "multipart":
                lines = (
                    f'------Edge42\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                    for name, value in self.body
                )
                return "".join(lines) + "------Edge42--\r\n"
            case "text":
                return str(self.body)
        return None


@dataclass(frozen=True)
class Shape:
    """A form of the deletion.

    Attributes:
        scope: `records` or `range`.
        most: recordings in one request that the page would send.
        ask: the requests for these recordings.
        packed: whether JSON stands in base64, whose padding shows only at some lengths.
        ticket: where the first of two answers has it: members, or a header; "" for one step.
    """

    scope: str
    most: int
    ask: Callable[[Sequence[Row], Values], list[Asked]]
    ticket: tuple[str, ...] | str
    packed: bool
    label: str


def encoded(text: str, how: str) -> str:
    """A text in one encoding."""
    match how:
        case "base64":
            return base64.b64encode(text.encode()).decode()
        case "base64url":
            return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        case "url":
            return quote(text, safe="")
        case "json":
            return _dump({"v": text})
    return text


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def iso(at: int) -> str:
    """As `toISOString`."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@st.composite
def _key(draw: st.DrawFn) -> Of:
    how, before, after = (
        draw(_ENCODINGS),
        *draw(st.sampled_from((("", ""), ("", ""), ("rec:", ""), ("<", ">")))),
    )
    return lambda row, _: before + encoded(row.key, how) + after if how != "json" else encoded(row.key, how)


@st.composite
def _parts_of_key(draw: st.DrawFn) -> Of:
    time = draw(st.sampled_from(("ms", "text", "iso")))
    names = draw(st.lists(_NAMES, min_size=3, max_size=3, unique=True))
    customer = draw(st.booleans())

    def made(row: Row, _: Values) -> Any:  # noqa: ANN401 - JSON
        at: object = {"ms": row.at, "text": str(row.at), "iso": iso(row.at)}[time]
        found = {names[0]: at, names[1]: row.serial, names[2]: row.kind}
        return {**found, "customerId": CUSTOMER} if customer else found

    return made


@st.composite
def _items(draw: st.DrawFn) -> Of:
    which = draw(st.sampled_from(("items", "utterances")))
    how = draw(st.sampled_from(("list", "objects", "keyed")))
    name, spelled = draw(_NAMES), draw(st.sampled_from(("plain", "base64url")))

    def made(row: Row, _: Values) -> Any:  # noqa: ANN401 - JSON
        found = [encoded(text, spelled) for text in (row.items if which == "items" else row.utterances)]
        if how == "objects":
            return [{name: text, "type": "X"} for text in found]
        return dict.fromkeys(found, True) if how == "keyed" else found

    return made


@st.composite
def _record(draw: st.DrawFn, *, plain: bool = False) -> Of:
    """What stands for one recording: its key alone, an object with its key, or its parts."""
    kind = draw(st.sampled_from(("key", "key", "object", "parts", "items") if not plain else ("key",)))
    if kind == "key":
        return draw(_key())
    if kind == "parts":
        return draw(_parts_of_key())
    names = draw(st.lists(_NAMES, min_size=4, max_size=4, unique=True))
    key = draw(_key()) if kind == "object" else None
    more = draw(_items()) if kind == "items" or draw(st.booleans()) else None
    constant, time = draw(_CONSTANTS), draw(st.booleans())

    def made(row: Row, values: Values) -> Any:  # noqa: ANN401 - JSON
        found = {names[0]: key(row, values)} if key is not None else {}
        if more is not None:
            found[names[1]] = more(row, values)
        if time:
            found[names[2]] = row.at
        return {**found, names[3]: constant}

    return made


@st.composite
def _several(draw: st.DrawFn) -> tuple[Whole, bool]:
    """Where the recordings stand in JSON, and whether there may be several."""
    place = draw(st.sampled_from(("list", "list", "keyed", "single")))
    record = draw(_record(plain=place == "keyed"))
    if place == "list":
        return (lambda rows, values: [record(row, values) for row in rows]), True
    if place == "keyed":
        inner = draw(st.one_of(_items(), st.just(lambda *_: {"delete": True}), st.just(lambda *_: None)))
        return (lambda rows, values: {str(record(row, values)): inner(row, values) for row in rows}), True
    return (lambda rows, values: record(rows[0], values)), False


@st.composite
def _range(draw: st.DrawFn) -> Whole:
    names = draw(
        st.sampled_from(
            (("startTime", "endTime"), ("from", "to"), ("min", "max"), ("deleteAfter", "deleteBefore"))
        )
    )
    how, turned = draw(st.sampled_from(("ms", "text", "iso"))), draw(st.booleans())

    def at(moment: int) -> object:
        return {"ms": moment, "text": str(moment), "iso": iso(moment)}[how]

    def made(rows: Sequence[Row], _: Values) -> Any:  # noqa: ANN401 - JSON
        times = [row.at for row in rows]
        pairs = [(names[0], at(min(times))), (names[1], at(max(times)))]
        return dict(reversed(pairs) if turned else pairs)

    return made


@st.composite
def _company(draw: st.DrawFn) -> Callable[[dict[str, Any], Values], dict[str, Any]]:
    """Constants and values of the whole request beside something."""
    noise = draw(st.dictionaries(_NAMES.map(lambda name: f"c-{name}"), _CONSTANTS, max_size=3))
    given = draw(st.lists(st.sampled_from(("customer", "now", "uuid")), unique=True, max_size=2))
    first = draw(st.booleans())

    def made(inner: dict[str, Any], values: Values) -> dict[str, Any]:
        whole = {f"v-{name}": int(values[name]) if name == "now" else values[name] for name in given}
        return {**noise, **whole, **inner} if first else {**inner, **whole, **noise}

    return made


@st.composite
def _content(draw: st.DrawFn, inner: Whole) -> tuple[Whole, bool]:
    """JSON around the names: fields beside it, objects, lists, JSON in texts, base64; and whether base64."""
    name, beside = draw(_NAMES), draw(_company())
    around = draw(st.lists(st.sampled_from(("object", "list", "json", "base64", "base64url")), max_size=3))
    outer = draw(_NAMES)

    def made(rows: Sequence[Row], values: Values) -> Any:  # noqa: ANN401 - JSON
        found: Any = beside({name: inner(rows, values)}, values)
        for each in around:
            if each == "list":
                found = [found]
            elif each == "object":
                found = {outer: found, "fixed": 1}
            elif each == "json":
                found = {outer: _dump(found)}
            else:
                found = {outer: encoded(_dump(found), each)}
        return found

    return made, not {"base64", "base64url"}.isdisjoint(around)


@st.composite
def _pairs(draw: st.DrawFn, *, ranged: bool) -> tuple[Callable[[Sequence[Row], Values], Pairs], bool, bool]:
    """Fields: one, one that repeats, or one that holds JSON."""
    noise = draw(st.lists(st.tuples(_NAMES.map(lambda name: f"c-{name}"), _TEXTS), max_size=3))
    name, how = draw(_NAMES), draw(st.sampled_from(("repeated", "json", "json64", "single")))
    if ranged:
        bounds = draw(_range())
        return (
            (lambda rows, values: [*noise, *((n, str(v)) for n, v in bounds(rows, values).items())]),
            False,
            False,
        )
    if how in ("repeated", "single"):
        key = draw(_key())
        return (
            (lambda rows, values: [*noise, *((name, key(row, values)) for row in rows)]),
            how == "repeated",
            False,
        )
    inner, several = draw(_several())
    content, packed = draw(_content(inner))
    spelled = "base64" if how == "json64" else "plain"

    def made(rows: Sequence[Row], values: Values) -> Pairs:
        return [(name, encoded(_dump(content(rows, values)), spelled)), *noise]

    return made, several, packed or spelled == "base64"


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Any shape."""
    scope = draw(st.sampled_from(("records",) * 5 + ("range",)))
    carrier = draw(st.sampled_from(("json", "json", "form", "multipart", "query", "text", "graphql", "path")))
    if carrier == "path" and scope == "range":
        carrier = "query"
    write, several, packed = draw(_writer(carrier, ranged=scope == "range"))
    token = draw(st.sampled_from(("header", "header", "x-header", "query", "none")))
    header = draw(st.sampled_from(((), (("x-client", "web 1.2"),))))
    method = (
        draw(st.sampled_from(("POST", "POST", "PUT", "PATCH", "DELETE"))) if carrier != "graphql" else "POST"
    )
    if carrier in ("query", "path") and draw(st.booleans()):
        method = "GET"
    two, ticket = draw(_second())
    path = draw(
        st.sampled_from(("/alexa-privacy/apd/rvh/delete", "/alexa-privacy/apd/rah/v2/records:remove"))
    )

    def ask(rows: Sequence[Row], values: Values) -> list[Asked]:
        segments, query, kind, body, content = write(rows, values)
        headers = [*header, *((("x-csrf", values["token"]),) if token == "x-header" else ())]
        if token == "query":
            query = [*query, ("_csrf", values["token"])]
        first = Asked(method, path + segments, query, headers, kind, body, token == "header", content)
        return [first, *two(values)]

    label = f"{scope} {carrier} {'GET' if method == 'GET' else 'other'} {'two' if ticket else 'one'}"
    return Shape(scope, 3 if several else 1, ask, ticket, packed, label)


Written = tuple[str, Pairs, str, Any, str]


@st.composite
def _writer(
    draw: st.DrawFn, carrier: str, *, ranged: bool
) -> tuple[Callable[[Sequence[Row], Values], Written], bool, bool]:
    """How the names travel: segments of the path, query, and kind, value and type of the body."""
    if carrier == "path":
        how = draw(st.sampled_from(("url", "base64url", "parts")))

        def in_path(rows: Sequence[Row], _: Values) -> Written:
            row = rows[0]
            parts = f"{row.kind}/{row.serial}/{row.at}" if how == "parts" else encoded(row.key, how)
            return "/" + parts, [], "", None, ""

        return in_path, False, False
    if carrier in ("form", "multipart", "query"):
        pairs, several, packed = draw(_pairs(ranged=ranged))
        types = {
            "form": "application/x-www-form-urlencoded",
            "multipart": "multipart/form-data; boundary=----Edge42",
        }

        def in_fields(rows: Sequence[Row], values: Values) -> Written:
            found = pairs(rows, values)
            if carrier == "query":
                return "", found, "", None, ""
            return "", [], carrier, found, types[carrier]

        return in_fields, several, packed
    inner, several = (draw(_range()), False) if ranged else draw(_several())
    content, packed = draw(_content(inner))
    kind = draw(
        st.sampled_from(("application/json", "application/json; charset=utf-8", "text/plain;charset=UTF-8"))
    )

    def in_body(rows: Sequence[Row], values: Values) -> Written:
        found = content(rows, values)
        if carrier == "text":
            return "", [], "text", encoded(_dump(found), "base64"), "text/plain;charset=UTF-8"
        if carrier == "graphql":
            query = "mutation Del($input: In!) {\n  deleteAll(input: $input) { ok }\n}"
            found = {"operationName": "Del", "query": query, "variables": {"input": found}}
        return "", [], "json", found, kind

    return in_body, several, packed or carrier == "text"


@st.composite
def _second(draw: st.DrawFn) -> tuple[Callable[[Values], list[Asked]], tuple[str, ...] | str]:
    """The second of two steps, and where its ticket comes from."""
    places: tuple[tuple[str, ...] | str, ...] = ((), (), ("ticket",), ("data", "0", "token"), "x-ticket")
    place = draw(st.sampled_from(places))
    carrier, how = (
        draw(st.sampled_from(("json", "form", "query"))),
        draw(st.sampled_from(("plain", "base64url"))),
    )

    def none(_: Values) -> list[Asked]:
        return []

    def made(values: Values) -> list[Asked]:
        text, path = encoded(values["ticket"], how), "/alexa-privacy/apd/rvh/delete/confirm"
        if carrier == "query":
            return [Asked("POST", path, [("t", text)], [], "", None, True, "")]
        if carrier == "form":
            kind = "application/x-www-form-urlencoded"
            return [Asked("POST", path, [], [], "form", [("t", text), ("sure", "yes")], True, kind)]
        return [Asked("POST", path, [], [], "json", {"t": [text], "sure": True}, True, "application/json")]

    return (made, place) if place else (none, "")
