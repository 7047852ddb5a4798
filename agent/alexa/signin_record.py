"""What is stored of a sign-in, as one secret. Pure; cookies and access tokens are never part of it."""

import json
from dataclasses import dataclass

from agent.alexa.exchange import Secret
from agent.errors import VaultError


@dataclass(frozen=True, slots=True, repr=False)
class SignIn:
    """A stored sign-in of one account.

    Attributes:
        refresh_token: renews everything else; a bearer credential for the account.
        customer_id: whose account it is, as the account itself said when it was stored.
        marketplace: where it lives, like `amazon.de`.
        since: when somebody signed in, ms UTC.
        serial: of the device we are registered as; "" for a credential that came from elsewhere.
        directed_id: the customer as sign-in names them, "" if unknown.
        refused_at: when Amazon refused it for good, ms UTC; None while it works.
        refusal_entered: whether the ledger knows of that.
    """

    refresh_token: Secret
    customer_id: str
    marketplace: str
    since: int
    serial: str = ""
    directed_id: str = ""
    refused_at: int | None = None
    refusal_entered: bool = False

    def __repr__(self) -> str:
        return "SignIn(…)"

    def private(self) -> tuple[str, ...]:
        """Everything in it that must never be written anywhere else."""
        every = (self.refresh_token.reveal(), self.customer_id, self.serial, self.directed_id)
        return tuple(text for text in every if text)

    def to_text(self) -> str:
        """As it stands in the vault."""
        return json.dumps(
            {
                "refresh_token": self.refresh_token.reveal(),
                "customer_id": self.customer_id,
                "marketplace": self.marketplace,
                "since": self.since,
                "serial": self.serial,
                "directed_id": self.directed_id,
                "refused_at": self.refused_at,
                "refusal_entered": self.refusal_entered,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "SignIn":
        """What `to_text` wrote, now or before it knew of serials.

        Raises:
            VaultError: it is something else.
        """
        try:
            found = json.loads(text)
            needed = [found[name] for name in ("refresh_token", "customer_id", "marketplace")]
            since, refused_at = found["since"], found.get("refused_at")
            serial, directed = found.get("serial", ""), found.get("directed_id", "")
        except (ValueError, TypeError, KeyError, AttributeError):
            raise _damaged() from None
        times = type(since) is int and (refused_at is None or type(refused_at) is int)
        texts = all(isinstance(part, str) for part in (*needed, serial, directed))
        if not times or not texts or not all(needed):
            raise _damaged()
        token, customer, marketplace = needed
        entered = found.get("refusal_entered") is True
        return cls(Secret(token), customer, marketplace, since, serial, directed, refused_at, entered)


def _damaged() -> VaultError:
    return VaultError(
        "The stored sign-in is damaged.", next_step="Sign in again: `voicepurge login ACCOUNT`."
    )
