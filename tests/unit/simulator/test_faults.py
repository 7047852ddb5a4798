"""Each fault as a client meets it over real HTTPS."""

import json
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from agent.simulator.scenario import Kind
from tests.support.practice_client import ACTIVITY, VOICE, Opener

ROWS = "customerHistoryRecords"
TOKEN = "encodedRequestToken"


def fault(kind: Kind, **limits: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - limits are of any type
    return [{"kind": kind.value, "on": "voice", **limits}]


@pytest.mark.parametrize(
    ("kind", "limits", "status", "words"),
    [
        (Kind.THROTTLE_200, {}, 200, '{"message":"Rate exceeded"}'),
        (Kind.THROTTLE_400, {}, 400, "ThrottlingException"),
        (Kind.THROTTLE_429, {}, 429, "Too Many Requests"),
        (Kind.STATUS, {"status": 503}, 503, "<html>"),
        (Kind.NOT_FOUND, {}, 404, "Seite wurde nicht gefunden"),
        (Kind.HTML, {}, 200, "<!doctype html>"),
        (Kind.SIGN_IN_PAGE, {}, 200, "ap_email"),
        (Kind.STEP_UP, {}, 200, "verify it's you"),
        (Kind.FORBIDDEN, {}, 403, "<html>"),
    ],
)
def test_an_answer_instead_of_the_page_as_often_as_told(
    opened: Opener, kind: Kind, limits: dict[str, Any], status: int, words: str
) -> None:
    """The wrong answer comes on its surface only and so many times, then all is well."""
    browser = opened(faults=fault(kind, times=2, **limits))
    for _ in range(2):
        answer = browser.page(VOICE)
        assert answer.status_code == status
        assert words in answer.text
    assert ROWS in browser.page(VOICE).json()
    assert browser.page(ACTIVITY).status_code == 200


def test_retry_after_stands_only_where_it_is_told(opened: Opener) -> None:
    """Most throttles come without; one may carry seconds."""
    browser = opened(faults=fault(Kind.THROTTLE_429, times=1) + fault(Kind.THROTTLE_429, retry_after_s=7))
    assert "retry-after" not in browser.page().headers
    assert browser.page().headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (Kind.FOREIGN_REDIRECT, "https://www.not-amazon.example/"),
        (Kind.STEP_UP_REDIRECT, "https://www.amazon.de/ap/mfa/"),
    ],
)
def test_redirects_lead_where_they_are_told(opened: Opener, kind: Kind, place: str) -> None:
    """To a stranger's host, or to the second proof, which then answers 200."""
    browser = opened(faults=fault(kind))
    answer = browser.page()
    assert (answer.status_code, answer.headers["location"].startswith(place)) == (302, True)
    assert "verify it's you" in browser.ask("GET", "www", "/ap/mfa/verify").text


def test_signed_out_in_the_middle_until_cookies_are_made_anew(opened: Opener) -> None:
    """The session is really over; the refresh token still works, unless it was revoked."""
    browser = opened(faults=fault(Kind.SIGNED_OUT, times=1))
    assert browser.page().status_code == 302
    assert browser.ask("GET", "alexa", "/api/customer-status").status_code == 401
    browser.sign_in()
    assert browser.page().status_code == 200
    browser.cloud.turn(faults=fault(Kind.REVOKED, times=1))
    assert browser.page().status_code == 302
    assert browser.exchange().json()["error"] == "invalid_grant"


def test_a_stale_anti_csrf_token_is_refused_until_refreshed(opened: Opener) -> None:
    """403 with the old token for ever, 200 with a new one; n times if told."""
    browser = opened(faults=fault(Kind.STALE_CSRF, times=2))
    for _ in range(2):
        assert browser.page().status_code == 403
        assert browser.page(ACTIVITY).status_code == 403
        browser.renew()
    assert browser.page().status_code == 200


def test_latency_delays_an_answer_that_is_right(opened: Opener) -> None:
    """Later, but whole."""
    browser = opened(faults=fault(Kind.LATENCY, ms=300))
    begun = time.monotonic()
    assert ROWS in browser.page().json()
    assert time.monotonic() - begun >= 0.3


@pytest.mark.parametrize("kind", [Kind.RESET, Kind.RESET_AFTER, Kind.HANG, Kind.HANG_AFTER, Kind.CUT])
def test_a_connection_that_breaks_gives_no_whole_answer(opened: Opener, kind: Kind) -> None:
    """The client sees an error, never an answer, and the next request works."""
    browser = opened(faults=fault(kind, times=1, ms=50))
    with pytest.raises(httpx.TransportError):
        browser.page()
    assert browser.page().status_code == 200


