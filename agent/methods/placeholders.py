"""Where placeholders may stand in the parts of a recipe, and what JSON bodies may hold. Pure."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from agent.methods import template as language

_DEEPEST = 20
_NOT_TEXT = frozenset({"method", "ticket", "each"})
_OVER = frozenset({"record", "item", "utterance"})
WRAPS = frozenset({"$json", "$base64", "$base64url", "$base64url_padded", "$url"})
"""Directives that make one text of what is in them."""

_BINDS = {
    "record": language.RECORD | language.ITEM,
    "item": language.RECORD | {"item_key"},
    "utterance": language.RECORD | {"utterance_id"},
}


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
    *(frozenset({name}) for name in WRAPS),
}


def _directive_problems(value: dict[Any, Any]) -> Iterator[str]:
    if not all(isinstance(key, str) for key in value):
        yield "json: keys must be text"
    elif any(key.startswith("$") for key in value) and frozenset(value) not in _DIRECTIVES:
        yield "json: unknown directive; RECIPES.md lists all"
    elif any(value[k] not in _OVER for k in ("$each", "$keyed") if k in value):
        yield "json: $each and $keyed go over record, item or utterance"
    elif "$int" in value and not isinstance(value["$int"], str):
        yield "json: $int takes a text"
    elif any(name in value and not is_text(value[name]) for name in WRAPS - {"$json"}):
        yield "json: this directive takes a text"


def is_text(value: object) -> bool:
    """Whether it renders as text: a template, or a directive that makes text."""
    return isinstance(value, str) or (isinstance(value, dict) and len(value) == 1 and set(value) <= WRAPS)


def field_problems(value: object) -> Iterator[str]:
    """What is wrong with the value of a query, form or multipart field."""
    if not is_text(value):
        yield "a field takes a text, or a directive that makes one"
    yield from json_problems(value)


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


def unbound(value: object, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """Placeholders of a recording or its parts that stand outside anything that repeats for them."""
    match value:
        case str():
            yield from (language.parse(value).names & (language.RECORD | language.ITEM)) - bound
        case BaseModel():
            inner = bound | _BINDS.get(getattr(value, "each", None) or "", frozenset())
            for name in type(value).model_fields.keys() - _NOT_TEXT:
                yield from unbound(getattr(value, name), inner)
        case dict():
            over = value.get("$each", value.get("$keyed"))
            inner = bound | _BINDS[over] if isinstance(over, str) and over in _BINDS else bound
            for key, each in value.items():
                if key not in ("$each", "$keyed"):
                    yield from unbound(each, inner)
                    yield from unbound(key, bound) if not str(key).startswith("$") else ()
        case list() | tuple():
            for each in value:
                yield from unbound(each, bound)
