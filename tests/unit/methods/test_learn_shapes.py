import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from agent.alexa.exchange import Outgoing
from agent.errors import LearnError
from agent.methods.learn import Learned, learn
from agent.methods.render import Given, render
from agent.model import Recording, Surface, Window
from tests.support.captures import CLICK, COOKIES, CUSTOMER, TOKEN, Har, Row, one_deletion, rows
from tests.support.request_shapes import Asked, Shape, Values, encoded, shapes

CANARIES = (
    "canary",
    CUSTOMER,
    TOKEN,
    "G070",
    "A10A33FOX2NUBK",
    "Canaria",
    "ticket-",
    COOKIES[0][1],
    "-1168781950",
)
FIRST = {
    "customer": CUSTOMER,
    "token": TOKEN,
    "ticket": "tk-8f0a3b9c1d7e",
    "now": str(CLICK + 300),
    "uuid": "0b5d5cbe-31f2-4d7a-9c55-2f8d0e6a1b3c",
}
OTHER = {
    "customer": CUSTOMER,
    "token": "nEwT0ken+abc/def=AAAAQ1zx8Q",
    "ticket": "tk-0123456789ab",
    "now": "1790555555555",
    "uuid": "11111111-2222-4333-8444-555555555555",
}


def recording(row: Row) -> Recording:
    return Recording(
        row.key,
        row.at,
        frozenset(Surface),
        (row.serial,),
        row.kind,
        customer_id=CUSTOMER,
        item_keys=tuple(row.items),
        utterance_ids=tuple(row.utterances),
    )


def parts(outgoing: Outgoing) -> dict[str, Any]:
    """A rendered request in the words of a shape."""
    return {
        "method": outgoing.method,
        "path": outgoing.path,
        "query": list(outgoing.query),
        "headers": sorted(outgoing.headers),
        "csrf": outgoing.csrf,
        "type": (outgoing.content_type or "").partition(";")[0],
        "body": body(outgoing.content_type or "", (outgoing.body or b"").decode()),
    }


def wanted(asked: Asked) -> dict[str, Any]:
    return {
        "method": asked.method,
        "path": asked.path,
        "query": asked.query,
        "headers": sorted(asked.headers),
        "csrf": asked.csrf,
        "type": asked.content_type.partition(";")[0],
        "body": body(asked.content_type, asked.raw or ""),
    }


def body(kind: str, text: str) -> Any:  # noqa: ANN401 - as the kind has it
    """A body as its receiver reads it; the order of members counts."""
    if "multipart" in kind:
        boundary = kind.partition("boundary=")[2]
        fields = text.split(f"--{boundary}")[1:-1]
        return [field.replace("\r\n", "\n").strip("\n").split("\n\n", 1) for field in fields]
    if "urlencoded" in kind:
        return parse_qsl(text, keep_blank_values=True)
    try:
        return json.loads(text, object_pairs_hook=list)
    except ValueError:
        return text


def captured(shape: Shape, listed: Sequence[Row], chosen: Sequence[Row]) -> bytes:
    """A capture in which the chosen were deleted, among noise."""
    har = Har()
    har.page()
    har.listing(listed)
    har.noise(chosen[0], 1)
    har.at = CLICK
    steps = shape.ask(chosen, FIRST)
    for number, asked in enumerate(steps):
        last = number == len(steps) - 1
        assert urlsplit(asked.target).path == asked.path
        har.add(
            asked.method,
            asked.target,
            asked.raw,
            asked.content_type,
            token=asked.csrf,
            headers=asked.headers,
            answer={"success": True} if last else _gives(shape),
            answer_headers=[("x-ticket", FIRST["ticket"])] if shape.ticket == "x-ticket" and not last else [],
        )
    har.noise(chosen[0], 1)
    return har.raw()


def _gives(shape: Shape) -> object:
    made: Any = FIRST["ticket"]
    for name in reversed(shape.ticket if isinstance(shape.ticket, tuple) else ()):
        made = [made] if name == "0" else {name: made}
    return made if isinstance(made, dict) else {"state": "PENDING"}


def taught(raw: bytes) -> Learned:
    return learn(raw, marketplace="amazon.de", customer_id=CUSTOMER, name="mine", today=date(2026, 11, 24))


def asks_the_same(learned: Learned, shape: Shape, chosen: Sequence[Row], values: dict[str, str]) -> None:
    """What the recipe sends for these recordings is what the page would have sent."""
    times = [row.at for row in chosen]
    window = Window(min(times), max(times))
    filled = {
        "customer_id": CUSTOMER,
        "anti_csrf": values["token"],
        "csrf": "-1168781950",
        "ticket": values["ticket"],
        "now": values["now"],
        "uuid_1": values["uuid"],
    }
    found = [
        parts(render(learned.recipe, step, Given([recording(row) for row in chosen], window, filled)))
        for step in learned.recipe.steps
    ]
    assert found == [wanted(asked) for asked in shape.ask(chosen, values)]


