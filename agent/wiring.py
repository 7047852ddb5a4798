"""The only place that builds adapters from settings. No decision is made here.

An `Installation` is a configuration with its state directory and vault; from it come the ledger, the
history and the deletion methods of one account.
"""

import json
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent import __version__
from agent import settings as yaml_settings
from agent.alexa.exchange import Limits, Secret
from agent.alexa.history import AmazonHistory
from agent.alexa.marketplaces import MARKETPLACES, find
from agent.alexa.practice import Practice
from agent.alexa.session import Session
from agent.alexa.signed_out import SignedOutHistory
from agent.alexa.signin_record import SignIn
from agent.errors import UsageError, VaultError
from agent.ledger.file import FileLedger
from agent.ledger.note import Signer
from agent.ledger.reading import entries
from agent.logs import register_secret
from agent.methods import shelf
from agent.methods.recipe_method import RecipeMethod
from agent.model import Event, Identity
from agent.ports import Clock, DeletionMethod, Progress, Vault, VoiceHistory
from agent.sight import World
from agent.vault import AccountKeys, account_keys, file_vault


@dataclass(frozen=True, slots=True)
class Installation:
    """A configuration in force, where its state lives, and its vault."""

    settings: yaml_settings.Settings
    config: Path
    state: Path
    vault: Vault

    def account(self, name: str) -> yaml_settings.Account:
        """The account of that name.

        Raises:
            UsageError: the configuration has none.
        """
        try:
            return self.settings.accounts[name]
        except KeyError:
            known = ", ".join(self.settings.accounts)
            raise UsageError(
                "There is no account of that name.", next_step=f"The configuration has: {known}."
            ) from None

    def directory(self, name: str) -> Path:
        """Where the ledger and recipes of an account lie."""
        return self.state / "accounts" / name

    def keys(self, name: str, *, create: bool = True) -> AccountKeys:
        """The account's keys; made on first use, never where a ledger already exists."""
        fresh = create and not (self.directory(name) / "ledger.jsonl").exists()
        return account_keys(self.vault, name, secrets.token_bytes, create=fresh)


def install(config: Path | None, environ: Mapping[str, str] | None = None) -> Installation:
    """Finds and reads the configuration. Raises ConfigError, NoPermissionError, VaultError."""
    environment = os.environ if environ is None else environ
    path = yaml_settings.find(config, environment)
    loaded = yaml_settings.load(path, marketplaces=MARKETPLACES)
    state = yaml_settings.state_directory(path, environment)
    return Installation(loaded, path, state, _vault(loaded, path, state))


def _vault(loaded: yaml_settings.Settings, path: Path, state: Path) -> Vault:
    chosen = loaded.credentials
    if chosen.backend != "file":
        raise VaultError(
            f"The backend `{chosen.backend}` is not part of this version yet.",
            next_step="Write `credentials: {backend: file}` into the configuration.",
        )
    key_file = path.parent / chosen.key_file if chosen.key_file is not None else None
    return file_vault(state, key_file)


@contextmanager
def ledger_of(installation: Installation, name: str, clock: Clock) -> Iterator[FileLedger]:
    """The account's ledger, locked for writing. Raises as `FileLedger.open`."""
    account, keys = installation.account(name), installation.keys(name)
    with FileLedger.open(
        installation.directory(name),
        signer=keys.signing,
        secret=keys.secret,
        clock=clock,
        practice=account.practice is not None,
        tool=f"voicepurge {__version__}",
    ) as ledger:
        yield ledger


def verifier_key(installation: Installation, name: str) -> str | None:
    """The key that verifies the account's ledger, from the vault; None where there is no ledger yet."""
    first = next(entries(installation.directory(name)), None)
    if first is None:
        return None
    keys = installation.keys(name, create=False)
    return str(Signer(str(first.fields["origin"]), keys.signing).verifier)


