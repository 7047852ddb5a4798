"""When a browser window may be opened, and what the recorder keeps of what happens in it."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from agent.alexa.marketplaces import find
from agent.alexa.practice import Practice
from agent.errors import ConfigError, UsageError
from agent.methods.har import read
from agent.teach.capture import capture, window_for
from agent.teach.recorder import Asked, Came, Recorder

GERMANY = find("amazon.de")
PRACTICE = Practice("127.0.0.1", 1, Path("/ca.pem"))


def programs(place: Path) -> str:
    """A PATH with a browser on it."""
    browser = place / "google-chrome"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    return str(place)


def test_an_installed_browser_is_found_on_the_path(tmp_path: Path) -> None:
    """Chromium or Chrome, by its usual names; with its sandbox unless it is root."""
    environ = {"PATH": programs(tmp_path), "DISPLAY": ":0"}
    window = window_for(GERMANY, None, environ, root=False)
    assert (window.program, window.sandbox) == (str(tmp_path / "google-chrome"), True)
    assert not window_for(GERMANY, PRACTICE, {"PATH": str(tmp_path)}, root=True).sandbox


@pytest.mark.parametrize(
    ("environ", "root", "what"),
    [
        ({"DISPLAY": ":0"}, True, "as root"),
        ({}, False, "no display"),
        ({"DISPLAY": ":0", "PATH": "/nonexistent"}, False, "no Chromium"),
    ],
)
def test_where_none_can_be_opened_the_next_step_is_said(
    tmp_path: Path, environ: dict[str, str], root: bool, what: str
) -> None:
    """Never as root on a real account, never without a display or a browser; each says how to go on."""
    with pytest.raises(UsageError) as caught:
        window_for(GERMANY, None, {"PATH": programs(tmp_path), **environ}, root=root)
    assert what in caught.value.message
    assert "README" in caught.value.next_step or "export" in caught.value.next_step


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without Playwright names the extra and the way without it."""
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    with pytest.raises(UsageError) as caught:
        window_for(GERMANY, None, {"PATH": programs(tmp_path), "DISPLAY": ":0"}, root=False)
    assert "voicepurge[browser]" in caught.value.next_step and "README" in caught.value.next_step


class Request:
    """A finished request."""

    method, resource_type = "POST", "fetch"

    def __init__(self, url: str) -> None:
        self.url = url


def test_what_is_recorded_is_read_as_a_capture() -> None:
    """Text and bytes, with and without an answer; addresses of others are not wanted."""
    recorder = Recorder((GERMANY.retail_host, GERMANY.alexa_host))
    assert not recorder.wants("https://www.amazon.de.evil.example/x")
    assert recorder.wants("https://www.amazon.de/alexa-privacy/x?y=1")
    json_type = {"content-type": "application/json"}
    one, two = Request("https://www.amazon.de/alexa-privacy/x?y=1"), Request("https://alexa.amazon.de/api/z")
    recorder.keep(one, 1_790_000_000_123.0, Asked(json_type, b'{"a":1}'), Came(200, json_type, b"{}", 40))
    recorder.keep(two, 1_790_000_001_000.0, Asked({"cookie": "a=b"}, b"\xff\x00"), Came())
    recorder.keep(
        two, 1_790_000_002_000.0, Asked({}, None), Came(200, {"content-type": "audio/mpeg"}, b"\xff")
    )
    first, second, third = read(recorder.har()).exchanges
    assert (first.started, first.ended, first.body, first.answer) == (
        1_790_000_000_123,
        1_790_000_000_163,
        b'{"a":1}',
        b"{}",
    )
    assert (second.body, second.status, second.answer) == (b"\xff\x00", 0, None)
    assert (third.body, third.answer) == (None, None)


def test_a_flood_is_cut_before_it_is_too_large_to_read() -> None:
    """Whatever a page loads, what is kept stays below what learning reads."""
    recorder = Recorder((GERMANY.retail_host,))
    kind = {"content-type": "text/html"}
    for number in range(20):
        request = Request(f"https://www.amazon.de/{number}")
        recorder.keep(request, 1.0, Asked({}, None), Came(200, kind, b"x" * 4_000_000))
    assert 0 < len(json.loads(recorder.har())["log"]["entries"]) < 20
    read(recorder.har())


def test_a_practice_cloud_that_has_left_is_told_as_such(tmp_path: Path) -> None:
    """Its certificate went with it: an error with a next step before any window opens."""
    gone = Practice("127.0.0.1", 1, tmp_path / "gone.pem")
    window = window_for(GERMANY, gone, {"PATH": programs(tmp_path)}, root=True)
    with pytest.raises(ConfigError, match="practice CA cannot be read"):
        asyncio.run(capture(window))
