import json
import posixpath
from urllib.parse import quote, unquote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from agent.alexa.exchange import Host, Outgoing
from agent.alexa.headers import allow
from agent.errors import ConfigError
from agent.methods.bounds import RESERVED_HEADERS, ROOT, problem_of, problem_of_path
from agent.methods.recipe import load
from agent.methods.render import Given, OutOfBoundsError, render
from tests.support.recipe_texts import TOKENS, WINDOW, Draft, row

HOSTILE = st.text(st.characters(exclude_categories=())) | st.text(
    alphabet="./\\%25fFcC0eE;?#@:\r\n\0 ab", max_size=30
)

CLIMBING = [
    "/alexa-privacy/../api/x",
    "/alexa-privacy/a/..",
    "/alexa-privacy/./x",
    "/alexa-privacy/%2e%2e/x",
    "/alexa-privacy/%252e%252e/x",
    "/alexa-privacy/%2E./x",
    "/alexa-privacy/..;/x",
    "/alexa-privacy/%2e%2e;a=b/x",
    "/alexa-privacy/..%3b/x",
    "/alexa-privacy//x",
    "//evil.example/alexa-privacy/",
    "/alexa-privacy/a%2fb",
    "/alexa-privacy/a%2Fb",
    "/alexa-privacy/a%252fb",
    "/alexa-privacy/a%25252fb",
    "/alexa-privacy/%5c..%5cx",
    "/alexa-privacy/a%5Cb",
    "/alexa-privacy/a%255cb",
    "/alexa-privacy/a\\b",
]
BROKEN = [
    "",
    "alexa-privacy/x",
    "/api/x",
    "/alexa-privacy",
    "/alexa-privacyx/",
    "https://www.amazon.de/alexa-privacy/x",
    "/alexa-privacy/a@b",
    "@evil.example/alexa-privacy/",
    "/alexa-privacy/x?y=1",
    "/alexa-privacy/x#y",
    "/alexa-privacy/a b",
    "/alexa-privacy/a\r\nHost: evil",
    "/alexa-privacy/a%0d%0ab",
    "/alexa-privacy/a%00",
    "/alexa-privacy/a%250ab",
    "/alexa-privacy/\0",
    "/alexa-privacy/%7f",
    "/alexa-privacy/%",
    "/alexa-privacy/%2",
    "/alexa-privacy/%zz",
    "/alexa-privacy/ä",
    "/alexa-privacy/%C3%A4",
    "/alexa-privacy/%c0%ae%c0%ae/x",
    "/alexa-privacy/%EF%BC%8F",
    "/alexa-privacy/%2525252541",
    "/alexa-privacy/" + "a" * 9000,
    "/ALEXA-PRIVACY/x",
]


@pytest.mark.parametrize("path", CLIMBING + BROKEN)
def test_a_path_that_could_lead_elsewhere_is_refused(path: str) -> None:
    """Dot and empty segments, slashes under any layer of encoding, controls, other places."""
    assert problem_of_path(path) is not None


@pytest.mark.parametrize(
    "path", [*CLIMBING, "/ap/signin", "/AP/register", "/%61p/x", "/x@y", "x", "", "/a?b"]
)
def test_an_own_path_may_not_lead_elsewhere_either(path: str) -> None:
    """Outside the privacy pages it is still one plain path of that host, and never where people sign in."""
    assert problem_of_path(path, own_path=True) is not None
    assert problem_of_path("/graphql", own_path=True) is None
    assert problem_of_path("/graphql") is not None


PATHS = st.sampled_from(
    [*CLIMBING, *BROKEN, "/graphql", "/ap/signin", ROOT + "x", ROOT + "{record_key}", "{record_key}"]
)


