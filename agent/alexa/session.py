"""One signed-in account: access token, cookies, tokens against forgery, reading and sending.

All of it lives in memory. Reads may be repeated; what `send` sends leaves exactly once. Left out here:
hosts, pace and retries (`conversation`), the connection (`transport`), what answers mean (`answers`,
`wire`), where tokens come from (`credentials`, `csrf`).
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from agent.alexa import answers, credentials, csrf, headers
from agent.alexa.conversation import Conversation
from agent.alexa.exchange import Incoming, Limits, Outgoing, Secret
from agent.alexa.keeper import Keeper
from agent.alexa.marketplaces import Marketplace
from agent.alexa.practice import Practice
from agent.errors import (
    AgentError,
    ConnectionLostError,
    CouldNotVerifyError,
    CsrfRefusedError,
    SchemaError,
    ServerFaultError,
    SignedOutError,
    TruncatedError,
    TryLaterError,
)
from agent.model import Identity, Incomplete
from agent.ports import Clock

_EARLY_S = 60.0
_A_PERSON = frozenset({Incomplete.SIGNED_OUT, Incomplete.STEP_UP})


class Session:
    """A session of one account. Use it as `async with`.

    Signs in by itself on first use. `identity` is who it belongs to, once `history` has asked. `refused`
    is whether the refresh token was refused for good; from then on nobody is asked about it again.
    `signed_in_once` is whether it worked before.

    Raises:
        VaultError: a practice credential for a real account, or the other way round.
        ConfigError: the practice CA cannot be read.
    """

    def __init__(
        self,
        marketplace: Marketplace,
        refresh_token: Secret,
        clock: Clock,
        *,
        limits: Limits | None = None,
        practice: Practice | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        credentials.fits(refresh_token, practice=practice is not None)
        self.marketplace = marketplace
        self.clock = clock
        self.limits = limits or Limits()
        self._refresh_token = refresh_token
        self._practice = practice is not None
        self._keeper = keeper
        self.refused = False
        self.signed_in_once = False
        self._talk = Conversation(marketplace, clock, self.limits, practice)
        self._lock = asyncio.Lock()
        self._signed_in = False
        self._access: tuple[Secret, float] | None = None
        self._anti_csrf: headers.Token | None = None
        self._identity: Identity | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes its connections and forgets what it held."""
        self._signed_in, self._access, self._anti_csrf = False, None, None
        await self._talk.aclose()

    @property
    def identity(self) -> Identity:
        """Whose session it is. Raises CouldNotVerifyError before anybody asked."""
        if self._identity is None:
            raise CouldNotVerifyError("nobody has asked yet whose session this is")
        return self._identity

    @identity.setter
    def identity(self, identity: Identity | None) -> None:
        self._identity = identity

    @property
    def skew_ms(self) -> int:
        """By how much Amazon's clock is ahead of ours, exact to about a second."""
        return self._talk.skew_ms

    def server_now(self) -> int:
        """Amazon's time in ms UTC."""
        return self.clock.now() + self.skew_ms

    async def sign_in(self) -> None:
        """Exchanges the refresh token for a fresh access token and fresh cookies.

        Raises:
            SignedOutError: the refresh token is no longer accepted.
            AgentError: anything else; it may pass.
        """
        async with self._lock:
            await self._sign_in()

    async def renew(self) -> None:
        """Fetches an access token, whatever there is. Raises as `sign_in`."""
        async with self._lock:
            await self._renew_access()

    async def tell(self, outgoing: Outgoing) -> Incoming:
        """Sends a request that needs the access token and no cookies. It leaves once.

        Returns:
            A whole answer, good or bad; see its `reason`.

        Raises:
            AgentError: it was not sent, or nobody knows what became of it.
        """
        headers.allow(outgoing)
        return await self._talk.once(outgoing, await self._headers(outgoing))

    async def tokens(self) -> Mapping[str, str]:
        """What a request may have to carry: `anti_csrf`, and `csrf` where Amazon has set one.

        Raises:
            AgentError: they could not be had.
        """
        anti_csrf = await self._anti_csrf_token()
        cookie = self._talk.jar.value(csrf.COOKIE, self.marketplace.retail_host)
        return {"anti_csrf": anti_csrf.value} | ({"csrf": cookie} if cookie else {})

    async def ask(self, outgoing: Outgoing) -> Incoming:
        """Reads: repeats what was throttled or lost, renews a refused anti-CSRF token once.

        Returns:
            An answer whose `reason` the caller must look at.

        Raises:
            AgentError: no whole answer could be had.
        """
        await self._ready()
        used = await self._anti_csrf_token() if outgoing.csrf else None
        answer = await self._repeated(outgoing)
        if answer.reason is Incomplete.CSRF_REFUSED and used is not None:
            if self._anti_csrf is used:
                self._anti_csrf = None
            answer = await self._repeated(outgoing)
        return answer

    async def read(self, outgoing: Outgoing) -> Incoming:
        """As `ask`, but returns good answers only.

        Raises:
            SignedOutError: refused, and the session is dead.
            CsrfRefusedError: refused, though the session is alive.
            AgentError: one class for everything else that can be wrong.
        """
        answer = await self.ask(outgoing)
        if answer.reason is Incomplete.CSRF_REFUSED:
            raise await self._why_refused()
        return answers.check(answer)

    async def send(self, outgoing: Outgoing) -> Incoming:
        """Sends a request that changes something. It leaves once and follows no redirect.

        A refused anti-CSRF token is dropped, so that the next request gets a new one.

        Returns:
            A whole answer, good or bad; see its `reason`.

        Raises:
            ConnectionLostError: no whole, readable answer came; it may have been carried out.
            DeadlineError: no answer came in time; it may have been carried out.
            UsageError: the request does not keep to the account's host, or sets a header of ours.
            AgentError: it was not sent, because the session could not be made ready.
        """
        headers.allow(outgoing)
        await self._ready()
        ours = await self._headers(outgoing)
        try:
            answer = await self._talk.once(outgoing, ours)
        except (TruncatedError, SchemaError) as error:
            raise ConnectionLostError("no whole answer could be read") from error
        if answer.reason is Incomplete.CSRF_REFUSED:
            self._anti_csrf = None
        return answer

    # What follows is how it is done. `_lock` is held while signing in or looking for a token.

    async def _repeated(self, outgoing: Outgoing) -> Incoming:
        return await self._talk.repeated(outgoing, await self._headers(outgoing))

    async def _ready(self) -> None:
        async with self._lock:
            if not self._signed_in:
                await self._sign_in()

    async def _sign_in(self) -> None:
        self._signed_in, self._anti_csrf = False, None
        await self._renew_access()
        answer = await self._exchange(credentials.cookie_request(self.marketplace, self._refresh_token))
        self._talk.jar.replace(credentials.cookies(answer, self.marketplace))
        await self._climb()
        self._signed_in = self.signed_in_once = True

    async def _renew_access(self) -> str:
        answer = await self._exchange(credentials.access_request(self.marketplace, self._refresh_token))
        token, life_s = credentials.access_token(answer)
        fresh = credentials.rotated(answer, self._refresh_token)
        if fresh is not None:
            self._take_over(fresh)
        self._access = (token, self.clock.monotonic() + life_s - _EARLY_S)
        return token.reveal()

    async def _exchange(self, outgoing: Outgoing) -> Incoming:
        """Shows the refresh token to Amazon; never again once it was refused for good."""
        if self.refused:
            raise SignedOutError("the stored sign-in is no longer accepted")
        answer = await self._repeated(outgoing)
        if credentials.is_final(answer):
            self.refused = True
            if self._keeper is not None:
                self._keeper.refused()
        return answer

    def _take_over(self, token: Secret) -> None:
        """Stored first, used then: the old one may be dead already."""
        credentials.fits(token, practice=self._practice)
        if self._keeper is not None:
            self._keeper.rotated(token)
        self._refresh_token = token

    async def _climb(self) -> None:
        """Asks one address after the other until one sets the cookie `csrf`. Reads go on without it."""
        for rung in csrf.LADDER:
            if self._talk.jar.value(csrf.COOKIE, self.marketplace.alexa_host) is not None:
                return
            with suppress(ServerFaultError):
                answer = await self._repeated(rung)
                if answer.reason in _A_PERSON:
                    answers.check(answer)

    async def _anti_csrf_token(self) -> headers.Token:
        await self._ready()
        async with self._lock:
            if self._anti_csrf is None:
                self._anti_csrf = await self._find_anti_csrf()
            return self._anti_csrf

    async def _find_anti_csrf(self) -> headers.Token:
        for page in csrf.PAGES:
            answer = await self._repeated(page)
            token = csrf.token_in(answer) if answer.status in answers.OK else None
            if token is not None:
                return headers.Token(token, f"https://{self.marketplace.retail_host}{page.path}")
            if answer.reason in _A_PERSON:
                answers.check(answer)
        raise await self._why_refused()

    async def _why_refused(self) -> AgentError:
        """Tells a dead session from a refused token, by asking for something that needs no token."""
        try:
            answer = await self._repeated(csrf.STATUS)
        except TryLaterError as error:
            return error
        if answer.status in answers.REFUSED or answer.reason is Incomplete.SIGNED_OUT:
            return SignedOutError("the session is no longer accepted")
        if answer.reason is None:
            return CsrfRefusedError("Amazon refuses the request of a session that is alive")
        return answers.error_of(answer.reason, retry_after_s=answer.retry_after_s)

    async def _headers(self, outgoing: Outgoing) -> headers.Headers:
        token = await self._anti_csrf_token() if outgoing.csrf else None
        bearer = await self._bearer() if outgoing.bearer else None
        cookie = self._talk.jar.value(csrf.COOKIE, self._talk.host_of(outgoing)) if outgoing.cookies else None
        return (
            *headers.common(self.marketplace),
            *headers.content(outgoing, bearer),
            *headers.origin(outgoing, self.marketplace, token, cookie),
        )

    async def _bearer(self) -> str:
        if self._access is not None and self.clock.monotonic() < self._access[1]:
            return self._access[0].reveal()
        return await self._renew_access()
