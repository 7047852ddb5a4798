import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from agent.daemon.stopping import Stop, stoppable
from agent.errors import StoppedError
from agent.model import Answer, Policy, Recording, Result, Window
from agent.purge import Order, Report, World, run
from tests.support.fake_clock import FakeClock
from tests.support.fake_history import (
    Cloud,
    CloudMethod,
    FakeHistory,
    MemoryDevices,
    QuietProgress,
    recording,
)
from tests.support.memory_ledger import MemoryLedger


def stopped_after(seconds: float, work: Callable[[Stop], Awaitable[object]]) -> tuple[object, float]:
    """What came of `work` when a stop was asked for after a while, and how long that took from then on."""

    async def both() -> tuple[object, float]:
        stop = Stop()
        task = asyncio.ensure_future(work(stop))
        await asyncio.sleep(seconds)
        began = time.monotonic()
        stop.ask()
        found = (await asyncio.gather(task, return_exceptions=True))[0]
        return found, time.monotonic() - began

    return asyncio.run(both())


async def answer(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"


def test_what_ends_in_its_moment_counts() -> None:
    """A stop takes nothing away from what is over in time."""
    found, _ = stopped_after(0.01, lambda stop: stop.unless(answer(0.1), 5))
    assert found == "done"


def test_what_takes_longer_is_given_up() -> None:
    """Without grace at once, whatever it waits for."""
    found, took = stopped_after(0.01, lambda stop: stop.unless(answer(60)))
    assert isinstance(found, StoppedError) and took < 30


def test_what_comes_after_a_stop_is_not_begun() -> None:
    """No new request."""
    begun = []

    async def request() -> None:
        begun.append(1)

    async def late(stop: Stop) -> None:
        await stop.wait()
        await stop.unless(request())

    found, _ = stopped_after(0.01, late)
    assert isinstance(found, StoppedError) and not begun


def test_whoever_clings_to_life_keeps_nobody() -> None:
    """Even work that will not be cancelled."""

    async def stubborn() -> None:
        for _ in range(40):
            try:
                await asyncio.sleep(0.1)
            except asyncio.CancelledError:
                continue

    found, took = stopped_after(0.01, lambda stop: stop.unless(stubborn()))
    assert isinstance(found, StoppedError) and took < 3


class Slow(CloudMethod):
    """A method whose answer does not come by itself."""

    asked: asyncio.Event

    async def request(self, recordings: Sequence[Recording], window: Window) -> Answer:
        """Says that it was asked, and waits."""
        self.asked.set()
        await asyncio.sleep(60)
        return Answer(Result.ACCEPTED)


def test_a_run_that_is_stopped_owns_up() -> None:
    """The request under way is unknown, nothing more is asked, and the run still owes a look."""

    async def story() -> tuple[Report, MemoryLedger, Cloud]:
        cloud = Cloud(FakeClock())
        cloud.add([recording(cloud.clock.now() - 1000 * n) for n in range(1, 9)])
        method = Slow(cloud, batch=2)
        method.asked = asyncio.Event()
        ledger = MemoryLedger(cloud.clock)
        world = World(FakeHistory(cloud), [method], ledger, cloud.clock, QuietProgress(), MemoryDevices())
        stop = Stop()
        task = asyncio.ensure_future(
            run(Order("r1", Policy(0, methods=("recipe:fake",))), stoppable(world, stop, 0.05))
        )
        await method.asked.wait()
        listings = cloud.listings
        stop.ask()
        report = await task
        assert cloud.listings == listings, "no new request"
        return report, ledger, cloud

    report, ledger, cloud = asyncio.run(story())
    assert (report.judgement.verdict, report.judgement.reason) == ("interrupted", "stopped")
    assert not cloud.requests
    (answered,) = [entry for entry in ledger.entries() if entry.event == "deletion_answered"]
    assert (answered.fields["result"], answered.fields["reason"]) == ("unknown", "stopped")
    owed = ledger.state().open
    assert owed is not None and owed.methods == (), "a request that was broken off accuses no method"
