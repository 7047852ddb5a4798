"""One account: sign-in, ledger, methods, next slot. Nothing is requested, nothing written to a ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.alexa.exchange import Secret
from agent.auth.check import AuthCheck
from agent.daemon.schedule import next_slot, start_of, timetable
from agent.doctor.finding import Finding, fails, of_error, ok, unknown, warning
from agent.errors import AgentError, ConfigError, LedgerDamagedError
from agent.ledger.file import UNSIGNED
from agent.ledger.glance import Glance, glance, held_since
from agent.ledger.note import Signer
from agent.ledger.signing import confirm_newest
from agent.ledger.storage import RESERVE
from agent.policy import can_ever_allow, choose
from agent.ports import Clock, DeletionMethod
from agent.settings import Account
from agent.state import AccountState
from agent.timetext import duration
from agent.wiring import Installation, methods_of, session_for

_DAY_MS = 86_400_000
_LEARN = "`voicepurge learn FILE.har` teaches one; until then runs watch and count."
_REMAIN = 1
"""The exit code of a run that leaves what is due."""


def sign_in(found: AuthCheck, now: int) -> Finding:
    """What trying it said."""
    name = "sign-in"
    if found.problem is not None:
        return of_error(name, found.problem)
    days = max(0, now - (found.since or now)) // _DAY_MS
    return ok(name, f"Signed in {days} days ago; renewal works, the account is the right one.")


def untried_sign_in() -> Finding:
    """Where the hosts cannot be reached, nothing can be said of it."""
    return unknown("sign-in", "It was not tried, as the hosts cannot be reached.")


def ledger(directory: Path, seed: bytes | None) -> tuple[Finding, Glance | None]:
    """Reads both ends back and compares the newest signed head with the file; the middle is not read.

    Args:
        directory: `accounts/NAME`.
        seed: of the key that signs; without it the head is only read.
    """
    name = "ledger"
    try:
        found = glance(directory)
        if found is None:
            return ok(name, "There is none yet; the first run begins it."), None
        if seed is not None:
            confirm_newest(directory, Signer(found.origin, seed))
        if found.signed is None and found.size > UNSIGNED:
            raise LedgerDamagedError("the checkpoint is missing", place="checkpoint")
    except AgentError as error:
        return of_error(name, error), None
    except OSError as error:
        step = "Look at the file system, and at the rights of the state directory."
        return fails(name, f"It cannot be read: {error.strerror}.", step), None
    signed = found.signed.size if found.signed is not None else 0
    behind = f", {found.size - signed} not signed yet" if found.size > signed else ""
    what = f"{found.size} entries read back, the newest signed head is of this file{behind}."
    if not (directory / RESERVE).exists():
        step = "The next run makes it anew, if there is room."
        return warning(name, f"{what} Its reserve for a full disk is missing.", step), found
    return ok(name, what), found


def lock(directory: Path, now: int, longest: timedelta) -> Finding:
    """Free, or held by a run; by one that takes longer than a run may, something hangs."""
    since = held_since(directory)
    if since is None:
        return ok("lock", "Free.")
    took = now - since
    if timedelta(milliseconds=took) <= 2 * longest:
        return ok("lock", f"A run is in progress since {duration(took / 1000)}.")
    what = f"The ledger is held since {duration(took / 1000)}, longer than any run may take."
    return unknown("lock", what, "Look at the process that `voicepurge run` names, and end it if it hangs.")


def schedule(name: str, account: Account, timezone: str, now: int) -> Finding:
    """When the next run starts, in the configured zone and in UTC."""
    try:
        table = timetable(name, account, timezone)
        at = start_of(table, next_slot(table, now))
    except ConfigError as error:
        return of_error("next run", error)
    local = datetime.fromtimestamp(at / 1000, table.zone).strftime("%a %Y-%m-%d %H:%M %Z")
    utc = datetime.fromtimestamp(at / 1000, UTC).strftime("%H:%M UTC")
    return ok("next run", f"{local}, {utc}.")


@dataclass(slots=True)
class Said:
    """Keeps what reading the methods says. Implements `agent.ports.Progress`."""

    lines: list[str]

    def stage(
        self, what: str, *, done: int = 0, total: int | None = None, left_s: float | None = None
    ) -> None:
        """Reading methods has no stages."""

    def say(self, line: str) -> None:
        """Keeps the line."""
        self.lines.append(line)


async def methods(installation: Installation, name: str, state: AccountState, clock: Clock) -> Finding:
    """Whether there is a method that the policy allows and that has not failed lately."""
    account, said = installation.account(name), Said([])
    # a session needs a token to be built; it is never shown to anybody, as nothing is asked
    token = Secret("practice-none" if account.practice is not None else "none")
    async with session_for(installation, name, token, clock) as session:
        found = methods_of(installation, name, session, said)
    return judged(account, found, state, said.lines, clock.now())


def judged(
    account: Account, found: list[DeletionMethod], state: AccountState, problems: list[str], now: int
) -> Finding:
    """The same of what was found. Pure."""
    name, policy = "methods", account.policy()
    if not policy.methods:
        return warning(name, "The configuration only watches: `methods: []`.", "Name one to delete.")
    choices = [choice.method for choice in choose(found, policy, state.methods, now)]
    allowed = [method.name for method in choices if can_ever_allow(method.scope, policy)]
    if allowed and problems:
        return warning(name, f"{allowed[0]} may be used, but {problems[0]}.", "Correct or remove that file.")
    if allowed:
        return ok(name, f"{allowed[0]} may be used.")
    if choices:
        what = f"{choices[0].name} would also delete what must stay, and there is no other."
        return fails(name, what, f"Learn one for single recordings: {_LEARN}", _REMAIN)
    if found and any(method.name in state.methods for method in found):
        return fails(name, "Every method failed lately and rests.", f"Learn another: {_LEARN}", _REMAIN)
    why = f" ({problems[0]})" if problems else ""
    return fails(name, f"There is no method that the configuration names{why}.", _LEARN, _REMAIN)
