"""Who is told, by the configuration: the journal always, and whom the person named."""

from collections.abc import Iterator
from pathlib import Path

from agent.alerts.alert import Alert, Channel, Occasion
from agent.alerts.journal import Journal
from agent.alerts.notifier import Notifier
from agent.daemon.numbers import Numbers
from agent.daemon.switch import Switch
from agent.daemon.telling import Follower, Outlets
from agent.errors import AgentError, ChannelError
from agent.ports import Clock
from agent.redact import register_secret
from agent.settings.models import Notify
from agent.vault import credential_name, resolve
from agent.wiring import Installation

ALWAYS = frozenset({Occasion.CONFIG, Occasion.METHOD, Occasion.DIGEST})
"""Occasions that `notify.when` does not choose: without them a person would not know what to mend."""


def outlets(installation: Installation, runtime: Path, clock: Clock) -> Outlets:
    """Everybody who is told something. What is wrong with one of them shows when it is used.

    Args:
        installation: the configuration in force.
        runtime: where the numbers go.
        clock: the time.
    """
    settings = installation.settings
    named = (_channel(installation, reference) for reference in settings.notify.urls)
    chosen = [Chosen(channel, settings.notify) for channel in named]
    return Outlets(channels=(Journal(), *chosen), followers=tuple(_followers(installation, runtime, clock)))


def _followers(installation: Installation, runtime: Path, clock: Clock) -> Iterator[Follower]:
    settings = installation.settings
    if settings.healthchecks is not None:
        reference = settings.healthchecks.url
        yield Switch(lambda: _address(installation, reference), installation)
    if settings.metrics.textfile:
        yield Numbers(installation, runtime, clock)


def _channel(installation: Installation, reference: str) -> Channel:
    label = credential_name(reference).partition(":")[2]
    try:
        return Notifier(label, _address(installation, reference))
    except ChannelError as error:
        return Unusable(label, error)


def _address(installation: Installation, reference: str) -> str:
    """The address behind a reference, which from then on is removed from whatever is logged.

    Raises:
        ChannelError: the vault does not have it, or cannot be read.
    """
    try:
        found = resolve(installation.vault, reference)
    except AgentError as error:
        raise ChannelError(error.message, why=error.code, passes=False, next_step=error.next_step) from None
    register_secret(found)
    return found


class Chosen:
    """A channel that hears only of the occasions the person chose. Implements `Channel`."""

    def __init__(self, channel: Channel, notify: Notify) -> None:
        self._channel, self._when = channel, frozenset(notify.when)

    @property
    def label(self) -> str:
        """As the channel's own."""
        return self._channel.label

    async def send(self, alert: Alert) -> None:
        """Delivers what was chosen. Raises ChannelError."""
        if alert.occasion in ALWAYS or alert.occasion.value in self._when:
            await self._channel.send(alert)


class Unusable:
    """Stands for a channel whose address cannot be had; every message fails with the reason."""

    def __init__(self, label: str, error: ChannelError) -> None:
        self._label, self._error = label, error

    @property
    def label(self) -> str:
        """The name of the secret that holds the address."""
        return self._label

    async def send(self, _alert: Alert) -> None:
        """Raises ChannelError."""
        raise self._error
