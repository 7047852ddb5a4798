"""What a capture shows of the account: listed recordings, tokens, times, and what must not get out. Pure.

The listing answers are read by the same parsers as in a run. Their values are what a deletion request is
searched for.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.alexa import csrf, decode, wire
from agent.alexa.exchange import Incoming
from agent.alexa.marketplaces import Marketplace, of_host
from agent.errors import (
    AgentError,
    CutCaptureError,
    NoListingError,
    OtherAccountError,
    OthersDataError,
    TruncatedError,
)
from agent.methods.har import Exchange
from agent.methods.unwrap import leaves
from agent.model import Recording, Surface, Window

LISTINGS = {
    "/alexa-privacy/apd/rvh/customer-history-records-v2": Surface.VOICE,
    "/alexa-privacy/apd/rah/alexa-history-records-v2": Surface.ACTIVITY,
}
_PRIVACY = "/alexa-privacy/"
_TOKEN_PATH = "/alexa-privacy/apd/csrf-token"  # noqa: S105 - a path
_TOKEN_FIELDS = frozenset(wire.TOKEN_FIELD.values())
_PRIVATE = frozenset(
    {
        *("transcriptText", "deviceName", "accountName", "personFirstName"),
        *("personLastName", "firstName", "lastName", "fullName", "customerName", "customerEmail", "email"),
        *("serialNumber", "deviceSerialNumber", "deviceEntityId", "personId", "phone", "postalCode"),
    }
)
_PRIVATE_IN_LISTINGS = _PRIVATE | {"title", "subTitle"}
_PRIVATE_AT_ALEXA = _PRIVATE | {"name", "deviceOwnerCustomerId", "customerId"}
_LONG = 8
_NUMBER = re.compile(r"\d{10,16}")


@dataclass(frozen=True, slots=True, repr=False)
class Sighting:
    """One page of a listing: when it was asked for, and what it shows from when on."""

    started: int
    surface: Surface
    window: Window
    shown: frozenset[str]
    whole_since: int


@dataclass(frozen=True, slots=True, repr=False)
class Evidence:
    """Everything that is known before a deletion is looked for.

    Attributes:
        customer_id: whose history it is.
        recordings: by key, with items.
        sightings: pages of the listing in time order.
        anti_csrf, csrf: every value these tokens had.
        edges: starts and ends that a listing was asked for, ms UTC.
        listed: every number in a listing that may be a time.
        cookies, texts: values that must never stand in a recipe: of cookies; words, names and the like.
        varying: by name of a field of a row, its values where they differ between rows.
        cut: how many answers with a page of the listing stop in the middle.
    """

    customer_id: str
    recordings: Mapping[str, Recording]
    sightings: Sequence[Sighting]
    anti_csrf: frozenset[str]
    csrf: frozenset[str]
    edges: frozenset[int]
    listed: frozenset[str]
    cookies: frozenset[str]
    texts: frozenset[str]
    varying: Mapping[str, frozenset[str]]
    cut: int


def gather(exchanges: Sequence[Exchange], marketplace: Marketplace, customer_id: str | None) -> Evidence:
    """Reads the listings and everything else that is known.

    Raises:
        NoListingError: there is no listing in it.
        CutCaptureError: there is one, and it stops in the middle.
        OtherAccountError: another account's or another marketplace's.
        OthersDataError: rows of several accounts.
    """
    pages = list(_pages(exchanges, marketplace))
    whose = _whose(pages, customer_id)
    rows = _Rows(whose)
    for page in pages:
        rows.add(page)
    if not rows.recordings:
        raise NoListingError("the history in the capture is empty")
    return Evidence(
        customer_id=whose,
        recordings=rows.recordings,
        sightings=rows.sightings,
        anti_csrf=frozenset(_anti_csrf(exchanges)),
        csrf=frozenset(value for each in exchanges for name, value in each.cookies if name == csrf.COOKIE),
        edges=frozenset(edge for page in pages for edge in (page.window.start, page.window.end)),
        listed=frozenset(rows.numbers),
        cookies=frozenset(
            value.strip('"')
            for each in exchanges
            for name, value in each.cookies
            if len(value) >= _LONG and name != csrf.COOKIE
        ),
        texts=frozenset(_private(exchanges)),
        varying=rows.varying,
        cut=sum(is_listing(each) and each.answer is not None and _is_cut(each.answer) for each in exchanges),
    )


def is_listing(exchange: Exchange) -> bool:
    """Whether it asks for a page of the history."""
    return exchange.path.rstrip("/") in LISTINGS


@dataclass(frozen=True, slots=True, repr=False)
class _Page:
    started: int
    surface: Surface
    window: Window
    first: bool
    value: Mapping[str, object]

    @property
    def rows(self) -> list[object]:
        rows = self.value.get(wire.LIST_FIELD[self.surface])
        return rows if isinstance(rows, list) else []


def _pages(exchanges: Sequence[Exchange], marketplace: Marketplace) -> Iterator[_Page]:
    """Every readable page; raises where there is none at all."""
    asked = [each for each in exchanges if is_listing(each)]
    own = [each for each in asked if of_host(each.host) == marketplace]
    if asked and not own:
        raise OtherAccountError(f"the capture is not from {marketplace.name}")
    found = cut = 0
    for each in own:
        try:
            value = decode.parse(each.answer or b"") if each.status in range(200, 300) else None
        except TruncatedError:
            cut += each.answer is not None
            continue
        except AgentError:
            continue
        if isinstance(value, dict) and LISTINGS[each.path.rstrip("/")]:
            surface = LISTINGS[each.path.rstrip("/")]
            found += wire.LIST_FIELD[surface] in value
            first = b'"previousRequestToken":"' not in (each.body or b"").replace(b" ", b"")
            yield _Page(each.started, surface, _window(each), first, value)
    if not found and cut:
        raise CutCaptureError("the history in the capture stops in the middle")
    if not found:
        raise NoListingError(
            "the history was asked for, but its answers are not in the capture"
            if own
            else "the capture does not show the history"
        )


def _is_cut(answer: bytes) -> bool:
    try:
        decode.parse(answer)
    except TruncatedError:
        return True
    except AgentError:
        return False
    return False


def _window(exchange: Exchange) -> Window:
    edges = dict(exchange.query)
    start, end = edges.get("startTime", ""), edges.get("endTime", "")
    return Window(int(start) if start.isdigit() else 0, int(end) if end.isdigit() else wire.LATEST)


def _whose(pages: Sequence[_Page], expected: str | None) -> str:
    found = set()
    for row in (row for page in pages for row in page.rows if isinstance(row, dict)):
        key = row.get("recordKey") or row.get("activityKey")
        named = row.get("customerId")
        for text in (named, key.partition("#")[0] if isinstance(key, str) and "#" in key else None):
            if isinstance(text, str) and text:
                found.add(text)
    if len(found) > 1:
        raise OthersDataError("the history in the capture belongs to several accounts")
    if not found:
        raise NoListingError("the history in the capture shows no recording with a key")
    whose = found.pop()
    if expected is not None and whose != expected:
        raise OtherAccountError("the history in the capture belongs to another account")
    return whose


@dataclass(slots=True, repr=False)
class _Rows:
    customer_id: str
    recordings: dict[str, Recording] = field(default_factory=dict)
    sightings: list[Sighting] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    fields: dict[tuple[Surface, str], set[str]] = field(default_factory=dict)

    def add(self, page: _Page) -> None:
        reader = wire.Reader(self.customer_id, b"", items=True, text=False)
        try:
            found = reader.page(page.surface, page.value)
        except AgentError:
            return  # half-understood rows explain nothing
        for one in found.recordings:
            if one.deletable:
                before = self.recordings.get(one.key)
                self.recordings[one.key] = one if before is None else wire.merge(before, one)
        times = [one.spoken_at for one in found.recordings]
        reached = min(times, default=page.window.start) if found.token else page.window.start
        if page.first and not found.null and not (found.time_limit and not times):
            shown = frozenset(one.key for one in found.recordings)
            self.sightings.append(Sighting(page.started, page.surface, page.window, shown, reached))
        self.numbers.update(leaf for leaf in leaves(page.rows) if _NUMBER.fullmatch(leaf))
        for row in page.rows:
            keyed = isinstance(row, dict) and row.get(wire.KEY_FIELD[page.surface])
            for name, value in row.items() if isinstance(row, dict) and keyed else ():
                if isinstance(value, str) and value:
                    self.fields.setdefault((page.surface, name), set()).add(value)

    @property
    def varying(self) -> dict[str, frozenset[str]]:
        """By name of a field, its values where they differ between the rows of one surface."""
        found: dict[str, frozenset[str]] = {}
        for (_, name), values in self.fields.items():
            if len(values) > 1:
                found[name] = found.get(name, frozenset()) | values
        return found


def _anti_csrf(exchanges: Sequence[Exchange]) -> Iterator[str]:
    for each in exchanges:
        yield from (value for name, value in each.headers if name == csrf.HEADER and value)
        page = each.answer_type == "text/html" or each.path == _TOKEN_PATH
        if page and each.path.startswith(_PRIVACY) and each.status in range(200, 300) and each.answer:
            token = csrf.token_in(Incoming(200, body=each.answer))
            if token is not None:
                yield token


def _private(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Words, names and the like anywhere in the answers of the account's own hosts."""
    for each in exchanges:
        if not each.answer or each.answer[:1] not in b"{[":
            continue
        try:
            value = decode.parse(each.answer)
        except AgentError:
            continue
        at_alexa = each.host.startswith("alexa.")
        wanted = _PRIVATE_AT_ALEXA if at_alexa else _PRIVATE_IN_LISTINGS if is_listing(each) else _PRIVATE
        yield from _named(value, wanted)


def _named(value: object, wanted: frozenset[str]) -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                if name in wanted and isinstance(inner, str) and inner.strip():
                    yield inner.strip()
                else:
                    yield from _named(inner, wanted)
        case list():
            for inner in value:
                yield from _named(inner, wanted)
