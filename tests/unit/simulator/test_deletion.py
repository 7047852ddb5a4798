"""Each named shape over real HTTPS: accepted exactly, refused when altered, and what dials make of it."""

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from agent.simulator.axes import Scope
from agent.simulator.shapes import SHAPES, shape
from agent.simulator.wire import TOKEN, Asking, Named, Values, fill
from tests.support.practice_client import ACTIVITY, RVH, VOICE, Browser, Opener

NAMES = sorted(SHAPES)


def request_of(browser: Browser, keys: list[str]) -> Asking:
    """The first step for these keys, or for the moment of the first one."""
    world = browser.cloud.world
    rows = [row for key in keys if (row := world.by_key(key)) is not None]
    named = [Named(row.key, tuple(row.item_keys()), tuple(row.utterance_ids(world.now()))) for row in rows]
    one: dict[str, str | int] = {TOKEN: browser.token, "{start}": rows[0].at, "{end}": rows[0].at}
    return fill(world.shape.templates[0], Values(named, one))


@pytest.mark.parametrize("name", NAMES)
def test_a_shape_deletes_exactly_what_it_names(opened: Opener, name: str) -> None:
    """A request of the right shape is accepted; what it names goes from both surfaces, nothing else."""
    browser = opened(name)
    before = browser.keys(ACTIVITY)
    keys = sorted(browser.keys(VOICE))[: shape(name).batch]
    at = int(keys[0].split("#")[1])
    answer = browser.delete(*keys, start=at, end=at)
    assert answer.status_code == 200
    scope = shape(name).scope
    gone = before if scope is Scope.EVERYTHING else {keys[0]} if scope is Scope.RANGE else set(keys)
    assert browser.keys(ACTIVITY) == before - gone
    assert not browser.keys(VOICE) & gone
    truth = browser.cloud.truth()
    assert truth["accepted"] == 1
    assert truth["requested"] == (keys if scope is Scope.RECORDS else [])


@pytest.mark.parametrize("name", NAMES)
def test_a_shape_altered_anywhere_is_refused_and_changes_nothing(opened: Opener, name: str) -> None:
    """Another method, path, query, content type, body or token: never accepted, and nothing is gone."""
    browser = opened(name)
    before = browser.keys(ACTIVITY)
    right = request_of(browser, sorted(browser.keys(VOICE))[:1])
    mark = "&" if "?" in right.target else "?"
    altered = [
        replace(right, method="PATCH"),
        replace(right, target=right.target.replace("/apd/", "/apd/x/")),
        replace(right, target=right.target + mark + "more=1"),
        replace(right, body=right.body + b"&more=1"),
        replace(right, headers={**right.headers, "anti-csrftoken-a2z": "wrong"}, body=b""),
    ]
    if right.body:
        altered += [
            replace(right, headers={**right.headers, "content-type": "text/plain"}),
            replace(right, body=b"{}"),
            replace(right, body=b"[" * 100_000),
        ]
    if "anti-csrftoken-a2z" in right.headers:
        altered.append(replace(right, headers={**right.headers, "anti-csrftoken-a2z": "wrong"}))
    statuses = [browser.send(each).status_code for each in altered]
    assert set(statuses) <= {400, 403, 404}
    assert statuses[:2] == [404, 404]
    assert browser.keys(ACTIVITY) == before
    assert browser.cloud.truth()["accepted"] == 0


@pytest.mark.parametrize("name", [each for each in NAMES if shape(each).scope is Scope.RECORDS])
def test_a_shape_for_records_refuses_too_many_and_strangers(opened: Opener, name: str) -> None:
    """More than a batch, a key twice, or somebody else's key is a bad request."""
    browser = opened(name, recordings=120)
    keys = sorted(browser.keys(VOICE))
    limit = shape(name).batch
    if limit > 1:
        assert browser.delete(*keys[: limit + 1]).status_code == 400
    if name not in {"form-single", "query-single", "path-single"}:
        both = [Named(keys[0]), Named(keys[0])]
        values = Values(both, {TOKEN: browser.token})
        twice = fill(shape(name).templates[0], values)
        if name != "keyed-object":  # two members of one name are one member
            assert browser.send(twice).status_code == 400
    assert browser.delete("A2STRANGER#" + keys[0].partition("#")[2]).status_code == 400
    assert browser.cloud.truth()["accepted"] == 0


def test_a_single_field_is_a_single_record(opened: Opener) -> None:
    """A form for one record refuses two."""
    browser = opened("form-single")
    keys = sorted(browser.keys(VOICE))[:2]
    body = urlencode([("recordKey", keys[0]), ("recordKey", keys[1]), ("csrfToken", browser.token)]).encode()
    asking = Asking(
        "POST", f"{RVH}/delete-record", {"content-type": "application/x-www-form-urlencoded"}, body
    )
    assert browser.send(asking).status_code == 400


