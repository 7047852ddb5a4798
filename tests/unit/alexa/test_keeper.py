"""What a session tells whoever keeps its sign-in, and when."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest

from agent.alexa.exchange import Limits, Secret
from agent.alexa.marketplaces import find
from agent.alexa.session import Session
from agent.errors import SignedOutError, VaultError
from tests.support.amazon_box import Box, box_with, data, running
from tests.support.fake_clock import FakeClock

TOKEN, COOKIES = "/auth/token", "/ap/exchangetoken/cookies"
REFUSED = data({"error": "invalid_grant"}, 400)


@dataclass
class Notes:
    """A keeper that writes down what it is told, and how many cookie requests there were by then."""

    box: Box
    refusals: int = 0
    tokens: list[tuple[str, int]] = field(default_factory=list)

    def refused(self) -> None:
        """Counts."""
        self.refusals += 1

    def rotated(self, token: Secret) -> None:
        """Notes the token."""
        self.tokens.append((token.reveal(), len(self.box.asked(COOKIES))))


def talk(box: Box, what: Callable[[Session], Awaitable[None]]) -> Notes:
    notes = Notes(box)

    async def go() -> None:
        async with (
            running(box),
            Session(
                find("amazon.de"),
                Secret("practice-x"),
                FakeClock(),
                limits=Limits(requests_per_second=1000),
                practice=box.practice,
                keeper=notes,
            ) as session,
        ):
            await what(session)

    asyncio.run(go())
    return notes


@pytest.mark.parametrize("path", [TOKEN, COOKIES])
def test_a_refusal_for_good_is_told_once_and_never_asked_again(path: str) -> None:
    """However often somebody tries, the token is shown no more, and the keeper hears it once."""
    box = box_with(REFUSED, path=path)

    async def stubborn(session: Session) -> None:
        for _ in range(3):
            with pytest.raises(SignedOutError):
                await session.sign_in()
            with pytest.raises(SignedOutError):
                await session.renew()
        assert session.refused and not session.signed_in_once

    assert talk(box, stubborn).refusals == 1
    assert len(box.asked(path)) == 1


def test_a_refusal_that_may_pass_is_not_told() -> None:
    """400 with another error is asked about again, and nobody is told."""
    box = box_with(data({"error": "busy"}, 400), data({"access_token": "Atna|a"}), path=TOKEN)

    async def patient(session: Session) -> None:
        with pytest.raises(Exception, match="this time"):
            await session.sign_in()
        await session.sign_in()
        assert not session.refused

    assert talk(box, patient).refusals == 0


def test_a_new_refresh_token_is_told_before_it_is_used() -> None:
    """The keeper has it before the cookie request, which already carries it; the same token is no news."""
    fresh = data({"access_token": "Atna|a", "refresh_token": "practice-new"})
    box = box_with(fresh, path=TOKEN)

    async def twice(session: Session) -> None:
        await session.sign_in()
        await session.sign_in()

    assert talk(box, twice).tokens == [("practice-new", 0)]
    sent = [parse_qs(seen.body.decode())["source_token"] for seen in box.asked(COOKIES)]
    assert sent == [["practice-new"], ["practice-new"]]


def test_a_new_token_of_the_wrong_kind_is_refused() -> None:
    """A practice account never takes over a real credential."""
    box = box_with(data({"access_token": "Atna|a", "refresh_token": "Atnr|real"}), path=TOKEN)

    async def once(session: Session) -> None:
        with pytest.raises(VaultError) as caught:
            await session.sign_in()
        assert "Atnr" not in str(caught.value)

    assert talk(box, once).tokens == []
