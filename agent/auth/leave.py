"""Signing out: asks Amazon once to forget the device, and forgets here in any case."""

from agent.alexa import enrolment
from agent.alexa.credentials import PRACTICE
from agent.alexa.enrolment import Farewell
from agent.alexa.marketplaces import Marketplace, find
from agent.alexa.session import Session
from agent.alexa.signin_record import SignIn
from agent.model import Event
from agent.ports import Clock
from agent.wiring import Installation, is_practice, ledger_of, session_for, sign_in_of


async def sign_out(
    installation: Installation, name: str, clock: Clock
) -> tuple[Farewell, Marketplace] | None:
    """Ends the sign-in of an account, also of a retired one.

    Returns:
        What is known of the registration and where it was made; None when nobody was signed in.

    Raises:
        UsageError: there is no such account and no such ledger.
        AgentError: the vault or the ledger cannot be used.
    """
    is_practice(installation, name)
    kept = sign_in_of(installation, name, clock)
    stored = kept.read()
    if stored is None:
        return None
    with ledger_of(installation, name, clock) as ledger:
        farewell = await _let_go(installation, name, stored, clock)
        ledger.append(Event.SIGNED_OUT, {"reason": "logout"})
        ledger.checkpoint()
        kept.forget()
        installation.vault.remove(f"{name}/kept-devices")
    return farewell, find(stored.marketplace)


async def _let_go(installation: Installation, name: str, stored: SignIn, clock: Clock) -> Farewell:
    """A credential that came from elsewhere belongs to another program: ending it is not ours."""
    if stored.refused_at is not None:
        return Farewell.NOT_ACCEPTED
    session = _session(installation, name, stored, clock) if stored.serial else None
    if session is None:
        return Farewell.BY_HAND
    async with session:
        return await enrolment.let_go(session)


def _session(installation: Installation, name: str, stored: SignIn, clock: Clock) -> Session | None:
    """A session of a configured or retired account; a retired practice cloud cannot be found any more."""
    if name in installation.settings.accounts:
        return session_for(installation, name, stored.refresh_token, clock)
    if stored.refresh_token.reveal().startswith(PRACTICE):
        return None
    return Session(find(stored.marketplace), stored.refresh_token, clock)
