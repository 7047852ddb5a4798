"""What `voicepurge status` tells, gathered without the vault: the ends of the ledgers, the service's word.

The exit code is the worst of the accounts: what their last verdict means; 2 also where nothing was ever
looked at, or a run is overdue though the service is running; 3 also where nobody is signed in, the service
cannot serve the account, or a run is overdue and no service is there to make it. 78 when the configuration,
as it stands, is refused.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from agent.cli.exit_codes import of_verdict, worst
from agent.daemon.schedule import Timetable, from_slot_id, next_slot, slot_id, start_of, timetable
from agent.errors import ConfigError, CouldNotVerifyError, LedgerDamagedError, NeedsPersonError
from agent.ledger.glance import Glance, glance, held_since
from agent.reporting.moments import Clock
from agent.reporting.service import Planned, Refused, Service, parse
from agent.reporting.status import Standing
from agent.state import AccountState
from agent.viewing import View, kept

_LATE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Account:
    """One account with its ledger at a glance, None where there is none."""

    standing: Standing
    ledger: Glance | None
    code: int


@dataclass(frozen=True, slots=True)
class Status:
    """Everything `status` says, at one moment (ms UTC)."""

    now: int
    zone: tzinfo
    config: Path
    refused: Refused | None
    service: Service | None
    accounts: tuple[Account, ...]
    code: int

    @property
    def clock(self) -> Clock:
        """Says moments."""
        return Clock(self.now, self.zone)


def gather(seen: View, account: str | None, now: int) -> Status:
    """Reads what there is: the ends of the ledgers and the service's own word.

    Raises:
        UsageError: no such account.
        NoPermissionError, PermissionError: the state is not ours to read.
    """
    service = living(seen.runtime, now)
    refused = service.refused if service is not None else None
    if seen.problem is not None and refused is None:
        problem = seen.problem
        refused = Refused(None, problem.problems or (problem.message,))
    zone = ZoneInfo(seen.settings.timezone) if seen.settings is not None else UTC
    names = seen.names(account)
    if service is not None and account is None:
        names += [name for name in service.accounts if name not in names]
    accounts = tuple(_account(seen, name, service, now) for name in names)
    codes = [one.code for one in accounts]
    if refused is not None:
        codes.append(ConfigError.exit_code)
    return Status(now, zone, seen.config, refused, service, accounts, worst(codes))


def living(runtime: Path, now: int) -> Service | None:
    """The service's own word, None unless it is running and spoke lately."""
    try:
        said = parse((runtime / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if said is None or not said.fresh(now) or not Path(f"/proc/{said.pid}").exists():
        return None
    return said


def _account(seen: View, name: str, service: Service | None, now: int) -> Account:
    damage, found = "", None
    try:
        found = glance(seen.directory(name))
    except LedgerDamagedError as error:
        damage = error.message
    state = found.state if found is not None else AccountState()
    configured = seen.practice(name)
    planned, overdue = _planned(seen, name, state, service, now)
    standing = Standing(
        name,
        practice=configured if configured is not None else found is not None and found.practice,
        state=state,
        kept=kept(seen.settings, name, state),
        planned=planned,
        serviced=service is not None,
        overdue=overdue,
        damage=damage,
        retired=seen.retired(name),
    )
    return Account(standing, found, code_of(standing))


def _planned(
    seen: View, name: str, state: AccountState, service: Service | None, now: int
) -> tuple[Planned, int | None]:
    """What comes next, and the slot that should have been run and was not."""
    said = service.accounts.get(name) if service is not None else None
    planned = said or Planned()
    running = planned.running or held_since(seen.directory(name))
    account = seen.settings.accounts.get(name) if seen.settings is not None else None
    if account is None or seen.settings is None:
        return replace(planned, running=running), None
    patience = seen.settings.limits.run_timeout // timedelta(milliseconds=1) if service is not None else 0
    overdue = None
    with suppress(ConfigError):  # no next slot: a clock beyond all calendars, or a zone that is gone
        table = timetable(name, account, seen.settings.timezone)
        if said is None:
            following = next_slot(table, now)
            planned = Planned(slot_id(following), start_of(table, following))
        overdue = _overdue(table, state, now - patience) if running is None else None
    return replace(planned, running=running), overdue


def _overdue(table: Timetable, state: AccountState, now: int) -> int | None:
    """The first slot after all that was done, where its start is over a minute ago."""
    settled = from_slot_id(state.slot) if state.slot else 0
    begun = max(settled, state.last_ended or 0, state.scheduled_since or 0, state.since or now)
    slot = next_slot(table, begun)
    return slot if start_of(table, slot) + _LATE_MS < now else None


def code_of(one: Standing) -> int:
    """What the exit code says of one account; nothing of one that is no longer configured."""
    state = one.state
    if one.damage:
        return LedgerDamagedError.exit_code
    if one.retired:
        return 0
    codes = [CouldNotVerifyError.exit_code if state.last_verdict is None else 0]
    if state.last_verdict is not None:
        codes.append(of_verdict(state.last_verdict, state.visible.due if state.visible is not None else 0))
    if not one.signed_in or one.planned.error:
        codes.append(NeedsPersonError.exit_code)
    if one.overdue is not None:
        codes.append(CouldNotVerifyError.exit_code if one.serviced else NeedsPersonError.exit_code)
    return worst(codes)
