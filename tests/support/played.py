"""A script that plays the person in a browser which the program itself has opened.

The "installed browser" it finds on its PATH is the system's Chromium without a window and with a port to
steer it by; nothing in the program knows of that.
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from agent.simulator.login import EMAIL, ONE_TIME_CODE, PASSWORD
from tests.support.chromium import free_port, press_delete, program
from tests.support.practice_home import ROOT, Done, Home

_START_S = 30.0


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the program runs: a home, and a directory of programs with a browser in it."""

    home: Home
    programs: Path
    temporary: Path
    port: int

    def environment(self) -> dict[str, str]:
        """PATH begins with our browser; everything temporary lies in one place."""
        usual = self.home.environment()
        return {**usual, "PATH": f"{self.programs}:{usual['PATH']}", "TMPDIR": str(self.temporary)}

    @contextmanager
    def learning(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """`voicepurge learn --browser` under way; does not outlive the block."""
        with subprocess.Popen(
            [sys.executable, "-m", "agent", "learn", "--browser", *arguments],
            env=self.environment(),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def window(self) -> Iterator[Page]:
        """The page that the program opened."""
        self._await_port()
        with sync_playwright() as playwright:
            browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{self.port}")
            context = browser.contexts[0]
            page = context.pages[0] if context.pages else context.wait_for_event("page")
            page.wait_for_url("https://www.amazon.de/**")
            yield page

    def _await_port(self) -> None:
        end = time.monotonic() + _START_S
        while time.monotonic() < end:
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("the browser never came up")


@contextmanager
def desk(home: Home) -> Iterator[Desk]:
    """A desk with a browser on its PATH. Its place has a short name: sockets are made in it."""
    with tempfile.TemporaryDirectory(prefix="vp-") as name:
        yield _desk(home, Path(name), free_port())


def _desk(home: Home, place: Path, port: int) -> Desk:
    programs, temporary = place / "bin", place / "tmp"
    for each in (programs, temporary):
        each.mkdir()
    browser = programs / "chromium"
    browser.write_text(
        f'#!/bin/sh\nexec {program()} --headless=new --disable-gpu --remote-debugging-port={port} "$@"\n'
    )
    browser.chmod(0o755)
    return Desk(home, programs, temporary, port)


def sign_in(page: Page) -> None:
    """As the three sign-in pages ask for it."""
    fields = (("#ap_email", EMAIL), ("#ap_password", PASSWORD), ("#auth-mfa-otpcode", ONE_TIME_CODE))
    for field, text in fields:
        page.fill(field, text)
        page.click("#signInSubmit")
    page.locator("#rows li").first.wait_for()


def delete_one(page: Page) -> str:
    """Presses Delete on the recording shown last; its key."""
    key = str(page.locator("#rows li").last.get_attribute("data-key"))
    assert press_delete(page, key) == "Deleted"
    return key


def ended(process: "subprocess.Popen[str]", answers: Sequence[str] = ()) -> Done:
    """What the program said and how it ended, with these lines typed."""
    out, err = process.communicate("".join(f"{line}\n" for line in answers), timeout=90)
    return Done(process.returncode, out, err)
