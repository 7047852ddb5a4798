"""Nodes to plain data with the place of every key and value.

Words mean what the YAML 1.2 core schema says: `no` is text and 12:30 no number, as in YAML 1.1
(https://yaml.org/spec/1.2.2/#103-core-schema). A time without quotes is still refused, because other
tools would read another value from the same file.
"""

import re
from dataclasses import dataclass, field

import yaml

from agent.settings.problem import Path, Problem, Spot, show_path
from agent.settings.strict_yaml import ALIAS_TAG, spot_of

_NULL = re.compile(r"|~|null|Null|NULL")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_HEX_OR_OCTAL = re.compile(r"0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,18}|[0-9]{1,18}(\.[0-9]{0,18})?)([eE][-+]?[0-9]{1,3})?")
_CLOCK = re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9]){1,2}(\.[0-9]*)?")
_COLON = re.compile(" *:")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, and the key that names it (the same for a list entry)."""

    key: Spot
    value: Spot


@dataclass(slots=True)
class Document:
    """A file as plain data: dicts, tuples and scalars.

    Attributes:
        data: the whole, {} where the top of the file is no mapping.
        places: of every value by path; `()` is the top.
        problems: what is wrong already; their values are None in `data`.
        broken: paths of these.
        quiet: paths of keys that must not be shown, as they may be a value gone astray.
    """

    data: dict[str, object] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)
    quiet: set[Path] = field(default_factory=set)

    def place(self, path: Path) -> Place:
        """The place of `path`, or of the nearest thing above it that is in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(Spot(), Spot()))

    def shown(self, path: Path) -> str:
        """The path as it may be printed."""
        hidden = (step if path[: depth + 1] not in self.quiet else "" for depth, step in enumerate(path))
        return show_path(tuple(hidden))

    def note(self, path: Path, spot: Spot, message: str, proposal: str = "") -> None:
        """Remembers something wrong with the key or value at `path`."""
        self.problems.append(Problem(spot, self.shown(path), message, proposal, path))

    def spoil(self, path: Path, spot: Spot, message: str, proposal: str = "") -> None:
        """Remembers that the value at `path` is unusable, and why."""
        self.note(path, spot, message, proposal)
        self.broken.add(path)


def build(node: yaml.Node | None, text: str) -> Document:
    """Plain data for a composed tree; `text` is what it was composed from."""
    document = Document()
    if node is None or _is_null(node):
        document.spoil((), Spot(), "the file is empty", "`voicepurge init` writes one")
    elif not isinstance(node, yaml.MappingNode):
        document.spoil((), spot_of(node.start_mark), "must be a list of `key: value` lines")
    else:
        document.places[()] = Place(spot_of(node.start_mark), spot_of(node.start_mark))
        document.data = _mapping(document, text, (), node)
    return document


def _value(document: Document, text: str, path: Path, key: Spot, node: yaml.Node) -> object:
    spot = spot_of(node.start_mark)
    document.places[path] = Place(key, spot)
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, text, path, node)
    if isinstance(node, yaml.SequenceNode):
        return tuple(
            _value(document, text, (*path, at), spot_of(entry.start_mark), entry)
            for at, entry in enumerate(node.value)
        )
    if node.tag == ALIAS_TAG:
        document.broken.add(path)
    elif _is_null(node):
        document.spoil(path, key, "has no value")
    elif not isinstance(node, yaml.ScalarNode) or _SURROGATE.search(node.value):
        document.spoil(path, spot, "an escape that is no character", "use single quotes")
    elif node.style is None and _CLOCK.fullmatch(node.value):
        document.spoil(path, spot, "a time or number with `:`", f'quote the time, like {_hint(path)}"03:10"')
    else:
        return _scalar(node)
    return None


def _mapping(document: Document, text: str, path: Path, node: yaml.MappingNode) -> dict[str, object]:
    found: dict[str, object] = {}
    seen: set[str] = set()
    for key, value in node.value:
        spot = spot_of(key.start_mark)
        if not isinstance(key, yaml.ScalarNode) or key.tag == ALIAS_TAG or not key.value:
            document.note(path, spot, "a key must be one word")
            continue
        name = str(key.value)
        here: Path = (*path, name)
        if not _COLON.match(text, key.end_mark.index):
            document.quiet.add(here)  # `{word}`: YAML calls it a key, the person may have meant a value
        if name == "<<":
            document.note(path, spot, "a merge key (<<)", "write it out")
        elif name in seen:
            document.note(here, spot, "a second time the same key", "remove one")
        else:
            seen.add(name)
            found[name] = _value(document, text, here, spot, value)
    return found


def _hint(path: Path) -> str:
    return "at: " if path and path[-1] == "at" else ""


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and bool(_NULL.fullmatch(node.value))


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool:
    word = str(node.value)
    if node.style is not None:  # quoted or a block: text, whatever it looks like
        return word
    if _TRUE.fullmatch(word) or _FALSE.fullmatch(word):
        return bool(_TRUE.fullmatch(word))
    if _INT.fullmatch(word):
        return int(word)
    if _HEX_OR_OCTAL.fullmatch(word):
        return int(word, 0)
    return float(word) if _FLOAT.fullmatch(word) else word