@given(PATHS, st.booleans(), HOSTILE, st.sampled_from(["host", "x-a", "x-forwarded-host", "cookie"]))
@example(ROOT + "{record_key}", False, "plain", "x-a")
@example("/graphql", True, "plain", "x-a")
def test_an_import_never_addresses_anything_outside(path: str, own: bool, key: str, header: str) -> None:
    """Whatever stands in the file and in a recording: the privacy pages of the retail host, or nothing."""
    assume(key and not key.startswith("nokey:"))
    draft = Draft(
        step={
            "path": path,
            "headers": {header: "{record_key}"},
            "query": [{"name": "k", "value": "{record_key}"}],
        },
        more={"own_path": own},
    )
    try:
        recipe = load(json.dumps(draft.data()).encode(), "given.yaml", shared=True)
        outgoing = render(recipe, recipe.steps[0], Given([row(key=key)], WINDOW, TOKENS))
    except (ConfigError, OutOfBoundsError):
        return
    assert outgoing.path.startswith(ROOT) and outgoing.host is Host.RETAIL
    assert posixpath.normpath(unquote(outgoing.path)).startswith(ROOT)
    assert {name for name, _ in outgoing.headers} <= {"x-a"}
    allow(outgoing)


@pytest.mark.parametrize(
    "path", ["/alexa-privacy/apd/rvh/x", "/alexa-privacy/a/A1%235%23T%23S", "/alexa-privacy/..."]
)
def test_a_plain_path_is_allowed(path: str) -> None:
    """A record key in a path is one segment; its `#` is encoded."""
    assert problem_of_path(path) is None


@given(HOSTILE)
@example("%2e%2e%2f")
def test_an_allowed_path_means_the_same_at_every_layer(tail: str) -> None:
    """However often a reader decodes it, it stays below the privacy pages and has the same segments."""
    for path in (ROOT + tail, ROOT + quote(tail, safe="", errors="replace")):
        if problem_of_path(path) is not None:
            continue
        allow(Outgoing("POST", path))
        layer = path
        for _ in range(6):
            assert layer.isascii()
            assert layer.isprintable()
            assert (posixpath.normpath(layer) + "/").startswith(ROOT)
            assert layer.count("/") == path.count("/")
            assert "\\" not in layer
            layer = unquote(layer)


@given(HOSTILE)
@example("..")
@example("../..")
@example("..%2f")
def test_a_hostile_key_in_a_path_stays_one_segment(key: str) -> None:
    """A rendered path is refused, or has the recipe's segments and the key decodes from its own."""
    assume(key and not key.startswith("nokey:"))
    draft = Draft(step={"path": "/alexa-privacy/apd/{record_key}/x", "method": "DELETE"})
    try:
        path = draft.render(row(key=key)).path
    except OutOfBoundsError:
        return
    root, privacy, apd, segment, last = path.split("/")
    assert (root, privacy, apd, last) == ("", "alexa-privacy", "apd", "x")
    assert unquote(segment) == key


@given(HOSTILE)
@example("a\r\nCookie: b")
def test_a_hostile_value_in_a_header_stays_in_it(value: str) -> None:
    """A rendered header is refused, or holds exactly the value on one line of printable ASCII."""
    draft = Draft(step={"headers": {"x-ticket": "{anti_csrf}", "x-key": "{record_key}"}})
    try:
        headers = dict(draft.render(row(), anti_csrf=value).headers)
    except OutOfBoundsError:
        return
    assert headers["x-ticket"] == value
    assert value.isascii()
    assert value.isprintable()
    assert value == value.strip() != ""


@pytest.mark.parametrize("name", sorted(RESERVED_HEADERS | {"Host", "COOKIE", "X y", "x:y", "x\n", "ä", ""}))
def test_headers_of_the_session_are_refused(name: str) -> None:
    """No recipe sets who is asked, who asks, or where the body ends."""
    assert problem_of(Outgoing("POST", ROOT + "x", headers=((name, "1"),))) is not None


def test_only_the_retail_host_is_addressed() -> None:
    """Another host, the access token or a GET with a body are no part of a recipe."""
    assert problem_of(Outgoing("POST", ROOT + "x")) is None
    assert problem_of(Outgoing("POST", ROOT + "x", host=Host.API)) is not None
    assert problem_of(Outgoing("POST", ROOT + "x", bearer=True)) is not None
    assert problem_of(Outgoing("GET", ROOT + "x", body=b"{}")) is not None