SIZES = st.tuples(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(1, 3), st.integers(1, 2)
)
"""How many recordings are deleted; items and utterances of each of them, and of others."""


def check(shape: Shape, sizes: tuple[int, int, int, int, int]) -> None:
    event(shape.label)
    count, *of_chosen, items, utterances = sizes
    if shape.packed:  # its padding can be seen, or not, for others as for these
        items, utterances = of_chosen
    number = min(count, shape.most)
    chosen = [replace(row, parts=of_chosen[0], spoken=of_chosen[1]) for row in rows(4)[:number]]
    listed = [*chosen, *(replace(row, parts=items, spoken=utterances) for row in rows(8)[number:])]
    others = listed[4 : 4 + number]
    for asked in shape.ask(chosen, FIRST):
        note(f"{asked.method} {asked.target} {asked.raw}")
    learned = taught(captured(shape, listed, chosen))
    assert learned.recipe.scope.value == shape.scope
    assert shape.scope == "range" or learned.recipe.batch == number
    text = learned.recipe_text.lower()
    assert not any(canary.lower() in text for canary in CANARIES)
    assert not any(str(row.at) in text or str(row.at // 1000) in text for row in listed)
    note(learned.recipe_text)
    asks_the_same(learned, shape, chosen, FIRST)
    asks_the_same(learned, shape, others, OTHER)


@given(shapes(), SIZES)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_learned_recipe_asks_as_the_page_does(shape: Shape, sizes: tuple[int, int, int, int, int]) -> None:
    """For the captured recordings and for any others; and nothing personal is in the file."""
    check(shape, sizes)


SECRETS = (
    COOKIES[0][1],
    COOKIES[1][1],
    "canary words number 3",
    "Canary Kitchen",
    "canaria@example.com",
    "amzn1.actor.person.oid.ACANARY77",
    "G0CANARY98765432",
    "A1CANARYOTHER99",
    "c4nary1f0e2d3c4b5a69788",
    "cAn4ryX9zQ7vB2nM5kL8pR",
    "1790000180003",
)
HIDING: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda text: encoded(text, "base64"),
    "json": lambda text: encoded(text, "json"),
    "json in base64": lambda text: encoded(encoded(text, "json"), "base64url"),
    "within": lambda text: f"x: {text} (y)",
}


def planted(value: Any, secret: str, number: int) -> Any:  # noqa: ANN401 - JSON
    """The same JSON with a secret added somewhere, as a value or as a member's name."""
    if isinstance(value, dict) and value and number % 3:
        name = list(value)[number % len(value)]
        return {**value, name: planted(value[name], secret, number // 3)}
    return {"x": value, secret: 1} if number % 2 else {"x": value, "y": [secret]}


@given(st.sampled_from(SECRETS), st.sampled_from(sorted(HIDING)), st.integers(0, 999), shapes())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_secret_gets_into_a_recipe(secret: str, hiding: str, number: int, shape: Shape) -> None:
    """Planted anywhere, in any spelling: learning stops, and neither the file nor the error holds it."""
    chosen = rows(4)[:1]
    hidden = HIDING[hiding](secret)

    def ask(listed: Sequence[Row], values: Values) -> list[Asked]:
        first, *more = shape.ask(listed, values)
        if first.kind == "json":
            return [replace(first, body=planted(first.body, hidden, number)), *more]
        if first.kind in ("form", "multipart"):
            return [replace(first, body=[*first.body, ("y", hidden)]), *more]
        return [replace(first, query=[*first.query, ("y", hidden)]), *more]

    with pytest.raises(LearnError) as caught:
        taught(captured(replace(shape, ask=ask), rows(8), chosen))
    words = f"{caught.value.message} {caught.value.next_step} {vars(caught.value)}".lower()
    assert secret.lower() not in words and hidden.lower() not in words and "canary" not in words


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_har_is_an_error_and_never_a_crash(data: st.DataObject) -> None:
    """Whatever stands where a browser would write something else."""
    har, listed = one_deletion(count=2)
    har.add(
        "POST",
        "/alexa-privacy/apd/rvh/delete",
        json.dumps({"keys": [listed[0].key]}),
        answer={"success": True},
    )
    document = json.loads(har.raw())
    for _ in range(data.draw(st.integers(1, 4))):
        at: Any = document
        for _ in range(data.draw(st.integers(1, 8))):
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if not isinstance(at[key], dict | list) or data.draw(st.integers(0, 9)) == 0:
                at[key] = data.draw(JUNK)
                break
            at = at[key]
    with contextlib.suppress(LearnError):
        taught(json.dumps(document).encode())


@pytest.mark.heavy
@pytest.mark.timeout(900)
@given(shapes(), SIZES)
@settings(max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_thousands_of_forms_are_learned(shape: Shape, sizes: tuple[int, int, int, int, int]) -> None:
    """The same, many more of them."""
    check(shape, sizes)
