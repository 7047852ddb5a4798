import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import (
    AgentError,
    ConnectionLostError,
    DeadlineError,
    SchemaError,
    SignedOutError,
    ThrottledError,
)
from agent.methods.recipe_method import RecipeMethod
from agent.model import Answer, Recording, Result
from tests.support.fake_sender import FakeSender, Said, says
from tests.support.recipe_texts import WINDOW, Draft, json_draft, row

PLAIN = json_draft({"k": "{record_key}"})
FIRST = {
    "method": "POST",
    "path": "/alexa-privacy/x",
    "body": {"json": "{record_key}"},
    "ticket": {"json": "/a/0/t"},
}
SECOND = {"method": "PUT", "path": "/alexa-privacy/y", "body": {"json": {"t": "{ticket}"}}}
TWO_STEPS = Draft(more={"steps": [FIRST, SECOND]})
GIVEN = says(b'{"a":[{"t":"go-1"}]}')


def ask(draft: Draft, *script: Said, rows: Sequence[Recording] = (row(),)) -> tuple[Answer, FakeSender]:
    """One request through a session that answers with `script`."""
    sender = FakeSender(*script)
    method = RecipeMethod(draft.recipe(), "ab" * 32, sender, name="recipe:draft")
    return asyncio.run(method.request(rows, WINDOW)), sender


def with_answer(**wanted: object) -> Draft:
    """The plain recipe with these wishes for an answer."""
    return Draft(step=PLAIN.step, more={"answer": wanted})


def test_a_yes_is_accepted_and_timed() -> None:
    """Status and time of the answer stand in the result."""
    answer, sender = ask(PLAIN, says())
    assert answer == Answer(Result.ACCEPTED, 200, "", 250)
    assert [json.loads(sent.body or b"") for sent in sender.sent] == [{"k": row().key}]


REFUSALS = [
    (says(b"<html><input id='ap_email'>", media="text/html"), "signed_out"),
    (says(b"", 302, location="/ap/signin?x"), "signed_out"),
    (says(b"", 302, location="/ap/mfa/x"), "step_up"),
    (says(b"<html>Deleted!</html>", media="text/html"), "html"),
    (says(b'{"message":"Rate exceeded"}'), "throttled"),
    (says(b"", 429), "throttled"),
    (says(b"<html>", 403, "text/html"), "csrf_refused"),
    (says(b"<html>", 404, "text/html"), "not_found"),
    (says(b"", 302, location="/somewhere"), "redirected"),
    (says(b"oops", 500), "server_error"),
    (says(b"{}", 400), "schema"),
    (says(b"{}", 202), "unexpected_answer"),
]


@pytest.mark.parametrize(
    ("said", "word"), REFUSALS, ids=[f"{word}-{n}" for n, (_, word) in enumerate(REFUSALS)]
)
def test_every_no_has_its_word(said: Said, word: str) -> None:
    """Also a no that comes with 200. One request, whatever was answered."""
    answer, sender = ask(PLAIN, said)
    assert (answer.result, answer.reason) == (Result.REFUSED, word)
    assert len(sender.sent) == 1


def test_amazons_wish_to_wait_is_handed_on() -> None:
    """`Retry-After` in seconds, from an answer or from a session that was throttled before."""
    assert ask(PLAIN, says(b"", 429, retry_after="7"))[0].retry_after_s == 7
    assert ask(PLAIN, ThrottledError("slow", retry_after_s=9))[0].retry_after_s == 9


@pytest.mark.parametrize("error", [ConnectionLostError("x"), DeadlineError("x"), SchemaError("x")])
@pytest.mark.parametrize("draft", [PLAIN, TWO_STEPS])
def test_no_readable_answer_is_unknown_and_not_repeated(draft: Draft, error: AgentError) -> None:
    """It may have been carried out, also the first of two steps."""
    answer, sender = ask(draft, error)
    assert (answer.result, answer.status) == (Result.UNKNOWN, None)
    assert len(sender.sent) == 1


def test_a_session_that_is_over_refuses_before_anything_leaves() -> None:
    """Without tokens there is no request."""
    sender = FakeSender(no_tokens=SignedOutError("x"))
    method = RecipeMethod(PLAIN.recipe(), "ab" * 32, sender, name="recipe:draft")
    answer = asyncio.run(method.request([row()], WINDOW))
    assert (answer.result, answer.reason, sender.sent) == (Result.REFUSED, "signed_out", [])


@given(st.text())
def test_a_hostile_key_is_refused_without_a_request_or_written_whole(key: str) -> None:
    """Out of bounds is a result, never an exception, and nothing has left then."""
    draft = Draft(step={"method": "DELETE", "path": "/alexa-privacy/{record_key}"})
    answer, sender = ask(draft, says(), rows=[row(key=key)])
    assert answer.result is (Result.ACCEPTED if sender.sent else Result.REFUSED)
    assert answer.reason in ("", "out_of_bounds")


def test_the_ticket_goes_into_the_second_step() -> None:
    """Taken from where the recipe says, from the answer to the first step."""
    answer, sender = ask(TWO_STEPS, GIVEN, says())
    assert answer.result is Result.ACCEPTED
    assert [(sent.method, sent.path) for sent in sender.sent] == [
        ("POST", "/alexa-privacy/x"),
        ("PUT", "/alexa-privacy/y"),
    ]
    assert json.loads(sender.sent[1].body or b"") == {"t": "go-1"}


