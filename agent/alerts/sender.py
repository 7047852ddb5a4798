"""One small POST to an address of the person's own choice. The only httpx besides `agent.alexa`.

Addresses hold secrets: none stands in an error or a log. Redirects are not followed, answers are not read.
"""

from typing import Final
from urllib.parse import urlsplit

import httpx

from agent.errors import ChannelError

TIMEOUT_S: Final = 10.0
"""Longest wait for a connection, and for an answer."""
_REFUSED = 400


async def post(url: str, body: str) -> None:
    """Sends `body` as text and returns once it was accepted.

    Raises:
        ChannelError: `why` is `address`, `connection`, `timeout` or `status_NNN`.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ChannelError("The address is none for a web request.", why="address", passes=False)
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
            answer = await client.post(
                url, content=body.encode(), headers={"content-type": "text/plain; charset=utf-8"}
            )
    except httpx.TimeoutException:
        raise ChannelError("The address did not answer in time.", why="timeout") from None
    except (httpx.HTTPError, OSError):
        raise ChannelError("The address could not be reached.", why="connection") from None
    except (httpx.InvalidURL, ValueError):
        raise ChannelError("The address is none for a web request.", why="address", passes=False) from None
    if answer.status_code >= _REFUSED or answer.is_redirect:
        raise ChannelError("The address refused the message.", why=f"status_{answer.status_code}")
