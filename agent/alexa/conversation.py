"""Requests to the account's hosts and no others: paced, with cookies, along redirects, repeated when lost.

Left out here: tokens and signing in (`session`), the connection itself (`transport`).
"""

from collections import deque
from dataclasses import replace
from statistics import median

from agent.alexa import answers, headers
from agent.alexa.cookies import Jar
from agent.alexa.exchange import Host, Incoming, Limits, Outgoing
from agent.alexa.marketplaces import Marketplace
from agent.alexa.pacing import Pace
from agent.alexa.practice import Practice
from agent.alexa.retry import Retries
from agent.alexa.transport import Line
from agent.errors import (
    ConnectionLostError,
    DeadlineError,
    RedirectedError,
    ThrottledError,
    TruncatedError,
)
from agent.model import Incomplete
from agent.ports import Clock

MAX_REDIRECTS = 5
_SKEW_SAMPLES = 9
_DATE_IS_EXACT_TO_MS = 1000
_WORTH_A_RETRY = frozenset({Incomplete.THROTTLED, Incomplete.SERVER_ERROR})


class Conversation:
    """Talks to the hosts of one marketplace. `jar` holds the account's cookies."""

    def __init__(
        self, marketplace: Marketplace, clock: Clock, limits: Limits, practice: Practice | None
    ) -> None:
        """Raises ConfigError when the practice CA cannot be read."""
        self._marketplace = marketplace
        self._clock = clock
        self._line = Line(practice, limits)
        self._pace = Pace(clock, limits.requests_per_second, limits.concurrency)
        self._hosts = {
            Host.RETAIL: marketplace.retail_host,
            Host.ALEXA: marketplace.alexa_host,
            Host.API: marketplace.api_host,
        }
        self._skews: deque[int] = deque(maxlen=_SKEW_SAMPLES)
        self.jar = Jar(marketplace.cookie_domain, self._hosts.values())

    @property
    def skew_ms(self) -> int:
        """By how much Amazon's clock is ahead of ours: the median of the latest answers.

        0 up to a second: a `Date` header (RFC 9110, 6.6.1) does not tell more.
        """
        skew = round(median(self._skews)) if self._skews else 0
        return skew if abs(skew) > _DATE_IS_EXACT_TO_MS else 0

    def host_of(self, outgoing: Outgoing) -> str:
        """The host a request goes to."""
        return self._hosts[outgoing.host]

    async def aclose(self) -> None:
        """Closes its connections and forgets the cookies."""
        self.jar.replace({})
        await self._line.aclose()

    async def repeated(self, outgoing: Outgoing, ours: headers.Headers) -> Incoming:
        """One read, along redirects, repeated as `retry` allows.

        Raises:
            TryLaterError: the last try was throttled too, or got no answer in time.
            CouldNotVerifyError: the last try met an error on Amazon's side or a cut answer.
        """
        retries = Retries()
        while True:
            try:
                answer = await self._followed(outgoing, ours)
                if answer.reason not in _WORTH_A_RETRY:
                    return answer
                trouble = answers.error_of(answer.reason, retry_after_s=answer.retry_after_s)
            except (ConnectionLostError, TruncatedError, DeadlineError) as error:
                trouble = error
            wait = retries.wait_s(trouble)
            if wait is None:
                raise trouble
            if isinstance(trouble, ThrottledError):
                self._pace.pause(wait)
            else:
                await self._clock.sleep(wait)

    async def once(self, outgoing: Outgoing, ours: headers.Headers, host: str | None = None) -> Incoming:
        """The only way out. Sends once, paced, with the cookies this host may get.

        Raises:
            RedirectedError: `host` is none of the account's; nothing was sent.
            ConnectionLostError, TruncatedError, DeadlineError, SchemaError: as `Line.exchange`.
        """
        host = host or self.host_of(outgoing)
        if host not in self._marketplace.hosts():
            raise RedirectedError("this account has no business with that host")
        cookies = self.jar.header(host, outgoing.path) if outgoing.cookies else ""
        sent = (*ours, *outgoing.headers, *((("Cookie", cookies),) if cookies else ()))
        async with self._pace.turn():
            answer = await self._line.exchange(host, outgoing, sent)
        now = self._clock.now()
        for header in answer.cookies:
            self.jar.take(header, host, now)
        date = answers.http_date(answer.headers.get("date"))
        if date is not None:
            self._skews.append(date + 500 - now)  # a Date header is cut to whole seconds
        return answers.judged(answer, host, now + self.skew_ms)

    async def _followed(self, outgoing: Outgoing, ours: headers.Headers) -> Incoming:
        """A GET goes along redirects within the account's hosts, with nothing but cookies."""
        host = self.host_of(outgoing)
        answer = await self.once(outgoing, ours)
        for _ in range(MAX_REDIRECTS):
            if answer.reason is not Incomplete.REDIRECTED or outgoing.method != "GET":
                return answer
            location = answer.headers.get("location", "")
            target = headers.redirect_target(f"https://{host}{outgoing.path}", location, self._marketplace)
            if target is None:
                return answer
            host = target.hostname or ""
            outgoing = replace(headers.bare(outgoing), path=target.path or "/", query=headers.pairs(target))
            answer = await self.once(outgoing, headers.common(self._marketplace), host)
        return answer
