"""pydantic's errors in our own words, at their places in the file.

Its own sentences may hold the value that was wrong; so none of them is used, and its errors are asked
for without the input (seen with pydantic 2.14.3: `hide_input_in_errors` alone leaves it in `errors()`).
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agent.settings.plain import Document
from agent.settings.problem import Path, Problem, RefusedError
from agent.settings.schema import names_at

_KEY = "[key]"

_WORDS = {
    "string_type": ("must be text", "put it in quotes"),
    "int_type": ("must be a whole number", "without quotes"),
    "int_from_float": ("must be a whole number", ""),
    "float_type": ("must be a number", "without quotes"),
    "bool_type": ("must be true or false", "without quotes; yes, no, on and off are text"),
    "tuple_type": ("must be a list", "put it in [ ]"),
    "model_type": ("must be a mapping", "`key: value` lines, or {key: value}"),
    "model_attributes_type": ("must be a mapping", "`key: value` lines, or {key: value}"),
    "dict_type": ("must be a mapping", "`key: value` lines, or {key: value}"),
    "missing": ("is missing", "add it"),
    "finite_number": ("must be a number", ""),
}
_SHAPES = {"string_type", "tuple_type", "model_type", "model_attributes_type", "dict_type"}
_BOUNDS = {
    "greater_than": ("must be more than {}", "gt"),
    "greater_than_equal": ("must be at least {}", "ge"),
    "less_than": ("must be less than {}", "lt"),
    "less_than_equal": ("must be at most {}", "le"),
    "too_short": ("must have at least {}", "min_length"),
    "too_long": ("must have at most {}", "max_length"),
}


def problems(error: ValidationError, document: Document) -> Iterator[Problem]:
    """Each error of `error` at its place, except where the file is known to be broken already."""
    for detail in error.errors(include_url=False, include_input=False):
        path: Path = detail["loc"]
        raw = _raw(document.data, path)
        if path and path[-1] == _KEY:
            yield _at_key(document, path[:-1], *_refused(detail))
        elif detail["type"] == "extra_forbidden":
            yield _at_key(document, path, "unknown key", _nearest_key(document, path))
        elif not (_is_broken(document, path) or _is_noise(detail, raw)):
            message, proposal = _explained(detail, raw)
            shapeless = isinstance(raw, Mapping) or detail["type"] in _SHAPES
            yield Problem(
                document.place(path).value, document.shown(path), message, proposal, path, shapeless
            )


def _is_noise(detail: ErrorDetails, raw: object) -> bool:
    """Errors that only follow from others: a default not made, a list short of its wrong entries."""
    counts_wrong_entries = detail["type"] == "too_short" and isinstance(raw, tuple | Mapping) and raw
    return detail["type"] == "default_factory_not_called" or bool(counts_wrong_entries)


def _is_broken(document: Document, path: Path) -> bool:
    return any(path[:length] in document.broken for length in range(len(path) + 1))


def _at_key(document: Document, path: Path, message: str, proposal: str) -> Problem:
    return Problem(document.place(path).key, document.shown(path), message, proposal, path)


def _nearest_key(document: Document, path: Path) -> str:
    if path in document.quiet:
        return "write `key: value`"
    near = get_close_matches(str(path[-1])[:64], names_at(path[:-1]), n=1)
    return f"did you mean {near[0]}?" if near else "remove it"


def _refused(detail: ErrorDetails) -> tuple[str, str]:
    cause = detail.get("ctx", {}).get("error")
    return (cause.message, cause.proposal) if isinstance(cause, RefusedError) else ("cannot be this", "")


def _explained(detail: ErrorDetails, raw: object) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return _refused(detail)
    if kind in {"literal_error", "enum"}:
        return _one_of(str(context.get("expected", "")), raw)
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        unit = " entry" if context.get(name) == 1 else " entries"
        return words.format(context.get(name)) + (unit if kind.startswith("too_") else ""), ""
    return _WORDS.get(kind, ("cannot be this", ""))


def _one_of(expected: str, raw: object) -> tuple[str, str]:
    choices = expected.replace("'", "").replace(" or ", ", ").split(", ")
    message = f"must be {choices[0]}" if len(choices) == 1 else f"must be one of {', '.join(choices)}"
    near = get_close_matches(raw[:64], choices, n=1) if isinstance(raw, str) else []
    return message, f"did you mean {near[0]}?" if near and len(choices) > 1 else ""


def _raw(data: object, path: Path) -> object:
    """The plain value at `path`, used for nothing but finding a similar word of ours."""
    for step in path:
        if isinstance(data, Mapping) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, tuple) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data
