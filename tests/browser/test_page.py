"""The practice page in a real browser: its buttons send what the server wants, whatever the shape."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it ships no types
from playwright.sync_api import Browser, BrowserContext

from agent.simulator.axes import Scope
from agent.simulator.login import EMAIL, ONE_TIME_CODE, PASSWORD
from agent.simulator.server import PracticeCloud, running
from agent.simulator.shapes import SHAPES, random_shape
from tests.support.chromium import chromium, cookies, free_port, press_delete, privacy_page

pytestmark = pytest.mark.heavy

SEEDS = range(9000, 9030)


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def browser(port: int) -> Iterator[Browser]:
    with chromium(port) as started:
        yield started


@pytest.fixture
def cloud(port: int) -> Iterator[PracticeCloud]:
    with running(port=port, recordings=60) as started:
        yield started


@pytest.fixture
def context(browser: Browser, cloud: PracticeCloud) -> Iterator[BrowserContext]:
    made = browser.new_context(ignore_https_errors=True)
    made.add_cookies(cookies(cloud))  # type: ignore[arg-type]  # playwright's own dictionary type
    yield made
    made.close()


def test_delete_takes_one_recording_whatever_the_shape(context: BrowserContext, cloud: PracticeCloud) -> None:
    """For every named shape but `everything` and many drawn ones: the row goes everywhere, no other does."""
    shapes = [each for each in SHAPES.values() if each.scope is not Scope.EVERYTHING]
    for shape in [*shapes, *map(random_shape, SEEDS)]:
        cloud.reshape(shape)
        before = {surface: set(keys) for surface, keys in cloud.truth()["surfaces"].items()}
        key = max(before["voice"])
        page = privacy_page(context, cloud)
        assert press_delete(page, key) == "Deleted", shape
        page.close()
        after = {surface: set(keys) for surface, keys in cloud.truth()["surfaces"].items()}
        assert after == {surface: keys - {key} for surface, keys in before.items()}, shape


def test_a_selection_and_all_that_is_shown_go(context: BrowserContext, cloud: PracticeCloud) -> None:
    """Ticked recordings go in one request where the shape takes several; Delete All takes what is shown."""
    for name in ("json-batch", "range", "path-single"):
        cloud.reshape(name)
        page = privacy_page(context, cloud)
        before = set(cloud.truth()["surfaces"]["voice"])
        rows = page.locator("#rows li")
        keys = {str(rows.nth(n).get_attribute("data-key")) for n in (0, 2)}
        for n in (0, 2):
            rows.nth(n).locator("input").check()
        page.locator("#delete-selected").click()
        page.wait_for_function("() => document.querySelectorAll('#rows li').length === 8")
        assert set(cloud.truth()["surfaces"]["voice"]) == before - keys
        page.close()
    cloud.reshape("everything")
    page = privacy_page(context, cloud)
    assert page.locator("#rows li button").count() == 0
    page.locator("#delete-all").click()
    page.wait_for_function("() => document.querySelectorAll('#rows li').length === 0")
    assert cloud.truth()["surfaces"] == {"voice": [], "activity": []}


def test_the_page_says_when_nothing_was_deleted(context: BrowserContext, cloud: PracticeCloud) -> None:
    """A refused request leaves the row and is said."""
    page = privacy_page(context, cloud)
    key = str(page.locator("#rows li").first.get_attribute("data-key"))
    cloud.turn(faults=[{"kind": "throttle_429", "on": "delete"}])
    assert press_delete(page, key) == "Not deleted: refused with 429"
    assert page.locator(f'#rows li[data-key="{key}"]').count() == 1
    assert key in cloud.truth()["surfaces"]["voice"]


def test_somebody_signed_out_signs_in_and_comes_back(browser: Browser, cloud: PracticeCloud) -> None:
    """The page leads to the sign-in forms, and those back to the page."""
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"https://www.{cloud.marketplace}/alexa-privacy/apd/rvh")
    for field, text in (
        ("#ap_email", EMAIL),
        ("#ap_password", PASSWORD),
        ("#auth-mfa-otpcode", ONE_TIME_CODE),
    ):
        page.fill(field, text)
        page.click("#signInSubmit")
    page.locator("#rows li").first.wait_for()
    assert page.url == f"https://www.{cloud.marketplace}/alexa-privacy/apd/rvh"
    context.close()


def test_the_page_is_accessible(context: BrowserContext, cloud: PracticeCloud) -> None:
    """Axe finds nothing to object to, and every button and box has a name of its own."""
    page = privacy_page(context, cloud)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    names = [str(page.locator("#rows li button").nth(n).get_attribute("aria-label")) for n in range(10)]
    assert len(set(names)) == 10 and all(name.startswith("Delete the recording of 20") for name in names)
