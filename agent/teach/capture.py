"""A browser window of its own, in which the person deletes one recording while it is recorded in memory.

The profile lies in a directory only we may enter and is removed in all cases. Playwright drives a Chromium or
Chrome that is installed; it never brings one along. The only place that imports it.
"""

import asyncio
import base64
import contextlib
import hashlib
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.alexa.marketplaces import Marketplace
from agent.alexa.practice import Practice
from agent.alexa.transport import trusted
from agent.errors import ConnectionLostError, UsageError
from agent.teach.recorder import Asked, Came, Recorder, readable

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Playwright, Request

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 1800.0
"""How long the window stays open at most."""

_BY_HAND = "Or record in a browser yourself: the README says how, step by step."
_QUIET = (
    *("--no-first-run", "--no-default-browser-check", "--disable-sync", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--password-store=basic"),
)


@dataclass(frozen=True, slots=True)
class Window:
    """Which page to open, and with what. With `practice` every name leads to the practice cloud."""

    marketplace: Marketplace
    program: str
    practice: Practice | None = None
    sandbox: bool = True


def window_for(
    marketplace: Marketplace, practice: Practice | None, environ: Mapping[str, str], *, root: bool
) -> Window:
    """Finds a browser, and makes sure that one may be opened here.

    Raises:
        UsageError: no Playwright, no browser, no display, or nobody but root.
    """
    try:
        import playwright.async_api
    except ImportError:
        raise UsageError(
            "The extra `browser` is not installed.",
            next_step=f"pip install 'voicepurge[browser]'. {_BY_HAND}",
        ) from None
    del playwright
    if practice is None and root:
        raise UsageError(
            "Nobody browses as root.",
            next_step="Learn as yourself, on a desktop; carry it over with `voicepurge methods export`.",
        )
    if practice is None and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        raise UsageError(
            "There is no display to open a browser on.",
            next_step="Learn on a desktop; carry the recipe over with `voicepurge methods export`.",
        )
    search = environ.get("PATH")
    found = next(filter(None, (shutil.which(name, path=search) for name in BROWSERS)), None)
    if found is None:
        raise UsageError(
            "There is no Chromium or Chrome on this machine.", next_step=f"Install one. {_BY_HAND}"
        )
    return Window(marketplace, found, practice, sandbox=not root)


async def capture(window: Window) -> bytes:
    """Opens the window on the privacy page; returns what was recorded once the person has closed it.

    Raises:
        UsageError: the browser could not be started, or the window was left open too long.
        ConnectionLostError: the practice cloud cannot be reached.
    """
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await _captured(window)
    except asyncio.CancelledError:  # by SIGTERM as by Ctrl-C: the profile is gone by now
        raise KeyboardInterrupt from None


async def _captured(window: Window) -> bytes:
    from playwright.async_api import Error, async_playwright

    arguments = [*_QUIET, *(_to_practice(window.marketplace, window.practice) if window.practice else ())]
    with _profile() as profile:
        async with async_playwright() as playwright:
            try:
                context = await _opened(playwright, window, profile, arguments)
            except Error:
                raise UsageError(
                    "The browser could not be started.",
                    next_step=f"Start {window.program} by hand once. {_BY_HAND}",
                ) from None
            try:
                return await _recorded(context, window.marketplace)
            finally:
                with contextlib.suppress(Error):
                    await context.close()


async def _opened(
    playwright: "Playwright", window: Window, profile: Path, arguments: list[str]
) -> "BrowserContext":
    return await playwright.chromium.launch_persistent_context(
        profile,
        executable_path=window.program,
        headless=False,
        chromium_sandbox=window.sandbox,
        args=arguments,
        no_viewport=True,
        accept_downloads=False,
    )


async def _recorded(context: "BrowserContext", marketplace: Marketplace) -> bytes:
    """Everything until the last page is closed."""
    from playwright.async_api import Error

    recorder = Recorder((marketplace.retail_host, marketplace.alexa_host))
    closed = asyncio.Event()
    reading: set[asyncio.Task[None]] = set()

    def finished(request: "Request") -> None:
        if recorder.wants(request.url):
            task = asyncio.ensure_future(_keep(recorder, request))
            reading.add(task)
            task.add_done_callback(reading.discard)

    def page_closed(_page: object) -> None:
        if not context.pages:
            closed.set()

    context.on("requestfinished", finished)
    context.on("requestfailed", finished)
    context.on("page", lambda page: page.on("close", page_closed))
    context.on("close", lambda _context: closed.set())
    page = context.pages[0] if context.pages else await context.new_page()
    page.on("close", page_closed)
    with contextlib.suppress(Error):  # what the page shows then, the person sees
        await page.goto(marketplace.history_page, wait_until="commit")
    try:
        await asyncio.wait_for(closed.wait(), PATIENCE_S)
    except TimeoutError:
        raise UsageError("The window was open for half an hour.", next_step="Begin again.") from None
    await asyncio.gather(*reading)
    return recorder.har()


async def _keep(recorder: Recorder, request: "Request") -> None:
    """Reads one exchange, its answer first: a page that is closed takes what was not read along."""
    from playwright.async_api import Error

    status, given, body, headers = 0, dict[str, str](), None, dict(request.headers)
    with contextlib.suppress(Error):
        response = await request.response()
        if response is not None:
            status, given = response.status, dict(response.headers)
            if readable(given):
                body = await response.body()
            given = await response.all_headers()
    with contextlib.suppress(Error):
        headers = await request.all_headers()
    took = max(0, round(request.timing["responseEnd"]))
    asked, came = Asked(headers, request.post_data_buffer), Came(status, given, body, took)
    recorder.keep(request, request.timing["startTime"], asked, came)


@contextlib.contextmanager
def _profile() -> Iterator[Path]:
    """A fresh directory for the browser, gone afterwards, whatever happens."""
    place = Path(tempfile.mkdtemp(prefix="voicepurge-browser-"))
    try:
        yield place
    finally:
        for _ in range(50):  # the last process of a browser may still be writing
            shutil.rmtree(place, ignore_errors=True)
            if not place.exists():
                break
            _breathe()


def _breathe() -> None:
    import time

    time.sleep(0.1)


def _to_practice(marketplace: Marketplace, practice: Practice) -> tuple[str, ...]:
    """Every name leads to the practice cloud; only the key that its CA vouches for here is believed."""
    context = trusted(practice)
    try:
        with (
            socket.create_connection((practice.address, practice.port), timeout=10) as line,
            context.wrap_socket(line, server_hostname=marketplace.retail_host) as secured,
        ):
            certificate = secured.getpeercert(binary_form=True) or b""
    except OSError:
        raise ConnectionLostError("The practice cloud cannot be reached.") from None
    key = x509.load_der_x509_certificate(certificate).public_key()
    pin = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return (
        f"--host-resolver-rules=MAP * {practice.address}:{practice.port}",
        f"--ignore-certificate-errors-spki-list={base64.b64encode(pin).decode()}",
    )
