"""The system's Chromium, headless; it reaches a practice cloud under Amazon's names and nothing else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from agent.simulator.server import PracticeCloud

NAMES = ("chromium", "chromium-browser", "google-chrome")


def program() -> str:
    """Where the browser is; a test that needs it fails without it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found is not None, "there is no Chromium; on Debian: apt install chromium"
    return found


@contextmanager
def browsing(cloud: PracticeCloud) -> Iterator[Page]:
    """A page of a fresh browser. The throw-away CA is not the system's, so certificates are not judged."""
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        f"--host-resolver-rules=MAP * 127.0.0.1:{cloud.port}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), headless=True, args=arguments)
        try:
            yield browser.new_context(ignore_https_errors=True).new_page()
        finally:
            browser.close()
