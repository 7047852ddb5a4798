"""YAML text to settings, or every problem at once as `file:line:column`.

Read `models` for what may stand in the file and `rules` for what must fit together; `strict_yaml`,
`plain` and `explain` are the way from text to places to words. Marketplaces are given from outside.
"""

from agent.settings.load import config_hash, load, parse, read
from agent.settings.models import Account, Limits, Practice, Schedule, Settings
from agent.settings.places import find, place_for_new, runtime_directory, state_directory
from agent.settings.schema import schema

__all__ = [
    "Account",
    "Limits",
    "Practice",
    "Schedule",
    "Settings",
    "config_hash",
    "find",
    "load",
    "parse",
    "place_for_new",
    "read",
    "runtime_directory",
    "schema",
    "state_directory",
]
