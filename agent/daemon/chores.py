"""What an account needs between its runs: a sign of life in the ledger, a look at the sign-in."""

from contextlib import suppress
from typing import Final

from agent.alerts.alert import Alert, Occasion, reason_of
from agent.daemon import jobs
from agent.daemon.shared import Shared
from agent.errors import NeedsPersonError
from agent.ledger.reading import last_state
from agent.ledger.storage import CHECKPOINT, LEDGER
from agent.state import AccountState

DAY_MS: Final = 86_400_000
SOON_MS: Final = 3_600_000
"""Before a run this near the sign-in is not looked at: the run does it."""


class Chores:
    """The chores of one account. When each was done is remembered here; a restart repeats one at most."""

    def __init__(self, name: str, shared: Shared) -> None:
        self._name, self._shared = name, shared
        self._alive: int | None = None
        self._checked: int | None = None
        self._told = ""
        self._seen: tuple[int, int, int] | None = None

    async def do(self, state: AccountState, next_run: int, now: int) -> int:
        """Does one chore if one is due. When the next one is, ms UTC; now, if one was done.

        Raises:
            AgentError: as what is done.
        """
        check = _daily(self._checked, state.last_ended, now)
        if check <= now and next_run - now > SOON_MS:
            await self._check_sign_in()
            self._checked = now
            return now
        if self._alive is None:
            self._alive = min(self._signed_at(), now)
        alive = _daily(self._alive, state.last_ended, now)
        if alive <= now:
            jobs.keep_alive(self._shared, self._name, state)
            self._alive = now
            return now
        return min(alive, check if check > now else now + SOON_MS)

    def ledger_grew(self) -> bool:
        """Whether somebody wrote to the ledger since this was asked last."""
        before, self._seen = self._seen, self._look()
        return before != self._seen

    def told_already(self, alert: Alert, state: AccountState) -> bool:
        """Whether the sign-in's check told the same before."""
        return alert.occasion is Occasion.BLOCKED and self._told != "" and reason_of(state) == self._told

    async def _check_sign_in(self) -> None:
        """Tells what a person must do before the next run, unless the ledger says it already."""
        problem = await jobs.check_sign_in(self._shared, self._name)
        if problem is None:
            self._told = ""
        if not isinstance(problem, NeedsPersonError) or problem.code == self._told:
            return
        if last_state(self._shared.directory(self._name)).trouble == Occasion.BLOCKED:
            return
        self._told = problem.code
        practice, now = self._shared.is_practice(self._name), self._shared.clock.now()
        what = f"the next run would not get in: {problem.message}"
        todo = problem.next_step.replace("ACCOUNT", self._name)
        note = self._shared.note(self._name)
        alert = Alert(Occasion.BLOCKED, self._name, practice, now, what, todo, checkpoint=note)
        self._shared.telling.tell(alert)

    def _look(self) -> tuple[int, int, int] | None:
        with suppress(OSError):
            found = (self._shared.directory(self._name) / LEDGER).stat()
            return found.st_size, found.st_ino, found.st_mtime_ns
        return None

    def _signed_at(self) -> int:
        """When the newest checkpoint was written, by the file's own time; 0 where there is none."""
        with suppress(OSError):
            return (self._shared.directory(self._name) / CHECKPOINT).stat().st_mtime_ns // 1_000_000
        return 0


def _daily(done: int | None, also: int | None, now: int) -> int:
    """When something is due again that was last done at `done`, or by the run that ended at `also`.

    A moment in the future is one by another clock and says nothing.
    """
    latest = max((at for at in (done, also) if at is not None and at <= now), default=0)
    return latest + DAY_MS
