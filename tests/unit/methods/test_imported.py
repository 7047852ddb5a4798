"""What a recipe from somebody else can do at most: ask below one folder of the account's own host."""

import asyncio
import json
import posixpath
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from agent.alexa.exchange import Host, Incoming, Outgoing
from agent.errors import ConfigError
from agent.methods.example import example
from agent.methods.recipe import Recipe, digest, load
from agent.methods.recipe_method import RecipeMethod
from agent.model import Answer, Identity, Result, Window
from tests.support.fake_clock import FakeClock
from tests.support.recipe_texts import CUSTOMER, TOKENS, json_draft, row

HOME = "https://www.amazon.de"
HOLES = (
    "{record_key}",
    "{record_key|url}",
    "{record_key|base64url}",
    "{serial}",
    "{ticket}",
    "x{ticket|url}y",
)
PIECES = ("apd", "rvh", "delete", *HOLES, "{customer_id}", "{timestamp}", "{record_key|json}")
BAD = ("", ".", "..", "%2e%2e", "..;x", "%252f", "%5c", "@evil.example", "?x=1", "#", "%2e{record_key}")
STARTS = ("/alexa-privacy/", *("/alexa-privacy/",) * 8, "/", "//evil.example/alexa-privacy/", "/api/")
HOSTILE = st.sampled_from(
    [
        "..",
        "../../gp/x",
        "%2e%2e",
        "%2f..%2f",
        "..%2f",
        "\\..\\",
        "a\r\nHost: evil.example",
        "//evil.example",
        "@x",
    ]
) | st.text(st.characters(exclude_categories=()), min_size=1, max_size=20)
HEADERS: st.SearchStrategy[dict[str, str]] = st.just({}) | st.dictionaries(
    st.sampled_from(
        ["x-a", "Host", "Cookie", "X-Forwarded-Host", "X-Original-URL", "X-HTTP-Method-Override"]
    ),
    st.sampled_from(["1", "{record_key}", "{ticket}"]),
    max_size=2,
)


class Listener:
    """Stands where the session stands; keeps what would be sent, and answers with a hostile ticket."""

    def __init__(self, ticket: str) -> None:
        self.clock, self.identity = FakeClock(), Identity(CUSTOMER, "www.amazon.de")
        self.sent: list[Outgoing] = []
        self.ticket = ticket

    async def tokens(self) -> Mapping[str, str]:
        return TOKENS

    async def send(self, outgoing: Outgoing) -> Incoming:
        self.sent.append(outgoing)
        return Incoming(
            200, {"content-type": "application/json"}, json.dumps({"ticket": self.ticket}).encode()
        )


@st.composite
def shared_files(draw: st.DrawFn) -> dict[str, Any]:
    """A recipe as anybody could write one, with one step or two."""

    def step(*, last: bool) -> dict[str, Any]:
        pieces = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
        if draw(st.integers(0, 5)) == 0:
            pieces.append(draw(st.sampled_from(BAD)))
        path = draw(st.sampled_from(STARTS)) + "/".join(_fitting(pieces, last=last))
        named = {"key": "{record_key}", "c": "{customer_id}"}
        method = draw(st.sampled_from(["POST", "PUT", "DELETE"]))
        return {"method": method, "path": path, "headers": draw(HEADERS), "body": {"json": named}}

    data = json_draft("{record_key}").data()
    steps = [step(last=False)]
    if draw(st.booleans()):
        steps[0]["ticket"] = {"json": "/ticket"}
        steps.append(step(last=True))
        steps[1]["body"]["json"]["ticket"] = "{ticket}"
    return data | {"steps": steps} | ({"own_path": True} if draw(st.integers(0, 9)) == 0 else {})


def _fitting(pieces: list[str], *, last: bool) -> list[str]:
    """Only the second request has a ticket to fill in."""
    return [piece if last or "ticket" not in piece else "{record_key}" for piece in pieces]


