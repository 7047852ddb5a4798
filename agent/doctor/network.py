"""Do the account's own hosts answer, and is their clock ours? Nobody else is asked; nothing is signed in."""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from statistics import median

from agent.alexa import answers, headers
from agent.alexa.exchange import Limits, Outgoing
from agent.alexa.marketplaces import Marketplace
from agent.alexa.practice import Practice
from agent.alexa.transport import Line
from agent.doctor.finding import Finding, fails, ok, unknown, warning
from agent.errors import AgentError
from agent.policy import MAX_SKEW_MS
from agent.ports import Clock
from agent.timetext import duration

_LIMITS = Limits(connect_s=8.0, read_s=8.0, total_s=15.0)
_NOTICEABLE_MS = 30_000
_HALF_MS = 500


@dataclass(frozen=True, slots=True)
class Contact:
    """What came of asking one host.

    Attributes:
        host: which.
        skew_ms: by how much its clock is ahead of ours; None where it did not say.
        trouble: why it did not answer, None where it did.
        distrusted: whether it showed a certificate nobody here trusts.
    """

    host: str
    skew_ms: int | None = None
    trouble: str | None = None
    distrusted: bool = False


async def contacts(marketplace: Marketplace, practice: Practice | None, clock: Clock) -> list[Contact]:
    """Asks each host of the account once, over TLS; a practice account reaches only its own cloud.

    Raises:
        ConfigError: the practice CA cannot be read.
    """
    line = Line(practice, _LIMITS)
    hosts = (marketplace.retail_host, marketplace.alexa_host, marketplace.api_host)
    try:
        return list(await asyncio.gather(*(_contact(line, host, marketplace, clock) for host in hosts)))
    finally:
        await line.aclose()


async def _contact(line: Line, host: str, marketplace: Marketplace, clock: Clock) -> Contact:
    try:
        answer = await line.exchange(host, Outgoing("HEAD", "/"), headers.common(marketplace))
    except AgentError as error:
        return Contact(host, trouble=_trouble(error), distrusted=_distrusted(error))
    date = answers.http_date(answer.headers.get("date"))
    # a Date header is cut to whole seconds
    return Contact(host, skew_ms=None if date is None else date + _HALF_MS - clock.now())


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _distrusted(error: AgentError) -> bool:
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def _trouble(error: AgentError) -> str:
    causes = _causes(error)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "its name cannot be looked up"
    if _distrusted(error):
        return "its certificate is not trusted here"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "no TLS with it"
    return error.message


def network(found: list[Contact], *, practice: bool) -> Finding:
    """Offline is never ok, and no reason for a person to act."""
    name, peer = "network", "The practice cloud" if practice else "Amazon"
    troubles = [contact for contact in found if contact.trouble is not None]
    if not troubles:
        return ok(name, f"{peer} answers over TLS: {', '.join(contact.host for contact in found)}.")
    first = troubles[0]
    what = f"{len(troubles)} of {len(found)} hosts do not answer; {first.host}: {first.trouble}."
    if any(contact.distrusted for contact in troubles):
        steps = "Look at the clock of this machine, at a proxy, and at whoever else is in between."
        return fails(name, what, "Start the practice cloud whose `ca` is configured." if practice else steps)
    return unknown(name, what)


def clock(found: list[Contact], *, practice: bool) -> Finding:
    """Beyond an hour a run does not begin; less only shifts what is due."""
    name, peer = "clock", "the practice cloud's" if practice else "Amazon's"
    skews = [contact.skew_ms for contact in found if contact.skew_ms is not None]
    if not skews:
        return unknown(name, f"It could not be compared with {peer}.")
    skew = round(median(skews))
    apart = f"{duration(abs(skew) / 1000)} {'behind' if skew > 0 else 'ahead of'} {peer}"
    if abs(skew) > MAX_SKEW_MS:
        return fails(name, f"The clock of this machine is {apart}.", "Set the clock.")
    if abs(skew) > _NOTICEABLE_MS:
        return warning(name, f"The clock of this machine is {apart}.", "Let a time service keep it right.")
    return ok(name, f"It agrees with {peer}.")
