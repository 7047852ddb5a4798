"""A recipe and recordings to requests, byte for byte predictable. Pure.

Values are encoded where they stand: percent-encoded in paths, queries and forms, as strings in JSON.
What comes out is checked against `bounds` before anybody may send it.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from agent.alexa.exchange import Outgoing
from agent.errors import ServiceChangedError
from agent.methods import template as language
from agent.methods.bounds import problem_of
from agent.methods.recipe import Body, Pair, Recipe, Step
from agent.model import Recording, Scope, Window

Values = Mapping[str, str]
_KEY_PARTS = 4
_INT = re.compile(r"0|-?[1-9][0-9]{0,17}")


class OutOfBoundsError(ServiceChangedError):
    """A rendered request would leave its bounds: a value from the server is not what it seems."""

    code = "out_of_bounds"


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """What is filled in: recordings, the closed range, and values of the whole request."""

    recordings: Sequence[Recording]
    window: Window
    values: Values

    def __repr__(self) -> str:
        return "Given(…)"


def render(recipe: Recipe, step: Step, given: Given) -> Outgoing:
    """One step of a recipe, filled in.

    Raises:
        OutOfBoundsError: the request would leave its bounds, or a recording lacks what the recipe names.
    """
    problem = _unaskable(recipe, step, given)
    if problem is not None:
        raise OutOfBoundsError(f"the recipe {recipe.name} cannot ask for this: {problem}")
    whole = {**given.values, "start": str(given.window.start), "end": str(given.window.end)}
    only = {**whole, **_record(given.recordings[0])} if len(given.recordings) == 1 else whole
    filler = _Filler(given.recordings, whole, only)
    try:
        content, body = filler.body(step.body)
        outgoing = Outgoing(
            step.method,
            filler.path(step.path),
            tuple((_written(name), _written(value)) for name, value in filler.pairs(step.query)),
            tuple((name, filler.text(value)) for name, value in step.headers.items()),
            body,
            content,
            csrf=step.csrf,
        )
    except KeyError:
        raise OutOfBoundsError(f"the recipe {recipe.name} names something a recording lacks") from None
    except ValueError:  # also UnicodeEncodeError, which would carry the value along
        raise OutOfBoundsError(f"the recipe {recipe.name} meets a value it cannot write") from None
    problem = problem_of(outgoing, own_path=recipe.own_path)
    if problem is not None:
        raise OutOfBoundsError(f"the recipe {recipe.name} would leave its bounds: {problem}")
    return outgoing


def _unaskable(recipe: Recipe, step: Step, given: Given) -> str | None:
    """Why these recordings or this range cannot be asked for at all, or None.

    A list of records must never come out empty: a server may read that as "all".
    """
    window, recordings = given.window, given.recordings
    if recipe.scope is Scope.RANGE:
        shift = 999 if step.in_seconds else 0  # whole seconds within the range
        return (
            None if (window.start + shift) // (shift + 1) <= window.end // (shift + 1) else "an empty range"
        )
    if recipe.scope is not Scope.RECORDS:
        return None
    if not 1 <= len(recordings) <= recipe.batch or len({one.key for one in recordings}) != len(recordings):
        return "more or fewer recordings than a request may name, or one of them twice"
    if not all(one.deletable for one in recordings):
        return "a recording without a key"
    if not recipe.by_items:
        return None
    named = all(one.item_keys or one.utterance_ids for one in recordings)
    return None if named else "a recording without parts"


def _record(recording: Recording) -> dict[str, str]:
    parts = recording.key.split("#")
    whole = len(parts) == _KEY_PARTS
    return {
        "record_key": recording.key,
        "timestamp": str(recording.spoken_at),
        **({"serial": parts[3], "device_type": parts[2]} if whole else {}),
        **({"item_key": recording.item_keys[0]} if len(recording.item_keys) == 1 else {}),
        **({"utterance_id": recording.utterance_ids[0]} if len(recording.utterance_ids) == 1 else {}),
    }


@dataclass(frozen=True, slots=True)
class _Filler:
    recordings: Sequence[Recording]
    whole: Values
    only: Values

    def text(self, text: str, values: Values | None = None) -> str:
        return language.parse(text).render(self.only if values is None else values)

    def path(self, text: str) -> str:
        """A hole in a path is one segment's text: percent-encoded, unless a filter has done so."""
        parts = language.parse(text).parts
        return "".join(part if isinstance(part, str) else _segment(part, self.only) for part in parts)

    def each(self, over: str, values: Values, recording: Recording | None) -> Iterator[tuple[Values, Any]]:
        """Values for every record; or every item or utterance of the present record, or of all."""
        if over == "record":
            for one in self.recordings:
                yield {**self.whole, **_record(one)}, one
            return
        for one in [recording] if recording is not None else self.recordings:
            inner = values if recording is not None else {**self.whole, **_record(one)}
            for text in one.item_keys if over == "item" else one.utterance_ids:
                yield {**inner, "item_key" if over == "item" else "utterance_id": text}, one

    def pairs(self, pairs: Sequence[Pair]) -> Iterator[tuple[str, str]]:
        for pair in pairs:
            if pair.each is None:
                yield self.text(pair.name), self.field(pair.value, self.only, self.one)
            else:
                for values, one in self.each(pair.each, self.only, None):
                    yield self.text(pair.name, values), self.field(pair.value, values, one)

    def field(self, value: object, values: Values, recording: Recording | None) -> str:
        """The text of a field: a template, or what a directive makes of JSON."""
        return str(self.json(value, values, recording))

    @property
    def one(self) -> Recording | None:
        """The recording, where there is only one."""
        return self.recordings[0] if len(self.recordings) == 1 else None

    def body(self, body: Body | None) -> tuple[str | None, bytes | None]:
        """Content type and bytes."""
        if body is None:
            return None, None
        if body.form is not None:
            content = body.content_type or "application/x-www-form-urlencoded"
            return content, urlencode(list(self.pairs(body.form))).encode()
        if body.multipart is not None:
            return _multipart(list(self.pairs(body.multipart)))
        if body.text is not None:
            return body.content_type or "text/plain;charset=UTF-8", self.field(
                body.text, self.only, self.one
            ).encode()
        value = self.json(body.json_value, self.only, self.one)
        return body.content_type or "application/json", _dump(value).encode()

    def json(self, value: Any, values: Values, recording: Recording | None) -> Any:  # noqa: ANN401 - JSON
        match value:
            case str():
                return self.text(value, values)
            case list():
                return [self.json(inner, values, recording) for inner in value]
            case dict():
                return self._object(value, values, recording)
            case _:
                return value

    def _object(self, value: dict[str, Any], values: Values, recording: Recording | None) -> Any:  # noqa: ANN401 - JSON
        if "$each" in value:
            rounds = self.each(value["$each"], values, recording)
            return [self.json(value["value"], inner, one) for inner, one in rounds]
        if "$keyed" in value:
            rounds = self.each(value["$keyed"], values, recording)
            return _members(
                (self.text(value["key"], v), self.json(value["value"], v, one)) for v, one in rounds
            )
        if "$int" in value:
            return _whole(self.text(value["$int"], values))
        for name, encode in _WRAPS.items():
            if name in value:
                return encode(self.json(value[name], values, recording))
        return _members((self.text(k, values), self.json(v, values, recording)) for k, v in value.items())


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_WRAPS: Mapping[str, Callable[[Any], str]] = {
    "$json": _dump,
    **{f"${name}": language.FILTERS[name] for name in ("base64", "base64url", "base64url_padded", "url")},
}
"""Directives that make one text of what is in them."""


def _members(members: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Two members of one name would lose one of them silently."""
    found: dict[str, Any] = {}
    for name, value in members:
        if name in found:
            raise ValueError("a member twice")
        found[name] = value
    return found


def _whole(text: str) -> int:
    if not _INT.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def _written(text: str) -> str:
    """`text`, if it can be written as UTF-8. Raises ValueError."""
    text.encode()
    return text


def _segment(hole: language.Hole, values: Values) -> str:
    text = language.Template((hole,)).render(values)
    return text if hole.filters[-1:] == ("url",) else quote(text, safe="")


def _multipart(pairs: Sequence[tuple[str, str]]) -> tuple[str, bytes]:
    """`multipart/form-data` (RFC 7578); the boundary is a hash of the content, so it repeats exactly."""
    boundary = "form-" + hashlib.sha256(repr(list(pairs)).encode()).hexdigest()[:32]
    lines: list[bytes] = []
    for name, value in pairs:
        shown = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{shown}"\r\n\r\n'
        lines.append(head.encode() + value.encode() + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(lines) + f"--{boundary}--\r\n".encode()
