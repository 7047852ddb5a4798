"""A small reader of JSON Schema (draft 2020-12), independent of the one that wrote ours.

Knows the keywords our schema uses, and fails on any other rather than let it pass unchecked.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_SAYS_NOTHING = {"$schema", "$defs", "title", "description", "default"}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
# What must hold of a value, by keyword; a keyword says nothing of a value of another type.
_RULES: dict[str, tuple[tuple[type, ...], Callable[[Any, Any], bool]]] = {
    "type": ((object,), lambda value, name: isinstance(value, _TYPES[name]) and _no_mixture(value, name)),
    "const": ((object,), lambda value, wanted: value == wanted and type(value) is type(wanted)),
    "enum": ((object,), lambda value, choices: value in choices),
    "required": ((dict,), lambda value, names: set(names) <= set(value)),
    "minProperties": ((dict,), lambda value, least: len(value) >= least),
    "pattern": ((str,), lambda value, pattern: re.search(pattern, value) is not None),
    "minLength": ((str,), lambda value, least: len(value) >= least),
    "minItems": ((list,), lambda value, least: len(value) >= least),
    "maxItems": ((list,), lambda value, most: len(value) <= most),
    "minimum": ((int, float), lambda value, least: value >= least),
    "maximum": ((int, float), lambda value, most: value <= most),
    "exclusiveMinimum": ((int, float), lambda value, bound: value > bound),
}


def _no_mixture(value: object, name: str) -> bool:
    return name == "boolean" or not isinstance(value, bool)


def errors(value: Any, schema: Schema, root: Schema | None = None, at: str = "$") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Where `value` is not what `schema` allows."""
    whole = schema if root is None else root
    for below, rule, where in _below(value, schema, whole, at):
        yield from errors(below, rule, whole, where)
    for keyword, wanted in schema.items():
        if keyword in {"oneOf", "anyOf"}:
            fitting = sum(not any(errors(value, one, whole, at)) for one in wanted)
            if fitting == 0 or (keyword == "oneOf" and fitting > 1):
                yield f"{at}: {fitting} of {keyword}"
        elif keyword in _RULES:
            types, holds = _RULES[keyword]
            if isinstance(value, types) and not holds(value, wanted):
                yield f"{at}: not {keyword} {wanted}"
        elif keyword == "additionalProperties" and wanted is False and isinstance(value, dict):
            yield from (f"{at}.{name}: unknown" for name in value if not _known(schema, name))
        elif keyword not in _SAYS_NOTHING | _PARTS:
            raise AssertionError(f"the schema uses {keyword}, which nothing here checks")


_PARTS = {"$ref", "properties", "patternProperties", "additionalProperties", "items"}


def _known(schema: Schema, name: str) -> list[Schema]:
    """What a key must be, by its name or by patterns; nothing where it has no place."""
    named = [schema["properties"][name]] if name in schema.get("properties", {}) else []
    patterns = schema.get("patternProperties", {})
    return [*named, *(below for pattern, below in patterns.items() if re.search(pattern, name))]


def _below(value: Any, schema: Schema, root: Schema, at: str) -> Iterator[tuple[Any, Schema, str]]:  # noqa: ANN401 - any JSON
    """Each part of the value with what it must be, and where it stands."""
    if "$ref" in schema:
        yield value, _resolved(schema["$ref"], root), at
    if isinstance(value, dict):
        for name, part in value.items():
            yield from ((part, below, f"{at}.{name}") for below in _known(schema, name))
    if isinstance(value, list) and "items" in schema:
        yield from ((part, schema["items"], f"{at}[{number}]") for number, part in enumerate(value))


def _resolved(reference: str, root: Schema) -> Schema:
    found = root["$defs"][reference.removeprefix("#/$defs/")]
    assert isinstance(found, dict)
    return found


def keys(schema: Schema, root: Schema | None = None, above: Sequence[str] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of all keys a file may hold; `*` for a name of one's own."""
    whole = schema if root is None else root
    if "$ref" in schema:
        yield from keys(_resolved(schema["$ref"], whole), whole, above)
    for name, below in schema.get("properties", {}).items():
        yield (*above, name)
        yield from keys(below, whole, (*above, name))
    for below in schema.get("patternProperties", {}).values():
        yield from keys(below, whole, (*above, "*"))
