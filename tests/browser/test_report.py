"""Two years of runs as a page in a real browser: quiet, readable by everybody, and right in its numbers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it ships no types
from playwright.sync_api import Browser, Page, sync_playwright

from agent.ledger.glance import Glance, glance
from agent.ledger.verify import verify
from agent.publishing import html
from agent.reporting.status import Kept, Standing
from agent.settings import Settings, parse
from agent.simulator.server import running
from tests.support.chromium import program
from tests.support.ledger_home import VKEY, opened
from tests.support.ledger_years import years
from tests.support.practice_home import Home, practice_account
from tests.support.recount import Recount, rank, recount
from tests.support.sinks import until

pytestmark = pytest.mark.heavy

BERLIN = ZoneInfo("Europe/Berlin")
WIDTHS = (375, 768, 1440)
SCHEMES = ("light", "dark")
CONFIG = """
version: 1
timezone: Europe/Berlin
accounts: {home: {marketplace: amazon.de, keep_for: 24h}}
"""


@dataclass(frozen=True)
class Story:
    """A ledger, its page and what is counted from its bytes."""

    directory: Path
    page: Path
    seen: Glance
    counted: Recount
    now: int


@dataclass
class Visit:
    """One page in a browser, and all it complained of or asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def configured() -> Settings:
    return parse(CONFIG, "test.yaml", marketplaces=["amazon.de"])


def render(directory: Path, seen: Glance, now: int) -> str:
    standing = Standing("home", seen.practice, seen.state, Kept(86_400_000), serviced=True)
    return html(standing, seen, directory, configured(), now)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Two years: 4 runs a day, failures, misses, two reappearances."""
    directory = years(tmp_path_factory.mktemp("years"))
    seen = glance(directory)
    assert seen is not None and seen.state.last_ended is not None
    now = seen.state.last_ended + 3_600_000
    page = directory / "home.html"
    page.write_text(render(directory, seen, now))
    return Story(directory, page, seen, recount(directory / "ledger.jsonl", BERLIN), now)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, with no network at all."""
    arguments = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program(), headless=True, args=arguments)
        yield made
        made.close()


@contextmanager
def visiting(browser: Browser, file: Path, width: int = 1440, scheme: str = "light") -> Iterator[Visit]:
    """Opens a file and listens to everything the page says and asks for."""
    assert scheme in {"light", "dark"}
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 900}
    )
    visit = Visit(context.new_page())
    visit.page.on("console", lambda message: visit.said.append(message.text))
    visit.page.on("pageerror", lambda error: visit.said.append(str(error)))
    visit.page.on("request", lambda request: visit.asked.append(request.url))
    visit.page.goto(file.as_uri())
    yield visit
    context.close()


def serious(visit: Visit) -> list[str]:
    """Serious and critical findings of axe-core."""
    found = Axe().run(visit.page).response["violations"]
    return [f"{one['id']}: {one['help']}" for one in found if one["impact"] in {"serious", "critical"}]


def values(visit: Visit, selector: str) -> list[int]:
    """Exact numbers behind what is shown."""
    return [int(text) for text in visit.page.eval_on_selector_all(selector, "all => all.map(e => e.value)")]


def texts(visit: Visit, selector: str) -> list[list[str]]:
    """Cells of a table, row by row."""
    script = "all => all.map(r => [...r.cells].map(c => c.textContent.trim()))"
    found: list[list[str]] = visit.page.eval_on_selector_all(selector, script)
    return found


def test_the_story_has_what_it_should(story: Story) -> None:
    """A whole ledger that verifies, two years long, in which everything happens that can."""
    assert verify(story.directory, vkey=VKEY).ok
    assert len(story.counted.rows) > 2800 and story.counted.missed >= 10 and story.counted.returned == 2
    happened = {"verified", "nothing_due", "residual", "blocked", "drifted", "throttled", "interrupted"}
    assert happened | {"unverifiable"} == set(story.counted.verdicts)


