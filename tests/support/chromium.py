"""The system's Chromium, headless; it reaches practice clouds under Amazon's names and nothing else."""

import shutil
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from agent.simulator.server import PracticeCloud

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-extensions"),
)


def program() -> str:
    """Where the browser is; a test that needs it fails without it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found is not None, "there is no Chromium; on Debian: apt install chromium"
    return found


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
        assert isinstance(port, int)
        return port


@contextmanager
def chromium(port: int) -> Iterator[Browser]:
    """A fresh browser for which every name leads to that port. Certificates are not judged, see `context`."""
    arguments = [*QUIET, f"--host-resolver-rules=MAP * 127.0.0.1:{port}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), headless=True, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def browsing(cloud: PracticeCloud) -> Iterator[Page]:
    """A page of a fresh browser. The throw-away CA is not the system's, so certificates are not judged."""
    with chromium(cloud.port) as browser:
        yield browser.new_context(ignore_https_errors=True).new_page()


def cookies(cloud: PracticeCloud) -> list[dict[str, str]]:
    """Those of a session of its own, as a person has them who signed in before."""
    fields = {
        "app_name": "Amazon Alexa",
        "domain": f".{cloud.marketplace}",
        "requested_token_type": "auth_cookies",
        "source_token_type": "refresh_token",
        "source_token": cloud.credential,
    }
    name = f"www.{cloud.marketplace}"
    context = ssl.create_default_context(cafile=str(cloud.ca))
    with httpx.Client(base_url=cloud.url, verify=context, trust_env=False) as http:
        answer = http.post(
            "/ap/exchangetoken/cookies",
            data=fields,
            headers={"host": name},
            extensions={"sni_hostname": name},
        )
    jar = answer.json()["response"]["tokens"]["cookies"][f".{cloud.marketplace}"]
    return [
        {"name": each["Name"], "value": each["Value"], "domain": f".{cloud.marketplace}", "path": "/"}
        for each in jar
    ]


def privacy_page(context: BrowserContext, cloud: PracticeCloud) -> Page:
    """The page where recordings are deleted, open and loaded."""
    end = "activity" if cloud.world.shape.axes.activity else "rvh"
    page = context.new_page()
    page.goto(f"https://www.{cloud.marketplace}/alexa-privacy/apd/{end}")
    page.locator("#rows li").first.wait_for()
    return page


def press_delete(page: Page, key: str) -> str:
    """Presses Delete on one recording; what the page says then."""
    while page.locator(f'#rows li[data-key="{key}"]').count() == 0:
        shown = page.locator("#rows li").count()
        page.locator("#show-more").click()
        page.wait_for_function("shown => document.querySelectorAll('#rows li').length > shown", arg=shown)
    page.locator(f'#rows li[data-key="{key}"] button').click()
    state = page.locator("#state")
    page.wait_for_function(r"() => /eleted/.test(document.getElementById('state').textContent)")
    return state.inner_text()


@contextmanager
def recorded(browser: Browser, cloud: PracticeCloud, har: Path) -> Iterator[Page]:
    """The privacy page in a context of its own, signed in; what the browser sent is in `har` afterwards."""
    context = browser.new_context(
        ignore_https_errors=True, record_har_path=har, record_har_content="embed", record_har_mode="full"
    )
    context.add_cookies(cookies(cloud))  # type: ignore[arg-type]  # playwright's own dictionary type
    try:
        yield privacy_page(context, cloud)
    finally:
        context.close()