@pytest.mark.parametrize(
    ("ticket", "sent"),
    [
        (b"123", "123"),
        (b'"a\\u00e9"', None),
        (b'"a\\nb"', None),
        (b"true", None),
        (b"null", None),
        (b'""', None),
        (b"[]", None),
        (b"1.5", None),
        (b'"' + b"a" * 5000 + b'"', None),
    ],
)
def test_only_a_plain_ticket_is_used(ticket: bytes, sent: str | None) -> None:
    """Text or a whole number, one line of ASCII; without one the second step stays at home."""
    answer, sender = ask(TWO_STEPS, says(b'{"a":[{"t":%s}]}' % ticket), says())
    if sent is None:
        assert (answer.result, answer.reason, len(sender.sent)) == (Result.REFUSED, "unexpected_answer", 1)
    else:
        assert json.loads(sender.sent[1].body or b"") == {"t": sent}


def test_a_ticket_may_come_in_a_header() -> None:
    """As far as the session keeps the header."""
    first = {**FIRST, "ticket": {"header": "location"}}
    answer, sender = ask(Draft(more={"steps": [first, SECOND]}), says(b"{}", 201, location="t-9"), says())
    assert answer.result is Result.ACCEPTED
    assert json.loads(sender.sent[1].body or b"") == {"t": "t-9"}


@pytest.mark.parametrize(
    "said", [says(b"<html>", media="text/html"), says(b"{}", 500), says(b"not JSON"), says(b"")]
)
def test_a_refused_first_step_ends_it(said: Said) -> None:
    """The second step is sent only after a yes to the first."""
    answer, sender = ask(TWO_STEPS, said, says())
    assert answer.result is Result.REFUSED
    assert len(sender.sent) == 1


def test_an_empty_answer_is_a_yes_and_a_page_only_if_the_recipe_says_so() -> None:
    """Some endpoints say nothing, some answer a form with a page."""
    assert ask(PLAIN, says(b"", media="text/html"))[0].result is Result.ACCEPTED
    page = says(b"<html>Deleted!</html>", media="text/html")
    assert ask(with_answer(page=True), page)[0].result is Result.ACCEPTED
    sign_in = says(b"<html><input id='ap_email'>", media="text/html")
    assert ask(with_answer(page=True), sign_in)[0].reason == "signed_out"


@pytest.mark.parametrize(
    ("body", "wanted", "fits"),
    [
        (b'{"ok":true}', True, True),
        (b'{"ok":1}', True, False),
        (b'{"ok":true}', 1, False),
        (b'{"ok":"1"}', 1, False),
        (b'{"ok":1}', 1, True),
        (b'{"ok":null}', None, True),
        (b"{}", None, False),
        (b'{"ok":1.0}', 1, False),
        (b"[]", True, False),
        (b"not JSON", True, False),
        (b"", True, False),
        (b"[" * 100_000, True, False),
    ],
)
def test_the_value_at_the_pointer_must_be_equal(body: bytes, wanted: object, fits: bool) -> None:
    """Equal in JSON: a number is not a word, and true is not 1."""
    answer, _ = ask(with_answer(json="/ok", equals=wanted), says(body))
    assert answer.result is (Result.ACCEPTED if fits else Result.REFUSED)


@pytest.mark.parametrize(
    ("pointer", "fits"),
    [
        ("/l/1", True),
        ("/l/01", False),
        ("/l/-1", False),
        ("/l/2", False),
        ("/l/x", False),
        ("/a~1b/c~0d", True),
        ("/w/0", False),
        ("/l/1/0", False),
    ],
)
def test_pointers_follow_the_rfc(pointer: str, fits: bool) -> None:
    """RFC 6901: positions without leading zeros, ~1 for a slash, ~0 for a tilde."""
    answer, _ = ask(with_answer(json=pointer, equals="y"), says(b'{"l":["x","y"],"a/b":{"c~d":"y"},"w":"y"}'))
    assert answer.result is (Result.ACCEPTED if fits else Result.REFUSED)


def test_nothing_private_is_in_an_answer() -> None:
    """Neither Amazon's words nor a key."""
    for said in (says(b'{"secret":"x"}', 400), says(b"{}", 418), ConnectionLostError("x"), says()):
        shown = repr(ask(PLAIN, said)[0])
        assert row().key not in shown
        assert "secret" not in shown


def test_what_is_new_with_each_deletion() -> None:
    """Random ids are drawn once for both steps; the time is that of sending, by Amazon's clock."""
    fresh = {"a": "{uuid_1}", "b": "{uuid_2}", "at": {"$int": "{now}"}}
    first = {**FIRST, "body": {"json": {"k": "{record_key}", **fresh}}}
    second = {**SECOND, "body": {"json": {"t": "{ticket}", **fresh}}}
    sender = FakeSender(GIVEN, says(), GIVEN, says())
    sender.identity = replace(sender.identity, skew_ms=5_000)
    began = sender.clock.now() + 5_000
    method = RecipeMethod(
        Draft(more={"steps": [first, second]}).recipe(), "ab" * 32, sender, name="recipe:draft"
    )
    for _ in range(2):
        assert asyncio.run(method.request((row(),), WINDOW)).result is Result.ACCEPTED
    one, two, other, _ = (json.loads(sent.body or b"") for sent in sender.sent)
    assert (one["a"], one["b"]) == (two["a"], two["b"])
    assert len({one["a"], one["b"], other["a"], other["b"]}) == 4
    assert (one["at"], two["at"]) == (began, began + 250)
