import asyncio
import gc
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from agent.alexa.exchange import Host, Outgoing, Secret
from agent.alexa.history import AmazonHistory
from agent.alexa.marketplaces import MARKETPLACES, find
from agent.alexa.practice import Practice
from agent.alexa.session import Session
from agent.errors import (
    AgentError,
    ConnectionLostError,
    CsrfRefusedError,
    DeadlineError,
    SignedOutError,
    ThrottledError,
    WrongAccountError,
)
from agent.model import Incomplete, Listing, Surface, Window
from agent.simulator import server
from agent.simulator.server import PracticeCloud
from agent.simulator.wire import TOKEN, Named, Values, fill
from tests.support.fake_history import QuietProgress
from tests.support.history_worlds import OverHttps

T = TypeVar("T")


def ask(
    cloud: PracticeCloud, what: Callable[[AmazonHistory], Awaitable[T]], expected: str | None = None
) -> T:
    """Does `what` with a history over HTTPS."""

    async def go() -> T:
        async with OverHttps(cloud).session() as session:
            return await what(AmazonHistory(session, expected))

    return asyncio.run(go())


def listed(cloud: PracticeCloud, window: Window | None = None, *, items: bool = False) -> Listing:
    where = window or Window(0, cloud.now())
    quiet = QuietProgress()
    return ask(cloud, lambda history: history.listing(where, tuple(Surface), items=items, progress=quiet))


@pytest.mark.parametrize("marketplace", [name for name in MARKETPLACES if name != "amazon.co.nz"])
def test_every_marketplace_signs_in_under_its_own_names(marketplace: str) -> None:
    """Token, cookies, identity and history come from the hosts of the account's row."""
    with server.running(recordings=12, marketplace=marketplace) as cloud:
        identity = ask(cloud, lambda history: history.identify())
        assert identity.retail_domain == find(marketplace).retail_host
        assert listed(cloud).complete
        assert all(label.split()[1].endswith(marketplace) for label in cloud.truth()["requests"])


HARMLESS: list[dict[str, object]] = [
    {"kind": "repeat_boundary"},
    {"kind": "outside_window"},
    {"kind": "trailing_page"},
    {"kind": "empty_page", "times": 3},
    {"kind": "time_limit_token", "times": 2},
    {"kind": "stale_csrf", "times": 1, "skip": 2},
    {"kind": "throttle_429", "times": 2},
    {"kind": "throttle_429", "times": 1, "retry_after_s": 30},
    {"kind": "throttle_200", "times": 3},
    {"kind": "throttle_400", "times": 3},
    {"kind": "status", "status": 503, "times": 4},
    {"kind": "status", "status": 500, "times": 2},
    {"kind": "reset", "times": 2},
    {"kind": "cut", "times": 2},
    {"kind": "reset_after", "times": 1},
    {"kind": "hang", "times": 1},
]


@pytest.mark.parametrize("fault", HARMLESS, ids=lambda fault: str(fault["kind"]))
def test_what_can_be_survived_changes_nothing(fault: dict[str, object]) -> None:
    """Quirks of paging and passing trouble end in the same complete listing as a quiet day."""
    with server.running(recordings=35, dials={"conversations": 2}) as cloud:
        window = Window(cloud.now() - 40 * 86_400_000, cloud.now())
        quiet = listed(cloud, window)
        assert quiet.complete
        cloud.turn(faults=[fault])
        troubled = listed(cloud, window)
        assert troubled.complete
        assert {key: row.surfaces for key, row in troubled.recordings.items()} == {
            key: row.surfaces for key, row in quiet.recordings.items()
        }


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"kind": "cut"}, Incomplete.TRUNCATED),
        ({"kind": "huge"}, Incomplete.TOO_LARGE),
        ({"kind": "step_up"}, Incomplete.STEP_UP),
        ({"kind": "signed_out", "times": 1, "skip": 2}, Incomplete.SIGNED_OUT),
        ({"kind": "throttle_200"}, Incomplete.THROTTLED),
        ({"kind": "throttle_429"}, Incomplete.THROTTLED),
        ({"kind": "status", "status": 503}, Incomplete.THROTTLED),
        ({"kind": "null_list", "from_page": 2}, Incomplete.NULL_LIST),
        ({"kind": "token_loop", "from_page": 3}, Incomplete.TOKEN_LOOP),
        ({"kind": "time_limit", "from_page": 2}, Incomplete.SERVER_TIME_LIMIT),
        ({"kind": "html", "from_page": 2}, Incomplete.HTML),
        ({"kind": "forbidden", "from_page": 2}, Incomplete.CSRF_REFUSED),
    ],
)
def test_what_cannot_is_called_by_its_name(fault: dict[str, object], why: Incomplete) -> None:
    """In the middle of a walk as well as on its first page; what was seen by then is kept."""
    with server.running(recordings=35) as cloud:
        cloud.turn(faults=[fault])
        listing = listed(cloud)
        assert why in {end.reason for end in listing.ends.values()}
        assert not listing.complete