def test_a_hanging_answer_ends_with_the_clients_patience(opened: Opener) -> None:
    """Without a limit of its own it waits until the client gives up."""
    browser = opened(faults=fault(Kind.HANG, times=1))
    browser.http.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        browser.page()
    browser.http.timeout = httpx.Timeout(20)
    assert browser.page().status_code == 200


@pytest.mark.parametrize(
    ("kind", "gone"),
    [(Kind.RESET, False), (Kind.HANG, False), (Kind.RESET_AFTER, True), (Kind.HANG_AFTER, True)],
)
def test_a_delete_request_may_break_before_or_after_its_effect(
    opened: Opener, kind: Kind, gone: bool
) -> None:
    """The client cannot tell; the truth can."""
    browser = opened(faults=[{"kind": kind.value, "on": "delete", "times": 1, "ms": 50}])
    key = min(browser.keys())
    with pytest.raises(httpx.TransportError):
        browser.delete(key)
    assert (key not in browser.cloud.truth()["surfaces"]["voice"]) is gone


def test_a_refused_deletion_changes_nothing(opened: Opener) -> None:
    """Any status instead of the effect."""
    browser = opened(faults=[{"kind": "status", "on": "delete", "status": 500}])
    key = min(browser.keys())
    assert browser.delete(key).status_code == 500
    assert key in browser.cloud.truth()["surfaces"]["voice"]


def test_a_null_list_has_neither_rows_nor_token(opened: Opener) -> None:
    """The second page is null, as a real client met it."""
    browser = opened(faults=fault(Kind.NULL_LIST, from_page=2))
    first = browser.page().json()
    second = browser.page(token=first[TOKEN]).json()
    assert (len(first[ROWS]), second[ROWS], second[TOKEN]) == (10, None, None)


def test_an_empty_page_with_a_token_hides_rows(opened: Opener) -> None:
    """Whoever goes on finds every row; whoever stops at the empty page misses most."""
    browser = opened(faults=fault(Kind.EMPTY_PAGE, from_page=2, times=3))
    token = browser.page().json()[TOKEN]
    empty = browser.page(token=token).json()
    assert (empty[ROWS], bool(empty[TOKEN])) == ([], True)
    assert browser.keys() == set(browser.cloud.truth()["surfaces"]["voice"])


def test_empty_pages_can_go_on_for_ever_under_new_tokens(opened: Opener) -> None:
    """No token comes twice, no row ever comes."""
    browser = opened(faults=fault(Kind.EMPTY_PAGE, from_page=2))
    tokens = [browser.page().json()[TOKEN]]
    for _ in range(12):
        page = browser.page(token=tokens[-1]).json()
        assert page[ROWS] == []
        tokens.append(page[TOKEN])
    assert len(set(tokens)) == 13


@pytest.mark.parametrize(("kind", "more"), [(Kind.TIME_LIMIT, False), (Kind.TIME_LIMIT_TOKEN, True)])
def test_the_servers_own_time_limit(opened: Opener, kind: Kind, more: bool) -> None:
    """`noDataFoundWithinTimeLimit`, with or without a way on."""
    page = opened(faults=fault(kind, times=1)).page().json()
    assert (page[ROWS], page["noDataFoundWithinTimeLimit"], bool(page[TOKEN])) == ([], True, more)


@pytest.mark.parametrize("start", [1, 2])
def test_a_token_loop_leads_to_the_same_page_again(opened: Opener, start: int) -> None:
    """From that page on, the token never changes and neither do the rows."""
    browser = opened(faults=fault(Kind.TOKEN_LOOP, from_page=start))
    page = browser.page().json()
    for _ in range(start):
        page = browser.page(token=page[TOKEN]).json()
    again = browser.page(token=page[TOKEN]).json()
    assert (again[ROWS], again[TOKEN]) == (page[ROWS], page[TOKEN])


def test_the_last_page_may_lead_to_an_empty_one(opened: Opener) -> None:
    """A harmless quirk: one more page, nothing on it, the same rows in all."""
    browser = opened(faults=fault(Kind.TRAILING_PAGE))
    assert browser.keys() == set(browser.cloud.truth()["surfaces"]["voice"])
    assert browser.cloud.truth()["requests"][f"POST www.amazon.de {VOICE}"] == 2 + len(browser.keys()) // 10


def test_a_page_may_repeat_the_boundary_record(opened: Opener) -> None:
    """Each page after the first begins with the last row of the one before."""
    browser = opened(faults=[{"kind": "repeat_boundary", "on": "activity"}])
    rows = [row["activityKey"] for row in browser.rows(ACTIVITY)]
    assert rows[10] == rows[9]
    assert set(rows) == browser.keys(ACTIVITY)
    assert len(rows) == len(set(rows)) + 5


