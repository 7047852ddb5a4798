"""The only place that builds adapters from settings. No decision is made here.

An `Installation` is a configuration with its state directory and vault; from it come the ledger, the
history and the deletion methods of one account.
"""

import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from agent import __version__
from agent import settings as yaml_settings
from agent.alexa.exchange import Limits, Secret
from agent.alexa.history import AmazonHistory
from agent.alexa.keeper import Keeper
from agent.alexa.marketplaces import MARKETPLACES, find
from agent.alexa.practice import Practice
from agent.alexa.session import Session
from agent.alexa.signed_out import SignedOutHistory
from agent.alexa.signin_record import SignIn
from agent.device_memory import VaultDevices
from agent.errors import AgentError, UsageError
from agent.ledger.file import FileLedger
from agent.ledger.note import Signer
from agent.ledger.reading import entries
from agent.methods import shelf
from agent.methods.phrase import PhraseMethod, Voice
from agent.methods.phrases import of_locale
from agent.methods.recipe_method import RecipeMethod
from agent.model import Event, Identity, Recording
from agent.ports import Clock, DeletionMethod, Progress, Vault, VoiceHistory
from agent.rights import Owner, drop_to, owner_to_become
from agent.settings.models import Credentials
from agent.settings.places import SYSTEM_STATE
from agent.sight import World
from agent.signins import StoredSignIn
from agent.vault import (
    AccountKeys,
    Keepsakes,
    Kept,
    SealedFiles,
    account_keys,
    desktop_vault,
    file_vault,
    systemd_vault,
)


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


def install(
    config: Path | None, environ: Mapping[str, str] | None = None, *, make_key: bool = False
) -> Installation:
    """Finds and reads the configuration, opens the vault; a process started as root gives that up.

    Args:
        config: the file, if one was named.
        environ: instead of the process's own environment.
        make_key: makes the vault's key where there is none.

    Raises:
        ConfigError, NoPermissionError, VaultError: it cannot be used.
    """
    environment = os.environ if environ is None else environ
    path = yaml_settings.find(config, environment)
    loaded = yaml_settings.load(path, marketplaces=MARKETPLACES)
    state = yaml_settings.state_directory(path, environment)
    vault = open_vault(loaded.credentials, path.parent, state, environment, make_key=make_key)
    return Installation(loaded, path, state, vault)


def who_to_become(config: Path | None, environ: Mapping[str, str] | None = None) -> Owner | None:
    """Whom `install` will make of a process started as root; None where nothing is given up."""
    environment = os.environ if environ is None else environ
    path = yaml_settings.find(config, environment)
    return _owner(yaml_settings.state_directory(path, environment))


def open_vault(
    chosen: Credentials,
    beside: Path,
    state: Path,
    environ: Mapping[str, str],
    *,
    make_key: bool = False,
) -> Vault:
    """The vault of the configured backend. Root reads its key first, then becomes the state's owner.

    `beside` is the directory a relative key file is meant from. What keeps a key from being read is raised
    at its first use, since not every command needs a secret.

    Raises:
        VaultError: there is no such backend here, or with `make_key` a lost key.
        NoPermissionError: root's rights cannot be given up, or a key is not ours to make.
    """
    match chosen.backend:
        case "systemd":
            vault = systemd_vault(state, environ)
        case "keyring":
            vault = desktop_vault()
        case _:
            vault = file_vault(state, beside / chosen.key_file if chosen.key_file is not None else None)
    owner, files = _owner(state), vault.backend
    by_root = chosen.backend == "systemd"  # its key lies outside the state, where only root may write
    if isinstance(files, SealedFiles) and by_root and make_key:
        files.make_key()
    if owner is not None:
        if isinstance(files, SealedFiles):
            files.unlock()
        drop_to(owner, state)
    if isinstance(files, SealedFiles) and not by_root and make_key:
        files.make_key()
    return vault


def _owner(state: Path) -> Owner | None:
    return owner_to_become(state, system_state=SYSTEM_STATE)


@contextmanager
def ledger_of(installation: Installation, name: str, clock: Clock) -> Iterator[FileLedger]:
    """The account's ledger, locked for writing. Raises as `FileLedger.open`."""
    practice, keys = is_practice(installation, name), installation.keys(name)
    with FileLedger.open(
        installation.directory(name),
        signer=keys.signing,
        secret=keys.secret,
        clock=clock,
        practice=practice,
        tool=f"voicepurge {__version__}",
    ) as ledger:
        yield ledger


def retired(installation: Installation) -> list[str]:
    """Names of ledgers whose account is no longer in the configuration."""
    found = (path.parent.name for path in installation.state.glob("accounts/*/ledger.jsonl"))
    return sorted(name for name in found if name not in installation.settings.accounts)


def is_practice(installation: Installation, name: str) -> bool:
    """Whether the account is one of a practice cloud; a retired one as its ledger says.

    Raises:
        UsageError: there is no such account and no such ledger.
    """
    if name not in installation.settings.accounts and name in retired(installation):
        first = next(entries(installation.directory(name)), None)
        return first is not None and first.fields["practice"] is True
    return installation.account(name).practice is not None


def verifier_key(installation: Installation, name: str) -> str | None:
    """The key that verifies the account's ledger, from the vault; None where there is no ledger yet."""
    first = next(entries(installation.directory(name)), None)
    if first is None:
        return None
    keys = installation.keys(name, create=False)
    return str(Signer(str(first.fields["origin"]), keys.signing).verifier)


