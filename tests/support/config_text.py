"""Short configurations for tests."""

from agent.errors import ConfigError
from agent.settings import Settings, parse

MARKETPLACES = frozenset({"amazon.com", "amazon.de", "amazon.co.uk"})
ACCOUNT = "marketplace: amazon.de, keep_for: 1d"
PRACTICE = "practice: {url: 'https://127.0.0.1:8443', ca: /tmp/ca.pem}"


def config(account: str = "", rest: str = "", *, practice: bool = False) -> str:
    """A whole configuration; `account` goes into the one account (line 4), `rest` below it."""
    inside = ", ".join(part for part in (ACCOUNT, account, PRACTICE if practice else "") if part)
    return f"version: 1\ntimezone: Europe/Berlin\naccounts:\n  home: {{{inside}}}\n{rest}"


def read(text: str) -> Settings:
    """The settings of `text`."""
    return parse(text, "c.yaml", marketplaces=MARKETPLACES)


def problems(text: str) -> tuple[str, ...]:
    """What is wrong with `text`; () where nothing is."""
    try:
        read(text)
    except ConfigError as error:
        return error.problems
    return ()
