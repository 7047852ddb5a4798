"""Text commands to an Echo of the practice cloud."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from agent.simulator.server import PracticeCloud, running
from tests.support.practice_client import Browser

MIDDAY = 1_790_000_000_000  # 16:13 in Berlin
HOUR = 3_600_000
TODAY = "Lösche alles, was ich heute gesagt habe"


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Signed in to a cloud in the middle of a day."""
    with running(recordings=60, start_ms=MIDDAY) as cloud, Browser(cloud) as opened:
        yield opened.sign_in()


def command(cloud: PracticeCloud, text: str, device: str = "Kitchen", **changes: object) -> dict[str, object]:
    echo = next(each for each in cloud.world.account.devices if each.name == device)
    node: dict[str, Any] = {
        "type": "Alexa.TextCommand",
        "skillId": "amzn1.ask.1p.tellalexa",
        "operationPayload": {
            "deviceType": echo.type,
            "deviceSerialNumber": echo.serial,
            "locale": "de-DE",
            "customerId": cloud.world.account.customer_id,
            "text": text,
            **changes,
        },
    }
    return {
        "behaviorId": "PREVIEW",
        "status": "ENABLED",
        "sequenceJson": json.dumps({"startNode": node}, ensure_ascii=False),
    }


def say(browser: Browser, body: object, **headers: str) -> int:
    csrf = {"csrf": browser.cookies["csrf"], **headers}
    return browser.ask("POST", "alexa", "/api/behaviors/preview", json=body, headers=csrf).status_code


def visible(browser: Browser) -> list[int]:
    return [int(key.split("#")[1]) for key in browser.cloud.truth()["surfaces"]["activity"]]


def test_today_goes_and_the_command_becomes_a_row(browser: Browser) -> None:
    """From midnight by the Echo's clock until now; what it heard shows a moment later."""
    before = visible(browser)
    midnight = MIDDAY - 16 * HOUR - 13 * 60_000 - MIDDAY % 60_000
    assert say(browser, command(browser.cloud, TODAY)) == 200
    assert visible(browser) == [at for at in before if at < midnight] != before
    browser.cloud.advance(3000)
    assert len(visible(browser)) == len([at for at in before if at < midnight]) + 1


@pytest.mark.parametrize(
    "dials", [{"deletion_by_voice": False}, {"offline": ["Kitchen"]}], ids=["opt-in off", "offline"]
)
def test_a_friendly_answer_and_nothing_goes(browser: Browser, dials: dict[str, object]) -> None:
    """Without the opt-in it is heard and nothing goes; offline nobody even hears it. Both are a 200."""
    before = visible(browser)
    browser.cloud.turn(**dials)
    assert say(browser, command(browser.cloud, TODAY)) == 200
    browser.cloud.advance(3000)
    heard = 0 if "offline" in dials else 1
    assert len(visible(browser)) == len(before) + heard


def test_what_is_not_understood_deletes_nothing(browser: Browser) -> None:
    """Another language, other words: only a new row."""
    before = visible(browser)
    for text in ("delete everything i said today", "wie spät ist es"):
        assert say(browser, command(browser.cloud, text)) == 200
    assert set(before) <= set(visible(browser))


@pytest.mark.parametrize("change", ["sequenceJson", "behaviorId"])
def test_another_form_is_refused(browser: Browser, change: str) -> None:
    """400 without effect."""
    body = command(browser.cloud, TODAY) | {change: "{}"}
    assert say(browser, body) == 400


def test_without_the_csrf_header_nothing_is_taken(browser: Browser) -> None:
    """The cookie alone is no proof."""
    assert say(browser, command(browser.cloud, TODAY), csrf="0") == 403
