"""Finds signed checkpoints in whatever a person kept: the file, a mail, a chat, a line of the journal. Pure.

Mail programs quote, indent, wrap and change line ends; JSON escapes. None of that can make a false head true:
each one found is put back into its one form, and its signature decides.
"""

import re
from collections.abc import Iterator

from agent.ledger.checkpoint import Checkpoint, open_checkpoint
from agent.ledger.note import NoteError, Verifier

_MARKS = re.compile(r"^[\s>|*]*|[\s*]*$")
_DASH = re.compile(r"^(?:—|\u2013|--?|&mdash;)\s*")
_SIGNATURE = 92
"""Characters of base64 that 4 bytes of key id and 64 of signature have."""
_FAR = 6
"""The signature begins at most so many lines below the root, and is wrapped into at most as many."""


def checkpoints(text: str, verifier: Verifier) -> tuple[Checkpoint, ...]:
    """Every checkpoint of the verifier's ledger in `text` that it signed, in order, each once."""
    found: dict[tuple[int, bytes], Checkpoint] = {}
    for form in (text, _unescaped(text)):
        for note in _candidates(form, verifier.name):
            try:
                one = open_checkpoint(note, verifier)
            except NoteError:
                continue
            found.setdefault((one.size, one.root), one)
    return tuple(found.values())


def _unescaped(text: str) -> str:
    r"""The text as it was before JSON wrote `\n` and `\u2014` for it."""
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    return plain.replace("\\n", "\n").replace('"', "\n")


def _candidates(text: str, origin: str) -> Iterator[str]:
    lines = [_MARKS.sub("", line) for line in text.splitlines()]
    for at, line in enumerate(lines):
        # In the journal the origin may follow other words on its line.
        if line == origin or line.endswith((" " + origin, ":" + origin, "=" + origin)):
            body = [part for part in lines[at + 1 : at + 3] if part]
            signature = _signature(lines[at + 3 : at + 3 + 2 * _FAR], origin)
            if len(body) == 2 and signature:  # noqa: PLR2004 - size and root
                yield f"{origin}\n{body[0]}\n{body[1]}\n\n— {origin} {signature}\n"


def _signature(lines: list[str], origin: str) -> str:
    """The base64 of the signature line, put together again where it was wrapped; "" where there is none."""
    for at, line in enumerate(lines[:_FAR]):
        if _DASH.match(line):
            words = _DASH.sub("", " ".join(lines[at : at + _FAR])).split()
            if words[:1] == [origin]:
                return "".join(words[1:])[:_SIGNATURE]
        elif line:
            return ""
    return ""
