"""Which deletion of a capture is learned: what belongs together, what is alike, and the pick. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from agent.errors import (
    CutCaptureError,
    FailedDeletionError,
    NoDeletionError,
    OthersDataError,
    SeveralDeletionsError,
    UnexplainedError,
)
from agent.methods import ranking
from agent.methods.bounds import ROOT
from agent.methods.evidence import Evidence
from agent.methods.har import Exchange
from agent.methods.ranking import Candidate
from agent.methods.request import FORM, JSON, MULTIPART, Request, take_apart
from agent.methods.suspect import Suspicion
from agent.methods.tickets import Ticket, ticket
from agent.methods.unwrap import layers

_CONFIRMS = frozenset({"confirm", "confirmation", "commit", "complete", "execute", "finish", "submit"})
_KEY = re.compile(r"(?<![A-Za-z0-9])(A[0-9A-Z]{8,})#\d{13}#")


@dataclass(frozen=True, slots=True, repr=False)
class Deletion:
    """One deletion as it was seen: the candidate, and what came before or after it with the ticket.

    Attributes:
        steps: one or two exchanges.
        ticket: what the second has from the first.
    """

    candidate: Candidate
    steps: tuple[Exchange, ...]
    ticket: Ticket | None = None

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests. Raises UnexplainedError where no recipe can hold one."""
        return tuple(take_apart(each) for each in self.steps)

    def failure(self, evidence: Evidence) -> str:
        """How it failed, "" where it did not as far as anybody can tell."""
        refused = next((why for each in self.steps if (why := ranking.refusal(each))), "")
        still = ranking.still_listed(self.candidate.named, self.steps[-1].ended, evidence)
        return refused or ("the recording was still listed afterwards" if still else "")


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """Deletions of the same form, in time order."""

    deletions: tuple[Deletion, ...]
    shown: str

    @property
    def score(self) -> int:
        """Of the likeliest."""
        return max(each.candidate.score for each in self.deletions)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Of the likeliest."""
        return max(self.deletions, key=lambda each: each.candidate.score).candidate.reasons


def groups(found: Sequence[Candidate], exchanges: Sequence[Exchange], suspicion: Suspicion) -> list[Group]:
    """The candidates as deletions, alike ones together, the likeliest first."""
    deletions = [_followed(each, exchanges, suspicion) for each in found]
    seconds = {id(each.steps[1]) for each in deletions if len(each.steps) > 1}
    alike: dict[tuple[object, ...], list[Deletion]] = {}
    for each in deletions:
        if id(each.candidate.exchange) not in seconds:
            alike.setdefault(_form(each, suspicion), []).append(each)
    made = [Group(tuple(each), _shown(each[0], suspicion)) for each in alike.values()]
    return sorted(made, key=lambda group: -group.score)


def pick(found: Sequence[Group], choose: int | None) -> Group:
    """The group to learn from.

    Args:
        found: the likeliest first, not empty.
        choose: its number, counted from 1, where a person has chosen.

    Raises:
        SeveralDeletionsError: more than one is likely, or there is none of that number.
    """
    if choose is not None and 1 <= choose <= len(found):
        return found[choose - 1]
    close = [each for each in found if each.score > found[0].score - ranking.MARGIN]
    if choose is None and len(close) == 1:
        return found[0]
    shown = tuple(f"{each.shown}: {', '.join(each.reasons)}" for each in found)
    raise SeveralDeletionsError("several requests may be the deletion", candidates=shown)


def accepted(group: Group, evidence: Evidence) -> tuple[Deletion, ...]:
    """Those of a group that were not refused.

    Raises:
        CutCaptureError: a body is not whole.
        FailedDeletionError: all were refused.
    """
    good = tuple(each for each in group.deletions if not each.failure(evidence))
    if not good:
        raise FailedDeletionError(f"the deletion did not work: {group.deletions[-1].failure(evidence)}")
    whole = tuple(each for each in good if not any(map(_is_cut, each.steps)))
    if not whole:
        raise CutCaptureError("the body of the deletion is not whole in the capture")
    return whole


def preceded(deletion: Deletion, exchanges: Sequence[Exchange], suspicion: Suspicion) -> Deletion | None:
    """The same deletion with an earlier request whose answer it needs, None where there is none.

    Only one of the privacy pages: whatever else came before it has nothing to do with deleting.
    """
    request, second = deletion.requests[0], deletion.steps[0]
    for each in exchanges:
        before = each is not second and each.ended <= second.started and _same_host(each, second)
        if before and each.path.startswith(ROOT) and ranking.possible(each):
            found = ticket(each, request, suspicion.is_secret)
            if found is not None and not suspicion.is_known(found.text) and suspicion.is_secret(found.text):
                return Deletion(deletion.candidate, (each, second), found)
    return None


def nothing_found(exchanges: Iterable[Exchange], evidence: Evidence) -> Exception:
    """Why there is no candidate."""
    if evidence.cut:
        return CutCaptureError("an answer with the history stops in the middle, and nothing else fits")
    unlisted = False
    for each in filter(ranking.possible, exchanges):
        if each.body_cut and ranking.deletes(each.path):
            return CutCaptureError("the body of the deletion is not in the capture")
        for text in _raw(each):
            owners = {found[1] for found in _KEY.finditer(text)}
            if owners - {evidence.customer_id}:
                return OthersDataError("a request in the capture names a recording of another account")
            unlisted = unlisted or (bool(owners) and not ranking.watches(each.path))
    if unlisted:
        return NoDeletionError(
            "a request names a recording that no list in the capture shows",
            next_step="Start recording before the page loads its list; delete ONE recording of that list.",
        )
    return NoDeletionError("no request in the capture deletes a recording")


def _followed(candidate: Candidate, exchanges: Sequence[Exchange], suspicion: Suspicion) -> Deletion:
    first = candidate.exchange
    for each in exchanges:
        if each is first or each.started < first.started or not _same_host(each, first):
            continue
        if not ranking.possible(each) or ranking.watches(each.path) or not _acts(each):
            continue
        try:
            found = ticket(first, take_apart(each), suspicion.is_secret)
        except UnexplainedError:
            continue
        if found is not None and not suspicion.is_known(found.text):
            return Deletion(candidate, (first, each), found)
    return Deletion(candidate, (first,))


def _is_cut(exchange: Exchange) -> bool:
    """Whether some of the body is missing. JSON and multipart that read to their end are whole."""
    if not exchange.body_cut:
        return False
    try:
        return take_apart(exchange).kind not in (JSON, MULTIPART)
    except UnexplainedError:
        return True


def _same_host(one: Exchange, other: Exchange) -> bool:
    return one.host == other.host


def _acts(exchange: Exchange) -> bool:
    says = ranking.deletes(exchange.path) or bool(ranking.words(exchange.path) & _CONFIRMS)
    return exchange.method != "GET" or says


def _form(deletion: Deletion, suspicion: Suspicion) -> tuple[object, ...]:
    """What two deletions have in common that were made by the same button."""
    return tuple(
        (each.method, _pattern(each.path, suspicion), *sorted(set(_fields(each)))) for each in deletion.steps
    )


def _fields(exchange: Exchange) -> Iterator[str]:
    yield from (name for name, _ in exchange.query)
    try:
        request = take_apart(exchange)
    except UnexplainedError:
        return
    if request.kind in (FORM, MULTIPART):
        yield from (name for name, _ in request.body)
    elif request.kind == JSON and isinstance(request.body, dict):
        yield from request.body
        yield str(request.body.get("operationName", ""))


def _pattern(path: str, suspicion: Suspicion) -> str:
    return "/".join("…" if suspicion.why(unquote(part)) else part for part in path.split("/"))


def _shown(deletion: Deletion, suspicion: Suspicion) -> str:
    return ", then ".join(f"{each.method} {_pattern(each.path, suspicion)}" for each in deletion.steps)


def _raw(exchange: Exchange) -> Iterator[str]:
    body = (exchange.body or b"").decode("utf-8", "replace")
    for text in (unquote(exchange.path), *(value for _, value in exchange.query), body):
        yield from layers(text)