def test_a_long_wish_is_passed_on() -> None:
    """Who is to wait longer than a minute learns for how long."""
    with server.running(recordings=5) as cloud:
        cloud.turn(faults=[{"kind": "throttle_429", "retry_after_s": 300}])
        ends = listed(cloud).ends
    assert {end.retry_after_s for end in ends.values()} == {300}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "no_cookies", "on": "cookies"}, SignedOutError),
        ({"kind": "revoked", "on": "token", "times": 1}, SignedOutError),
        ({"kind": "throttle_200", "on": "token"}, ThrottledError),
        ({"kind": "reset", "on": "cookies"}, ConnectionLostError),
        ({"kind": "hang", "on": "identity"}, DeadlineError),
        ({"kind": "forbidden", "on": "identity"}, CsrfRefusedError),
    ],
)
def test_trouble_at_sign_in(fault: dict[str, object], expected: type[AgentError]) -> None:
    """Only a sign-in that is really over asks for a person."""
    with server.running(recordings=5, dials={"faults": [fault]}) as cloud, pytest.raises(expected):
        ask(cloud, lambda history: history.identify())


def test_another_account_is_never_listed() -> None:
    """A stored customer id that does not answer stops everything before the first page."""
    with server.running(recordings=5) as cloud:
        with pytest.raises(WrongAccountError):
            ask(cloud, lambda history: history.identify(), expected="A2SOMEBODYELSE")
        assert not any("/alexa-privacy/" in label for label in cloud.truth()["requests"])


def test_the_wrong_marketplace_is_not_an_empty_history() -> None:
    """An account of another marketplace has no cookies here: said, with what to look at."""
    with server.running(recordings=5, marketplace="amazon.co.uk") as cloud:
        world = OverHttps(cloud)

        async def go() -> None:
            practice = Practice.from_url(cloud.url, cloud.ca)
            wrong = Session(find("amazon.de"), Secret(cloud.credential), world.clock, practice=practice)
            async with wrong as session:
                await AmazonHistory(session).identify()

        with pytest.raises((WrongAccountError, SignedOutError)) as caught:
            asyncio.run(go())
    assert "marketplace" in caught.value.next_step


def test_a_server_clock_minutes_off_is_measured() -> None:
    """The listing carries Amazon's time, not ours."""
    with server.running(recordings=5, dials={"clock_skew_ms": 240_000}) as cloud:
        identity = ask(cloud, lambda history: history.identify())
        assert abs(identity.skew_ms - 240_000) < 3000


def test_what_a_deletion_needs_is_in_its_tokens() -> None:
    """A request built from `tokens()` is carried out, once, on the recording it names."""
    with server.running(recordings=20, shape="json-batch") as cloud:
        key = cloud.truth()["surfaces"]["voice"][3]
        asking = fill(cloud.world.shape.templates[0], Values([Named(key)], {TOKEN: "our own is added"}))

        async def delete(history: AmazonHistory) -> int:
            session = history.session
            await history.identify()
            assert session.identity.customer_id == key.split("#")[0]
            assert set(await session.tokens()) == {"anti_csrf", "csrf"}
            outgoing = Outgoing(
                asking.method, asking.target, body=asking.body, content_type="application/json", csrf=True
            )
            return (await session.send(outgoing)).status

        assert ask(cloud, delete) == 200
        assert cloud.truth()["requested"] == [key]
        assert key not in listed(cloud).recordings


def test_the_alexa_host_takes_the_csrf_cookie() -> None:
    """A request to the alexa host carries the cookie's value as a header, as its pages do."""
    with server.running(recordings=5) as cloud:
        answer = ask(
            cloud,
            lambda history: history.session.read(Outgoing("GET", "/api/customer-status", host=Host.ALEXA)),
        )
        assert answer.status == 200


@pytest.mark.heavy
def test_a_listing_costs_a_kilobyte_a_recording() -> None:
    """Three thousand recordings are held in three megabytes."""
    count = 3000
    with server.running(recordings=count, dials={"page_size": 500}) as cloud:
        quiet = QuietProgress()

        async def measured(history: AmazonHistory) -> tuple[int, int]:
            await history.identify()
            gc.collect()
            tracemalloc.start()
            window = Window(0, cloud.now())
            filtered = tracemalloc.Filter(inclusive=True, filename_pattern="*/agent/alexa/*")
            decoded = tracemalloc.Filter(inclusive=True, filename_pattern="*/json/*")
            listing = await history.listing(window, tuple(Surface), progress=quiet)
            gc.collect()
            snapshot = tracemalloc.take_snapshot().filter_traces([filtered, decoded])
            tracemalloc.stop()
            return len(listing.recordings), sum(s.size for s in snapshot.statistics("filename"))

        found, size = ask(cloud, measured)
    assert found >= count
    assert 100 * count < size < 1024 * count
