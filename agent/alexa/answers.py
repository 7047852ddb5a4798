"""What is wrong with an answer, if anything. Pure.

Amazon signs out, throttles and breaks with friendly status codes; PROTOCOL.md, section "Answers that
are none", has the sources. Nothing here says whether a deletion worked: no answer does.
"""

import json
from dataclasses import replace
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from agent.alexa import decode
from agent.alexa.exchange import Incoming
from agent.errors import (
    AgentError,
    ConnectionLostError,
    CsrfRefusedError,
    DeadlineError,
    GoneError,
    HtmlError,
    NeedsPersonError,
    RedirectedError,
    SchemaError,
    ServerFaultError,
    ServiceChangedError,
    SignedOutError,
    StepUpError,
    ThrottledError,
    TooLargeError,
    TruncatedError,
    TryLaterError,
    WrongAccountError,
)
from agent.model import Incomplete

OK = range(200, 300)
REDIRECT = range(300, 400)
REFUSED = frozenset({401, 403})
GONE = frozenset({404, 410})
SLOW_DOWN = frozenset({429, 503})
SERVER_FAULT = 500
BAD_REQUEST = 400

MAX_RETRY_AFTER_S = 86_400.0

_SLOW_WORDS = (b"rate exceeded", b"throttlingexception", b"too many requests")
_SIGN_IN_PATHS = ("/ap/signin", "/ap/register")
_STEP_UP_PATHS = ("/ap/re-auth", "/ap/mfa", "/ap/cvf", "/ap/challenge")
_SIGN_IN_MARKS = (b'id="ap_email"', b"id='ap_email'", b'name="signin"')
_STEP_UP_MARKS = (
    b"verify it's you",
    b"verify it\xe2\x80\x99s you",
    b"verify it&#39;s you",
    b"auth-mfa-otpcode",
)

_ERRORS: dict[Incomplete, tuple[type[AgentError], str]] = {
    Incomplete.SIGNED_OUT: (SignedOutError, "Amazon asks to sign in"),
    Incomplete.STEP_UP: (StepUpError, "Amazon asks for another proof of identity"),
    Incomplete.WRONG_ACCOUNT: (WrongAccountError, "the answer belongs to another account"),
    Incomplete.CSRF_REFUSED: (CsrfRefusedError, "Amazon refuses the request of a session that is alive"),
    Incomplete.HTML: (HtmlError, "Amazon sent a page where data was expected"),
    Incomplete.NOT_FOUND: (GoneError, "there is nothing at this address any more"),
    Incomplete.SCHEMA: (SchemaError, "the answer has another shape than this version knows"),
    Incomplete.TOO_LARGE: (TooLargeError, "the answer is too large"),
    Incomplete.REDIRECTED: (RedirectedError, "Amazon sent the request on to another place"),
    Incomplete.CONNECTION: (ConnectionLostError, "the connection was lost"),
    Incomplete.DEADLINE: (DeadlineError, "Amazon did not answer in time"),
    Incomplete.SERVER_ERROR: (ServerFaultError, "an error on Amazon's side"),
    Incomplete.TRUNCATED: (TruncatedError, "the answer stops in the middle"),
}


def reason(answer: Incoming) -> Incomplete | None:
    """What forbids to read `answer` as data; None when its body may be read.

    A refusal (401, 403) reads as `csrf_refused` here: only a look at the session tells it from a sign-out.
    """
    if answer.status in REDIRECT:
        return of_path(answer.final_path) or Incomplete.REDIRECTED
    if answer.body is None:
        return Incomplete.TOO_LARGE
    by_status = _of_status(answer.status, answer.body)
    if by_status is not None:
        return by_status
    page = _of_page(answer, answer.body)
    if answer.status in OK or page in {Incomplete.SIGNED_OUT, Incomplete.STEP_UP}:
        return page
    return Incomplete.CSRF_REFUSED if answer.status in REFUSED else Incomplete.SCHEMA


def _of_status(status: int, body: bytes) -> Incomplete | None:
    if status in SLOW_DOWN or _asks_to_slow_down(status, body):
        return Incomplete.THROTTLED
    if status in GONE:
        return Incomplete.NOT_FOUND
    return Incomplete.SERVER_ERROR if status >= SERVER_FAULT else None


