"""A recipe and recordings to requests, byte for byte predictable. Pure.

Values are encoded where they stand: percent-encoded in paths, queries and forms, as strings in JSON.
What comes out is checked against `bounds` before anybody may send it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from agent.alexa.exchange import Outgoing
from agent.errors import ServiceChangedError
from agent.methods import template as language
from agent.methods.bounds import problem_of
from agent.methods.recipe import Body, Pair, Recipe, Step
from agent.model import Recording, Window

Values = Mapping[str, str]
_KEY_PARTS = 4


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
    whole = {**given.values, "start": str(given.window.start), "end": str(given.window.end)}
    only = {**whole, **_record(given.recordings[0])} if len(given.recordings) == 1 else whole
    filler = _Filler(given.recordings, whole, only)
    try:
        content, body = filler.body(step.body)
        outgoing = Outgoing(
            step.method,
            filler.path(step.path),
            tuple(filler.pairs(step.query)),
            tuple((name, filler.text(value)) for name, value in step.headers.items()),
            body,
            content,
            csrf=step.csrf,
        )
    except (KeyError, IndexError) as error:
        raise OutOfBoundsError(f"the recipe {recipe.name} names something a recording lacks") from error
    problem = problem_of(outgoing)
    if problem is not None:
        raise OutOfBoundsError(f"the recipe {recipe.name} would leave its bounds: {problem}")
    return outgoing


def _record(recording: Recording) -> dict[str, str]:
    parts = recording.key.split("#")
    whole = len(parts) == _KEY_PARTS
    return {
        "record_key": recording.key,
        "timestamp": str(recording.spoken_at),
        **({"serial": parts[3], "device_type": parts[2]} if whole else {}),
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
                yield self.text(pair.name), self.text(pair.value)
            else:
                for values, _ in self.each(pair.each, self.only, None):
                    yield self.text(pair.name, values), self.text(pair.value, values)

    def body(self, body: Body | None) -> tuple[str | None, bytes | None]:
        """Content type and bytes."""
        if body is None:
            return None, None
        if body.form is not None:
            return "application/x-www-form-urlencoded", urlencode(list(self.pairs(body.form))).encode()
        if body.multipart is not None:
            return _multipart(list(self.pairs(body.multipart)))
        one = self.recordings[0] if len(self.recordings) == 1 else None
        value = self.json(body.json_value, self.only, one)
        return "application/json", _dump(value).encode()

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
            return {self.text(value["key"], v): self.json(value["value"], v, one) for v, one in rounds}
        if "$int" in value:
            return int(self.text(value["$int"], values))
        if "$json" in value:
            return _dump(self.json(value["$json"], values, recording))
        return {self.text(key, values): self.json(inner, values, recording) for key, inner in value.items()}


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _segment(hole: language.Hole, values: Values) -> str:
    text = language.Template((hole,)).render(values)
    return text if "url" in hole.filters else quote(text, safe="")


def _multipart(pairs: Sequence[tuple[str, str]]) -> tuple[str, bytes]:
    """`multipart/form-data` (RFC 7578); the boundary is a hash of the content, so it repeats exactly."""
    boundary = "form-" + hashlib.sha256(repr(list(pairs)).encode()).hexdigest()[:32]
    lines: list[bytes] = []
    for name, value in pairs:
        shown = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{shown}"\r\n\r\n'
        lines.append(head.encode() + value.encode(errors="replace") + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(lines) + f"--{boundary}--\r\n".encode()
