"""YAML text to settings, or every problem at once as `file:line:column`.

Read `models` for what may stand in the file and `rules` for what must fit together; `strict_yaml`,
`plain` and `explain` are the way from text to places to words, `show` the way back. Marketplaces are given
from outside.
"""

from agent.settings.example import example
from agent.settings.load import config_hash, load, parse, read
from agent.settings.models import Account, Limits, Practice, Schedule, Settings
from agent.settings.places import find, place_for_new, runtime_directory, state_directory
from agent.settings.schema import schema, schema_text
from agent.settings.show import as_text, values

__all__ = [
    "Account",
    "Limits",
    "Practice",
    "Schedule",
    "Settings",
    "as_text",
    "config_hash",
    "example",
    "find",
    "load",
    "parse",
    "place_for_new",
    "read",
    "runtime_directory",
    "schema",
    "schema_text",
    "state_directory",
    "values",
]
