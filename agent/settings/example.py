"""The commented example, as it is written onto a machine."""

import re

from agent.share import shared

_MODELINE = re.compile(r"^# yaml-language-server: \$schema=.*$", re.MULTILINE)


def example() -> str:
    """The text of `config/voicepurge.yaml`, for a copy anywhere on this machine.

    Its first line tells editors where the schema is (github.com/redhat-developer/yaml-language-server,
    "Using inlined schema"). In the tree that is the file beside it; here it is the one of this installation,
    which is of the same version as the program that will read the copy.

    Raises:
        FileNotFoundError: the installation is not whole.
    """
    text = shared("config/voicepurge.yaml").read_text(encoding="utf-8")
    modeline = f"# yaml-language-server: $schema={shared('config/schema.json').as_uri()}"
    return _MODELINE.sub(lambda _: modeline, text, count=1)