def taken(data: dict[str, Any]) -> Recipe | None:
    try:
        return load(json.dumps(data).encode(), "shared.yaml", shared=True)
    except ConfigError:
        return None


@settings(max_examples=300, deadline=None)
@given(shared_files(), HOSTILE, HOSTILE)
def test_no_imported_recipe_ever_addresses_anything_outside_its_bounds(
    data: dict[str, Any], key: str, ticket: str
) -> None:
    """Whatever file, record key and ticket: what reaches the session stays below one folder of one host."""
    recipe = taken(data)
    event("refused at import" if recipe is None else "taken")
    if recipe is None:
        return
    listener = Listener(ticket)
    method = RecipeMethod(recipe, digest(b""), listener, name="recipe:shared")
    hostile = replace(row(key=key), item_keys=(ticket,))
    for recording in (hostile, row(key=f"{CUSTOMER}#5000#{key}#{ticket}"), row()):
        answer = asyncio.run(method.request([recording], Window(5_000, 5_000)))
        assert isinstance(answer, Answer)
    event(f"{min(len(listener.sent), 3)} requests")
    for outgoing in listener.sent:
        stays_inside(outgoing)


def stays_inside(outgoing: Outgoing) -> None:
    """Read as a server or proxy might, however it decodes."""
    assert outgoing.host is Host.RETAIL and outgoing.cookies and not outgoing.bearer
    address = urlsplit(urljoin(HOME + "/alexa-privacy/apd/rvh", outgoing.path))
    assert (address.scheme, address.netloc, address.query, address.fragment) == (
        "https",
        "www.amazon.de",
        "",
        "",
    )
    path = outgoing.path
    for _ in range(12):
        for read in (path, path.replace("\\", "/"), *(";".join(path.split(";")[:n]) for n in (1, 2))):
            assert posixpath.normpath(read + "/").startswith("/alexa-privacy")
        assert posixpath.normpath(path).count("/") == path.rstrip("/").count("/")
        path = unquote(path)
    assert all(" " < letter < "\x7f" for letter in outgoing.path)
    for name, value in outgoing.headers:
        assert name.lower() not in ("host", "cookie", "authorization", "x-forwarded-host", "x-original-url")
        assert "\r" not in name + value and "\n" not in name + value


@pytest.mark.parametrize("path", ["/gp/yourstore", "/api/behaviors/preview", "/ap/signin", "/alexa-privacy"])
def test_an_own_path_is_never_taken_from_somebody_else(path: str) -> None:
    """Outside the privacy pages only the owner's own capture leads, whatever the file says of itself."""
    data = json_draft("{record_key}", path=path).data() | {"own_path": True}
    assert taken(data) is None


def test_the_example_names_every_placeholder_and_nobody() -> None:
    """What is shown before a yes is the request itself, with words in place of values."""
    body = {
        "k": "{record_key}",
        "n": {"$int": "{now}"},
        "u": "{uuid_1}",
        "c": "{customer_id}",
        "t": "{anti_csrf}",
    }
    recipe = taken(json_draft(body).data())
    assert recipe is not None
    text = "\n".join(example(recipe, "www.amazon.de"))
    assert text.startswith("POST https://www.amazon.de/alexa-privacy/apd/rvh/x")
    for word in ("CUSTOMER#", "RANDOM-ID", "PAGE-TOKEN"):
        assert word in text


def test_a_refused_request_says_so_and_sends_nothing() -> None:
    """A hostile key in a path: refused by its word, and the session never heard of it."""
    recipe = taken(json_draft({"k": "1"}, path="/alexa-privacy/{record_key}").data())
    assert recipe is not None
    listener = Listener("")
    method = RecipeMethod(recipe, digest(b""), listener, name="recipe:shared")
    answer = asyncio.run(method.request([row(key="..")], Window(0, 1)))
    assert (answer.result, answer.reason, listener.sent) == (Result.REFUSED, "out_of_bounds", [])
