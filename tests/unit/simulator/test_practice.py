"""What tests steer a practice cloud with, over HTTPS."""

from tests.support.practice_client import VOICE, Opener


def test_truth_counts_every_request_and_tells_every_change(opened: Opener) -> None:
    """Requests by path, deletions with their keys, changes with their moments; asking is not counted."""
    browser = opened()
    key = min(browser.keys())
    browser.delete(key)
    truth = browser.ask("GET", "www", "/_practice/truth").json()
    assert truth["requests"]["POST www.amazon.de /ap/exchangetoken/cookies"] == 1
    assert truth["requests"]["POST www.amazon.de /alexa-privacy/apd/rvh/delete-records"] == 1
    assert truth["requests"][f"POST www.amazon.de {VOICE}"] == 6
    assert not [label for label in truth["requests"] if "_practice" in label]
    assert [each["keys"] for each in truth["deletions"]] == [[key]]
    assert {(each["what"], each["key"]) for each in truth["mutations"]} == {("gone", key)}
    assert key not in truth["texts"]


def test_requests_with_a_key_in_the_path_are_counted_under_one_name(opened: Opener) -> None:
    """A record key never becomes a label."""
    browser = opened("path-single")
    for key in sorted(browser.keys())[:3]:
        browser.delete(key)
    assert browser.cloud.truth()["requests"]["DELETE www.amazon.de /alexa-privacy/apd/rvh/records/{key}"] == 3


def test_dials_change_while_it_runs_and_a_mistake_changes_nothing(opened: Opener) -> None:
    """What is named changes, the rest stays, an unknown dial is a 400."""
    browser = opened(over_delete=1)
    answer = browser.ask("POST", "www", "/_practice/dials", json={"effect": "nothing"}).json()
    assert (answer["effect"], answer["over_delete"]) == ("nothing", 1)
    wrong = browser.ask("POST", "www", "/_practice/dials", json={"effect": "none", "over_delete": 2})
    assert (wrong.status_code, "effect" in wrong.json()["error"]) == (400, True)
    assert browser.cloud.truth()["dials"]["over_delete"] == 1


def test_something_can_be_said(opened: Opener) -> None:
    """A new recording with these words on that device is the newest row at once."""
    browser = opened()
    said = browser.ask("POST", "www", "/_practice/say", json={"text": "hello", "device": "Office"}).json()
    newest = browser.page().json()["customerHistoryRecords"][0]
    assert newest["recordKey"] == said["key"]
    assert newest["device"]["deviceName"] == "Office"
    assert newest["voiceHistoryRecordItems"][0]["transcriptText"] == "hello"
    assert browser.ask("POST", "www", "/_practice/say", json={"ago_ms": "x"}).status_code == 400


def test_time_advances_by_whole_milliseconds_only(opened: Opener) -> None:
    """Forward it goes; backward, fractions and nothing are refused."""
    browser = opened()
    before = browser.cloud.now()
    assert (
        browser.ask("POST", "www", "/_practice/advance", json={"ms": 60_000}).json()["now"] >= before + 60_000
    )
    for wrong in ({"ms": -1}, {"ms": 1.5}, {"ms": True}, {}):
        assert browser.ask("POST", "www", "/_practice/advance", json=wrong).status_code == 400
    assert browser.cloud.now() < before + 120_000