def test_it_is_made_in_a_second_and_is_small(story: Story) -> None:
    """From the bytes of the ledger to the page in under 1 s, the best of three; under 2 MB."""
    took, text = [], ""
    for _ in range(3):
        begun = time.perf_counter()
        text = render(story.directory, story.seen, story.now)
        took.append(time.perf_counter() - begun)
    assert min(took) < 1.0
    assert len(text.encode()) < 2_000_000
    assert text == story.page.read_text()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_quiet_and_fits(
    story: Story, browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    """Silent console, one request (the file itself), nothing too wide, no serious finding of axe-core.

    A picture is kept for whoever wants to look.
    """
    with visiting(browser, story.page, width, scheme) as visit:
        visit.page.screenshot(path=tmp_path / f"report-{width}-{scheme}.png", full_page=True)
        assert visit.page.evaluate("document.documentElement.scrollWidth") == width
        assert serious(visit) == []
        assert (visit.said, visit.asked) == ([], [story.page.as_uri()])
    assert (tmp_path / f"report-{width}-{scheme}.png").stat().st_size > 50_000


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [375, 1440])
def test_open_tables_are_accessible_too(browser: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    """What axe-core passes over while it is closed: all tables of a page of eight days."""
    directory = years(tmp_path, days=8, practice=True)
    seen = glance(directory)
    assert seen is not None and seen.state.last_ended is not None
    file = tmp_path / "open.html"
    file.write_text(render(directory, seen, seen.state.last_ended))
    with visiting(browser, file, width, scheme) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        visit.page.screenshot(path=tmp_path / f"open-{width}-{scheme}.png", full_page=True)
        assert visit.page.evaluate("document.documentElement.scrollWidth") == width
        assert serious(visit) == [] and visit.said == []


def test_the_listener_and_axe_are_not_blind(browser: Browser, tmp_path: Path) -> None:
    """A bad page is heard, seen and found bad: otherwise silence would mean nothing."""
    bad = tmp_path / "bad.html"
    image, script = '<img src="http://a.test/x.png">', "<script>console.log(1)</script>"
    bad.write_text(f'<p style="color:#bbb">some words</p>{image}{script}')
    with visiting(browser, bad) as visit:
        assert len(visit.asked) == 2 and "1" in visit.said
        found = serious(visit)
    assert any(one.startswith("color-contrast") for one in found)
    assert any(one.startswith("image-alt") for one in found)


def test_the_numbers_on_top_are_right(story: Story, browser: Browser) -> None:
    """Median and 95th percentile, what remains, what is gone, clean runs: as counted from the bytes."""
    counted = story.counted
    fates = list(counted.newest.values())
    clean = counted.verdicts["verified"] + counted.verdicts["nothing_due"]
    with visiting(browser, story.page) as visit:
        assert values(visit, ".cards data") == [
            rank(counted.all_stays, 50),
            rank(counted.all_stays, 95),
            counted.last_visible["recordings"],
            fates.count("gone"),
            len(fates),
            clean,
            len(counted.rows),
        ]
        words = visit.page.inner_text(".cards")
        assert f"{counted.missed} slots missed, {counted.returned} recordings came back" in words
        whole = " ".join(visit.page.inner_text("main").split())
    assert f"{len(counted.backlog)} recordings older than this ledger were deleted too" in whole
    assert f"showed {counted.last_visible['recordings']} recordings, " in whole


def test_the_months_are_right(story: Story, browser: Browser) -> None:
    """Each of the newest 24 months with count, median, 95th percentile and longest, newest first."""
    stays = story.counted.stays
    newest = sorted(stays, key=lambda month: datetime.strptime(month, "%B %Y"), reverse=True)[:24]  # noqa: DTZ007 - only for order
    with visiting(browser, story.page) as visit:
        rows = texts(visit, "#stays tbody tr")
        assert [row[0] for row in rows] == newest
        expected = [
            number
            for month in newest
            for number in (
                len(stays[month]),
                rank(stays[month], 50),
                rank(stays[month], 95),
                max(stays[month]),
            )
        ]
        assert values(visit, "#stays data") == expected


def test_the_runs_are_right(story: Story, browser: Browser) -> None:
    """Every run with what was visible before and after, newest first; unknown is never a number."""
    with visiting(browser, story.page) as visit:
        rows = texts(visit, "#runs tbody tr")
    assert len(rows) == len(story.counted.rows)

    def shown(number: int | None) -> str:
        return f"{number:,}" if number is not None else "not known"

    for row, run in zip(rows, reversed(story.counted.rows), strict=True):
        numbers = [shown(run[name]) for name in ("before", "requested", "after", "left")]
        assert [row[0], *row[2:6]] == [run["ended"], *numbers]
        assert row[6].startswith(run["verdict"])


def test_the_calendar_is_right(story: Story, browser: Browser) -> None:
    """Each day of the newest 24 months has the letter of the worst that was not put right."""
    script = """all => all.flatMap(t => [...t.querySelectorAll('td:not(.out)')]
        .filter(c => c.textContent)
        .map(c => [t.caption.textContent, c.firstChild.textContent, c.querySelector('i')?.textContent ?? '']))
    """
    with visiting(browser, story.page) as visit:
        cells = visit.page.eval_on_selector_all(".month", script)
    shown = {
        datetime.strptime(f"{number} {month}", "%d %B %Y").strftime("%Y-%m-%d"): letter  # noqa: DTZ007 - a date
        for month, number, letter in cells
    }
    assert len(shown) > 700
    assert shown == {day: story.counted.letter(day) for day in shown}
    assert set(shown.values()) >= set("BDRUM\u2713")


def test_the_proof_is_the_ledgers(story: Story, browser: Browser) -> None:
    """Entries, root, key and the newest checkpoint stand there byte for byte."""
    with visiting(browser, story.page) as visit:
        assert values(visit, "#h-proof ~ dl data") == [story.counted.entries] * 2
        assert visit.page.text_content("#note") == (story.directory / "checkpoint").read_text()
        whole = visit.page.inner_text("main")
    assert VKEY in whole and story.seen.signed is not None and story.seen.signed.root in whole


def test_the_keyboard_reaches_everything(story: Story, browser: Browser) -> None:
    """Skip link first, then each table opened and scrolled, without a mouse."""
    with visiting(browser, story.page) as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.className") == "skip"
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.tagName") == "SUMMARY"
        visit.page.keyboard.press("Enter")
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.getAttribute('role')") == "region"
        visit.page.keyboard.press("End")
        # asked from here: the page's own policy forbids the script that waiting inside it would take
        until(lambda: visit.page.evaluate("document.activeElement.scrollTop") > 0)


def test_it_prints_light_and_whole(story: Story, browser: Browser, tmp_path: Path) -> None:
    """Also from a dark screen: dark ink on white, and as many pages as it takes."""
    with visiting(browser, story.page, scheme="dark") as visit:
        dark = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        visit.page.emulate_media(media="print")
        style = "getComputedStyle(document.body)"
        assert visit.page.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)" != dark
        assert visit.page.evaluate(f"{style}.color") == "rgb(0, 0, 0)"
        visit.page.screenshot(path=tmp_path / "print.png", full_page=True)
        assert visit.page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_first_day_is_a_whole_page_too(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """Before the first run nothing is claimed and nothing is broken."""
    opened(tmp_path).close()
    seen = glance(tmp_path)
    assert seen is not None
    file = tmp_path / "fresh.html"
    file.write_text(render(tmp_path, seen, 1_790_000_100_000))
    with visiting(browser, file, 375, scheme) as visit:
        visit.page.screenshot(path=tmp_path / f"fresh-{scheme}.png", full_page=True)
        assert serious(visit) == [] and visit.said == []
        assert visit.page.evaluate("document.documentElement.scrollWidth") == 375
        assert "not known yet" in visit.page.inner_text(".cards")


def test_a_page_after_real_runs(browser: Browser, tmp_path: Path) -> None:
    """One that `run` wrote against the practice cloud, with something left over: it says what and why."""
    with running(recordings=40) as cloud:
        home = Home(tmp_path, {"home": practice_account(cloud.url, cloud.ca, {})})
        home.write()  # commands in processes of their own: the browser's loop runs in this one
        assert home.spawn("login", "home", "--practice", text=cloud.credential).code == 0
        cloud.turn(effect="nothing")
        assert home.spawn("run").code == 1
    with visiting(browser, home.state / "reports" / "home.html", 768) as visit:
        visit.page.screenshot(path=tmp_path / "residual.png", full_page=True)
        assert serious(visit) == [] and visit.said == []
        assert "36 recordings that should be gone were still visible" in visit.page.inner_text(".say")
        assert "Practice." in visit.page.inner_text(".practice")