def of_path(path: str) -> Incomplete | None:
    """What an address means that Amazon sends a browser to."""
    if path.startswith(_STEP_UP_PATHS):
        return Incomplete.STEP_UP
    return Incomplete.SIGNED_OUT if path.startswith(_SIGN_IN_PATHS) else None


def is_page(answer: Incoming) -> bool:
    """Whether it is HTML, whatever it is called."""
    start = (answer.body or b"")[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    return answer.content_type in {"text/html", "application/xhtml+xml"} or start.startswith(b"<")


def _of_page(answer: Incoming, body: bytes) -> Incomplete | None:
    if by_path := of_path(answer.final_path):
        return by_path
    if not is_page(answer):
        return None
    text = body.lower()
    if any(mark in text for mark in _STEP_UP_MARKS):
        return Incomplete.STEP_UP
    return Incomplete.SIGNED_OUT if any(mark in text for mark in _SIGN_IN_MARKS) else Incomplete.HTML


def _asks_to_slow_down(status: int, body: bytes) -> bool:
    """The two disguises of a throttle: 400 with the words in it, and 200 with nothing but a message."""
    head = body[:4096].lower()
    if not any(word in head for word in _SLOW_WORDS):
        return False
    if status == BAD_REQUEST:
        return True
    try:
        value = json.loads(body) if status in OK and len(body) <= len(head) else None
    except (ValueError, RecursionError):
        return False
    words = (value.get("message") or value.get("Message")) if isinstance(value, dict) else None
    return isinstance(words, str) and any(word.decode() in words.lower() for word in _SLOW_WORDS)


def retry_after(text: str | None, now: int) -> float | None:
    """Seconds to wait as a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date).

    Args:
        text: the header's value, None without one.
        now: ms UTC, by Amazon's clock.

    Returns:
        0 to 86,400; None when there is none or it makes no sense.
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    at = http_date(text)
    return None if at is None else min(max((at - now) / 1000, 0.0), MAX_RETRY_AFTER_S)


def http_date(text: str | None) -> int | None:
    """An HTTP date as ms UTC, None when it is none."""
    try:
        return round(parsedate_to_datetime(text).timestamp() * 1000) if text else None
    except (ValueError, OverflowError):
        return None


def error_of(why: Incomplete, *, retry_after_s: float | None = None) -> AgentError:
    """The error that stands for `why`."""
    if why is Incomplete.THROTTLED:
        return ThrottledError("Amazon asks to slow down", retry_after_s=retry_after_s)
    if why not in _ERRORS:
        return SchemaError("the answer has another shape than this version knows")
    kind, message = _ERRORS[why]
    return kind(message)


def reason_of(error: AgentError) -> Incomplete:
    """Why a listing is incomplete that `error` ended."""
    if error.code in set(Incomplete):
        return Incomplete(error.code)
    match error:
        case NeedsPersonError():
            return Incomplete.SIGNED_OUT
        case ServiceChangedError():
            return Incomplete.SCHEMA
        case TryLaterError():
            return Incomplete.CONNECTION
        case _:
            return Incomplete.SERVER_ERROR


def check(answer: Incoming) -> Incoming:
    """`answer`, unless something is wrong with it.

    Raises:
        AgentError: one class per `Incomplete`.
    """
    if answer.reason is not None:
        raise error_of(answer.reason, retry_after_s=answer.retry_after_s)
    return answer


def value(answer: Incoming) -> object:
    """The JSON value of a good answer.

    Raises:
        AgentError: something is wrong with the answer, or it is no strict JSON.
    """
    return decode.parse(check(answer).body or b"")


def judged(answer: Incoming, host: str, now: int) -> Incoming:
    """`answer` with `reason`, `retry_after_s` and, for a redirect, the path it points to filled in.

    `host` is who answered, `now` Amazon's time in ms UTC.
    """
    path = answer.final_path
    if answer.status in REDIRECT and "location" in answer.headers:
        path = _path_of(f"https://{host}{path}", answer.headers["location"])
    wish = retry_after(answer.headers.get("retry-after"), now)
    answer = replace(answer, final_path=path, retry_after_s=wish)
    return replace(answer, reason=reason(answer))


def _path_of(at: str, location: str) -> str:
    try:
        return urlsplit(urljoin(at, location)).path or "/"
    except ValueError:
        return "/"
