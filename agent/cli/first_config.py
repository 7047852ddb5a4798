"""A first configuration: the commented example with the person's answers in it. Pure but for the example."""

import re
from dataclasses import dataclass, fields, replace

from agent import settings
from agent.alexa.marketplaces import MARKETPLACES
from agent.errors import ConfigError

BACKENDS = ("file", "keyring", "systemd")


@dataclass(frozen=True, slots=True)
class Answers:
    """What `init` asks, as it stands in the file."""

    timezone: str
    account: str
    marketplace: str
    keep_for: str
    backend: str


EXAMPLE = Answers("Europe/Berlin", "home", "amazon.de", "24h", "file")
"""What the shipped example says in these places."""

_PLACES = {
    "timezone": r"^timezone: (\S+)$",
    "account": r"^  (home):(?= )",
    "marketplace": r"^    marketplace: (\S+)",
    "keep_for": r"^    keep_for: (\S+)",
    "backend": r"^credentials: \{backend: (\w+)\}",
}
_ONE_WORD = re.compile(r"[A-Za-z0-9_./+-]{1,64}")


def first_config(answers: Answers) -> str:
    """The text of the configuration.

    Raises:
        ConfigError: an answer makes no valid configuration; `problems` says why.
    """
    text = settings.example()
    for each in fields(answers):
        value = getattr(answers, each.name)
        if not _ONE_WORD.fullmatch(value):
            raise ConfigError(f"`{each.name}` needs one plain word.")
        place = re.search(_PLACES[each.name], text, re.MULTILINE)
        if place is None:
            raise ConfigError(
                f"the example has no place for `{each.name}`", next_step="Reinstall voicepurge."
            )
        text = text[: place.start(1)] + value + text[place.end(1) :]
    settings.parse(text, "voicepurge.yaml", marketplaces=MARKETPLACES)
    return text


def trouble_with(name: str, value: str) -> str | None:
    """Why `value` is no answer to `name`; None when it is one."""
    try:
        first_config(replace(EXAMPLE, **{name: value}))
    except ConfigError as error:
        return error.problems[0].partition(": ")[2] if error.problems else error.message
    return None
