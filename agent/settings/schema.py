"""The JSON Schema of the configuration, for editors; and the names it allows at each place.

The schema is weaker than `parse`: rules between values are not in it.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache

from pydantic.json_schema import GenerateJsonSchema

from agent.settings import duration
from agent.settings.models import Settings
from agent.settings.problem import Path

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, object]:
    """JSON Schema (draft 2020-12) of the YAML file; the same on every call and every machine."""
    made = _tidy(Settings.model_json_schema(schema_generator=_Generator))
    if not isinstance(made, dict):
        raise TypeError("a schema is a mapping")
    return {"$schema": _DRAFT, **made, "title": "voicepurge configuration"}


def schema_text() -> str:
    """The schema as it is checked in: `config/schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=True) + "\n"


class _Generator(GenerateJsonSchema):
    """Writes defaults the way people write them in the file."""

    def encode_default(self, dft: object) -> object:
        """`3d`, not the ISO 8601 form P3D."""
        if isinstance(dft, timedelta):
            return duration.show(dft)
        if isinstance(dft, tuple):
            return [self.encode_default(entry) for entry in dft]
        return super().encode_default(dft)


def _tidy(node: object) -> object:
    """Takes out null, which no place of the file allows, and titles that only repeat the key."""
    if isinstance(node, list):
        return [_tidy(entry) for entry in node if entry != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    kept = {key: _tidy(value) for key, value in node.items() if value is not None}
    if isinstance(kept.get("title"), str):
        del kept["title"]
    if "patternProperties" in kept:  # pydantic lets names pass that match none
        kept.pop("propertyNames", None)
        kept["additionalProperties"] = False
    options = kept.get("anyOf")
    if isinstance(options, list) and len(options) == 1:
        del kept["anyOf"]
        kept = {**options[0], **kept}
    return kept


@cache
def _schema() -> Mapping[str, object]:
    return schema()


def names_at(path: Path) -> tuple[str, ...]:
    """The keys that may stand in the mapping at `path`; () where any may or none."""
    node = _resolved(_schema())
    for step in path:
        children = _mapping(node.get("properties"))
        child = children.get(step) if isinstance(step, str) else None
        named = next(iter(_mapping(node.get("patternProperties")).values()), None)
        below = child or named or node.get("additionalProperties") or node.get("items")
        node = _resolved(_mapping(below))
    return tuple(_mapping(node.get("properties")))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _resolved(node: Mapping[str, object]) -> Mapping[str, object]:
    """Follows a reference."""
    reference = node.get("$ref")
    if isinstance(reference, str):
        return _mapping(_mapping(_schema().get("$defs")).get(reference.rpartition("/")[2]))
    return node
