"""Which plain values of a learned step may be secret or personal, and where they stand. Pure.

A recipe is shared, so whatever nobody can explain and looks like a secret stops learning. Places are
named, values never.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import unquote

from agent.methods import template as language
from agent.methods.evidence import Evidence
from agent.methods.mentions import Index
from agent.methods.unwrap import layers
from agent.methods.vocabulary import Value, Vocabulary

_END_OF_TIME = frozenset({2147483647, 2147483647000, 9007199254740991, 253402300799000, 253402300799999})
_LARGE = 100_000_000
_SHORTEST_WITHIN = 5
_PROTOCOL_WORDS = frozenset(
    {
        "delete",
        "remove",
        "clear",
        "voice",
        "alexa",
        "history",
        "record",
        "records",
        "recording",
        "all",
        "today",
    }
    | {"true", "false", "yes", "no", "on", "off", "activity", "web"}
)
_KINDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"amzn1\.|At(?:za|na|nr|z[a-z])\|", re.IGNORECASE), "an id or a token of Amazon"),
    (re.compile(r"[^\s@=&]+@[^\s@]+\.[A-Za-z]{2,}"), "an e-mail address"),
    (re.compile(r"(?i)(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])"), "a random id"),
    (
        re.compile(r"(?<![A-Za-z0-9])A(?=[A-Z]*[0-9])[0-9A-Z]{12,}(?![A-Za-z0-9])"),
        "an id of a person or device",
    ),
    (re.compile(r"(?<![0-9A-Za-z])\d{9,}(?![0-9A-Za-z])"), "a time or a number of somebody"),
    (re.compile(r"eyJ[A-Za-z0-9_-]{8,}"), "a token"),
)
_WORD = re.compile(r"[A-Za-z0-9]+")
_BLOB = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_PERSISTED_QUERY = "sha256Hash"


class Constant(NamedTuple):
    """A plain value: where it stands, in which field, what it is."""

    place: str
    field: str
    text: str


class Suspicion:
    """Looks at plain values."""

    def __init__(self, evidence: Evidence, index: Index) -> None:
        self._evidence, self._index = evidence, index
        self._texts = frozenset(text.casefold() for text in evidence.texts) - _PROTOCOL_WORDS
        within = sorted(
            (text for text in evidence.texts if len(text) >= _SHORTEST_WITHIN), key=len, reverse=True
        )
        inner = "|".join(re.escape(text) for text in within if text.casefold() not in _PROTOCOL_WORDS)
        self._within = re.compile(f"(?<![A-Za-z0-9])(?:{inner})(?![A-Za-z0-9])") if inner else None
        cookies = sorted(evidence.cookies, key=len, reverse=True)
        self._cookies = re.compile("|".join(map(re.escape, cookies))) if cookies else None
        self._known = Vocabulary(_everything(evidence))

    def why(self, text: str, field: str = "") -> str | None:
        """Why this value must not stand in a recipe, or None."""
        if field == _PERSISTED_QUERY and re.fullmatch(r"[0-9a-f]{64}", text):
            return None  # names a query in the page's own code
        if text in self._evidence.varying.get(field, ()):
            return "something that changes from recording to recording"
        if any(self._index.by_id([text])):
            return "the name of a recording or of a part of it"
        return next((found for inner in layers(text) if (found := self._one(inner)) is not None), None)

    def is_known(self, text: str) -> bool:
        """Whether it is, or holds, a value of the account that has a placeholder of its own."""
        return self._known.holds(text)

    def is_secret(self, text: str) -> bool:
        """Whether it looks like a secret and is none that is known."""
        return not self.is_known(text) and self._one(text) is not None

    def _one(self, text: str) -> str | None:
        if text.isdigit() and int(text) in _END_OF_TIME:
            return None
        if self._cookies is not None and self._cookies.search(text):
            return "a value of a cookie"
        if text.strip().casefold() in self._texts or (self._within is not None and self._within.search(text)):
            return "words or a name from the account"
        if self._known.holds(text):
            return "a value of the account"
        for pattern, what in _KINDS:
            if pattern.search(text):
                return what
        return "something like a token" if _looks_random(text) else None


def constants(step: Mapping[str, Any], suspicion: Suspicion) -> Iterator[Constant]:
    """Every plain value of a step with its place; a name that is personal itself is not shown."""
    for segment in _plain(step["path"]):
        for part in segment.split("/"):
            yield Constant("path", "", unquote(part))
    for name, text in step.get("headers", {}).items():
        yield Constant("a header's name", "", name)
        yield from _of_text(text, f"header {_shown(name, suspicion)}", name)
    yield from _of_pairs(step.get("query", ()), "query", suspicion)
    body = step.get("body", {})
    for kind in ("form", "multipart"):
        yield from _of_pairs(body.get(kind, ()), "body", suspicion)
    yield from _of_json(body.get("json"), "body ", "", suspicion)
    yield from _of_json(body.get("text"), "body", "", suspicion)


def _of_pairs(pairs: Any, where: str, suspicion: Suspicion) -> Iterator[Constant]:  # noqa: ANN401 - plain data
    for pair in pairs:
        name = pair["name"]
        yield from _of_text(name, f"{where}, the name of a field", "")
        yield from _of_json(pair["value"], f"{where}, field {_shown(name, suspicion)} ", name, suspicion)


def _of_json(value: Any, place: str, field: str, suspicion: Suspicion) -> Iterator[Constant]:  # noqa: ANN401 - JSON
    match value:
        case dict():
            for name, inner in value.items():
                directive = name.startswith("$")
                if name in ("$each", "$keyed"):
                    continue
                if not directive and not ("$each" in value or "$keyed" in value):
                    yield from _of_text(name, f"{place}, a member's name", "")
                    yield from _of_json(inner, f"{place}/{_shown(name, suspicion)}", name, suspicion)
                else:
                    yield from _of_json(inner, place, field, suspicion)
        case list():
            for number, inner in enumerate(value):
                yield from _of_json(inner, f"{place}/{number}", field, suspicion)
        case str():
            yield from _of_text(value, place, field)
        case int() if not isinstance(value, bool) and abs(value) >= _LARGE:
            yield Constant(place, field, str(abs(value)))


def _of_text(text: str, place: str, field: str) -> Iterator[Constant]:
    for part in _plain(text):
        yield Constant(place.strip(), field, part)


def _plain(text: str) -> Iterator[str]:
    try:
        parts = language.parse(text).parts
    except language.TemplateError:
        parts = (text,)
    yield from (part for part in parts if isinstance(part, str))


def _shown(name: str, suspicion: Suspicion) -> str:
    plain = "".join(_plain(name))
    harmless = re.fullmatch(r"[\x21-\x7e]{1,60}", name) and plain == name and suspicion.why(plain) is None
    return name.replace("~", "~0").replace("/", "~1") if harmless else "…"


def _everything(evidence: Evidence) -> Iterator[Value]:
    yield Value("customer_id", evidence.customer_id)
    for token in sorted(evidence.anti_csrf):
        yield Value("anti_csrf", token)
    for token in sorted(evidence.csrf):
        yield Value("csrf", token)
    for text in sorted(
        {text for one in evidence.recordings.values() for text in (*one.serials, one.device_type)}
    ):
        yield Value("serial", text)


def _looks_random(text: str) -> bool:
    blobs = (found[0] for found in _BLOB.finditer(text))
    return any(_mixed(blob) for blob in blobs) or any(_random_word(word) for word in _WORD.findall(text))


def _mixed(blob: str) -> bool:
    """Whether upper case, lower case and digits alternate as in base64, not as in names of things."""
    turns = sum(_sort(one) != _sort(other) for one, other in pairwise(blob))
    digits = sum(char.isdigit() for char in blob)
    return digits > 1 and turns / len(blob) > 0.34  # noqa: PLR2004 - random base64 has 0.55, camelCase 0.25


def _random_word(word: str) -> bool:
    if len(word) < 10:  # noqa: PLR2004 - too short for a secret
        return False
    digits = sum(char.isdigit() for char in word)
    letters = len(word) - digits
    turns = sum(_sort(one) != _sort(other) for one, other in pairwise(word))
    if word.isupper() and digits > 1:  # serials
        return True
    if digits > 2 and letters and turns > 2 and re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", word):  # noqa: PLR2004 - hex
        return True
    if len(word) < 16:  # noqa: PLR2004 - names of things with a version, too
        return digits > 1 and turns / len(word) > 0.5  # noqa: PLR2004 - every other letter
    vowels = sum(char in "aeiouyAEIOUY" for char in word)
    few_vowels = letters >= 16 and vowels / letters < 0.15  # noqa: PLR2004 - no language
    return turns / len(word) > 0.34 or few_vowels  # noqa: PLR2004 - see `_mixed`


def _sort(char: str) -> int:
    return 0 if char.isdigit() else 1 if char.isupper() else 2 if char.islower() else 3
