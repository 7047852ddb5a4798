"""Both listings, the dead ones and audio over real HTTPS; recorded answers are the measure."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.practice_client import ACTIVITY, RVH, VOICE, Opener

FIXTURES = Path(__file__).parents[2] / "fixtures" / "amazon"


def sample(name: str) -> Any:  # noqa: ANN401 - whatever the file holds
    return json.loads((FIXTURES / name).read_text())["sample"]


def types(value: dict[str, Any]) -> dict[str, type]:
    return {name: type(each) for name, each in value.items()}


def test_a_voice_row_has_every_key_and_type_of_the_recorded_one(opened: Opener) -> None:
    """Record, items, profile and persons are as in real logs; what is more is documented elsewhere."""
    wanted = sample("rvh_record.json")
    rows = opened(recordings=200).rows()
    full = next(row for row in rows if len(row["voiceHistoryRecordItems"]) == 3)
    assert types(wanted).items() <= types(full).items()
    assert types(wanted["device"]).items() <= types(full["device"]).items()
    for given, recorded in zip(
        full["voiceHistoryRecordItems"], wanted["voiceHistoryRecordItems"], strict=True
    ):
        assert types(given) == types(recorded)
        assert given["recordItemType"] == recorded["recordItemType"]
    assert types(full["personsInfo"][0]) == types(wanted["voiceHistoryRecordItems"][2]["personsInfo"][0])


def test_keys_and_ids_have_the_recorded_form(opened: Opener) -> None:
    """Record keys, item keys and utterance ids match the pattern of the recorded ones, and each other."""
    patterns = {
        "key": r"(A\w+)#(\d{13})#(A\w+)#(G0\w+)",
        "item": r"(\d{13})#(A\w+)#(G0\w+)#(\d{13})-\d",
        "utterance": r"\w+:1\.0/\d{4}(/\d\d){3}/DEVICE_UNSPECIFIED/\d\d:\d\d::TNIH_2V\.[-0-9a-f]{36}ZXV/\d",
    }
    for row in [sample("rvh_record.json"), *opened().rows()]:
        key = re.fullmatch(patterns["key"], row["recordKey"])
        assert key is not None
        assert (key[1], int(key[2])) == (row["customerId"], row["timestamp"])
        item = row["voiceHistoryRecordItems"][0]
        assert re.fullmatch(patterns["item"], item["recordItemKey"])
        assert item["recordItemKey"].startswith(row["recordKey"].partition("#")[2])
        assert re.fullmatch(patterns["utterance"], item["utteranceId"])


def test_the_envelope_is_the_recorded_one(opened: Opener) -> None:
    """Top-level fields and their types, with a token that is URL-encoded base64."""
    answer = opened().page().json()
    wanted = sample("rvh_envelope_tail.json")
    assert set(answer) == {"customerHistoryRecords", *wanted}
    assert {name: type(answer[name]) for name in wanted} == types(wanted)
    assert re.fullmatch(r"[A-Za-z0-9%]+", answer["encodedRequestToken"])


@pytest.mark.parametrize("path", [VOICE, ACTIVITY])
def test_pages_of_ten_put_together_are_everything_newest_first(opened: Opener, path: str) -> None:
    """No row is missing, none comes twice, and the truth says the same."""
    browser = opened(recordings=137, conversations=4)
    assert (
        len(browser.page(path).json()["customerHistoryRecords" if path == VOICE else "alexaHistoryRecords"])
        == 10
    )
    rows = browser.rows(path)
    moments = [row["timestamp"] for row in rows]
    assert moments == sorted(set(moments), reverse=True)
    truth = browser.cloud.truth()
    surface = "voice" if path == VOICE else "activity"
    assert browser.keys(path) == set(truth["surfaces"][surface])
    keyless = truth["keyless"] if path == ACTIVITY else []
    assert len(rows) == len(truth["surfaces"][surface]) + len(keyless)


def test_an_exact_multiple_of_ten_ends_without_another_page(opened: Opener) -> None:
    """The last page says so; an account without recordings has one empty page."""
    browser = opened()
    rows = browser.rows()
    browser.page(start=rows[19]["timestamp"])
    assert len(browser.rows(start=rows[19]["timestamp"])) == 20
    second = browser.page(token=browser.page(start=rows[19]["timestamp"]).json()["encodedRequestToken"])
    assert len(second.json()["customerHistoryRecords"]) == 10
    empty = browser.page(start=1, end=2).json()
    assert (empty["customerHistoryRecords"], empty["encodedRequestToken"]) == ([], None)
    assert empty["noDataFoundWithinTimeLimit"] is False


@pytest.mark.parametrize("path", [VOICE, ACTIVITY])
def test_the_window_is_closed_at_both_ends(opened: Opener, path: str) -> None:
    """A row at either end belongs to the window."""
    browser = opened()
    rows = browser.rows(path)
    newest, oldest = rows[3]["timestamp"], rows[17]["timestamp"]
    assert [row["timestamp"] for row in browser.rows(path, oldest, newest)] == [
        row["timestamp"] for row in rows[3:18]
    ]


def test_the_activity_surface_shows_what_voice_does_not(opened: Opener) -> None:
    """Routines without a device, conversations without a key and with a list of devices."""
    browser = opened(recordings=200, conversations=5)
    rows = browser.rows(ACTIVITY)
    talks = [row for row in rows if row["recordType"] == "conversation"]
    assert len(talks) == 5
    assert all("activityKey" not in row and isinstance(row["deviceInfo"], list) for row in talks)
    routines = [row for row in rows if row["intent"] == "InvokeRoutineIntent"]
    assert routines
    assert all(row["deviceInfo"] is None and "#" in row["activityKey"] for row in routines)
    others = [row for row in rows if row not in talks and row not in routines]
    assert all({"deviceName", "deviceSerialNumber"} == set(row["deviceInfo"]) for row in others)
    assert {row["activityKey"] for row in others} == browser.keys(VOICE)


@pytest.mark.parametrize(("path", "body"), [(VOICE, b"[]"), (VOICE, b"{"), (ACTIVITY, b""), (VOICE, b'"x"')])
def test_a_listing_request_that_is_no_json_object_is_bad(opened: Opener, path: str, body: bytes) -> None:
    """400, never a page of rows."""
    browser = opened()
    headers = {"anti-csrftoken-a2z": browser.token}
    target = f"{path}?startTime=0&endTime=9"
    assert browser.ask("POST", "www", target, content=body, headers=headers).status_code == 400


def test_times_and_tokens_must_be_what_they_are_said_to_be(opened: Opener) -> None:
    """Missing or worded times and tokens of another surface are bad requests."""
    browser = opened()
    headers = {"anti-csrftoken-a2z": browser.token}
    for query in ("", "startTime=0", "startTime=yesterday&endTime=9"):
        assert browser.ask("POST", "www", f"{VOICE}?{query}", json={}, headers=headers).status_code == 400
    token = browser.page(VOICE).json()["encodedRequestToken"]
    assert browser.page(ACTIVITY, token).status_code == 400
    assert browser.page(VOICE, "made-up").status_code == 400


def test_a_listing_may_be_asked_with_a_slash_at_the_end(opened: Opener) -> None:
    """One known client does."""
    assert opened().page(VOICE + "/").status_code == 200


@pytest.mark.parametrize("line", sample("refused_lines.json"), ids=lambda line: str(line["status"]))
def test_refused_requests_answer_as_recorded(opened: Opener, line: dict[str, Any]) -> None:
    """Status and type of the lines in public issues."""
    browser = opened()
    headers = {} if line["without_token"] else {"anti-csrftoken-a2z": browser.token}
    answer = browser.ask(line["method"], line["host"], f"{line['path']}?{line['query']}", headers=headers)
    assert answer.status_code == line["status"]
    assert answer.headers["content-type"].partition(";")[0] == line["type"]


@pytest.mark.parametrize(
    ("method", "host", "path"),
    [
        ("GET", "www", f"{RVH}/customer-history-records"),
        ("DELETE", "alexa", "/api/activities/A1%231%23T%23S"),
        ("GET", "alexa", "/api/bootstrap"),
        ("GET", "www", "/nothing/here"),
        ("POST", "www", f"{RVH}/delete"),
        ("GET", "127.0.0.1", "/"),
    ],
)
def test_retired_and_unknown_paths_are_a_404_page(opened: Opener, method: str, host: str, path: str) -> None:
    """A page, not JSON, and nothing is deleted."""
    browser = opened()
    answer = browser.ask(method, host, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert browser.cloud.truth()["accepted"] == 0


def test_audio_is_served_for_what_is_there(opened: Opener) -> None:
    """A sound for an id of the listing, 404 for any other."""
    browser = opened()
    uid = browser.rows()[0]["voiceHistoryRecordItems"][0]["utteranceId"]
    answer = browser.ask("GET", "www", f"{RVH}/audio", params={"uid": uid})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/mpeg")
    assert browser.ask("GET", "www", f"{RVH}/audio", params={"uid": "none"}).status_code == 404


def test_ten_thousand_recordings_are_listed_quickly(opened: Opener) -> None:
    """A page late in a long history costs no more than an early one: about a thousand pages in seconds."""
    browser = opened(recordings=10_000)
    assert len(browser.rows(ACTIVITY)) == 10_000
