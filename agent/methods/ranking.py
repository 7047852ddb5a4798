"""Which requests of a capture may be the deletion, best first, and why. Pure.

No signal decides alone: what a request names, how it asks, what it is called, how it was answered, and
whether the recordings were still listed afterwards. A beacon that carries a key must lose, and so must
playing a recording.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent.alexa import answers
from agent.alexa.exchange import Incoming
from agent.alexa.marketplaces import Marketplace
from agent.errors import UnexplainedError
from agent.methods.bounds import ROOT
from agent.methods.evidence import Evidence, is_listing
from agent.methods.har import Exchange
from agent.methods.mentions import Index
from agent.methods.request import JSON, Request, take_apart
from agent.methods.scoping import says_all, window_of
from agent.model import Incomplete, Recording

LEAST = 50
MARGIN = 20
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_NEVER_KINDS = frozenset({"ping", "beacon", "preflight", "image", "media", "font", "stylesheet", "script"})
_NEVER_ANSWERS = (
    "audio/",
    "image/",
    "font/",
    "video/",
    "text/css",
    "text/javascript",
    "application/javascript",
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_DELETES = frozenset(
    {
        "delete",
        "deletes",
        "deleted",
        "deletion",
        "deletions",
        "remove",
        "removal",
        "removes",
        "erase",
        "erasure",
    }
    | {"purge", "clear", "forget", "destroy", "discard"}
)
_WATCHES = frozenset(
    {
        "metric",
        "metrics",
        "telemetry",
        "event",
        "events",
        "log",
        "logs",
        "logging",
        "beacon",
        "beacons",
        "track",
    }
    | {
        "tracking",
        "analytics",
        "impression",
        "impressions",
        "click",
        "clicks",
        "clickstream",
        "csm",
        "uedata",
    }
    | {"monitoring", "rum", "stats", "counter", "counters", "nexus"}
)
_READS = frozenset(
    {
        "audio",
        "playable",
        "play",
        "playback",
        "feedback",
        "rating",
        "thumb",
        "thumbs",
        "vote",
        "detail",
        "details",
    }
    | {"export", "download", "transcript", "status", "poll", "search"}
)
_YES = frozenset({"success", "succeeded", "successful", "ok", "deleted", "accepted"})
_SMALL = 600


@dataclass(frozen=True, slots=True, repr=False)
class Candidate:
    """A request that may be the deletion.

    Attributes:
        request: taken apart, None where no recipe can hold it.
        error: why not.
        named: recordings it names.
        score: the higher the likelier.
        reasons: in plain words, nothing personal in them.
    """

    exchange: Exchange
    request: Request | None
    error: UnexplainedError | None
    named: tuple[Recording, ...]
    score: int
    reasons: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Candidate({self.score})"


def candidates(
    exchanges: Sequence[Exchange],
    marketplace: Marketplace,
    evidence: Evidence,
    index: Index,
) -> list[Candidate]:
    """All that may be the deletion, in time order."""
    found = []
    for each in exchanges:
        if each.host == marketplace.retail_host and possible(each):
            judge = _Judge(each, evidence, index)
            if judge.score >= LEAST:
                found.append(judge.candidate())
    return found


def refusal(exchange: Exchange) -> str:
    """How it was refused, "" where the answer is a yes as far as anybody can tell."""
    if exchange.status == 0:
        return "it was never answered"
    incoming = Incoming(exchange.status, exchange.answer_headers, exchange.answer or b"", exchange.path)
    reason = answers.reason(incoming)
    if reason not in (None, Incomplete.HTML):
        return f"it was refused with status {exchange.status}"
    return "its answer says that it failed" if _says_no(exchange) else ""


def words(text: str) -> set[str]:
    """The words in a name, however it is put together, in lower case."""
    return {word.lower() for word in _WORD.findall(text)}


def deletes(path: str) -> bool:
    """Whether a path says that it deletes."""
    return bool(words(path) & _DELETES)


def watches(path: str) -> bool:
    """Whether a path is for counting or looking, not for deleting."""
    return bool(words(path) & (_WATCHES | _READS))


def still_listed(recordings: Iterable[Recording], after: int, evidence: Evidence) -> bool | None:
    """Whether the last listing after `after` still shows any of them; None where no listing can tell."""
    seen: list[bool] = []
    for one in recordings:
        last = [
            one.key in each.shown
            for each in evidence.sightings
            if each.started >= after
            and each.surface in one.surfaces
            and one.spoken_at in each.window
            and each.whole_since <= one.spoken_at
        ]
        seen += last[-1:]
    return any(seen) if seen else None


def possible(exchange: Exchange) -> bool:
    """Whether it could be part of a deletion at all: no page, no picture, no list of recordings."""
    return (
        exchange.method in _METHODS
        and exchange.kind not in _NEVER_KINDS
        and not exchange.answer_type.startswith(_NEVER_ANSWERS)
        and not is_listing(exchange)
        and not (exchange.method == "GET" and exchange.answer_type == "text/html" and exchange.answer)
    )


class _Judge:
    def __init__(self, exchange: Exchange, evidence: Evidence, index: Index) -> None:
        self._exchange, self._evidence = exchange, evidence
        self._request, self._error = None, None
        try:
            self._request = take_apart(exchange)
            self._texts = [text for _, text in self._request.leaves]
        except UnexplainedError as error:
            self._error = error
            body = (exchange.body or b"").decode("utf-8", "replace")
            self._texts = [
                *exchange.path.split("/"),
                *(text for pair in exchange.query for text in pair),
                body,
            ]
        self._named = tuple(index.recording(key) for key in index.named(self._texts))
        self._range = (
            window_of(self._request, exchange.started, evidence)
            if self._request and not self._named
            else None
        )
        self._signals = list(self._judged())

    @property
    def score(self) -> int:
        return sum(points for points, _ in self._signals)

    def candidate(self) -> Candidate:
        reasons = tuple(words for _, words in self._signals if words)
        return Candidate(self._exchange, self._request, self._error, self._named, self.score, reasons)

    def _judged(self) -> Iterator[tuple[int, str]]:
        exchange, safe = self._exchange, self._exchange.method == "GET"
        path, said = words(exchange.path), self._words_said()
        says_so, token = bool((path | said) & _DELETES) or exchange.method == "DELETE", self._has_token()
        yield from self._aim(says_so=says_so)
        if still_listed(self._named or self._covered(), exchange.ended, self._evidence) is False:
            yield 50, f"what it {'names' if self._named else 'covers'} is not listed any more afterwards"
        if not safe:
            yield 25 if exchange.method == "DELETE" else 15, f"it is a {exchange.method}"
        elif not (says_so or token):
            yield -40, ""
        if exchange.path.startswith(ROOT):
            yield 15, "it belongs to the privacy pages"
        if path & _DELETES:
            yield 25, "its address says that it deletes"
        elif said & _DELETES:
            yield 15, "its fields say that it deletes"
        if token:
            yield 10, "it carries the token of the page"
        if path & (_WATCHES | _READS):
            yield -60, "its address sounds like counting or looking"
        if self._graphql_read():
            yield -60, "it only asks for data"
        yield from self._answer()

    def _aim(self, *, says_so: bool) -> Iterator[tuple[int, str]]:
        count = len(self._named)
        if count:
            yield 40, f"it names {count} listed recording{'s' if count > 1 else ''}"
        elif self._range is not None:
            yield 25, "it holds a start and an end"
        elif says_so and says_all(self._texts):
            yield 15, "it says that it is about everything"
        else:
            yield -1000, ""

    def _covered(self) -> list[Recording]:
        """Recordings in the range it holds."""
        if self._range is None:
            return []
        return [one for one in self._evidence.recordings.values() if one.spoken_at in self._range]

    def _answer(self) -> Iterator[tuple[int, str]]:
        body = self._exchange.answer or b""
        if b"transcriptText" in body:
            yield -60, "its answer shows recordings"
        elif len(body) <= _SMALL:
            yield 5, ""

    def _words_said(self) -> set[str]:
        return {word for text in self._texts if len(text) < 4000 for word in words(text)}  # noqa: PLR2004 - enough to see

    def _has_token(self) -> bool:
        tokens = self._evidence.anti_csrf
        in_header = self._request is not None and self._request.csrf
        return in_header or any(token in text for token in tokens for text in self._texts)

    def _graphql_read(self) -> bool:
        request = self._request
        if request is None or request.kind != JSON or not isinstance(request.body, dict):
            return False
        query = request.body.get("query")
        return isinstance(query, str) and re.match(r"\s*(?:query\b|\{)", query) is not None


def _says_no(exchange: Exchange) -> bool:
    try:
        value = json.loads(exchange.answer or b"")
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict):
        return False
    lower = {name.lower(): inner for name, inner in value.items()}
    if lower.get("errors") or lower.get("error") or lower.get("errorcode"):
        return True
    if any(lower.get(name) is False for name in _YES):
        return True
    status = lower.get("status", lower.get("result"))
    return isinstance(status, str) and bool(words(status) & {"fail", "failed", "failure", "error", "denied"})
