"""The privacy page as a client reads it."""

import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from agent.simulator.shapes import SHAPES
from tests.support.practice_client import RVH, Opener


class Buttons(HTMLParser):
    """Collects what a person could press."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the id of a button."""
        if tag == "button":
            self.ids.append(dict(attrs).get("id") or "")


@pytest.mark.parametrize(
    "path", [RVH, "/alexa-privacy/apd/activity?disableGlobalNav=true&ref=activityHistory"]
)
def test_both_pages_carry_a_token_that_works(opened: Opener, path: str) -> None:
    """The meta tag stands in the order clients look for as text, and its token opens the listing."""
    browser = opened()
    found = re.search(r'<meta name="csrf-token" content="([^"]+)">', browser.ask("GET", "www", path).text)
    assert found is not None
    browser.token = unescape(found[1])
    assert browser.page().status_code == 200


def test_the_page_has_its_buttons_and_no_foreign_address(opened: Opener) -> None:
    """Delete Selected, Delete All and Show more; nothing is loaded from anywhere."""
    text = opened().ask("GET", "www", RVH).text
    parser = Buttons()
    parser.feed(text)
    assert parser.ids == ["delete-selected", "delete-all", "show-more"]
    assert not re.search(r"https?://|\bsrc=", text)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_the_script_works_from_the_template_the_server_matches(opened: Opener, name: str) -> None:
    """What the page is told of the delete request is the shape itself, for each shape."""
    text = opened(name).ask("GET", "www", RVH).text
    found = re.search(r'<script type="application/json" id="facts">(.*?)</script>', text)
    assert found is not None
    steps = json.loads(found[1])["delete"]["steps"]
    templates = SHAPES[name].templates
    assert [(step["method"], step["path"], step["json"]) for step in steps] == [
        (each.method, each.path, each.json) for each in templates
    ]
    assert [[tuple(pair) for pair in step["form"]] for step in steps] == [
        list(each.form) for each in templates
    ]
    assert [step["header"] for step in steps] == [each.header for each in templates]
