"""A browser's capture of one deletion to a recipe. Pure: nothing is read, written or sent.

    har        the file to exchanges
    evidence   what the capture shows of the account
    ranking, choice   which request deletes
    generalise its values become placeholders
    suspect    what is left may be neither secret nor personal
    same       filled in again, it is the captured request

If any of this fails nothing comes out but an error that names the place and never a value.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from agent.alexa.marketplaces import Marketplace, find
from agent.errors import ConfigError, NotRepeatableError, UnexplainedError
from agent.methods import choice, ranking, suspect, writing
from agent.methods.accepted import answer_of
from agent.methods.bounds import ROOT
from agent.methods.choice import Deletion, Group
from agent.methods.evidence import Evidence, gather
from agent.methods.explain import explain
from agent.methods.generalise import step as generalised
from agent.methods.har import Capture, Exchange, read
from agent.methods.mentions import Index
from agent.methods.recipe import MOST_BYTES, Recipe, digest, load
from agent.methods.render import Given, OutOfBoundsError, render
from agent.methods.same import difference
from agent.methods.scoping import Aim, aim
from agent.methods.suspect import Suspicion
from agent.methods.vocabulary import Value
from agent.model import Scope, Surface

_MOST = 100


@dataclass(frozen=True, slots=True)
class Learned:
    """A recipe that repeats what was captured.

    Attributes:
        recipe_text: the file, readable, with nothing personal in it.
        recipe: the same, read back.
        digest: hex SHA-256 of the file.
        explanation: why this request, and what the recipe does, one sentence each.
        warnings: what a person should know before trying it.
        source: where it comes from, in a few words.
    """

    recipe_text: str
    recipe: Recipe
    digest: str
    explanation: tuple[str, ...]
    warnings: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, repr=False)
class _Known:
    capture: Capture
    marketplace: Marketplace
    evidence: Evidence
    index: Index
    suspicion: Suspicion

    def elsewhere(self, but: Sequence[Exchange]) -> Callable[[str], bool]:
        others = [each for each in self.capture.exchanges if each not in but]
        return lambda text: any(_holds(each, text) for each in others)


def learn(
    har: bytes,
    *,
    marketplace: str,
    customer_id: str | None,
    name: str,
    today: date,
    choose: int | None = None,
) -> Learned:
    """Learns how the owner's browser asked for a deletion.

    Args:
        har: the capture.
        marketplace: of the account, `amazon.de`.
        customer_id: the account's id where it is known; rows of another one are refused.
        name: of the recipe.
        today: the day that goes into it.
        choose: number of the candidate, counted from 1, after `SeveralDeletionsError`.

    Raises:
        LearnError: one class for each thing that can be wrong.
        ConfigError: there is no such marketplace.
    """
    place = find(marketplace)
    capture = read(har)
    evidence = gather(capture.exchanges, place, customer_id)
    index = Index(evidence.recordings)
    known = _Known(capture, place, evidence, index, Suspicion(evidence, index))
    found = ranking.candidates(capture.exchanges, place, evidence, known.index)
    groups = choice.groups(found, capture.exchanges, known.suspicion)
    if not groups:
        raise choice.nothing_found(capture.exchanges, evidence)
    group = choice.pick(groups, choose)
    deletions = choice.accepted(group, evidence)
    source = f"the owner's own capture ({capture.writer})"
    writer = _Writer(known, name, today, source)
    try:
        recipe, text, sure = writer.recipe(deletions)
    except UnexplainedError:
        earlier = choice.preceded(deletions[0], capture.exchanges, known.suspicion)
        if len(deletions[0].steps) > 1 or earlier is None:
            raise
        recipe, text, sure = writer.recipe((earlier,))
    return Learned(
        text,
        recipe,
        digest(text.encode()),
        (*_why(group, len(capture.exchanges)), *explain(recipe)),
        tuple(_warnings(recipe, group, sure=sure)),
        source,
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Writer:
    known: _Known
    name: str
    today: date
    source: str

    def recipe(self, deletions: Sequence[Deletion]) -> tuple[Recipe, str, bool]:
        """A recipe that repeats all of them, its file, and whether nothing in it was a guess."""
        aims = [_aim(each, self.known) for each in deletions]
        try:
            first = self._read(deletions, aims)
        except NotRepeatableError:
            return (*self._read(deletions, [replace(each, padded=False) for each in aims]), True)
        try:
            other = self._read(deletions, [replace(each, padded=False) for each in aims])
        except NotRepeatableError:
            return (*first, True)
        return (*first, other[1] == first[1])

    def _read(self, deletions: Sequence[Deletion], aims: Sequence[Aim]) -> tuple[Recipe, str]:
        """Learned from the deletion that names most, checked against all."""
        best = max(range(len(deletions)), key=lambda number: len(aims[number].recordings))
        text = writing.written(self._document(deletions[best], aims[best]), _COMMENTS)
        recipe = _read_back(text)
        for each, one in zip(deletions, aims, strict=True):
            _repeats(recipe, each, one)
        return recipe, text

    def _document(self, deletion: Deletion, its_aim: Aim) -> dict[str, Any]:
        steps = [generalised(request, its_aim, self.known.index) for request in deletion.requests]
        if deletion.ticket is not None:
            steps[0]["ticket"] = deletion.ticket.place
        _nothing_suspect(steps, self.known.suspicion)
        own_path = not all(each.path.startswith(ROOT) for each in deletion.steps)
        by_name = its_aim.scope is Scope.RECORDS
        return {
            "format": "voicepurge-recipe/1",
            "name": self.name,
            "scope": its_aim.scope.value,
            "surface": _surface(deletion, its_aim).value,
            **({"batch": min(len(its_aim.recordings), _MOST)} if by_name else {}),
            **({"own_path": True} if own_path else {}),
            "steps": steps,
            "answer": answer_of(deletion.steps[-1]),
            "learned": {"when": self.today, "marketplace": self.known.marketplace.name, "from": self.source},
        }


_COMMENTS = (
    "How this account's owner asked for a deletion, learned from their own browser.",
    "It holds no secret and nothing personal: `voicepurge methods show NAME` explains it.",
)


def _aim(deletion: Deletion, known: _Known) -> Aim:
    found = aim(
        deletion.requests,
        deletion.steps[0].started,
        known.evidence,
        known.index,
        known.elsewhere(deletion.steps),
    )
    if deletion.ticket is None:
        return found
    return replace(found, values=(Value("ticket", deletion.ticket.text), *found.values))


def _nothing_suspect(steps: Sequence[dict[str, Any]], suspicion: Suspicion) -> None:
    for number, step in enumerate(steps, 1):
        for constant in suspect.constants(step, suspicion):
            why = suspicion.why(constant.text, constant.field)
            if why is not None:
                place = f"step {number}, {constant.place}"
                raise UnexplainedError(f"{place} holds {why} that nothing explains", place=place)


def _read_back(text: str) -> Recipe:
    raw = text.encode()
    if len(raw) > MOST_BYTES:
        raise NotRepeatableError("the request is larger than a recipe may be", place="all of it")
    try:
        return load(raw, "recipe")
    except ConfigError as error:
        what = error.problems[0].removeprefix("recipe: ").replace("Value error, ", "")
        raise NotRepeatableError(f"the request cannot be written as a recipe: {what}", place=what) from None


def _repeats(recipe: Recipe, deletion: Deletion, its_aim: Aim) -> None:
    """Filled in with the captured values it must be the captured request."""
    values = {value.name: value.text for value in reversed(its_aim.values)}
    given = Given(its_aim.recordings, its_aim.window, values)
    for number, (step, request) in enumerate(zip(recipe.steps, deletion.requests, strict=True), 1):
        try:
            where = difference(render(recipe, step, given), request)
        except OutOfBoundsError as error:
            raise NotRepeatableError(f"step {number}: {error.message}", place=f"step {number}") from None
        if where is not None:
            place = f"step {number}, {where}"
            raise NotRepeatableError(f"what was learned differs from what was sent: {place}", place=place)


def _surface(deletion: Deletion, its_aim: Aim) -> Surface:
    """The page it was seen on: by the address, by where the request came from, by where the rows stand."""
    referer = "".join(text for name, text in deletion.steps[-1].headers if name == "referer")
    for text in (deletion.steps[-1].path, referer):
        segments = set(text.partition("?")[0].split("/"))
        if segments & {"rah", "activity"}:
            return Surface.ACTIVITY
        if "rvh" in segments:
            return Surface.VOICE
    seen: set[Surface] = {surface for one in its_aim.recordings for surface in one.surfaces}
    return Surface.ACTIVITY if seen == {Surface.ACTIVITY} else Surface.VOICE


def _why(group: Group, total: int) -> list[str]:
    return [
        f"Of {total} requests to Amazon in the capture this one deletes: {group.shown}.",
        f"Because {', '.join(group.reasons)}.",
    ]


def _warnings(recipe: Recipe, group: Group, *, sure: bool) -> list[str]:
    found = []
    if recipe.own_path:
        found.append(
            "The address is outside the privacy pages. Look at it: it is not taken over by an import."
        )
    if not any("deletes" in reason or "DELETE" in reason for reason in group.reasons):
        found.append("Nothing in the request says that it deletes; only a trial can show it.")
    if recipe.steps[0].method == "GET":
        found.append("It is a GET, which pages rarely use to delete.")
    if recipe.answer.page:
        found.append("The answer is a page, which says little.")
    if recipe.scope is Scope.RECORDS and recipe.batch == 1:
        found.append(
            "It asks for one recording at a time, because only one was seen in a request. "
            "To delete several at once, record again and delete several together."
        )
    if not sure:
        found.append(
            "Whether its base64 is padded could not be seen; if other recordings are refused, "
            "record again and delete recordings of several devices."
        )
    if recipe.scope is Scope.EVERYTHING:
        found.append("It deletes the whole history; it is only used where everything is due.")
    return found


def _holds(exchange: Exchange, text: str) -> bool:
    raw = text.encode()
    pairs = (*exchange.query, *exchange.headers, *exchange.cookies)
    return (
        text in exchange.path
        or any(text in value for _, value in pairs)
        or raw in (exchange.body or b"")
        or raw in (exchange.answer or b"")
        or any(text in value for value in exchange.answer_headers.values())
    )
