import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alexa import answers
from agent.alexa.exchange import Incoming
from agent.errors import AgentError, ThrottledError, VaultError
from agent.model import Incomplete

JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html;charset=UTF-8"}
SIGN_IN = b'<html><form name="signIn"><input type="email" id="ap_email"></form></html>'


def answer(status: int, body: bytes = b"{}", headers: dict[str, str] | None = None) -> Incoming:
    return answers.judged(Incoming(status, headers or JSON, body, "/x"), "www.amazon.de", 0)


@pytest.mark.parametrize(
    ("status", "body", "headers", "expected"),
    [
        (200, b'{"a":1}', JSON, None),
        (200, b'{"message":"hello"}', JSON, None),
        (200, b'{"rows":[{"text":"rate exceeded"}]}', JSON, None),
        (200, b"<html>welcome</html>", HTML, Incomplete.HTML),
        (200, b"  \n<!doctype html>", JSON, Incomplete.HTML),
        (200, SIGN_IN, HTML, Incomplete.SIGNED_OUT),
        (200, b"<html>Please verify it's you</html>", HTML, Incomplete.STEP_UP),
        (302, b"", {"location": "https://www.amazon.de/ap/signin?x=1"}, Incomplete.SIGNED_OUT),
        (302, b"", {"location": "/ap/re-auth?x"}, Incomplete.STEP_UP),
        (302, b"", {"location": "/ap/mfa/1"}, Incomplete.STEP_UP),
        (302, b"", {"location": "https://evil.example/ap"}, Incomplete.REDIRECTED),
        (302, b"", {}, Incomplete.REDIRECTED),
        (302, b"", {"location": "https://[bad"}, Incomplete.REDIRECTED),
        (403, b"<html>no</html>", HTML, Incomplete.CSRF_REFUSED),
        (401, b"", JSON, Incomplete.CSRF_REFUSED),
        (403, SIGN_IN, HTML, Incomplete.SIGNED_OUT),
        (429, b"slow", HTML, Incomplete.THROTTLED),
        (503, b"<html>", HTML, Incomplete.THROTTLED),
        (200, b'{"message":"Rate exceeded"}', JSON, Incomplete.THROTTLED),
        (200, b'{"message": "Too many requests"}', JSON, Incomplete.THROTTLED),
        (400, b'{"message":"Rate exceeded"}', JSON, Incomplete.THROTTLED),
        (400, b'{"__type":"ThrottlingException"}', JSON, Incomplete.THROTTLED),
        (400, b'{"message":"no"}', JSON, Incomplete.SCHEMA),
        (404, b"<html>Seite wurde nicht gefunden</html>", HTML, Incomplete.NOT_FOUND),
        (410, b"", JSON, Incomplete.NOT_FOUND),
        (500, b"<html>", HTML, Incomplete.SERVER_ERROR),
        (502, b"", JSON, Incomplete.SERVER_ERROR),
        (418, b"{}", JSON, Incomplete.SCHEMA),
    ],
)
def test_each_disguise_gets_its_name(
    status: int, body: bytes, headers: dict[str, str], expected: Incomplete | None
) -> None:
    """Signing out, throttling and drift come under many statuses; each is told apart."""
    assert answer(status, body, headers).reason is expected


def test_an_unread_body_is_too_large() -> None:
    """A body that was given up is no body."""
    assert answers.reason(Incoming(200, JSON, None)) is Incomplete.TOO_LARGE


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("99999999999", 86_400.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_in_both_spellings(text: str | None, seconds: float | None) -> None:
    """Seconds or a date, never negative, capped at a day; nonsense is no wish."""
    assert answers.retry_after(text, 10_000) == seconds


@given(st.integers(100, 599), st.binary(max_size=200), st.sampled_from([JSON, HTML, {}]))
def test_any_answer_is_judged(status: int, body: bytes, headers: dict[str, str]) -> None:
    """Whatever comes back, reading it gives a value or one of our own errors."""
    failed: AgentError | None = None
    try:
        answers.value(answer(status, body, headers))
    except AgentError as error:
        failed = error
    assert failed is None or answers.reason_of(failed).value == failed.code


@given(st.sampled_from(Incomplete))
def test_error_and_reason_are_two_sides(why: Incomplete) -> None:
    """An error made for a reason names that reason again."""
    paging = {"token_loop", "empty_pages", "null_list", "server_time_limit"}
    if why.value not in paging:
        assert answers.reason_of(answers.error_of(why)) is why


def test_a_wish_travels_with_the_error() -> None:
    """How long Amazon wants us to wait reaches whoever plans the next run."""
    slow = answers.judged(Incoming(429, {"retry-after": "30"}, b"", "/"), "www.amazon.de", 0)
    with pytest.raises(ThrottledError) as caught:
        answers.check(slow)
    assert caught.value.retry_after_s == 30


def test_an_error_of_another_room_still_has_a_reason() -> None:
    """A listing always says why it ended."""
    assert answers.reason_of(VaultError("x")) is Incomplete.SIGNED_OUT


def test_a_message_holds_nothing_of_the_answer() -> None:
    """What Amazon wrote may hold private words, so no error repeats it."""
    with pytest.raises(AgentError) as caught:
        answers.value(answer(200, json.dumps({"said": "private words"}).encode()[:-3]))
    assert "private" not in str(caught.value)
