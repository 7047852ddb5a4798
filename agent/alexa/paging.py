"""The walk over the pages of one surface, and the ways in which it does not end. Pure.

Public clients took a repeated token, a null list, an empty page and a time limit for the end of the
history and returned 0 to 20 of 33 rows as if that were all (alexapy 1.33.0, alexa-remote2 8.1.1,
2026-11). Here the end is one thing only: a page with a list and without a token.
"""

import hashlib
from dataclasses import dataclass, field

from agent.alexa.wire import Page
from agent.model import Incomplete

MAX_PAGES = 100_000
MAX_EMPTY = 50
"""Empty pages in a row that are followed: the server gives up after a time, not after a page."""


@dataclass(slots=True)
class Walk:
    """Where a walk stands. Ask `ended` after each `take`.

    Attributes:
        ended: no further page is to be asked for.
        reason: why it ended too early; None for the true end.
        token: what to ask the next page with.
    """

    pages: int = 0
    ended: bool = False
    reason: Incomplete | None = None
    token: str | None = None
    _empty: int = 0
    _seen: set[bytes] = field(default_factory=set)

    def take(self, page: Page) -> None:
        """Takes note of the next page."""
        self.pages += 1
        self._empty = 0 if page.recordings else self._empty + 1
        self.token = page.token
        self.reason = self._trouble(page)
        self.ended = self.reason is not None or page.token is None

    def _trouble(self, page: Page) -> Incomplete | None:
        if page.null:
            return Incomplete.NULL_LIST
        if page.token is None:
            return Incomplete.SERVER_TIME_LIMIT if page.time_limit else None
        digest = hashlib.blake2b(page.token.encode(), digest_size=16).digest()
        if digest in self._seen or self.pages >= MAX_PAGES:
            return Incomplete.TOKEN_LOOP
        self._seen.add(digest)
        return Incomplete.EMPTY_PAGES if self._empty >= MAX_EMPTY else None
