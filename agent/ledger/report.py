"""What a full check found, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as written. `place` is a line (`line 7`, from 1) or a checkpoint."""

    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of `verify`.

    Attributes:
        entries: whole lines in the file.
        signed: entries under the newest checkpoint, 0 without a valid one.
        root: root over all entries, base64 as in a checkpoint.
        checkpoints: how many signed heads were compared with the file, witnessed ones included.
        origin: name of the ledger in its first entry, or "".
        practice: whether it records a practice cloud: no evidence about Amazon then.
        age_ms: from the last signed entry's time to now; None when not asked or unknown.
        problems: why the check failed, at most 20, in the order found; empty when it passed.
        follows: the ledger before this one, as the first entry names it; None of a first one.
        remarks: what a reader should know though it is no failure.
    """

    entries: int
    signed: int
    root: str
    checkpoints: int
    origin: str
    practice: bool
    age_ms: int | None
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...]
    follows: Mapping[str, object] | None = None

    @property
    def ok(self) -> bool:
        """Whether everything that was checked is as it was written."""
        return not self.problems

    @property
    def unsigned(self) -> int:
        """Entries no checkpoint covers yet."""
        return max(0, self.entries - self.signed)