def sign_in_of(installation: Installation, name: str, clock: Clock) -> StoredSignIn:
    """The account's sign-in, as it lies in the vault."""
    return StoredSignIn(installation.vault, name, clock)


def session_for(
    installation: Installation, name: str, token: Secret, clock: Clock, keeper: Keeper | None = None
) -> Session:
    """A session of the account with this refresh token; practice accounts reach only their own cloud."""
    return Session(
        find(installation.account(name).marketplace),
        token,
        clock,
        limits=limits_of(installation),
        practice=practice_of(installation, name),
        keeper=keeper,
    )


def practice_of(installation: Installation, name: str) -> Practice | None:
    """Where the practice cloud of the account is; None for a real one."""
    practice = installation.account(name).practice
    if practice is None:
        return None
    return Practice.from_url(practice.url, installation.config.parent / practice.ca)


def retail_host_of(installation: Installation, name: str) -> str:
    """The host that serves the account's history."""
    return find(installation.account(name).marketplace).retail_host


def limits_of(installation: Installation) -> Limits:
    """How hard Amazon may be asked."""
    limits = installation.settings.limits
    return Limits(
        requests_per_second=limits.requests_per_second,
        concurrency=limits.concurrency,
        listing_s=limits.run_timeout.total_seconds(),
    )


@asynccontextmanager
async def history_of(
    installation: Installation, name: str, clock: Clock
) -> AsyncIterator[tuple[VoiceHistory, Session | None]]:
    """The account's history; one that is signed out when nothing is stored, or what is was refused."""
    kept = sign_in_of(installation, name, clock)
    stored = kept.read()
    if stored is None or stored.refused_at is not None:
        yield SignedOutHistory(name, refused=stored is not None), None
        return
    async with session_for(installation, name, stored.refresh_token, clock, kept) as session:
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
        sign_in_of(installation, name, clock).enter_refusal(ledger)
        async with history_of(installation, name, clock) as (history, session):
            methods = methods_of(installation, name, session, progress) if session is not None else []
            memory = VaultDevices(installation.vault, name)
            keepsake = keeper_of_keys(installation, name, clock, progress)
            yield World(history, methods, ledger, clock, progress, memory, should_stop, keepsake)
        sign_in_of(installation, name, clock).enter_refusal(ledger)


def keepsakes_of(installation: Installation, name: str) -> Keepsakes:
    """The sealed record keys that receipts of the account are made with. Raises VaultError."""
    return Keepsakes(installation.directory(name) / "receipts", installation.keys(name, create=False).secret)


def keeper_of_keys(
    installation: Installation, name: str, clock: Clock, progress: Progress
) -> Callable[[str, Sequence[Recording]], None]:
    """What a run calls before each request. A key that cannot be kept is said and stops nothing."""
    kept = keepsakes_of(installation, name)
    told: set[str] = set()

    def keep(run: str, recordings: Sequence[Recording]) -> None:
        try:
            if not told:
                kept.prune(clock.now())
            kept.keep(run, [Kept(row.spoken_at, row.key) for row in recordings])
        except AgentError as error:
            if run not in told:
                progress.say(f"{error.message} This run will have no receipts.")
        told.add(run)

    return keep


def methods_of(
    installation: Installation, name: str, session: Session, progress: Progress
) -> list[DeletionMethod]:
    """The recipes of the account, and its phrase; a broken file is said and left out."""
    found = recipes_of(installation, name)
    for problem in found.problems:
        progress.say(problem)
    learned: list[DeletionMethod] = [
        RecipeMethod(item.recipe, item.digest, session, name=f"recipe:{item.recipe.name}")
        for item in found.recipes
    ]
    voice = voice_of(installation, name)
    if voice is not None:
        learned.append(PhraseMethod(voice, session, AmazonHistory(session).devices))
    return learned


def voice_of(installation: Installation, name: str) -> Voice | None:
    """How the account's phrase is spoken; None where it has none, or none is known in its language."""
    account = installation.account(name)
    locale = find(account.marketplace).locale
    phrases = of_locale(locale)
    if account.phrase is None or "phrase" not in account.methods or phrases is None:
        return None
    return Voice(account.phrase.device, locale, ZoneInfo(installation.settings.timezone), phrases)


def recipes_of(installation: Installation, name: str) -> shelf.Shelf:
    """The account's own recipes, and those shipped for practice that its configuration names."""
    account = installation.account(name)
    found = shelf.recipes(installation.directory(name), practice=account.practice is not None)
    mine = (item for item in found.recipes if item.own or f"recipe:{item.recipe.name}" in account.methods)
    return shelf.Shelf(tuple(mine), found.problems)


async def store_sign_in(installation: Installation, name: str, token: Secret, clock: Clock) -> Identity:
    """Asks whose token it is, then stores it and enters that somebody signed in.

    Raises:
        AgentError: the token does not work; nothing is stored.
    """
    async with session_for(installation, name, token, clock) as session:
        identity = await AmazonHistory(session).identify()
    with ledger_of(installation, name, clock) as ledger:
        record = SignIn(token, identity.customer_id, installation.account(name).marketplace, clock.now())
        sign_in_of(installation, name, clock).write(record)
        ledger.append(Event.SIGNED_IN, {})
        ledger.checkpoint()
    return identity
