"""What the delete request of the practice page looks like: values on `axes` with words, named or drawn.

The real request is in no public source, so every form here is a guess and a parameter, never a truth.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random

from agent.errors import UsageError
from agent.simulator import templates
from agent.simulator.axes import (
    Answer,
    Axes,
    Beacon,
    Carrier,
    Chatter,
    Company,
    Method,
    Noise,
    Place,
    Scope,
    Spelling,
    TicketPlace,
    TokenPlace,
    Wrap,
    draw,
)
from agent.simulator.templates import Words
from agent.simulator.wire import CUSTOMER, Pairs, Template

_RVH = "/alexa-privacy/apd/rvh/"
_RAH = "/alexa-privacy/apd/rah/"
_DRAWN = "seed-"


@dataclass(frozen=True)
class Shape:
    """One form of the delete request.

    Attributes:
        name: as in `simulator --shape NAME`.
        axes: what kind of request it is.
        words: its paths and names.
    """

    name: str
    axes: Axes
    words: Words = field(default_factory=Words)

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        """One request template a step."""
        return templates.of(self.axes, self.words)

    @property
    def scope(self) -> Scope:
        """What one request deletes."""
        return self.axes.scope

    @property
    def batch(self) -> int:
        """Most records one request may name."""
        return self.axes.batch


PLAIN = Axes(
    scope=Scope.RECORDS,
    place=Place.LIST,
    carrier=Carrier.JSON,
    wrap=Wrap.NONE,
    spelling=Spelling.PLAIN,
    nesting=0,
    token=TokenPlace.HEADER,
    batch=1,
    ticket=TicketPlace.NONE,
    method=Method.POST,
    company=Company.NONE,
    noise=Noise.NONE,
    beacon=Beacon.NONE,
    chatter=Chatter.QUIET,
    answer=Answer.SUCCESS,
    activity=False,
    version=False,
)
"""The least there can be; named shapes say how they differ from it."""


def shape(name: str) -> Shape:
    """The named shape, or `seed-N`: the one drawn from that seed.

    Raises:
        UsageError: there is none of that name.
    """
    if name.startswith(_DRAWN) and name != _DRAWN:
        return random_shape(name.removeprefix(_DRAWN))
    try:
        return SHAPES[name]
    except KeyError:
        raise UsageError(
            f"There is no shape of that name; there are {', '.join(sorted(SHAPES))} and {_DRAWN}N."
        ) from None


def random_shape(seed: int | str, **pinned: object) -> Shape:
    """A shape drawn from all consistent combinations; the same seed draws the same one.

    Args:
        seed: any.
        pinned: axes whose value is given, see `axes.draw`.

    Raises:
        ValueError: nothing goes together with what is pinned.
    """
    axes = draw(seed, **pinned)
    rng = Random(f"words {seed}")  # noqa: S311 - practice data, meant to repeat
    base = _RAH if axes.activity else _RVH
    path = base + rng.choice(("delete-record", "records/remove", "v3/history-entries", "deletion", "entries"))
    if axes.carrier is Carrier.GRAPHQL:
        path = "/alexa-privacy/apd/graphql"
    words = Words(
        path=path,
        confirm_path=base + rng.choice(("delete-record/confirm", "deletion-commit", "v3/finish")),
        field=rng.choice(("recordKeys", "ids", "entries", "selected", "target")),
        key_field=rng.choice(("recordKey", "id", "activityKey")),
        nesting=rng.choice(
            (("request", "", "input"), ("data", "input", ""), ("payload", "body", "selection"))
        ),
        data_field=rng.choice(("data", "payload", "q")),
        token_field=rng.choice(("csrfToken", "anti-csrftoken-a2z", "_csrf")),
        noise=_noise(rng, axes.noise),
    )
    return Shape(f"{_DRAWN}{seed}", axes, words)


def _noise(rng: Random, noise: Noise) -> Pairs:
    words = (("recordType", "VOICE_HISTORY"), ("source", rng.choice(("RVH_WEB", "web/desktop"))))
    if noise is Noise.MIXED:
        mixed = (("permanent", True), ("dryRun", False), ("version", rng.randrange(1, 9)), ("reason", None))
        return (*words, *mixed, ("customerId", CUSTOMER))
    return words if noise is Noise.WORDS else ()


def _named(name: str, path: str, words: Words | None = None, **axes: object) -> Shape:
    return Shape(name, replace(PLAIN, **axes), replace(words or Words(), path=path))  # type: ignore[arg-type]  # fields of Axes


_VOICE = Words(noise=(("recordType", "VOICE_HISTORY"),))
_KEY = Words(field="recordKey")

SHAPES: dict[str, Shape] = {
    each.name: each
    for each in (
        _named("json-batch", _RVH + "delete-records", _VOICE, batch=50, noise=Noise.WORDS),
        _named(
            "form-single",
            _RVH + "delete-record",
            _KEY,
            place=Place.SINGLE,
            carrier=Carrier.FORM,
            token=TokenPlace.FIELD,
        ),
        _named(
            "query-single",
            _RVH + "record",
            _KEY,
            method=Method.DELETE,
            place=Place.SINGLE,
            carrier=Carrier.QUERY,
        ),
        _named(
            "nested-items",
            _RAH + "delete-activities",
            Words(field="activities", key_field="activityKey", nesting=("deleteRequest",)),
            place=Place.OBJECTS,
            company=Company.PARTS,
            nesting=1,
            batch=10,
            activity=True,
        ),
        _named("range", _RVH + "delete-by-range", _VOICE, scope=Scope.RANGE, place=Place.SINGLE),
        _named(
            "two-step",
            _RVH + "delete-request",
            Words(confirm_path=_RVH + "delete-confirm"),
            batch=50,
            ticket=TicketPlace.TOP,
        ),
        _named(
            "form-repeated",
            _RVH + "delete-selected",
            Words(field="recordKey", noise=(("action", "delete"),)),
            place=Place.REPEATED,
            carrier=Carrier.FORM,
            batch=10,
        ),
        _named(
            "path-single",
            _RVH + "records",
            method=Method.DELETE,
            place=Place.PATH,
            carrier=Carrier.QUERY,
            answer=Answer.EMPTY,
        ),
        _named(
            "keyed-object",
            _RAH + "records",
            Words(field="records"),
            method=Method.PUT,
            place=Place.KEYED,
            batch=25,
            activity=True,
        ),
        _named(
            "everything",
            _RVH + "delete-all",
            Words(noise=(("range", "ALL_HISTORY"),)),
            scope=Scope.EVERYTHING,
            place=Place.SINGLE,
        ),
    )
}
