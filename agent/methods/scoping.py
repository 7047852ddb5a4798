"""What one request deletes, and the values that belong to it as a whole. Pure.

A request that names recordings deletes these. Without a name, a start and an end make a range. Without
either it can only be everything, which must be said in so many words.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.alexa.wire import EARLIEST, LATEST
from agent.errors import UnexplainedError
from agent.methods.evidence import Evidence
from agent.methods.mentions import Index
from agent.methods.request import Request
from agent.methods.template import FRESH
from agent.methods.vocabulary import ENDS, STARTS, Value
from agent.model import Recording, Scope, Window

_CLICK_MS = 300_000
_DIGITS = re.compile(r"\d{1,16}")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_RANDOM_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_ALL = re.compile(
    r"(?:^|[^a-z])(?:all|everything|entire|whole|complete)(?:[^a-z]|$)|[a-z]All(?:[A-Z]|$)|[Aa]ll(?:History|Rec)"
)


@dataclass(frozen=True, slots=True, repr=False)
class Aim:
    """What the steps of one deletion delete, with every value that may stand in them.

    Attributes:
        recordings: those that are named, in order of appearance.
        window: the range; with other scopes it has no meaning.
        values: of the whole request, by name.
        padded: whether base64 is padded where nobody can see it.
    """

    scope: Scope
    recordings: tuple[Recording, ...]
    window: Window
    values: tuple[Value, ...]
    padded: bool = True


@dataclass(frozen=True, slots=True)
class _Moment:
    field: str
    text: str
    at: int


def aim(
    requests: Sequence[Request],
    sent: int,
    evidence: Evidence,
    index: Index,
    elsewhere: Callable[[str], bool],
) -> Aim:
    """What these requests delete together.

    Args:
        requests: the steps.
        sent: when the first was sent, ms UTC.
        evidence: what is known.
        index: finds the recordings of it.
        elsewhere: whether a text stands in any other exchange, so that it was not made up for this one.

    Raises:
        UnexplainedError: it cannot be told safely.
    """
    leaves = [leaf for request in requests for leaf in request.leaves]
    texts = [text for _, text in leaves]
    named = [index.recording(key) for key in index.named(texts)]
    moments = _moments(leaves)
    values = [Value("customer_id", evidence.customer_id)]
    values += [Value("anti_csrf", token) for token in sorted(evidence.anti_csrf) if _stands(token, texts)]
    values += [Value("csrf", token) for token in sorted(evidence.csrf) if _stands(token, texts)]
    window = Window(0, 0)
    if named:
        scope = Scope.RECORDS
    elif (found := _range(moments, sent, evidence)) is not None:
        scope, window = Scope.RANGE, found
        values += [Value("start", str(window.start)), Value("end", str(window.end))]
    elif any(_near(one.at, sent) or str(one.at) in evidence.listed for one in moments):
        raise UnexplainedError(
            "it names a time but no recording: it could delete everything up to then",
            place="the only time in it",
        )
    else:
        scope = Scope.EVERYTHING
        if not says_all(texts):
            raise UnexplainedError("it names no recording and no range, and does not say 'all'", place="it")
    values += _now(moments, sent, evidence, named, window if scope is Scope.RANGE else None)
    fresh = dict.fromkeys(text for text in texts if _RANDOM_ID.fullmatch(text) and not elsewhere(text))
    values += [Value(name, text) for name, text in zip(FRESH, fresh, strict=False)]
    return Aim(scope, tuple(named), window, tuple(values))


def window_of(request: Request, sent: int, evidence: Evidence) -> Window | None:
    """The range that a request names, None where it names none."""
    return _range(_moments(list(request.leaves)), sent, evidence)


def says_all(texts: Sequence[str]) -> bool:
    """Whether any of the texts says that it is about everything."""
    return any(_ALL.search(text) or _ALL.search(text.lower()) for text in texts)


def _stands(token: str, texts: Sequence[str]) -> bool:
    return any(token in text for text in texts)


def _moments(leaves: Sequence[tuple[str, str]]) -> list[_Moment]:
    return [_Moment(field, text, at) for field, text in leaves if (at := _moment(text)) is not None]


def _moment(text: str) -> int | None:
    """The time that a text may stand for, ms UTC."""
    if _ISO.fullmatch(text):
        try:
            return round(datetime.fromisoformat(text).timestamp() * 1000)
        except ValueError:
            return None
    if not _DIGITS.fullmatch(text):
        return None
    number = int(text)
    if EARLIEST // 1000 <= number < LATEST // 1000:
        return number * 1000
    return number if EARLIEST <= number < LATEST or number == 0 else None


def _near(at: int, sent: int) -> bool:
    return abs(at - sent) <= _CLICK_MS


def _range(moments: Sequence[_Moment], sent: int, evidence: Evidence) -> Window | None:
    """Start and end, by the names of their fields, or by their order where both are known times."""
    known = evidence.edges | {one.spoken_at for one in evidence.recordings.values()}
    known |= {at // 1000 * 1000 for at in known}
    starts = [one.at for one in moments if STARTS.search(one.field) and not ENDS.search(one.field)]
    ends = [one.at for one in moments if ENDS.search(one.field) and not STARTS.search(one.field)]
    if not (starts and ends):
        times = [one.at for one in moments if one.at and (one.at in known or _near(one.at, sent))]
        if len(times) != 2 or times[0] > times[1]:  # noqa: PLR2004 - a start and an end
            return None
        starts, ends = times[:1], times[1:]
    if len({*starts}) != 1 or len({*ends}) != 1 or starts[0] > ends[0]:
        return None
    return Window(starts[0], ends[0])


def _now(
    moments: Sequence[_Moment],
    sent: int,
    evidence: Evidence,
    named: Sequence[Recording],
    window: Window | None,
) -> list[Value]:
    """When it was sent, where that stands in it: a time near the click that nothing else explains."""
    taken = {one.spoken_at for one in named} | ({window.start, window.end} if window is not None else set())
    taken |= {at // 1000 * 1000 for at in taken}
    near = [one for one in moments if _near(one.at, sent) and one.at not in taken]
    near = [one for one in near if one.text not in evidence.listed]
    exact = {one.at for one in near if one.at % 1000 or len(one.text) != 10} or {one.at for one in near}  # noqa: PLR2004 - seconds
    return [Value("now", str(min(exact)))] if exact else []
