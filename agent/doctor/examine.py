"""All checks in order. The only place of this room that knows where everything is."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from agent import settings as yaml_settings
from agent.alexa.marketplaces import MARKETPLACES
from agent.alexa.marketplaces import find as marketplace
from agent.auth.check import check_auth, credentials_found
from agent.daemon import systemd
from agent.daemon.place import here
from agent.daemon.unit import unit_for
from agent.doctor import account as accounts
from agent.doctor import machine, network, secrets, service
from agent.doctor.finding import Finding, of_error, ok, unknown
from agent.errors import AgentError, UsageError, VaultError
from agent.ports import Clock
from agent.reporting.service import Service
from agent.settings import Settings
from agent.settings.places import SYSTEM_CONFIG
from agent.share import shared
from agent.state import AccountState
from agent.vault import KeyringVault, SealedFiles
from agent.vault.systemd import PLACE
from agent.wiring import Installation, install, is_practice, practice_of, sign_in_of


def examine(
    config: Path | None,
    only: str | None,
    said: Callable[[], Service | None],
    environ: Mapping[str, str],
    clock: Clock,
) -> Iterator[Finding]:
    """Every finding, of the machine first, then of each account.

    Args:
        config: the file, if one was named.
        only: this account; all without it.
        said: tells what the running service says of itself, None where none is running.
        environ: the process's environment.
        clock: of this machine.

    Raises:
        ConfigError, NoPermissionError: the configuration cannot be used; nothing else can be said then.
        UsageError: no such account.
    """
    path = yaml_settings.find(config, environ)
    text = yaml_settings.read(path)
    loaded = yaml_settings.parse(text, str(path), marketplaces=MARKETPLACES)
    if only is not None and only not in loaded.accounts:
        raise UsageError(
            "There is no account of that name.",
            next_step=f"The configuration has: {', '.join(loaded.accounts)}.",
        )
    seal = secrets.seal_of(PLACE)  # root's to read, before the rights of root are given up
    installation, refused = _installed(path, environ)
    living = said()
    yield service.configuration(path, yaml_settings.config_hash(text), living)
    names = list(loaded.accounts) if only is None else [only]
    yield from _machine(path, loaded, living, environ)
    yield from _vault(installation) if installation is not None else filter(None, [refused])
    yield from filter(None, [secrets.backups(seal, loaded.credentials.backend)])
    for name in names:
        practice = loaded.accounts[name].practice is not None
        yield accounts.schedule(name, loaded.accounts[name], loaded.timezone, clock.now()).of(
            name, practice=practice
        )
        if installation is not None:
            yield from (one.of(name, practice=practice) for one in _account(installation, name, clock))


def _installed(path: Path, environ: Mapping[str, str]) -> tuple[Installation | None, Finding | None]:
    """What can be looked at with the vault; why it cannot, where there is none."""
    try:
        return install(path, environ), None
    except VaultError as error:
        return None, of_error("vault", error)


def _machine(
    path: Path, loaded: Settings, living: Service | None, environ: Mapping[str, str]
) -> Iterator[Finding]:
    yield machine.time_service(machine.synchronized())
    state = yaml_settings.state_directory(path, environ)
    reserves = machine.missing_reserves([state / "accounts" / name for name in loaded.accounts])
    yield machine.disk(state, machine.room(state), reserves)
    yield from filter(None, [machine.systemd_version(systemd.version(), loaded.credentials.backend)])
    if path == SYSTEM_CONFIG:
        yield from service.of_system(service.unit(), _expected(), living)
    else:
        yield service.of_user(living)


def _expected() -> service.Expected | None:
    """None where this command could not be a service at all."""
    try:
        place = here()
        shipped = shared("systemd/voicepurge.service").read_text(encoding="utf-8")
        return service.Expected(unit_for(place, shipped), str(place.command))
    except (UsageError, OSError, ValueError):
        return None


def _vault(installation: Installation) -> Iterator[Finding]:
    backend = installation.settings.credentials.backend
    files = installation.vault.backend if isinstance(installation.vault, KeyringVault) else None
    try:
        if isinstance(files, SealedFiles):
            files.require_key()
        for name in installation.settings.accounts:
            installation.vault.get(f"{name}/keys")
        found = credentials_found(installation)
    except AgentError as error:
        yield of_error("vault", error)
        return
    yield ok("vault", f"It opens, backend {backend}.")
    yield from filter(None, [secrets.named(found)])


def _account(installation: Installation, name: str, clock: Clock) -> Iterator[Finding]:
    practice, directory = is_practice(installation, name), installation.directory(name)
    place = marketplace(installation.account(name).marketplace)
    try:
        asked = asyncio.run(network.contacts(place, practice_of(installation, name), clock))
    except AgentError as error:
        yield of_error("network", error)
        asked = []
    else:
        yield network.network(asked, practice=practice)
        yield network.clock(asked, practice=practice)
    yield _sign_in(installation, name, clock, reached=any(one.trouble is None for one in asked))
    finding, found = accounts.ledger(directory, _seed(installation, name))
    yield finding
    longest = installation.settings.limits.run_timeout
    yield accounts.lock(directory, clock.now(), longest)
    state = found.state if found is not None else AccountState()
    yield asyncio.run(_methods(installation, name, state, clock))


async def _methods(installation: Installation, name: str, state: AccountState, clock: Clock) -> Finding:
    try:
        return await accounts.methods(installation, name, state, clock)
    except AgentError as error:
        return unknown("methods", f"They could not be looked at: {error.message}.", error.next_step)


def _sign_in(installation: Installation, name: str, clock: Clock, *, reached: bool) -> Finding:
    try:
        stored = sign_in_of(installation, name, clock).read()
        if stored is not None and stored.refused_at is None and not reached:
            return accounts.untried_sign_in()
        return accounts.sign_in(asyncio.run(check_auth(installation, name, clock)), clock.now())
    except AgentError as error:
        return of_error("sign-in", error)


def _seed(installation: Installation, name: str) -> bytes | None:
    """Of the key that signs; the vault has its own finding where it cannot be had."""
    try:
        return installation.keys(name, create=False).signing
    except AgentError:
        return None
