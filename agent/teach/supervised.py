"""A supervised trial of one method of an account, with the real adapters."""

import secrets
from collections.abc import Callable, Mapping, Sequence

from agent import trial
from agent.errors import UsageError
from agent.model import Recording
from agent.ports import Clock, Progress
from agent.sight import Order
from agent.wiring import Installation, world_of

Show = Callable[[Sequence[Recording], Mapping[str, str]], Recording | None]
"""As `agent.trial.Pick`, with the names of the devices by serial."""


async def supervised(
    installation: Installation,
    account: str,
    method: str,
    clock: Clock,
    progress: Progress,
    show: Show,
    should_stop: Callable[[], bool] = lambda: False,
) -> trial.Outcome:
    """Tries `method` (a name as in the configuration) on one recording that `show` asks for.

    Raises:
        UsageError: there is no such method.
        SignedOutError: nobody is signed in.
        AgentError: the ledger cannot be used.
    """
    async with world_of(installation, account, clock, progress, should_stop) as world:
        found = next((one for one in world.methods if one.name == method), None)
        if found is None:
            await world.history.identify()  # says why there are no methods at all
            raise UsageError(
                "There is no method of that name.", next_step=f"See `voicepurge methods {account}`."
            )
        names = {device.serial: device.name for device in await world.history.devices()}
        order = trial_order(installation, account)
        return await trial.try_out(order, world, found, lambda rows: show(rows, names))


def trial_order(installation: Installation, account: str) -> Order:
    """The run a trial is entered as."""
    return Order(
        run=secrets.token_hex(6),
        policy=installation.account(account).policy(),
        requests_per_second=installation.settings.limits.requests_per_second,
    )
