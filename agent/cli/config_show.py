"""`voicepurge config show` and `config schema`: what is in force, and what may be written."""

import os
import sys

from agent import settings
from agent.alexa.marketplaces import MARKETPLACES
from agent.cli.output import Output


def show(output: Output) -> int:
    """Prints the settings in force, every default filled in, as a configuration of the same meaning.

    Needs neither the vault nor the state. Secrets are not in it: the file only refers to them.

    Raises:
        ConfigError: its problems, all of them.
        NoPermissionError: it may not be read.
    """
    path = settings.find(output.config, os.environ)
    text = settings.read(path)
    found = settings.parse(text, str(path), marketplaces=MARKETPLACES)
    if output.json:
        head = {"config": str(path), "hash": settings.config_hash(text)}
        output.document({**head, "settings": settings.values(found)})
        return 0
    output.say(f"{path}, with every default filled in:")
    for line in settings.as_text(found).splitlines():
        output.data(line)
    return 0


def schema(output: Output) -> int:
    """Prints the JSON Schema of the configuration, as `config/schema.json` holds it; for editors."""
    if output.json:
        output.document({"schema": settings.schema()})
        return 0
    sys.stdout.write(settings.schema_text())
    return 0
