"""A session in memory that remembers what was sent and answers from a script."""

from collections.abc import Mapping

from agent.alexa.answers import judged
from agent.alexa.exchange import Incoming, Outgoing
from agent.errors import AgentError
from agent.model import Identity
from tests.support.fake_clock import FakeClock
from tests.support.recipe_texts import CUSTOMER

Said = Incoming | AgentError


def says(body: bytes = b"{}", status: int = 200, media: str = "application/json", **headers: str) -> Incoming:
    """An answer as the session hands it on; `_` in header names stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return judged(Incoming(status, {"content-type": media, **named}, body), "www.amazon.de", 0)


class FakeSender:
    """Implements `agent.methods.recipe_method.Sender`; every request takes 250 ms."""

    def __init__(self, *script: Said, no_tokens: AgentError | None = None) -> None:
        self.clock = FakeClock()
        self.identity = Identity(CUSTOMER, "www.amazon.de")
        self.script, self.no_tokens = list(script), no_tokens
        self.sent: list[Outgoing] = []

    async def tokens(self) -> Mapping[str, str]:
        if self.no_tokens is not None:
            raise self.no_tokens
        return {"anti_csrf": "tok-1"}

    async def send(self, outgoing: Outgoing) -> Incoming:
        self.sent.append(outgoing)
        await self.clock.sleep(0.25)
        said = self.script.pop(0)
        if isinstance(said, AgentError):
            raise said
        return said
