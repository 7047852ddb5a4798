"""What is known of an account's deletion methods, in the order in which a run would try them."""

import math
from dataclasses import dataclass

from agent import policy as rules
from agent.ledger.reading import last_state
from agent.methods import shelf
from agent.methods.phrase import PHRASE, digest_of
from agent.model import Policy, Scope
from agent.state import MethodState
from agent.teach.keep import Card
from agent.wiring import Installation, recipes_of, voice_of

TEACH_AGAIN = "voicepurge learn FILE.har --account {}"
"""The command that mends a method which no longer works."""


@dataclass(frozen=True, slots=True)
class Known:
    """One method.

    Attributes:
        name: as in the configuration.
        digest: of the recipe file.
        state: its standing, since when, and why.
        used: whether the configuration names it.
        allowed: whether the policy could ever allow what it deletes.
        rests_until: a failed one is not tried before this (ms UTC); infinity: not before a person tries it.
        item: the recipe, None for the phrase.
    """

    name: str
    digest: str
    state: MethodState
    used: bool
    allowed: bool
    rests_until: float | None
    item: shelf.Item | None

    @property
    def for_good(self) -> bool:
        """Whether only a person brings it back."""
        return self.rests_until == math.inf


@dataclass(frozen=True, slots=True)
class Overview:
    """All methods of an account, those a run would use first, in their order; a line for each broken file."""

    methods: tuple[Known, ...]
    problems: tuple[str, ...]

    @property
    def works(self) -> bool:
        """Whether a run has something to try now."""
        return any(one.used and one.allowed and one.rests_until is None for one in self.methods)


def overview(installation: Installation, account: str, now: int) -> Overview:
    """Reads recipes and ledger, without the lock.

    Raises:
        UsageError: no such account.
        LedgerDamagedError, NoPermissionError: the ledger cannot be read.
    """
    policy = installation.account(account).policy()
    found = recipes_of(installation, account)
    states = last_state(installation.directory(account)).methods
    cards: dict[str, shelf.Item | None] = {f"recipe:{item.recipe.name}": item for item in found.recipes}
    known = [Card(f"recipe:{item.recipe.name}", item.digest) for item in found.recipes]
    voice = voice_of(installation, account)
    if voice is not None:
        cards[PHRASE] = None
        known.append(Card(PHRASE, digest_of(voice.locale, voice.phrases)))
    used = rules.ordered(known, policy, states)
    rest = tuple(card for card in known if card not in used)
    methods = (
        _known(card, cards[card.name], rules.standing(card, states), policy, now, used=card in used)
        for card in (*used, *rest)
    )
    return Overview(tuple(methods), found.problems)


def _known(
    card: Card, item: shelf.Item | None, state: MethodState, policy: Policy, now: int, *, used: bool
) -> Known:
    return Known(
        card.name,
        card.digest,
        state,
        used,
        rules.can_ever_allow(item.recipe.scope if item is not None else Scope.DAY, policy),
        rules.rests_until(state, policy, now),
        item,
    )
