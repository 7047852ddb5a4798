"""A captured request to a step of a recipe: every known value becomes a placeholder. Pure.

What repeats for each recording, item or utterance is recognised by its elements being alike once their
values are placeholders. Whatever stays plain is looked at by `suspect`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from agent.methods import template as language
from agent.methods.mentions import Index
from agent.methods.request import FORM, JSON, MULTIPART, TEXT, Request
from agent.methods.scoping import Aim
from agent.methods.unwrap import base64_in, json_in, leaves, url_in
from agent.methods.vocabulary import Value, Vocabulary, escaped, written
from agent.model import Recording, Scope

_KEY_PARTS = 4
_DEEPEST = 12


class Bound(NamedTuple):
    """What an element of something that repeats belongs to."""

    recording: Recording | None = None
    part: Value | None = None


FREE = Bound()


def step(request: Request, aim: Aim, index: Index) -> dict[str, Any]:
    """The step as plain data, as a recipe file holds it. Values that nothing explains are still in it."""
    return _Generaliser(aim, index).step(request)


class _Generaliser:
    def __init__(self, aim: Aim, index: Index) -> None:
        self._aim, self._index = aim, index
        self._known: dict[tuple[str, Value | None], Vocabulary] = {}
        self._only = aim.recordings[0] if len(aim.recordings) == 1 else None

    def step(self, request: Request) -> dict[str, Any]:
        made: dict[str, Any] = {"method": request.method, "path": self._path(request.path)}
        if request.query:
            made["query"] = self._pairs(request.query)
        if request.headers:
            made["headers"] = {name: self._template(text, name, FREE) for name, text in request.headers}
        if not request.csrf:
            made["csrf"] = False
        if request.kind:
            made["body"] = self._body(request)
            if request.content_type is not None:
                made["body"]["content_type"] = request.content_type
        return made

    def _body(self, request: Request) -> dict[str, Any]:
        match request.kind:
            case kind if kind in (FORM, MULTIPART):
                return {kind: self._pairs(request.body)}
            case kind if kind == JSON:
                return {JSON: self._value(request.body, "", FREE)}
            case _:
                return {TEXT: self._text(request.body, "", FREE)}

    def _path(self, path: str) -> str:
        """Segment by segment; a placeholder that fills in what stands there stands for it."""
        return "/".join(self._segment(segment) for segment in path.split("/"))

    def _segment(self, raw: str) -> str:
        text = self._template(unquote(raw), "", FREE)
        parts = language.parse(text).parts
        if all(isinstance(part, str) for part in parts):
            return escaped(raw)
        safe = "".join(char for char in "!$&'()*+,;=:" if char in raw)
        return "".join(
            escaped(quote(part, safe=safe)) if isinstance(part, str) else written(part) for part in parts
        )

    def _pairs(self, pairs: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for name, run in groupby(pairs, key=lambda pair: pair[0]):
            texts = [text for _, text in run]
            repeated = self._repeated(texts, FREE, partial(self._field, name))
            field = self._template(name, "", FREE)
            if len(texts) > 1 and repeated is not None:
                made.append({"name": field, "value": repeated[1], "each": repeated[0]})
            else:
                made += [{"name": field, "value": self._text(text, name, FREE)} for text in texts]
        return made

    def _field(self, name: str, text: str, bound: Bound) -> Any:  # noqa: ANN401 - a template or a directive
        return self._text(text, name, bound)

    def _value(self, value: Any, field: str, bound: Bound, depth: int = 0) -> Any:  # noqa: ANN401 - JSON
        match value:
            case bool() | None:
                return value
            case int():
                return self._integer(value, field, bound)
            case str():
                return self._text(value, field, bound, depth)
            case list():
                return self._list(value, field, bound, depth)
            case dict():
                return self._object(value, bound, depth)
            case _:
                return value  # a fraction; the recipe format refuses it with its place

    def _integer(self, value: int, field: str, bound: Bound) -> Any:  # noqa: ANN401 - JSON
        hole = self._vocabulary(bound).whole(str(value), field)
        return value if hole is None else {"$int": written(hole)}

    def _text(self, text: str, field: str, bound: Bound, depth: int = 0) -> Any:  # noqa: ANN401 - a template or a directive
        vocabulary = self._vocabulary(bound)
        hole = vocabulary.whole(text, field)
        if hole is not None:
            return written(hole)
        inner = json_in(text)
        if inner is not None:
            return {"$json": self._value(inner, field, bound, depth + 1)}
        packed = base64_in(text, padded=self._aim.padded) or (
            ("url", plain) if (plain := url_in(text)) is not None else None
        )
        if packed is not None and depth < _DEEPEST:
            unpacked = self._text(packed[1], field, bound, depth + 1)
            if not isinstance(unpacked, str) or language.parse(unpacked).names:
                return {f"${packed[0]}": unpacked}
        return self._template(text, field, bound)

    def _template(self, text: str, field: str, bound: Bound) -> str:
        """Placeholders in a text. One that holds an id without a placeholder stays as it is, to be seen."""
        vocabulary = self._vocabulary(bound)
        keys, parts = self._index.by_id([text])
        whole = all(vocabulary.whole(each) is not None for each in (*keys, *parts))
        return vocabulary.template(text, field) if whole else escaped(text)

    def _list(self, value: list[Any], field: str, bound: Bound, depth: int) -> Any:  # noqa: ANN401 - JSON
        repeated = self._repeated(value, bound, lambda each, inner: self._value(each, field, inner, depth))
        if repeated is not None:
            return {"$each": repeated[0], "value": repeated[1]}
        return [self._value(each, field, bound, depth) for each in value]

    def _object(self, value: dict[str, Any], bound: Bound, depth: int) -> Any:  # noqa: ANN401 - JSON
        def member(one: tuple[str, Any], inner: Bound) -> tuple[str, Any]:
            return (
                self._template(one[0], "", inner),
                self._value(one[1], one[0], inner, depth),
            )

        repeated = self._repeated(list(value.items()), bound, member, lambda one: [one[0]])
        if repeated is not None:
            over, (key, inner) = repeated
            return {"$keyed": over, "key": key, "value": inner}
        made = dict(member(one, bound) for one in value.items())
        return made if len(made) == len(value) else value

    def _repeated(
        self,
        elements: Sequence[Any],
        bound: Bound,
        made: Callable[[Any, Bound], Any],
        named_in: Callable[[Any], list[str]] = lambda element: list(leaves(element)),
    ) -> tuple[str, Any] | None:
        """What the elements repeat for and what each is, or None."""
        if not elements or self._aim.scope is not Scope.RECORDS or bound.part is not None:
            return None
        texts = [named_in(element) for element in elements]
        for over, bounds in self._rounds(elements, texts, bound):
            if len(bounds) != len(elements) or not all(map(self._alone, elements, bounds)):
                continue
            found = [made(element, inner) for element, inner in zip(elements, bounds, strict=True)]
            if all(each == found[0] for each in found) and self._explained(found[0], over, bounds[0]):
                return over, found[0]
        return None

    def _alone(self, element: Any, bound: Bound) -> bool:  # noqa: ANN401 - JSON
        """Whether an element that stands for one part holds no other part."""
        if bound.part is None:
            return True
        return set(self._index.by_id(leaves(_plain(element)))[1]) == {bound.part.text}

    def _rounds(
        self, elements: Sequence[Any], texts: Sequence[list[str]], bound: Bound
    ) -> Iterator[tuple[str, list[Bound]]]:
        """What the elements may belong to, the likeliest first, each reading in full."""
        named = [self._index.by_id(each) for each in texts]
        by_part = [list(dict.fromkeys(found.values())) for _, found in named]
        below = 0
        if bound.recording is None:
            if len(elements) == 1 and self._deeper(elements[0], texts[0]):
                return
            yield from self._one_each([keys for keys, _ in named])
            below = max(map(self._levels, map(_inner, elements)))
            if below > 1 and len(elements) == 1:
                return  # lists around lists: recordings are the last but one, parts the last
            yield from self._one_each([self._index.by_time(each) for each in texts])
        if below:
            yield from self._one_each(by_part)
        yield from self._by_part([list(found) for _, found in named], bound)
        if bound.recording is None and not below:
            yield from self._one_each(by_part)

    def _by_part(self, parts: list[list[str]], bound: Bound) -> Iterator[tuple[str, list[Bound]]]:
        within = [bound.recording] if bound.recording is not None else list(self._aim.recordings)
        items = [Bound(one, _item(part)) for one in within for part in one.item_keys]
        utterances = [Bound(one, _utterance(part)) for one in within for part in one.utterance_ids]
        for over, bounds in (("item", items), ("utterance", utterances)):
            if [[each.part.text] for each in bounds if each.part] == parts:
                yield over, bounds

    def _deeper(self, element: Any, texts: list[str]) -> bool:  # noqa: ANN401 - JSON
        """Whether the only element of a list names its recording in a list of its own: that one repeats."""
        if isinstance(element, tuple):
            return False
        direct = list(_direct(element))
        keys, at_that_time = self._index.by_id(texts)[0], self._index.by_time(texts)
        if keys:
            return not self._index.by_id(direct)[0]
        return bool(at_that_time) and not self._index.by_time(direct)

    def _levels(self, value: Any) -> int:  # noqa: ANN401 - JSON
        """How many lists, or objects by part, are in one another in it."""
        match value:
            case list():
                return 1 + max(map(self._levels, value), default=0)
            case dict():
                by_part = any(self._index.by_id([name])[1] for name in value)
                return by_part + max(map(self._levels, value.values()), default=0)
            case str():
                inner = json_in(value)
                packed = base64_in(value) if inner is None else None
                return self._levels(inner) if inner is not None else self._levels(packed[1]) if packed else 0
        return 0

    def _one_each(self, named: Sequence[list[str]]) -> Iterator[tuple[str, list[Bound]]]:
        keys = [each[0] for each in named if len(each) == 1]
        aimed = {one.key for one in self._aim.recordings}
        if len(keys) == len(named) and len({*keys}) == len(keys) and aimed.issuperset(keys):
            yield "record", [Bound(self._index.recording(key)) for key in keys]

    def _explained(self, found: Any, over: str, bound: Bound) -> bool:  # noqa: ANN401 - JSON
        """Whether it uses what it repeats for, and no other value of it stays plain."""
        names: set[str] = set()
        everything = self._everything(bound)
        for text in leaves(_plain(found)):
            if text.startswith("$"):
                continue
            try:
                parsed = language.parse(text)
            except language.TemplateError:
                continue
            names |= parsed.names
            if any(isinstance(part, str) and everything.holds(part) for part in parsed.parts):
                return False
        if over == "record":
            return bool(names & (language.RECORD | language.ITEM))
        return ("item_key" if over == "item" else "utterance_id") in names

    def _everything(self, bound: Bound) -> Vocabulary:
        one = bound.recording
        parts = [] if one is None else [*map(_item, one.item_keys), *map(_utterance, one.utterance_ids)]
        return Vocabulary([*parts, *(_values(one) if one is not None else ())])

    def _vocabulary(self, bound: Bound) -> Vocabulary:
        one = bound.recording or self._only
        place = (one.key if one is not None else "", bound.part)
        if place not in self._known:
            parts = [bound.part] if bound.part is not None else []
            if one is not None and bound.part is None:
                parts = [_item(one.item_keys[0])] if len(one.item_keys) == 1 else []
                parts += [_utterance(one.utterance_ids[0])] if len(one.utterance_ids) == 1 else []
            of_record = _values(one) if one is not None and self._aim.scope is Scope.RECORDS else []
            self._known[place] = Vocabulary([*of_record, *parts, *self._aim.values], padded=self._aim.padded)
        return self._known[place]


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """JSON as it is; a member of an object as a list."""
    return list(value) if isinstance(value, tuple) else value


def _inner(element: Any) -> Any:  # noqa: ANN401 - JSON
    return element[1] if isinstance(element, tuple) else element


def _direct(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Texts in an element that are in no list of their own."""
    match value:
        case dict():
            for name, inner in value.items():
                yield name
                yield from _direct(inner)
        case list() | None:
            pass
        case str():
            inner = json_in(value)
            packed = base64_in(value) if inner is None else None
            yield from _direct(inner) if inner is not None else _direct(packed[1]) if packed else (value,)
        case _:
            yield str(value)


def _item(text: str) -> Value:
    return Value("item_key", text)


def _utterance(text: str) -> Value:
    return Value("utterance_id", text)


def _values(one: Recording) -> list[Value]:
    parts = one.key.split("#")
    composed = [Value("device_type", parts[2]), Value("serial", parts[3])] if len(parts) == _KEY_PARTS else []
    return [Value("record_key", one.key), Value("timestamp", str(one.spoken_at)), *composed]
