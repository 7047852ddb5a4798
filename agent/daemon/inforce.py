"""The configuration in force: read whole, or not at all.

Left out here: noticing an edit (`heartbeat`), what follows from it (`service`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from agent import settings as yaml_settings
from agent.alexa.marketplaces import MARKETPLACES
from agent.daemon.schedule import Timetable, timetable
from agent.policy import policy_hash
from agent.settings import Account, Settings
from agent.state import AccountState
from agent.wiring import Installation, open_vault


@dataclass(frozen=True, slots=True)
class InForce:
    """Settings that were good when they were read.

    Attributes:
        installation: they, with their places and vault.
        config: hash of the file's text.
        content: the file as it was read.
        since: when they were applied, ms UTC.
        timetables: when each account runs.
    """

    installation: Installation
    config: str
    content: bytes
    since: int
    timetables: Mapping[str, Timetable]

    @property
    def settings(self) -> Settings:
        """What the file says."""
        return self.installation.settings

    def account(self, name: str) -> Account:
        """What it says of one account."""
        return self.settings.accounts[name]

    @property
    def zone(self) -> ZoneInfo:
        """The configured time zone, as this machine knew it then: it may lose it later."""
        return next(iter(self.timetables.values())).zone

    @property
    def practice(self) -> bool:
        """Whether it has practice accounts only."""
        return all(account.practice is not None for account in self.settings.accounts.values())


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an edit is being refused, each problem with its place in the file; `since` in ms UTC."""

    since: int
    problems: tuple[str, ...]


def take(config: Path | None, environ: Mapping[str, str], now: int, before: InForce | None = None) -> InForce:
    """Reads the configuration and checks that all of it can be used here.

    Args:
        config: the file, if one was named.
        environ: says where things are.
        now: ms UTC.
        before: what is in force, whose vault stays open unless its section changed.

    Raises:
        ConfigError: it has problems, or this machine lacks its time zone.
        NoPermissionError: it, or a key, is not ours to read.
        VaultError: there is no such vault here.
    """
    path = before.installation.config if before is not None else yaml_settings.find(config, environ)
    text = yaml_settings.read(path)
    settings = yaml_settings.parse(text, str(path), marketplaces=MARKETPLACES)
    tables = {name: timetable(name, one, settings.timezone) for name, one in settings.accounts.items()}
    state = yaml_settings.state_directory(path, environ)
    if before is not None and before.settings.credentials == settings.credentials:
        vault = before.installation.vault
    else:
        vault = open_vault(settings.credentials, path.parent, state, environ)
    installation = Installation(settings, path, state, vault)
    return InForce(installation, yaml_settings.config_hash(text), text.encode(), now, tables)


def schedule_hash(table: Timetable) -> str:
    """Hex SHA-256 of what decides when an account's slots are."""
    text = f"{table.zone.key} {table.schedule.model_dump_json()}"
    return hashlib.sha256(text.encode()).hexdigest()


def applied(in_force: InForce, name: str, state: AccountState) -> dict[str, object] | None:
    """The fields of `config_applied` for an account, None where its ledger has them already."""
    if state.config == in_force.config and state.config_refused is None:
        return None
    schedule = schedule_hash(in_force.timetables[name])
    return {
        "config": in_force.config,
        "policy": policy_hash(in_force.account(name).policy()),
        "schedule": schedule,
        "schedule_changed": state.schedule != schedule,
    }
