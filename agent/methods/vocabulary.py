"""Known values in all their spellings, and a text written with placeholders instead of them. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.methods import template as language
from agent.methods.template import Hole

_SHORTEST = 4
_SHORTEST_WITHIN = 6
_TIMES = frozenset({"timestamp", "start", "end", "now"})
_SPELLINGS = ((), ("url",), ("json",), ("base64",), ("base64url",), ("base64url_padded",), ("base64", "url"))
_TIME_SPELLINGS = ((), ("seconds",), ("iso",), ("iso", "url"))

STARTS = re.compile(r"start|from|begin|since|min|lower|after|oldest|gte|first", re.IGNORECASE)
ENDS = re.compile(r"end|to$|to[A-Z_]|until|till|max|upper|before|newest|lte|last", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class Value:
    """A known value by the name of its placeholder."""

    name: str
    text: str


class Vocabulary:
    """Turns texts into templates. Of two values with the same spelling the earlier one is meant.

    Where base64 needs no padding nobody can see whether there would be some: `padded` decides.
    """

    def __init__(self, values: Iterable[Value], *, padded: bool = True) -> None:
        spellings = _SPELLINGS if padded else sorted(_SPELLINGS, key=lambda one: one == ("base64",))
        self._holes: dict[str, list[Hole]] = {}
        for value in values:
            for filters in _TIME_SPELLINGS if value.name in _TIMES else spellings:
                hole = Hole(value.name, filters)
                written = language.Template((hole,)).render({value.name: value.text})
                if len(written) >= _SHORTEST and all(
                    other.name != value.name for other in self._holes.get(written, ())
                ):
                    self._holes.setdefault(written, []).append(hole)
        long = (text for text in self._holes if len(text) >= _SHORTEST_WITHIN)
        within = sorted(long, key=len, reverse=True)
        self._within = re.compile("|".join(map(_bounded, within))) if within else None

    def template(self, text: str, field: str = "") -> str:
        """`text` with placeholders; `field` is the name of its field and tells a start from an end."""
        hole = self.whole(text, field)
        if hole is not None:
            return written(hole)
        if self._within is None:
            return escaped(text)
        parts: list[str] = []
        at = 0
        for found in self._within.finditer(text):
            parts += [escaped(text[at : found.start()]), written(_meant(self._holes[found[0]], field))]
            at = found.end()
        return "".join((*parts, escaped(text[at:])))

    def whole(self, text: str, field: str = "") -> Hole | None:
        """The placeholder that stands for all of `text`, None where there is none."""
        holes = self._holes.get(text)
        return _meant(holes, field) if holes else None

    def holds(self, text: str) -> bool:
        """Whether a known value stands in `text`."""
        return text in self._holes or (self._within is not None and self._within.search(text) is not None)


def written(hole: Hole) -> str:
    """A placeholder as a recipe writes it."""
    return "{" + "|".join((hole.name, *hole.filters)) + "}"


def escaped(text: str) -> str:
    """Plain text as a recipe writes it."""
    return text.replace("{", "{{").replace("}", "}}")


def _meant(holes: Sequence[Hole], field: str) -> Hole:
    names = {hole.name: hole for hole in holes}
    if "start" in names and "end" in names and ENDS.search(field) and not STARTS.search(field):
        return names["end"]
    return holes[0]


def _bounded(text: str) -> str:
    """A pattern that finds `text` only where it is not part of a longer word."""
    before = r"(?<![A-Za-z0-9])" if text[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if text[-1].isalnum() else ""
    return before + re.escape(text) + after
