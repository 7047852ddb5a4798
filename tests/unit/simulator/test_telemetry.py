"""What the page tells about its buttons: taken from whoever is signed in, and nothing goes by it."""

import pytest

from agent.simulator.telemetry import BEACON, METRICS, PLAYABLE
from tests.support.practice_client import ACTIVITY, VOICE, Opener


@pytest.mark.parametrize("path", [BEACON, METRICS])
def test_a_beacon_with_a_key_deletes_nothing(opened: Opener, path: str) -> None:
    """It is answered with yes, counted, and changes no listing."""
    browser = opened()
    before = browser.keys(ACTIVITY)
    told = {"event": "RecordDeleteClicked", "recordKey": min(before)}
    assert browser.ask("POST", "www", path, json=told).status_code == 204
    assert browser.keys(ACTIVITY) == before
    truth = browser.cloud.truth()
    assert (truth["accepted"], truth["requests"][f"POST www.amazon.de {path}"]) == (0, 1)
    browser.cookies.clear()
    assert browser.ask("POST", "www", path, json=told).status_code == 302


def test_whether_there_is_sound_is_told(opened: Opener) -> None:
    """Sound of a recording that is there; none of an unknown or deleted one, and none without a session."""
    browser = opened()
    row = browser.rows(VOICE)[0]
    uid = row["voiceHistoryRecordItems"][0]["utteranceId"]
    assert browser.ask("GET", "www", PLAYABLE, params={"uid": uid}).json() == {"audioPlayable": True}
    browser.delete(row["recordKey"])
    assert browser.ask("GET", "www", PLAYABLE, params={"uid": uid}).json() == {"audioPlayable": False}
    assert browser.ask("GET", "www", PLAYABLE, params={"uid": "x"}).json() == {"audioPlayable": False}
    browser.cookies.clear()
    assert browser.ask("GET", "www", PLAYABLE).status_code == 302
