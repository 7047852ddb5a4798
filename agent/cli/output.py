"""What a verb writes with: data to stdout, messages to stderr, JSON when asked for."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from agent.errors import AgentError, ConfigError, NoPermissionError
from agent.printable import printable


class ReaderGoneError(Exception):
    """Whoever read our output went away. No OSError: click would end the process with a code of its own."""


class _Console(Console):
    """Plain text: nothing in it is markup. Lets the end of the line know that its reader is gone."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """Raises on instead of ending the process with a code that means something else here."""
        raise ReaderGoneError


@dataclass(slots=True)
class Output:
    """Consoles and global options of one command."""

    config: Path | None = None
    json: bool = False
    verbose: bool = False
    out: Console = field(default_factory=_Console)
    err: Console = field(default_factory=lambda: _Console(stderr=True))

    def data(self, text: str) -> None:
        """One line of data."""
        self.out.print(printable(text))

    def say(self, text: str) -> None:
        """One line for the person."""
        self.err.print(printable(text))

    def document(self, value: dict[str, object]) -> None:
        """A JSON document with its version, one line."""
        try:
            sys.stdout.write(json.dumps({"v": 1, **value}, ensure_ascii=True) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            raise ReaderGoneError from None

    def failure(self, error: AgentError) -> None:
        """An error with its next step; every problem of a configuration on its own line."""
        if self.json:
            body: dict[str, object] = {
                "code": error.code,
                "message": error.message,
                "next": error.next_step,
            }
            if isinstance(error, ConfigError) and error.problems:
                body["problems"] = list(error.problems)
            self.document({"error": body})
            return
        for problem in getattr(error, "problems", ()):
            self.say(problem)
        self.say(f"voicepurge: {error.message}")
        self.say(f"Next: {error.next_step}")


def denied(error: PermissionError) -> NoPermissionError:
    """What the system refused, as one of ours."""
    return NoPermissionError(f"No permission: {error.filename}")
