"""Settings back to text: the whole configuration with every default filled in. Pure.

The text is a valid configuration of the same meaning. A value that has none (no `practice`, no
`healthchecks`) is left out, as in the file.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from agent.settings.models import Settings

# What every reader of YAML, 1.1 or 1.2, takes for text: a duration, a word of ours (`y` and `n` are none),
# a zone, a marketplace.
_PLAIN = re.compile(r"[0-9]+[smhdw]|[A-Za-z]([A-Za-z_]|[./][A-Za-z])+")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off"})


def values(settings: Settings) -> dict[str, object]:
    """The settings as plain data, durations and times written as in the file."""
    return settings.model_dump(mode="json", exclude_none=True)


def as_text(settings: Settings) -> str:
    """The settings as a configuration file; `agent.settings.parse` gives the same settings back."""
    return "\n".join(_lines(values(settings), "")) + "\n"


def _lines(mapping: Mapping[str, object], indent: str) -> Iterator[str]:
    for key, value in mapping.items():
        if isinstance(value, Mapping):
            yield f"{indent}{_word(key)}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{_word(key)}: {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, str):
        return _word(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(entry) for entry in value)}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)


def _word(text: str) -> str:
    """Plain where nobody can misread it, else in double quotes with YAML's escapes (YAML 1.2.2, 5.7)."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\U{ord(char):08x}"
