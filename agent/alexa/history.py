"""Amazon's voice history as `agent.ports.VoiceHistory`.

Both surfaces are listed at the same time into one map; only what the caller asked for is kept of a row.
A listing never raises for what Amazon does: it says how each surface ended.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.alexa import answers, wire
from agent.alexa import identity as who
from agent.alexa.exchange import Outgoing
from agent.alexa.paging import Walk
from agent.alexa.session import Session
from agent.alexa.wire import Reader
from agent.errors import AgentError, DeadlineError
from agent.model import Device, Identity, Incomplete, Listing, Recording, Surface, SurfaceEnd, Window
from agent.ports import Progress

MAX_LOOKED_AT = 20
"""Recordings whose audio is asked for at a time."""

_JSON = "application/json; charset=utf-8"
_PATHS = {
    Surface.VOICE: "/alexa-privacy/apd/rvh/customer-history-records-v2",
    Surface.ACTIVITY: "/alexa-privacy/apd/rah/alexa-history-records-v2",
}
_AUDIO = "/alexa-privacy/apd/rvh/audio"


class AmazonHistory:
    """The history of one account.

    Attributes:
        session: must be open as long as this is used.
        expected: customer id stored at sign-in; None takes whoever answers.
        digest_key: random bytes for text digests, new in each process.
    """

    def __init__(
        self, session: Session, expected: str | None = None, *, digest_key: bytes | None = None
    ) -> None:
        self.session = session
        self.expected = expected
        self.digest_key = digest_key or secrets.token_bytes(32)
        self._identity: Identity | None = None

    async def identify(self) -> Identity:
        """Signs in anew and asks whose session it is.

        Raises:
            NeedsPersonError: signed out, step-up, another account, or another marketplace.
            ServiceChangedError, TryLaterError, CouldNotVerifyError: as `Session.read`.
        """
        self._identity = None
        await self.session.sign_in()
        value = answers.value(await self.session.read(who.ME))
        skew = self.session.skew_ms
        self._identity = who.identity(value, self.session.marketplace, self.expected, skew)
        self.session.identity = self._identity
        return self._identity

    async def devices(self) -> Sequence[Device]:
        """All devices of the account. Raises as `identify`."""
        return who.devices(answers.value(await self.session.read(who.DEVICES)))

    async def listing(
        self,
        window: Window,
        surfaces: Sequence[Surface],
        *,
        items: bool = False,
        text: bool = False,
        progress: Progress,
    ) -> Listing:
        """Lists every asked surface to its last page; see the port."""
        clock = self.session.clock
        began = clock.monotonic()
        asked = tuple(dict.fromkeys(surfaces))
        found: dict[str, Recording] = {}
        try:
            identity = self._identity or await self.identify()
        except AgentError as error:
            end = _end(error, Walk(), 0)
            return Listing(window, found, dict.fromkeys(asked, end), self.session.server_now())
        look = _Look(
            window,
            Reader(identity.customer_id, self.digest_key, items=items, text=text),
            found,
            began + self.session.limits.listing_s,
            lambda: progress.stage("listing", done=len(found)),
        )
        ends = await asyncio.gather(*(self._surface(surface, look) for surface in asked))
        took = clock.monotonic() - began
        return Listing(window, found, dict(zip(asked, ends, strict=True)), self.session.server_now(), took)

    async def without_audio(self, recordings: Sequence[Recording]) -> frozenset[str]:
        """Keys of those whose audio is certainly no longer served; see the port.

        Recordings from a listing made without `items` are left out: their audio has no address.
        """
        looked_at = [recording for recording in recordings if recording.utterance_ids][:MAX_LOOKED_AT]
        silent = await asyncio.gather(*(self._is_silent(recording) for recording in looked_at))
        return frozenset(r.key for r, gone in zip(looked_at, silent, strict=True) if gone)

    async def _is_silent(self, recording: Recording) -> bool:
        for utterance in recording.utterance_ids:
            try:
                answer = await self.session.ask(Outgoing("GET", _AUDIO, (("uid", utterance),)))
            except AgentError:
                return False
            served = answer.content_type.startswith("audio/")
            if served or answer.reason not in {None, Incomplete.NOT_FOUND}:
                return False
        return True

    async def _surface(self, surface: Surface, look: "_Look") -> SurfaceEnd:
        walk = Walk()
        rows = 0
        try:
            while not walk.ended:
                if self.session.clock.monotonic() > look.until:
                    raise DeadlineError("the listing took too long")
                answer = await self.session.read(_page(surface, look.window, walk.token))
                page = look.reader.page(surface, answers.value(answer))
                rows += look.keep(page.recordings)
                walk.take(page)
        except AgentError as error:
            return _end(error, walk, rows)
        return SurfaceEnd(walk.reason, walk.pages, rows)


@dataclass(frozen=True, slots=True)
class _Look:
    """One listing under way. `until` is in seconds of the clock's `monotonic`."""

    window: Window
    reader: Reader
    found: dict[str, Recording]
    until: float
    tell: Callable[[], None]

    def keep(self, rows: Sequence[Recording]) -> int:
        """Adds sightings within the window; returns how many. A page may repeat its neighbour's last row."""
        within = [row for row in rows if row.spoken_at in self.window]
        for row in within:
            known = self.found.get(row.key)
            self.found[row.key] = row if known is None else wire.merge(known, row)
        self.tell()
        return len(within)


def _page(surface: Surface, window: Window, token: str | None) -> Outgoing:
    """Asks for a page. Nobody knows whether the ends of the range belong to it, so it is a ms wider."""
    query = [("startTime", str(max(window.start - 1, 0))), ("endTime", str(window.end + 1))]
    if surface is Surface.VOICE:
        query += [("recordType", "VOICE_HISTORY"), ("maxRecordSize", "20")]
    return Outgoing(
        "POST",
        _PATHS[surface],
        tuple(query),
        body=json.dumps({"previousRequestToken": token}).encode(),
        content_type=_JSON,
        csrf=True,
        bearer=surface is Surface.ACTIVITY,
    )


def _end(error: AgentError, walk: Walk, rows: int) -> SurfaceEnd:
    return SurfaceEnd(answers.reason_of(error), walk.pages, rows, getattr(error, "retry_after_s", None))
