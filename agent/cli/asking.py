"""Questions to the person: on standard error, answered with a line of standard input."""

import contextlib
import signal
import sys
from collections.abc import Iterator

from agent.cli.output import Output

_LONGEST = 200


def at_terminal() -> bool:
    """Whether somebody sits there."""
    return sys.stdin.isatty()


def ask(output: Output, question: str) -> str | None:
    """One line without outer spaces; None where none came or the person pressed Ctrl-C."""
    line = ""
    with contextlib.suppress(KeyboardInterrupt), _interruptible():
        output.err.print(question, end=" ")
        line = sys.stdin.readline(_LONGEST)
    if not line.endswith("\n"):
        output.say("")
    return line.strip() if line else None


def yes(output: Output, question: str, *, usual: bool = False) -> bool:
    """Whether the answer is a yes; `usual` is what an empty line means. No line is no yes."""
    said = ask(output, f"{question} [{'Y/n' if usual else 'y/N'}]")
    if said == "":
        return usual
    return said is not None and said.lower() in ("y", "yes")


def number(output: Output, question: str, most: int) -> int | None:
    """A number from 1 to `most`; None for an empty line, none at all, or after three others."""
    for _ in range(3):
        said = ask(output, f"{question} [1-{most}, Enter for none]")
        if not said:
            return None
        if said.isascii() and said.isdigit() and 1 <= int(said) <= most:
            return int(said)
    return None


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Lets Ctrl-C end the question, also where a running event loop would only take note of it."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