def test_a_token_in_a_field_is_checked_like_one_in_the_header(opened: Opener) -> None:
    """A wrong token field is 403, as a wrong header is."""
    browser = opened("form-single")
    key = min(browser.keys(VOICE))
    browser.token = "wrong"
    assert browser.delete(key).status_code == 403
    assert key in browser.cloud.truth()["surfaces"]["voice"]


def test_nested_items_must_be_those_of_the_listing(opened: Opener) -> None:
    """Item keys and utterance ids of another record are refused."""
    browser = opened("nested-items")
    first, second = sorted(browser.keys(VOICE))[:2]
    body = json.loads(request_of(browser, [first]).body)
    body["deleteRequest"]["activities"][0]["activityKey"] = second
    asking = replace(request_of(browser, [first]), body=json.dumps(body).encode())
    assert browser.send(asking).status_code == 400


def test_a_ticket_deletes_nothing_by_itself_and_works_once(opened: Opener) -> None:
    """Of two steps only the second deletes, with a ticket that was given out and not yet used."""
    browser = opened("two-step")
    keys = sorted(browser.keys(VOICE))[:3]
    first, second = shape("two-step").templates
    values = Values([Named(key) for key in keys], {TOKEN: browser.token})
    values.one["{ticket}"] = browser.send(fill(first, values)).json()["ticket"]
    assert set(keys) <= browser.keys(VOICE)
    assert browser.cloud.truth()["accepted"] == 0
    assert browser.send(fill(second, values)).status_code == 200
    assert not set(keys) & browser.keys(VOICE)
    assert browser.send(fill(second, values)).status_code == 400
    values.one["{ticket}"] = "made-up"
    assert browser.send(fill(second, values)).status_code == 400


def test_a_range_is_closed_and_takes_rows_without_a_key(opened: Opener) -> None:
    """Both ends belong to a range; a range the wrong way round is refused."""
    browser = opened("range", conversations=10)
    rows = browser.rows(ACTIVITY)
    newest, oldest = rows[5]["timestamp"], rows[40]["timestamp"]
    assert browser.delete(start=newest, end=oldest).status_code == 400
    assert browser.delete(start=oldest, end=newest).status_code == 200
    left = {row["timestamp"] for row in browser.rows(ACTIVITY)}
    assert left == {row["timestamp"] for row in rows if not oldest <= row["timestamp"] <= newest}


def test_deleting_needs_a_live_session(opened: Opener) -> None:
    """Signed out, a delete request leads to the sign-in page."""
    browser = opened()
    key = min(browser.keys(VOICE))
    browser.cookies.clear()
    answer = browser.delete(key)
    assert (answer.status_code, "/ap/signin" in answer.headers["location"]) == (302, True)


def test_text_survivors_show_words_without_audio(opened: Opener) -> None:
    """The listing shows the row with its words, no utterance id, and the audio is a 404."""
    browser = opened(effect="text_survives")
    row = next(row for row in browser.rows(VOICE) if row["voiceHistoryRecordItems"][0]["transcriptText"])
    uid = row["voiceHistoryRecordItems"][0]["utteranceId"]
    assert browser.ask("GET", "www", f"{RVH}/audio", params={"uid": uid}).status_code == 200
    browser.delete(row["recordKey"])
    after = next(each for each in browser.rows(VOICE) if each["recordKey"] == row["recordKey"])
    items = after["voiceHistoryRecordItems"]
    assert items[0]["transcriptText"] == row["voiceHistoryRecordItems"][0]["transcriptText"]
    assert [each["utteranceId"] for each in items] == [None] * len(items)
    assert browser.ask("GET", "www", f"{RVH}/audio", params={"uid": uid}).status_code == 404
    assert row["recordKey"] in browser.cloud.truth()["texts"]
    assert row["recordKey"] not in browser.cloud.truth()["audio"]


def test_a_moved_row_is_shown_with_its_new_device_on_both_surfaces(opened: Opener) -> None:
    """A row that changes device keeps its key."""
    browser = opened(effect="move_row", move_to="Kids room")
    key = next(row["recordKey"] for row in browser.rows(VOICE) if row["device"]["deviceName"] == "Kitchen")
    browser.delete(key)
    voice = {row["recordKey"]: row["device"]["deviceName"] for row in browser.rows(VOICE)}
    activity = {row.get("activityKey"): row["deviceInfo"] for row in browser.rows(ACTIVITY)}
    assert voice[key] == activity[key]["deviceName"] == "Kids room"
    assert activity[key]["deviceSerialNumber"] == browser.cloud.world.device("Kids room").serial


def test_a_delayed_deletion_is_seen_when_the_clock_says_so(opened: Opener) -> None:
    """Advancing the practice clock over HTTPS lets a delayed deletion show."""
    browser = opened(delay_until_gone_ms=300_000)
    key = min(browser.keys(VOICE))
    browser.delete(key)
    assert key in browser.keys(VOICE)
    browser.ask("POST", "www", "/_practice/advance", json={"ms": 300_000})
    assert key not in browser.keys(VOICE)
