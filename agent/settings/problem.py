"""One thing wrong in a configuration file, where it stands, and what would be right.

A problem never carries a value of the file: nobody can know that a mistyped value is no secret.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.errors import ConfigError

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the file to one value."""

MOST_PROBLEMS = 200
"""As many are told one by one; a file with more is not the one that was meant."""

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in the file; both count from 1, `column` in characters."""

    line: int = 1
    column: int = 1


class Lines:
    """Where the lines of a text begin, counted as PyYAML does, so that all places are of one kind."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def spot(self, index: int) -> Spot:
        """The place of the character at `index`."""
        line = bisect_right(self._starts, index)
        return Spot(line, index - self._starts[line - 1] + 1)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong at `spot`.

    Attributes:
        shown: the path as it may be printed, "" for the file as a whole.
        path: the same as a value.
        shapeless: the whole value is of the wrong shape, so what is said of its inside means nothing.
    """

    spot: Spot
    shown: str
    message: str
    proposal: str = ""
    path: Path = field(default=(), compare=False)
    shapeless: bool = field(default=False, compare=False)

    def show(self, name: str) -> str:
        """`name:line:column: path: message (proposal)`, one line."""
        where = f"{name}:{self.spot.line}:{self.spot.column}: "
        what = f"{self.shown}: {self.message}" if self.shown else self.message
        return where + what + (f" ({self.proposal})" if self.proposal else "")


class RefusedError(ValueError):
    """A value that cannot be; says why and what would do, never the value."""

    def __init__(self, message: str, proposal: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.proposal = proposal


def show_path(path: Path) -> str:
    """`accounts.home.methods[1]`. What does not look like a name of ours is shown as `?`."""
    shown = ""
    for step in path:
        if isinstance(step, int):
            shown += f"[{step}]"
        else:
            shown += ("." if shown else "") + (step if _NAME.fullmatch(step) else "?")
    return shown


def refusal(name: str, problems: Iterable[Problem]) -> ConfigError:
    """One error for all `problems`, in file order; past `MOST_PROBLEMS` only that there are more."""
    found = set(problems)
    shapeless = {problem.path for problem in found if problem.shapeless}
    kept = sorted(problem for problem in found if not _inside(problem.path, shapeless))
    lines = [problem.show(name) for problem in kept[:MOST_PROBLEMS]]
    count = "1 problem" if len(kept) == 1 else f"{len(kept)} problems"
    if len(kept) > MOST_PROBLEMS:
        count = f"more than {MOST_PROBLEMS} problems"
        lines.append(Problem(kept[MOST_PROBLEMS].spot, "", "more problems from here on").show(name))
    return ConfigError(f"{name}: {count} in the configuration.", problems=tuple(lines))


def _inside(path: Path, outer: set[Path]) -> bool:
    return any(path[:length] in outer for length in range(len(path)))