def sign_in_of(installation: Installation, name: str) -> SignIn | None:
    """What is stored of the account's sign-in."""
    text = installation.vault.get(f"{name}/sign-in")
    found = SignIn.from_text(text) if text is not None else None
    if found is not None:
        register_secret(found.refresh_token.reveal())
        register_secret(found.customer_id)
    return found


def session_for(installation: Installation, name: str, token: Secret, clock: Clock) -> Session:
    """A session of the account with this refresh token; practice accounts reach only their own cloud."""
    account, limits = installation.account(name), installation.settings.limits
    practice = None
    if account.practice is not None:
        ca = installation.config.parent / account.practice.ca
        practice = Practice.from_url(account.practice.url, ca)
    return Session(
        find(account.marketplace),
        token,
        clock,
        limits=Limits(
            requests_per_second=limits.requests_per_second,
            concurrency=limits.concurrency,
            listing_s=limits.run_timeout.total_seconds(),
        ),
        practice=practice,
    )


@asynccontextmanager
async def history_of(
    installation: Installation, name: str, clock: Clock
) -> AsyncIterator[tuple[VoiceHistory, Session | None]]:
    """The account's history; one that is signed out when nothing is stored."""
    stored = sign_in_of(installation, name)
    if stored is None:
        yield SignedOutHistory(name), None
        return
    async with session_for(installation, name, stored.refresh_token, clock) as session:
        yield AmazonHistory(session, stored.customer_id), session


@asynccontextmanager
async def world_of(
    installation: Installation,
    name: str,
    clock: Clock,
    progress: Progress,
    should_stop: Callable[[], bool] = lambda: False,
) -> AsyncIterator[World]:
    """Everything one run of an account needs. Holds the account's lock."""
    with ledger_of(installation, name, clock) as ledger:
        async with history_of(installation, name, clock) as (history, session):
            methods = methods_of(installation, name, session, progress) if session is not None else []
            memory = VaultDevices(installation.vault, name)
            yield World(history, methods, ledger, clock, progress, memory, should_stop)


def methods_of(
    installation: Installation, name: str, session: Session, progress: Progress
) -> list[DeletionMethod]:
    """The recipes of the account; a broken file is said and left out."""
    practice = installation.account(name).practice is not None
    found = shelf.recipes(installation.directory(name), practice=practice)
    for problem in found.problems:
        progress.say(problem)
    return [
        RecipeMethod(item.recipe, item.digest, session, name=f"recipe:{item.recipe.name}")
        for item in found.recipes
    ]


class VaultDevices:
    """Implements `agent.ports.DeviceMemory`: serials are private, so they lie in the vault."""

    def __init__(self, vault: Vault, account: str) -> None:
        self._vault, self._name = vault, f"{account}/kept-devices"

    def recall(self) -> Mapping[str, Sequence[str]]:
        """Serials by the name in the configuration."""
        text = self._vault.get(self._name)
        try:
            found = json.loads(text or "{}")
        except ValueError:
            raise VaultError("The remembered kept devices are damaged.") from None
        return {str(name): tuple(map(str, serials)) for name, serials in dict(found).items()}

    def remember(self, kept: Mapping[str, Sequence[str]]) -> None:
        """Stores before it returns; unchanged values are not written again."""
        if kept != self.recall():
            self._vault.set(self._name, json.dumps({name: list(serials) for name, serials in kept.items()}))


async def store_sign_in(installation: Installation, name: str, token: Secret, clock: Clock) -> Identity:
    """Asks whose token it is, then stores it and enters that somebody signed in.

    Raises:
        AgentError: the token does not work; nothing is stored.
    """
    async with session_for(installation, name, token, clock) as session:
        identity = await AmazonHistory(session).identify()
    with ledger_of(installation, name, clock) as ledger:
        record = SignIn(token, identity.customer_id, installation.account(name).marketplace, clock.now())
        installation.vault.set(f"{name}/sign-in", record.to_text())
        ledger.append(Event.SIGNED_IN, {})
        ledger.checkpoint()
    return identity
