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
        since: when it was stored, ms UTC.
    """

    refresh_token: Secret
    customer_id: str
    marketplace: str
    since: int

    def __repr__(self) -> str:
        return "SignIn(…)"

    def to_text(self) -> str:
        """As it stands in the vault."""
        return json.dumps(
            {
                "refresh_token": self.refresh_token.reveal(),
                "customer_id": self.customer_id,
                "marketplace": self.marketplace,
                "since": self.since,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "SignIn":
        """What `to_text` wrote.

        Raises:
            VaultError: it is something else.
        """
        try:
            found = json.loads(text)
            token, customer = found["refresh_token"], found["customer_id"]
            marketplace, since = found["marketplace"], found["since"]
        except (ValueError, TypeError, KeyError):
            raise VaultError("The stored sign-in is damaged.", next_step="Sign in again.") from None
        if not all(isinstance(part, str) and part for part in (token, customer, marketplace)):
            raise VaultError("The stored sign-in is damaged.", next_step="Sign in again.")
        return cls(Secret(token), customer, marketplace, int(since))
