"""Would tonight's run get in? Tries everything it needs of a sign-in, and says what it found.

The daemon asks this once a day and before a slot that is far away; the person asks with `auth check`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.alexa.history import AmazonHistory
from agent.alexa.signin_record import SignIn
from agent.errors import AgentError, SignedOutError, VaultError, WrongAccountError
from agent.ports import Clock
from agent.vault import credential_name
from agent.wiring import Installation, is_practice, session_for, sign_in_of


@dataclass(frozen=True, slots=True)
class AuthCheck:
    """What is known about the sign-in of one account. Times in ms UTC.

    Attributes:
        account: its short name.
        practice: whether it belongs to a practice cloud.
        backend: where its secrets live, as the configuration says.
        marketplace: as the configuration says.
        secrets: whether each of them is there, by what it is.
        since: when somebody signed in; None when nobody has.
        refused_at: when Amazon refused the sign-in for good; nobody asks it again then.
        renewed: whether a fresh access token and cookies could be had; None when that was not tried.
        right_account: whether it is the account that was signed in; None when that could not be asked.
        problem: what is wrong, None when nothing is.
    """

    account: str
    practice: bool
    backend: str
    marketplace: str
    secrets: Mapping[str, bool]
    since: int | None
    refused_at: int | None
    renewed: bool | None
    right_account: bool | None
    problem: AgentError | None


async def check_auth(installation: Installation, name: str, clock: Clock) -> AuthCheck:
    """Checks one account. Changes nothing, except that a refusal for good is remembered.

    Raises:
        UsageError: no such account.
        VaultError: the vault itself cannot be used.
    """
    account = installation.account(name)
    kept = sign_in_of(installation, name, clock)
    stored = kept.read()
    has_keys = installation.vault.get(f"{name}/keys") is not None
    renewed, right, problem = await _tried(installation, name, stored, clock)
    if problem is None and not has_keys:
        problem = VaultError(
            f"The keys of account {name} are missing.",
            next_step="Restore the vault from a backup, or run `voicepurge run` if there never was a ledger.",
        )
    after = kept.read()
    return AuthCheck(
        account=name,
        practice=is_practice(installation, name),
        backend=installation.settings.credentials.backend,
        marketplace=account.marketplace,
        secrets={"keys": has_keys, "sign-in": stored is not None},
        since=stored.since if stored is not None else None,
        refused_at=after.refused_at if after is not None else None,
        renewed=renewed,
        right_account=right,
        problem=problem,
    )


async def _tried(
    installation: Installation, name: str, stored: SignIn | None, clock: Clock
) -> tuple[bool | None, bool | None, AgentError | None]:
    """Renewed, right account, what went wrong."""
    login = f"Run `voicepurge login {name}`."
    if stored is None:
        return None, None, SignedOutError("Nobody has signed in to this account yet.", next_step=login)
    if stored.refused_at is not None:
        return False, None, SignedOutError("Amazon no longer accepts the stored sign-in.", next_step=login)
    kept = sign_in_of(installation, name, clock)
    try:
        async with session_for(installation, name, stored.refresh_token, clock, kept) as session:
            history = AmazonHistory(session, stored.customer_id)
            try:
                await history.identify()
            except WrongAccountError as error:
                return True, False, error
            except AgentError as error:
                return session.signed_in_once, None, error
    except AgentError as error:
        return None, None, error
    return True, True, None


def credentials_found(installation: Installation) -> dict[str, bool]:
    """Whether each `{credential:NAME}` of the configuration is in the vault, by NAME. Raises VaultError."""
    settings = installation.settings
    references = [*settings.notify.urls, *([settings.healthchecks.url] if settings.healthchecks else [])]
    names = [credential_name(reference) for reference in dict.fromkeys(references)]
    return {name.partition(":")[2]: installation.vault.get(name) is not None for name in names}
