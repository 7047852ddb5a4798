"""What the letters ask for, by the law they rest on; the words stand in `letters.toml`. No legal advice."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Law(StrEnum):
    """What a letter rests on."""

    GDPR = "gdpr"
    CCPA = "ccpa"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Wording:
    """The parts of a letter that differ. `asks` are sentences to be numbered."""

    subject: str
    asks: tuple[str, ...]
    deadline: str


@cache
def wording(law: Law) -> Wording:
    """The words of the letter that rests on `law`."""
    found = tomllib.loads((files("agent.reporting") / "letters.toml").read_text(encoding="utf-8"))
    mine = found[law.value]
    asks = tuple(ask.format(what=found["what"], other=found["other"]) for ask in mine["asks"])
    return Wording(mine["subject"], asks, mine["deadline"])
