"""Placeholders in a text: `{record_key}`, `{record_key|base64url}`; `{{` and `}}` stand for braces. Pure.

The language is total: a text that parses renders for any values, and nothing of a value is ever read
as a placeholder again.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

RECORD = frozenset({"record_key", "timestamp", "serial", "device_type"})
"""Values of one recording."""
ITEM = frozenset({"item_key", "utterance_id"})
"""Values of one part of a recording; outside anything that repeats for parts, of its only one."""
FRESH = ("uuid_1", "uuid_2", "uuid_3")
"""Random ids, drawn anew for each deletion; a second step has those of the first."""
RUN = frozenset({"customer_id", "start", "end", "anti_csrf", "csrf", "ticket", "now", *FRESH})
"""Values of the whole request. `start` and `end` are the closed range, `now` when it is sent, all in ms."""
_TIMES = frozenset({"timestamp", "start", "end", "now"})
_TIME_FILTERS = frozenset({"seconds", "iso"})
NAMES = RECORD | ITEM | RUN

FILTERS: Mapping[str, Callable[[str], str]] = {
    "url": lambda text: quote(text, safe=""),
    "json": lambda text: json.dumps(text, ensure_ascii=True)[1:-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64url_padded": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "seconds": lambda text: str(int(text) // 1000),
    "iso": lambda text: iso(int(text)),
}
"""How a value is written. `seconds` turns ms into whole seconds, rounded down; `start` is rounded up.
`iso` is what a browser's `toISOString` makes of ms."""

_PART = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)((?:\|[a-z0-9_]+)*)\}|[{}]")


class TemplateError(ValueError):
    """A text is not of the language; says what, and shows nothing of a value."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A placeholder: the value's name and the filters, applied from left to right."""

    name: str
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A text in parts: plain text and holes."""

    parts: tuple[str | Hole, ...]

    @property
    def in_seconds(self) -> bool:
        """Whether a time is cut to seconds."""
        return any("seconds" in part.filters for part in self.parts if isinstance(part, Hole))

    @property
    def names(self) -> frozenset[str]:
        """Names of the values it needs."""
        return frozenset(part.name for part in self.parts if isinstance(part, Hole))

    def render(self, values: Mapping[str, str]) -> str:
        """The text with every hole filled. Raises KeyError for a value that is not there."""
        return "".join(part if isinstance(part, str) else _fill(part, values) for part in self.parts)


def iso(at: int) -> str:
    """Ms UTC as `2026-11-24T02:10:00.000Z`. Raises ValueError beyond the year 9999."""
    try:
        moment = datetime.fromtimestamp(at // 1000, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("no time") from error
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def _fill(hole: Hole, values: Mapping[str, str]) -> str:
    text, filters = values[hole.name], hole.filters
    if filters[:1] == ("seconds",) and hole.name == "start":
        text, filters = str(-(-int(text) // 1000)), filters[1:]  # up: a range must never grow
    for name in filters:
        text = FILTERS[name](text)
    return text


def parse(text: str) -> Template:
    """Reads a text.

    Raises:
        TemplateError: an unknown placeholder or filter, or a brace that stands alone.
    """
    parts: list[str | Hole] = []
    at = 0
    for found in _PART.finditer(text):
        parts.append(text[at : found.start()])
        parts.append(_part(found))
        at = found.end()
    parts.append(text[at:])
    return Template(tuple(part for part in parts if part != ""))


def _part(found: re.Match[str]) -> str | Hole:
    if found[0] in ("{{", "}}"):
        return found[0][0]
    if found[1] is None:
        raise TemplateError("a brace stands alone; write {{ or }} for a plain one")
    filters = tuple(found[2].split("|")[1:])
    if found[1] not in NAMES:
        raise TemplateError(f"there is no placeholder {{{found[1]}}}")
    for name in filters:
        if name not in FILTERS:
            raise TemplateError(f"there is no filter {name}")
    if _TIME_FILTERS & set(filters[1:]) or (_TIME_FILTERS & set(filters) and found[1] not in _TIMES):
        raise TemplateError("the filters seconds and iso are for times, and come first")
    return Hole(found[1], filters)
