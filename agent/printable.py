"""Text from elsewhere, made safe to show on a terminal."""

import re
import unicodedata

# ECMA-48: control sequences (CSI) and the strings OSC, DCS, SOS, PM, APC up to their end, or to the end
# of the text where that is missing; then any other escape with its intermediate bytes.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_GAP = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def printable(text: str) -> str:
    """`text` on one line, without anything that could steer a terminal or reorder what it shows.

    Escape sequences, control characters and invisible format characters go, among them all that change
    the direction of writing (Unicode TR 36, 2.6); line ends and tabs become one space. Letters of any
    script stay. Doing it twice changes nothing.
    """
    spaced = _GAP.sub(" ", _SEQUENCE.sub("", text))
    if spaced.isascii() and spaced.isprintable():
        return spaced
    return "".join(char for char in spaced if unicodedata.category(char) not in _DROPPED)
