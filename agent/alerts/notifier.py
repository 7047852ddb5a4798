"""A channel to wherever Apprise can reach (extra `notify`): ntfy, mail, Matrix, webhooks and many more.

Apprise blocks and logs addresses, so it works in a thread, with its log off; what it says of a failure is
not passed on.
"""

import asyncio
import logging
from typing import Final, Protocol

from agent.alerts.alert import Alert
from agent.errors import ChannelError

LONGEST_S: Final = 60.0
"""A delivery that takes longer is given up; Apprise has limits of its own below that."""


class Deliverer(Protocol):
    """Sends one text to one address, blocking."""

    def __call__(self, address: str, title: str, body: str) -> bool:
        """Whether the other side took it. Raises ChannelError where the address is none."""
        ...


def by_apprise(address: str, title: str, body: str) -> bool:
    """Delivers through Apprise.

    Raises:
        ChannelError: the extra is not installed (`extra`), or the address is none it knows (`address`).
    """
    try:
        import apprise
    except ImportError:
        raise ChannelError(
            "Messages need the extra `notify`.",
            why="extra",
            passes=False,
            next_step="Install it: `pip install 'voicepurge[notify]'`.",
        ) from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    sender = apprise.Apprise()
    if not sender.add(address):
        raise ChannelError("This is no address that Apprise knows.", why="address", passes=False)
    return bool(sender.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))


class Notifier:
    """Implements `agent.alerts.alert.Channel`.

    Args:
        label: the name of the secret that holds the address.
        address: where to; a secret.
        deliver: how.
    """

    def __init__(self, label: str, address: str, deliver: Deliverer = by_apprise) -> None:
        self._label, self._address, self._deliver = label, address, deliver

    @property
    def label(self) -> str:
        """The name of the secret that holds the address."""
        return self._label

    async def send(self, alert: Alert) -> None:
        """Delivers one message. Raises ChannelError."""
        title, body = f"voicepurge: {alert.lines[0]}", "\n".join(alert.lines)
        try:
            took = await asyncio.wait_for(
                asyncio.to_thread(self._deliver, self._address, title, body), LONGEST_S
            )
        except TimeoutError:
            raise ChannelError("The other side did not answer in time.", why="timeout") from None
        if not took:
            raise ChannelError("The other side did not take the message.", why="refused")
