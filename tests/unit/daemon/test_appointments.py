import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.daemon.schedule import Appointments

SOON_S = 0.05


def now() -> int:
    return time.time_ns() // 1_000_000


class Diary:
    """What was called and what went wrong, each awaited as it happens."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[str] = asyncio.Queue()
        self.failures: asyncio.Queue[tuple[str, BaseException]] = asyncio.Queue()
        self.appointments = Appointments(lambda key, error: self.failures.put_nowait((key, error)))

    def called(self, word: str, within_ms: int, key: str = "home") -> None:
        """Lets `word` be called in `within_ms`."""

        async def call() -> None:
            self.calls.put_nowait(word)

        self.appointments.call_at(key, now() + within_ms, call)

    async def next_call(self) -> str:
        """What was called next."""
        return await asyncio.wait_for(self.calls.get(), 20)


@asynccontextmanager
async def diary() -> AsyncIterator[Diary]:
    found = Diary()
    found.appointments.start()
    try:
        yield found
    finally:
        await found.appointments.shutdown()


def test_a_date_that_has_passed_is_called_at_once_and_only_once() -> None:
    """However late: there is no grace after which a date is dropped."""

    async def scene() -> None:
        async with diary() as book:
            book.called("long ago", -400 * 86_400_000)
            assert await book.next_call() == "long ago"
            book.called("later", 50)
            assert await book.next_call() == "later"
            assert book.calls.empty()

    asyncio.run(scene())


def test_a_date_that_passed_while_the_loop_stood_still_is_called() -> None:
    """A loop that was blocked, or a machine that was suspended, does not cost the run."""

    async def scene() -> None:
        async with diary() as book:
            book.called("due meanwhile", 20)
            time.sleep(1.5)  # noqa: ASYNC251 - the loop has to stand still
            assert await book.next_call() == "due meanwhile"

    asyncio.run(scene())


def test_a_new_date_replaces_the_old_and_a_cancelled_one_is_forgotten() -> None:
    """One date a key; keys do not know of each other; forgetting what is not there is fine."""

    async def scene() -> None:
        async with diary() as book:
            book.called("replaced", 60)
            book.called("other", 90, key="other")
            book.called("cancelled", 60, key="third")
            book.appointments.cancel("third")
            book.appointments.cancel("never there")
            book.called("new", 120)
            assert [await book.next_call(), await book.next_call()] == ["other", "new"]
            assert book.calls.empty()

    asyncio.run(scene())


def test_dates_given_before_the_start_are_kept() -> None:
    """They are called when it starts."""

    async def scene() -> None:
        book = Diary()
        book.called("early", -1)
        book.appointments.start()
        assert await book.next_call() == "early"
        await book.appointments.shutdown()

    asyncio.run(scene())


def test_a_clock_that_was_set_forward_is_seen_when_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The timer does not notice it by itself; a heartbeat that calls `look` is enough."""
    import apscheduler.schedulers.base as scheduler  # type: ignore[import-untyped]  # it has no types

    class Ahead(scheduler.datetime):  # type: ignore[misc]  # same
        @classmethod
        def now(cls, tz: object = None) -> object:
            return scheduler.datetime.fromtimestamp(time.time() + 7200, tz)

    async def scene() -> None:
        async with diary() as book:
            book.called("in an hour", 3_600_000)
            await asyncio.sleep(SOON_S)
            assert book.calls.empty()
            monkeypatch.setattr(scheduler, "datetime", Ahead)
            book.appointments.look()
            assert await book.next_call() == "in an hour"

    asyncio.run(scene())


def test_what_raises_is_told_and_the_rest_goes_on() -> None:
    """With its key and error; the next date of the same key is kept."""

    async def fail() -> None:
        raise LookupError("planted")

    async def scene() -> None:
        async with diary() as book:
            book.appointments.call_at("home", now(), fail)
            key, error = await asyncio.wait_for(book.failures.get(), 20)
            assert key == "home" and isinstance(error, LookupError)
            book.called("still here", 0)
            assert await book.next_call() == "still here"

    asyncio.run(scene())


def test_a_key_is_never_called_twice_at_a_time() -> None:
    """A date that comes while the action before is under way waits for its end, and is not dropped."""

    async def scene() -> None:
        async with diary() as book:
            go = asyncio.Event()

            async def long() -> None:
                book.calls.put_nowait("begin")
                await go.wait()
                book.calls.put_nowait("end")

            book.appointments.call_at("home", now(), long)
            assert await book.next_call() == "begin"
            book.called("second", 0)
            book.called("other account", 10, key="other")
            assert await book.next_call() == "other account"
            go.set()
            assert [await book.next_call(), await book.next_call()] == ["end", "second"]

    asyncio.run(scene())


@pytest.mark.parametrize(("grace_s", "ending"), [(20.0, "finished"), (0.0, "cancelled")])
def test_shutdown_waits_for_what_is_under_way_then_cancels_it(grace_s: float, ending: str) -> None:
    """Within its time an action ends by itself; nothing new begins; a second shutdown is fine."""

    async def scene() -> None:
        async with diary() as book:
            begun, end = asyncio.Event(), asyncio.Event()

            async def work() -> None:
                begun.set()
                try:
                    await end.wait()
                    book.calls.put_nowait("finished")
                except asyncio.CancelledError:
                    book.calls.put_nowait("cancelled")
                    raise

            book.appointments.call_at("home", now(), work)
            await begun.wait()
            book.called("behind it", 0)
            while len(book.appointments._running) < 2:  # noqa: ASYNC110 - the second tells nobody it waits
                await asyncio.sleep(0)
            book.called("too late", 0, key="other")
            if ending == "finished":
                asyncio.get_running_loop().call_later(SOON_S, end.set)
            await book.appointments.shutdown(grace_s)
            await book.appointments.shutdown()
            assert await book.next_call() == ending
            if ending == "finished":
                assert await book.next_call() == "behind it"
            book.called("much too late", 0)
            book.appointments.look()
            await asyncio.sleep(SOON_S)
            assert book.calls.empty() and book.failures.empty()

    asyncio.run(scene())
