"""Reads what must not be seen: from a terminal without echo, else from standard input."""

import getpass
import sys

from agent.errors import UsageError

_LONGEST = 100_000


def read_line(question: str) -> str:
    """One line; on a terminal after `question`, and not shown.

    Raises:
        UsageError: nothing came.
    """
    if sys.stdin.isatty():
        try:
            line = getpass.getpass(f"{question}: ")
        except EOFError:
            line = ""
    else:
        line = sys.stdin.readline(_LONGEST).rstrip("\r\n")
    return _something(line, question)


def read_all(question: str) -> str:
    """One line from a terminal, everything from a pipe; a last line end is no part of it.

    Raises:
        UsageError: nothing came, or too much.
    """
    if sys.stdin.isatty():
        return read_line(question)
    text = sys.stdin.read(_LONGEST + 1)
    if len(text) > _LONGEST:
        raise UsageError(f"More than {_LONGEST} characters came.", next_step="Give the secret alone.")
    return _something(text.removesuffix("\n").removesuffix("\r"), question)


def _something(text: str, question: str) -> str:
    if not text:
        raise UsageError(f"{question}: nothing came.", next_step="Type it, or give it on standard input.")
    return text
