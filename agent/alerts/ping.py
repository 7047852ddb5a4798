"""A dead man's switch: somebody else's clock that calls when this one falls silent.

Speaks as healthchecks.io documents it (Pinging API, read in November 2026) and compatible services do:
`/start`, the address itself for success, `/fail`, each with `?rid=` to tell runs apart.
"""

from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from agent.alerts.sender import post


class Beat(StrEnum):
    """What is told: as the service's own endings of the address."""

    START = "/start"
    SUCCESS = ""
    FAIL = "/fail"


def address(url: str, beat: Beat, run: str) -> str:
    """The address for one beat of one run. A query the person gave stays."""
    base, mark, query = url.partition("?")
    rid = f"rid={uuid5(NAMESPACE_URL, f'voicepurge:{run}')}"
    return f"{base.rstrip('/')}{beat.value}?{query}{'&' if mark and query else ''}{rid}"


async def ping(url: str, beat: Beat, run: str, body: str = "") -> None:
    """Tells the switch. Raises ChannelError."""
    await post(address(url, beat, run), body)
