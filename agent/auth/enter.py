"""Signing in. Nothing is stored before it has proved itself.

Registered, the right person, the right marketplace, and a look at the last seven days: then it is stored.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from agent.alexa import enrolment
from agent.alexa.enrolment import Farewell
from agent.alexa.exchange import Secret
from agent.alexa.history import AmazonHistory
from agent.alexa.marketplaces import find
from agent.alexa.session import Session
from agent.alexa.signin import FRC_BYTES, SERIAL_BYTES, VERIFIER_BYTES, Registered, SignInFlow
from agent.alexa.signin_record import SignIn
from agent.errors import AgentError, NeedsPersonError, UsageError, WrongAccountError
from agent.model import Event, Identity, Listing, Verdict, Window
from agent.ports import Clock, Progress
from agent.redact import register_secret
from agent.verdict import of_incomplete
from agent.wiring import Installation, ledger_of, limits_of, practice_of, session_for, sign_in_of

PROOF_MS = 7 * 86_400_000
"""How far back the first listing looks."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that worked.

    Attributes:
        identity: whose account it is.
        proof: the first listing.
        before: what became of the registration it replaced; None when there was none of ours.
    """

    identity: Identity
    proof: Listing
    before: Farewell | None


def begin(
    installation: Installation,
    name: str,
    clock: Clock,
    *,
    again: bool,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> SignInFlow:
    """A new sign-in, once it is sure that its result could be stored.

    Raises:
        UsageError: no such account, or it is signed in and nobody said `again`.
        AgentError: the vault or the ledger cannot be used.
    """
    marketplace = find(installation.account(name).marketplace)
    stored = sign_in_of(installation, name, clock).read()
    if stored is not None and stored.refused_at is None and not again:
        raise UsageError(
            f"The account {name} is signed in already.",
            next_step=f"Check it: `voicepurge auth check {name}`. To sign in anew, add --reauth.",
        )
    with ledger_of(installation, name, clock):
        pass
    flow = SignInFlow(marketplace, random(SERIAL_BYTES + VERIFIER_BYTES + FRC_BYTES))
    _hide(*flow.secrets())
    return flow


async def finish(
    installation: Installation, name: str, flow: SignInFlow, clock: Clock, progress: Progress
) -> SignedIn:
    """Redeems the pasted code, proves the sign-in, stores it, lets the one before it go.

    Raises:
        AgentError: nothing is stored; a registration that was made is taken back if it can be.
    """
    _hide(*flow.secrets())
    account, kept = installation.account(name), sign_in_of(installation, name, clock)
    before = kept.read()
    with ledger_of(installation, name, clock) as ledger:
        made = await enrolment.register(
            flow, find(account.marketplace), clock, limits_of(installation), practice_of(installation, name)
        )
        latest = _Latest(made)
        async with session_for(installation, name, made.refresh_token, clock, latest) as session:
            try:
                identity, proof = await _prove(installation, name, session, before, progress)
                ids = (identity.customer_id, account.marketplace, clock.now(), made.serial, made.directed_id)
                kept.write(SignIn(latest.token, *ids))
            except AgentError:
                progress.say(_taken_back(await enrolment.let_go(session), session))
                raise
        ledger.append(Event.SIGNED_IN, {})
        ledger.checkpoint()
    return SignedIn(identity, proof, await _replaced(installation, name, before, clock))


class _Latest:
    """Implements `agent.alexa.keeper.Keeper` for a sign-in that is not stored yet."""

    def __init__(self, made: Registered) -> None:
        _hide(made.refresh_token.reveal(), made.serial, made.directed_id)
        self.token = made.refresh_token

    def refused(self) -> None:
        """Nothing is stored that could be marked."""

    def rotated(self, token: Secret) -> None:
        """The new one is what will be stored."""
        _hide(token.reveal())
        self.token = token


async def _prove(
    installation: Installation, name: str, session: Session, before: SignIn | None, progress: Progress
) -> tuple[Identity, Listing]:
    history = AmazonHistory(session, before.customer_id if before is not None else None)
    try:
        identity = await history.identify()
    except WrongAccountError as error:
        if before is not None:
            error.next_step += f" To use another account under this name: `voicepurge logout {name}` first."
        raise
    _hide(identity.customer_id)
    now = session.server_now()
    surfaces = installation.account(name).surfaces
    proof = await history.listing(Window(now - PROOF_MS, now), surfaces, progress=progress)
    if not proof.complete and of_incomplete(proof, requested=False).verdict is Verdict.BLOCKED:
        raise NeedsPersonError(
            "Amazon accepts the sign-in but does not show the history.",
            next_step="Open the Alexa privacy page in your browser, confirm who you are, then log in again.",
        )
    return identity, proof


def _taken_back(farewell: Farewell, session: Session) -> str:
    if farewell is Farewell.BY_HAND:
        return f"A device may have been registered; remove it here: {enrolment.by_hand(session.marketplace)}"
    return "The new registration was taken back; nothing is stored."


async def _replaced(
    installation: Installation, name: str, before: SignIn | None, clock: Clock
) -> Farewell | None:
    """Lets the registration before this one go; a credential from elsewhere is not ours to end."""
    if before is None or not before.serial:
        return None
    if before.refused_at is not None:
        return Farewell.NOT_ACCEPTED
    async with session_for(installation, name, before.refresh_token, clock) as session:
        return await enrolment.let_go(session)


def _hide(*private: str) -> None:
    for text in private:
        register_secret(text)
