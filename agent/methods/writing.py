"""A learned recipe as a YAML file that a person can read. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9 ._/-]*[A-Za-z0-9_/]|[A-Za-z]")
_NOT_PLAIN = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_UNPRINTABLE = re.compile(
    "[^\\x20-\\x7e\\xa0-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]|[\\u2028\\u2029]"
)
_LINE = 100


def written(document: Mapping[str, Any], comments: Iterable[str]) -> str:
    """The file: comments, then the recipe in the order of `document`."""
    lines = [f"# {line}" for line in comments]
    lines += _block(document, 0)
    return "\n".join(lines) + "\n"


def _block(value: Mapping[str, Any], indent: int) -> Iterator[str]:
    for name, inner in value.items():
        yield from _member(f"{' ' * indent}{_scalar(name)}:", inner, indent)


def _member(head: str, value: Any, indent: int) -> Iterator[str]:  # noqa: ANN401 - plain data
    flow = _flow(value)
    nested = isinstance(value, dict | list) and value
    if not nested or (len(head) + len(flow) < _LINE and _simple(value)):
        yield f"{head} {flow}"
        return
    yield head
    if isinstance(value, dict):
        yield from _block(value, indent + 2)
    else:
        for each in value:
            yield from _item(each, indent + 2)


def _item(value: Any, indent: int) -> Iterator[str]:  # noqa: ANN401 - plain data
    flow = _flow(value)
    if not isinstance(value, dict) or not value or (indent + len(flow) < _LINE and _simple(value)):
        yield f"{' ' * indent}- {flow}"
        return
    lines = list(_block(value, indent + 2))
    yield f"{' ' * indent}- {lines[0].lstrip()}"
    yield from lines[1:]


def _simple(value: Any) -> bool:  # noqa: ANN401 - plain data
    """Whether it reads well on one line: two members of plain values, or one of one."""
    if isinstance(value, dict):
        return len(value) <= 3 and all(_simple(inner) for inner in value.values()) and _depth(value) <= 2  # noqa: PLR2004 - what an eye takes in
    return not isinstance(value, list) or all(not isinstance(each, dict | list) for each in value)


def _depth(value: Any) -> int:  # noqa: ANN401 - plain data
    if isinstance(value, dict):
        return 1 + max((_depth(inner) for inner in value.values()), default=0)
    return 0


def _flow(value: Any) -> str:  # noqa: ANN401 - plain data
    match value:
        case dict():
            return "{" + ", ".join(f"{_scalar(name)}: {_flow(inner)}" for name, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case str():
            return _scalar(value)
        case date():
            return value.isoformat()
        case _:
            return json.dumps(value)


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_PLAIN and "  " not in text and len(text) < _LINE:
        return text
    return _UNPRINTABLE.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