def test_a_row_from_just_outside_the_window(opened: Opener) -> None:
    """The last page may carry the next older row."""
    browser = opened(faults=fault(Kind.OUTSIDE_WINDOW))
    rows = browser.rows()
    inside = browser.rows(start=rows[14]["timestamp"])
    assert [row["recordKey"] for row in inside] == [row["recordKey"] for row in rows[:16]]


def test_a_truncated_body_looks_whole_until_it_is_parsed(opened: Opener) -> None:
    """Its length is right, its JSON is not."""
    answer = opened(faults=fault(Kind.TRUNCATE)).page()
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_answers_too_deep_or_too_large(opened: Opener) -> None:
    """Nested beyond reason, or beyond eight megabytes, even when small on the wire."""
    browser = opened(
        faults=fault(Kind.DEEP, times=1) + fault(Kind.HUGE, skip=1, times=1) + fault(Kind.HUGE_GZIP, skip=2)
    )
    assert "[" * 200 in browser.page().text
    assert len(browser.page().content) > 8 * 1024 * 1024
    small = browser.page()
    assert len(small.content) > 8 * 1024 * 1024
    assert int(small.headers["content-length"]) < 100_000


def test_rows_of_another_account(opened: Opener) -> None:
    """A stranger's id in every key, or in the identity."""
    browser = opened(faults=[*fault(Kind.WRONG_ACCOUNT), {"kind": "wrong_account", "on": "identity"}])
    ours = browser.cloud.world.account.customer_id
    row = browser.page().json()[ROWS][0]
    assert row["customerId"] != ours
    assert row["recordKey"].startswith(row["customerId"])
    assert browser.ask("GET", "alexa", "/api/users/me").json()["id"] == row["customerId"]


def test_a_cookie_exchange_without_cookies(opened: Opener) -> None:
    """200, and nothing in it."""
    browser = opened(faults=[{"kind": "no_cookies", "on": "cookies", "skip": 1}])
    answer = browser.exchange()
    assert (answer.status_code, answer.json()["response"]["tokens"]["cookies"]) == (200, {})


def test_people_talk_while_pages_are_read(opened: Opener) -> None:
    """New recordings before every n-th page; late ones may stand among those already read."""
    browser = opened(faults=fault(Kind.SPEAK, n=2, every=3))
    before = len(browser.cloud.truth()["surfaces"]["voice"])
    seen = browser.keys()
    after = set(browser.cloud.truth()["surfaces"]["voice"])
    pages = browser.cloud.truth()["requests"][f"POST www.amazon.de {VOICE}"]
    assert len(after) == before + 2 * -(-pages // 3)
    assert seen < after
    browser.cloud.turn(faults=fault(Kind.SPEAK, from_page=2, times=1, ms=86_400_000, device="Office"))
    browser.rows()
    assert browser.cloud.world.rows[-1].device.name == "Office"
    assert browser.cloud.now() - browser.cloud.world.rows[-1].at >= 86_400_000


def test_a_fault_may_wait_for_the_first_deletion(opened: Opener) -> None:
    """The first listing is fine, the second is not: that is how most lies go."""
    browser = opened(faults=fault(Kind.HTML, after_delete=True))
    browser.delete(min(browser.keys()))
    assert browser.page().text.startswith("<!doctype html>")


def test_a_skewed_clock_shows_in_the_date_header(opened: Opener) -> None:
    """Only what Amazon's side says is off; one Date header, no Server header."""
    browser = opened(clock_skew_ms=420_000)
    answer = browser.page()
    said = parsedate_to_datetime(answer.headers["date"]).timestamp() * 1000
    assert abs(said - browser.cloud.now() - 420_000) < 5_000
    assert len(answer.headers.get_list("date")) == 1
    assert "server" not in answer.headers


def test_a_device_renamed_after_deletion_is_renamed_everywhere(opened: Opener) -> None:
    """Device list and both listings show the new name, keys and serials stay."""
    browser = opened(rename_devices={"Kids room": "Den"})
    kids = {row["recordKey"] for row in browser.rows() if row["device"]["deviceName"] == "Kids room"}
    first = browser.keys() - kids
    browser.delete(min(first))
    assert {row["recordKey"] for row in browser.rows() if row["device"]["deviceName"] == "Den"} == kids
    devices = browser.ask("GET", "alexa", "/api/devices-v2/device").json()["devices"]
    assert "Den" in {each["accountName"] for each in devices}
