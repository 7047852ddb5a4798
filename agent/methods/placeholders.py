"""Where placeholders may stand in the parts of a recipe, and what JSON bodies may hold. Pure."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from agent.methods import template as language

_DEEPEST = 20
_NOT_TEXT = frozenset({"method", "ticket", "each"})
_OVER = frozenset({"record", "item", "utterance"})


def json_problems(value: object, depth: int = 0) -> Iterator[str]:
    """What is wrong with a JSON body's template, in words that show none of its texts."""
    if depth > _DEEPEST:
        yield "json: nested too deep"
    elif isinstance(value, str):
        try:
            language.parse(value)
        except language.TemplateError as error:
            yield f"json: {error}"
    elif isinstance(value, dict):
        yield from _directive_problems(value)
        for key, inner in value.items():
            yield from json_problems(str(key), depth + 1) if not str(key).startswith("$") else ()
            yield from json_problems(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from json_problems(inner, depth + 1)
    elif not isinstance(value, bool | int | None):
        yield "json: a value of another kind"


_DIRECTIVES = {
    frozenset({"$each", "value"}),
    frozenset({"$keyed", "key", "value"}),
    frozenset({"$int"}),
    frozenset({"$json"}),
}


def _directive_problems(value: dict[Any, Any]) -> Iterator[str]:
    if not all(isinstance(key, str) for key in value):
        yield "json: keys must be text"
    elif any(key.startswith("$") for key in value) and frozenset(value) not in _DIRECTIVES:
        yield "json: unknown directive; there are $each, $keyed, $int and $json"
    elif any(value[k] not in _OVER for k in ("$each", "$keyed") if k in value):
        yield "json: $each and $keyed go over record, item or utterance"
    elif "$int" in value and not isinstance(value["$int"], str):
        yield "json: $int takes a text"


def texts(value: object) -> Iterator[str]:
    """Every text in a part of a recipe that may hold placeholders."""
    match value:
        case str():
            yield value
        case BaseModel():
            for name in type(value).model_fields.keys() - _NOT_TEXT:
                yield from texts(getattr(value, name))
        case dict():
            yield from (str(key) for key in value if not str(key).startswith("$"))
            yield from (text for key in value if key not in ("$each", "$keyed") for text in texts(value[key]))
        case list() | tuple():
            for inner in value:
                yield from texts(inner)
