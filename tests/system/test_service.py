"""The service over a practice cloud, on a clock the test moves: what it does when, and what it says."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from agent.model import Event
from agent.simulator.server import PracticeCloud
from tests.support.practice_home import practice_home
from tests.support.serving import DAY_MS, HOUR_MS, Served, serving

HOURLY: dict[str, object] = {"schedule": {"every": "1h"}, "jitter": "0s"}
Story = Callable[[Served, PracticeCloud], Awaitable[None]]


def live(place: Path, story: Story, account: dict[str, object] | None = None, **dials: object) -> None:
    """Tells a story of one signed-in account, from where the service waits for its first slot."""
    with practice_home(place, recordings=20, account={**HOURLY, **(account or {})}, **dials) as (home, cloud):

        async def told() -> None:
            async with serving(home, cloud) as running:
                await running.idle()
                await story(running, cloud)

        asyncio.run(told())


def missed(running: Served) -> int:
    """How many slots were entered as missed."""
    counts: list[Any] = [one.fields.get("count", 1) for one in running.entries(Event.SLOT_MISSED)]
    return sum(counts)


def test_a_slot_that_passed_during_a_suspend_runs_on_wake(tmp_path: Path) -> None:
    """Eight hours in which no timer ran: one run, and the other slots are entered as missed."""

    async def story(running: Served, cloud: PracticeCloud) -> None:
        running.pass_time(8 * HOUR_MS)
        await running.until(running.runs)
        ((verdict, trigger),) = running.runs()
        assert verdict == "verified" and trigger in {"catch_up", "schedule"}
        assert missed(running) == 7
        truth = cloud.truth()
        assert not set(truth["surfaces"]["voice"]) & set(truth["requested"])

    live(tmp_path, story)


def test_a_clock_set_back_a_day_runs_nothing_twice(tmp_path: Path) -> None:
    """What is settled stays settled; the service says that it waits, and goes on once the clock is right."""

    async def story(running: Served, cloud: PracticeCloud) -> None:
        running.pass_time(HOUR_MS)
        await running.until(running.runs)
        running.clock.ahead_ms -= DAY_MS
        await running.beats(10)
        assert len(running.runs()) == 1
        running.clock.ahead_ms += DAY_MS
        running.pass_time(HOUR_MS)
        await running.until(lambda: len(running.runs()) == 2)

    live(tmp_path, story)
