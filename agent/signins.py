"""The stored sign-in of one account: read, replaced, marked as refused, forgotten. Over the vault's port."""

from dataclasses import replace

from agent.alexa.exchange import Secret
from agent.alexa.signin_record import SignIn
from agent.model import Event
from agent.ports import Clock, Ledger, Vault
from agent.redact import register_secret


class StoredSignIn:
    """What the vault holds as `ACCOUNT/sign-in`. Implements `agent.alexa.keeper.Keeper`.

    Everything read or written is from then on removed from whatever is logged. All methods raise
    VaultError.
    """

    def __init__(self, vault: Vault, account: str, clock: Clock) -> None:
        self._vault, self._name, self._clock = vault, f"{account}/sign-in", clock

    def read(self) -> SignIn | None:
        """The sign-in, None where there is none."""
        text = self._vault.get(self._name)
        record = SignIn.from_text(text) if text is not None else None
        for private in record.private() if record is not None else ():
            register_secret(private)
        return record

    def write(self, record: SignIn) -> None:
        """Replaces it; stored before this returns."""
        for private in record.private():
            register_secret(private)
        self._vault.set(self._name, record.to_text())

    def forget(self) -> None:
        """Removes it."""
        self._vault.remove(self._name)

    def refused(self) -> None:
        """Remembers that nobody needs to be asked again until somebody signs in."""
        record = self.read()
        if record is not None and record.refused_at is None:
            self.write(replace(record, refused_at=self._clock.now()))

    def rotated(self, token: Secret) -> None:
        """Replaces the refresh token."""
        record = self.read()
        if record is not None:
            self.write(replace(record, refresh_token=token))

    def enter_refusal(self, ledger: Ledger) -> None:
        """Lets the ledger know, once, that Amazon refused it. Raises LedgerUnwritableError too."""
        record = self.read()
        if record is None or record.refused_at is None or record.refusal_entered:
            return
        ledger.append(Event.SIGNED_OUT, {"reason": "refused"})
        ledger.checkpoint()
        self.write(replace(record, refusal_entered=True))
