"""What a verb that only looks needs: the configuration if it holds, and where everything lies.

No vault is opened, so it works for whoever may read the state. A configuration with problems is told, not
raised: it must not keep anybody from learning how things are.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agent import settings as yaml_settings
from agent.alexa.marketplaces import MARKETPLACES
from agent.errors import ConfigError, UsageError
from agent.policy import policy_hash
from agent.reporting.status import Kept
from agent.rights import drop_to, owner_to_become
from agent.settings.places import SYSTEM_STATE
from agent.state import AccountState


@dataclass(frozen=True, slots=True)
class View:
    """An installation as seen from outside. `settings` is None exactly when there is a `problem`."""

    config: Path
    state: Path
    runtime: Path
    settings: yaml_settings.Settings | None
    problem: ConfigError | None

    def directory(self, name: str) -> Path:
        """Where the ledger of an account lies."""
        return self.state / "accounts" / name

    def ledgers(self) -> list[str]:
        """Names of the accounts that have a directory.

        Raises:
            PermissionError: not ours to look into.
        """
        place = self.state / "accounts"
        return sorted(entry.name for entry in os.scandir(place)) if place.exists() else []

    def names(self, account: str | None = None) -> list[str]:
        """The named account, or all: configured ones in their order, then those that only have a ledger.

        Raises:
            UsageError: there is none of that name.
            PermissionError: the state is not ours to look into.
        """
        configured = list(self.settings.accounts) if self.settings is not None else []
        known = [*configured, *(name for name in self.ledgers() if name not in configured)]
        if account is None:
            return known
        if account not in known:
            raise UsageError(
                "There is no account of that name.", next_step=f"There is: {', '.join(known) or 'none'}."
            )
        return [account]

    def retired(self, name: str) -> bool:
        """Whether the configuration, where it can be read, no longer has the account."""
        return self.settings is not None and name not in self.settings.accounts

    def practice(self, name: str) -> bool | None:
        """Whether the configuration calls it a practice account; None where it does not know it."""
        account = self.settings.accounts.get(name) if self.settings is not None else None
        return account.practice is not None if account is not None else None


def view(config: Path | None, environ: Mapping[str, str] | None = None) -> View:
    """Finds and reads the configuration; a process started as root then becomes the state's owner for good.

    Args:
        config: the file, if one was named.
        environ: instead of the process's own environment.

    Raises:
        ConfigError: none was named and there is none at the usual places.
        NoPermissionError: it may not be read.
    """
    environment = os.environ if environ is None else environ
    path = yaml_settings.find(config, environment)
    settings, problem = None, None
    try:
        settings = yaml_settings.load(path, marketplaces=MARKETPLACES)
    except ConfigError as error:
        problem = error
    state = yaml_settings.state_directory(path, environment)
    owner = owner_to_become(state, system_state=SYSTEM_STATE)
    if owner is not None and state.exists():
        drop_to(owner, state)
    return View(path, state, yaml_settings.runtime_directory(path, environment), settings, problem)


def kept(settings: yaml_settings.Settings | None, name: str, state: AccountState) -> Kept | None:
    """What may stay; None where the last look was made for something else than is configured now."""
    account = settings.accounts.get(name) if settings is not None else None
    seen_for = state.visible.policy if state.visible is not None else ""
    if account is None or policy_hash(account.policy()) != seen_for:
        return None
    return Kept(account.policy().keep_for_ms, bool(account.keep_devices))
