"""One account of a practice cloud with the real adapters, over real HTTPS, on a clock both sides share."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent import record
from agent.alexa.exchange import Limits, Secret
from agent.alexa.history import AmazonHistory
from agent.alexa.marketplaces import find
from agent.alexa.practice import Practice
from agent.alexa.session import Session
from agent.ledger.entry import Entry
from agent.ledger.file import FileLedger
from agent.ledger.reading import entries
from agent.methods import shelf
from agent.methods.recipe_method import RecipeMethod
from agent.model import Event, Policy, Standing
from agent.purge import Order, Report, World, run
from agent.simulator.server import PracticeCloud, running
from agent.simulator.shared_clock import SharedClock
from agent.state import AccountState, MethodState
from tests.support.fake_history import MemoryDevices, QuietProgress

DAY_MS = 86_400_000


@dataclass
class Bench:
    """Runs purges of one account; the ledger is a real file."""

    cloud: PracticeCloud
    directory: Path
    shape: str = "json-batch"
    policy: Policy = field(default_factory=lambda: Policy(DAY_MS, recheck_s=(0.0,), confirm_over=10_000))
    limits: Limits = field(
        default_factory=lambda: Limits(requests_per_second=10_000, read_s=1.0, total_s=2.0)
    )
    memory: MemoryDevices = field(default_factory=MemoryDevices)
    progress: QuietProgress = field(default_factory=QuietProgress)
    runs: int = 0

    def run(self, *, policy: Mapping[str, Any] | None = None, **order: Any) -> Report:  # noqa: ANN401 - fields of Order
        """One run, with some fields of policy and order changed."""
        self.runs += 1
        chosen = replace(self.policy, **(policy or {}))
        return asyncio.run(self._run(Order(f"r{self.runs}", chosen, requests_per_second=10_000, **order)))

    async def _run(self, order: Order) -> Report:
        clock = SharedClock(self.cloud)
        token = Secret(self.cloud.credential)
        place = Practice.from_url(self.cloud.url, self.cloud.ca)
        customer = self.cloud.world.account.customer_id
        with self.ledger() as ledger:
            async with Session(
                find("amazon.de"), token, clock, limits=self.limits, practice=place
            ) as session:
                history = AmazonHistory(session, customer)
                methods = [self.method(session)]
                world = World(history, methods, ledger, clock, self.progress, self.memory)
                return await run(order, world)

    def method(self, session: Session) -> RecipeMethod:
        """The shipped recipe of the cloud's shape."""
        shipped = {item.recipe.name: item for item in shelf.recipes(self.directory, practice=True).recipes}
        item = shipped[f"practice-{self.shape}"]
        return RecipeMethod(item.recipe, item.digest, session, name=f"recipe:{item.recipe.name}")

    def ledger(self) -> FileLedger:
        """The account's ledger, locked."""
        clock = SharedClock(self.cloud)
        return FileLedger.open(
            self.directory, signer=bytes(32), secret=bytes(32), clock=clock, practice=True, tool="test"
        )

    def prove(self) -> None:
        """Makes the method proven, as after an earlier good run."""
        shipped = {item.recipe.name: item for item in shelf.recipes(self.directory, practice=True).recipes}
        name = f"practice-{self.shape}"
        state = MethodState(shipped[name].digest, Standing.PROVEN)
        with self.ledger() as ledger:
            ledger.append(Event.METHOD_CHANGED, record.method_changed(f"recipe:{name}", state))

    def state(self) -> AccountState:
        """What the ledger adds up to."""
        with self.ledger() as ledger:
            return ledger.state()

    def entries(self, event: Event) -> Sequence[Entry]:
        """Entries of one kind."""
        return [entry for entry in entries(self.directory) if entry.event is event]

    def truth(self) -> dict[str, Any]:
        """What really remains."""
        return self.cloud.truth()


@contextmanager
def bench(
    directory: Path, *, recordings: int = 40, shape: str = "json-batch", proven: bool = True, **dials: object
) -> Iterator[Bench]:
    """A fresh practice cloud and everything to purge it."""
    with running(seed=7, recordings=recordings, shape=shape, dials=dials) as cloud:
        made = Bench(cloud, directory, shape)
        if proven:
            made.prove()
        yield made
