"""One account in the service: does what is due, one thing at a time, and survives whatever goes wrong.

Every turn reads the ledger, does at most one thing under the account's lock, and says when to look again.
The lock is held for that one thing only, so that `voicepurge run` works beside the service.

Left out here: what is due (`due`), calling turns (`service`), the things themselves (`jobs`).
"""

from typing import Final

from agent.alerts.alert import About, Alert, Occasion, alerts_of
from agent.daemon import jobs
from agent.daemon.chores import Chores
from agent.daemon.due import Due, decide
from agent.daemon.inforce import applied
from agent.daemon.network import await_network
from agent.daemon.rechecks import is_last, next_look
from agent.daemon.schedule import Timetable, next_slot
from agent.daemon.shared import Shared
from agent.errors import AgentError, BusyError, NoPermissionError, StoppedError
from agent.ledger.reading import last_state
from agent.model import Event
from agent.state import AccountState

BUSY_MS: Final = 15_000
"""Another process has the ledger: tried again this much later, still within the slot."""

_LONG_AGO: Final = 0
"""At once, whatever a clock says."""

_HOUR_MS: Final = 3_600_000


class AccountService:
    """Call `call` when something may have to be done; turns never overlap and never raise.

    Attributes:
        name: the account.
        due: what was decided last, None before the first turn.
        running: since when a run is under way, ms UTC, or None.
        error: what keeps this account from being served, or None.
        error_since: since when, ms UTC.
        state: what the ledger said last.
    """

    def __init__(self, name: str, shared: Shared) -> None:
        self.name, self._shared = name, shared
        self.due: Due | None = None
        self.running: int | None = None
        self.error: AgentError | None = None
        self.error_since = 0
        self.state: AccountState | None = None
        self.wake_ms = 0
        self._busy = self._again = False
        self._retired = False
        self._refused: int | None = None
        self._entered_at: AccountState | None = None
        self._looked: int | None = None
        self._note = ""
        self._clock_note = ""
        self._first, self._opened = True, False
        self._chores = Chores(name, shared)
        self._log = shared.log(name)

    @property
    def table(self) -> Timetable:
        """When it runs."""
        return self._shared.in_force.timetables[self.name]

    @property
    def practice(self) -> bool:
        """Whether it talks to a practice cloud."""
        return self._shared.is_practice(self.name)

    # Being called.

    def call(self) -> None:
        """Takes a turn as soon as possible: at once, or when the one under way is over."""
        if self._busy:
            self._again = True
        else:
            self._appoint(self._shared.clock.now())

    def call_if_due(self, now: int) -> None:
        """As `call`, if a turn should have come by now or somebody else wrote to the ledger."""
        if not self._busy and (now >= self.wake_ms or self._chores.ledger_grew()):
            self.call()

    def refuse(self, problems: int) -> None:
        """An edit with so many problems was refused; to be entered."""
        self._refused = problems
        self.call()

    def retire(self) -> None:
        """The account is no longer configured: what is under way ends, nothing else begins."""
        self._retired = True
        self._shared.appointments.cancel(self.name)

    def _appoint(self, when: int) -> None:
        self.wake_ms = when
        if not (self._retired or self._shared.stop.asked):
            soon = when <= self._shared.clock.now()
            self._shared.appointments.call_at(self.name, _LONG_AGO if soon else when, self.turn)

    # A turn.

    async def turn(self) -> None:
        """Does what is due and appoints the next turn."""
        if self._retired or self._shared.stop.asked:
            return
        self._busy, self._again = True, False
        self._chores.ledger_grew()
        try:
            wake = await self._guarded()
        finally:
            self._busy, self.running = False, None
        self._appoint(self._shared.clock.now() if self._again else wake)
        self._shared.changed()

    async def _guarded(self) -> int:
        """When to look again, whatever happens. One account failing alone never stops another."""
        try:
            wake = await self._step()
        except BusyError as error:
            self._log.info("the ledger is in use", why=error.message)
            return self._shared.clock.now() + BUSY_MS
        except StoppedError:
            return self._shared.clock.now() + BUSY_MS
        except AgentError as error:
            return self._failed(error)
        except PermissionError:
            return self._failed(NoPermissionError("A file of the account is not ours to use."))
        except Exception:  # noqa: BLE001 - whatever it is, the other accounts go on
            self._log.exception("a bug met an account")
            return self._failed(AgentError("Something unexpected happened inside voicepurge."))
        if self.error is not None:
            self._mended()
        return wake

    def _failed(self, error: AgentError) -> int:
        """Says so once, and tries again at the next slot."""
        now = self._shared.clock.now()
        self._log.error(error.message, error=error.code, todo=_for(self.name, error))
        if self.error is None or self.error.code != error.code:
            self.error_since = now
            what = f"it cannot be served: {error.message}"
            self._tell(Occasion.BLOCKED, now, what, _for(self.name, error))
        self.error = error
        try:
            return next_slot(self.table, now)
        except AgentError:
            return now + _HOUR_MS

    def _mended(self) -> None:
        self.error = None
        self._tell(Occasion.RECOVERED, self._shared.clock.now(), "it is served again.", "Nothing to do.")

    async def _step(self) -> int:
        """The most urgent thing, and then at once the next; or when there will be one. ms UTC."""
        now = self._shared.clock.now()
        if not self._opened:  # a locked vault is better told now than at night
            self._shared.installation.vault.get(f"{self.name}/keys")
            self._opened = True
        state = self._look()
        entries = self._news(state)
        if entries:
            if self._enter(state, entries):
                self._refused = None
            return now
        due = self.due = decide(self.table, state, now)
        self._say_clock(due.note)
        if due.reset or due.missed:
            self._enter(state, _of_time(due))
            return now
        if due.run is not None:
            await self._run(state, *due.run)
            return now
        return await self._beside(state, due, now)

    async def _beside(self, state: AccountState, due: Due, now: int) -> int:
        """What can be done while no run is due."""
        waits = self._shared.in_force.account(self.name).policy().recheck_s
        look = next_look(state.open, waits, self._looked)
        if look is not None and look <= now and state.open is not None:
            if await jobs.look(self._shared, self.name, state, last=is_last(state.open, waits, now)):
                self._looked = now
            self._look()
            return now
        chore = await self._chores.do(state, due.next[1], now)
        if chore <= now:
            self._look()
            return now
        return min(at for at in (due.wake_ms, look, chore) if at is not None)

    def _enter(self, state: AccountState, entries: list[jobs.Entry]) -> bool:
        """Appends entries. What was entered must show: the same decision twice would go on for ever."""
        if state == self._entered_at:
            raise AgentError("The ledger did not take what was entered.")
        entered = jobs.enter(self._shared, self.name, state, entries)
        self._entered_at = state if entered else None
        return entered

    def _news(self, state: AccountState) -> list[jobs.Entry]:
        """Entries about the configuration that the ledger does not have yet."""
        if self._refused is not None:
            return [(Event.CONFIG_REFUSED, {"problems": self._refused})]
        if self._shared.refused:
            return []
        fields = applied(self._shared.in_force, self.name, state)
        return [] if fields is None else [(Event.CONFIG_APPLIED, fields)]

    async def _run(self, state: AccountState, slot: str, trigger: str) -> None:
        if self._first:
            self._first = False
            shared = self._shared
            waiting = await_network(shared.installation, self.name, shared.clock, self._log)
            await shared.stop.unless(waiting)
        self.running = self._shared.clock.now()
        self._shared.changed()
        await jobs.purge(self._shared, self.name, state, slot, trigger)
        self._look()

    # What others get to know.

    def _look(self) -> AccountState:
        """Reads the ledger's end, and tells what became different since the last time."""
        state = last_state(self._shared.directory(self.name))
        before, self.state = self.state, state
        note = self._shared.note(self.name)
        if before is not None and state != before:
            for alert in alerts_of(About(self.name, self.practice, note), before, state):
                if not self._chores.told_already(alert, state):
                    self._shared.telling.tell(alert)
        if note and note != self._note:
            self._log.info("checkpoint", note=note)
        self._note = note
        return state

    def _say_clock(self, note: str) -> None:
        if note and note != self._clock_note:
            self._log.warning(note)
        self._clock_note = note

    def _tell(self, occasion: Occasion, since: int, what: str, todo: str) -> None:
        alert = Alert(occasion, self.name, self.practice, since, what, todo, checkpoint=self._note)
        self._shared.telling.tell(alert)


def _for(name: str, error: AgentError) -> str:
    return error.next_step.replace("ACCOUNT", name)


def _of_time(due: Due) -> list[jobs.Entry]:
    """Entries about slots that nobody runs any more."""
    if due.reset:
        return [(Event.RECOVERED, {"kind": "clock", "slot": due.reset})]
    return [
        (Event.SLOT_MISSED, {"slot": one.slot, **({"count": one.count} if one.count > 1 else {})})
        for one in due.missed
    ]
