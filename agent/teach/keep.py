"""Puts a recipe among those of an account, and into its ledger as unproven."""

from dataclasses import dataclass

from agent import policy as rules
from agent import record
from agent.methods import shelf
from agent.methods.recipe import Recipe, digest
from agent.model import Event, Standing
from agent.ports import Clock
from agent.state import MethodState
from agent.wiring import Installation, ledger_of


@dataclass(frozen=True, slots=True)
class Card:
    """A recipe by the name and digest the ledger knows it by."""

    name: str
    digest: str


def card_of(recipe: Recipe, raw: bytes) -> Card:
    """The card of a recipe file."""
    return Card(f"recipe:{recipe.name}", digest(raw))


def keep(installation: Installation, account: str, recipe: Recipe, raw: bytes, clock: Clock) -> MethodState:
    """Stores the file, over one of the same name, and enters it; what is now known of it.

    The very file that is proven already stays proven. One that had failed may be tried again.

    Raises:
        NoPermissionError, UsageError: it could not be stored.
        BusyError: a run of the account is in progress; nothing was stored.
        LedgerUnwritableError, LedgerDamagedError: as the ledger says.
    """
    card = card_of(recipe, raw)
    with ledger_of(installation, account, clock) as ledger:
        shelf.put(installation.directory(account), recipe.name, raw)
        known = rules.standing(card, ledger.state().methods)
        if known.standing is Standing.PROVEN:
            return known
        fresh = MethodState(card.digest, Standing.UNPROVEN)
        ledger.append(Event.METHOD_CHANGED, record.method_changed(card.name, fresh))
        ledger.checkpoint()
        return rules.standing(card, ledger.state().methods)
