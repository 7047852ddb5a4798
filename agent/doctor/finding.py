"""One result of one check. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

from agent.errors import AgentError, CouldNotVerifyError, TryLaterError


class Level(StrEnum):
    """How a check ended. `warning`: tonight works, something else may not. `unknown`: could not look."""

    OK = "ok"
    WARNING = "warning"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: of the check, in words.
        level: how it ended.
        what: one sentence; no secret, no name of a device, no serial.
        next_step: what to do about it, "" where there is nothing to do.
        exit_code: what a command would end with because of it; 0 for `ok` and `warning`.
        account: whose it is, None for the machine as a whole.
        practice: whether that account belongs to a practice cloud.
    """

    name: str
    level: Level
    what: str
    next_step: str = ""
    exit_code: int = 0
    account: str | None = None
    practice: bool = False

    def of(self, account: str, *, practice: bool) -> "Finding":
        """The same, as one of this account."""
        return replace(self, account=account, practice=practice)


def ok(name: str, what: str) -> Finding:
    """Nothing would fail."""
    return Finding(name, Level.OK, what)


def warning(name: str, what: str, next_step: str) -> Finding:
    """Nothing would fail tonight, but somebody should know."""
    return Finding(name, Level.WARNING, what, next_step)


def fails(name: str, what: str, next_step: str, exit_code: int = 3) -> Finding:
    """A run tonight would fail, by default because a person must act first."""
    return Finding(name, Level.FAILS, what, next_step, exit_code)


def unknown(name: str, what: str, next_step: str = TryLaterError.default_next) -> Finding:
    """Could not look; it may work later."""
    return Finding(name, Level.UNKNOWN, what, next_step, TryLaterError.exit_code)


def of_error(name: str, error: AgentError) -> Finding:
    """What an error means for tonight."""
    passing = isinstance(error, TryLaterError | CouldNotVerifyError)
    level = Level.UNKNOWN if passing else Level.FAILS
    return Finding(name, level, sentence(error.message), error.next_step, error.exit_code)


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "."
