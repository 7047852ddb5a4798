"""A Chromium that lives in a thread of its own, so that commands may run in this one.

The synchronous driver keeps an event loop running in its thread; `asyncio.run` would refuse to start there.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from agent.simulator.server import PracticeCloud
from tests.support.chromium import chromium, press_delete, recorded


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody with one browser, all of whose names lead to `port`."""

    port: int
    _thread: ThreadPoolExecutor
    _browser: Browser

    def delete(self, cloud: PracticeCloud, key: str, har: Path) -> str:
        """Deletes one recording on the practice page while the browser records; what the page said."""

        def act() -> str:
            with recorded(self._browser, cloud, har) as page:
                return press_delete(page, key)

        return self._thread.submit(act).result()


@contextmanager
def owner(port: int) -> Iterator[Owner]:
    """An owner whose browser is closed at the end."""
    with ThreadPoolExecutor(1, thread_name_prefix="browser") as thread:
        opened = chromium(port)
        browser = thread.submit(opened.__enter__).result()
        try:
            yield Owner(port, thread, browser)
        finally:
            thread.submit(opened.__exit__, None, None, None).result()
