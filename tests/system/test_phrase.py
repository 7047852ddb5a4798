"""The spoken phrase as the only method: allowed or not, calibrated, and never told stronger than seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.simulator.server import PracticeCloud
from tests.support.practice_home import Home, practice_home

PHRASE: dict[str, object] = {"methods": ["phrase"], "phrase": {"device": "Kitchen"}, "keep_for": "0s"}


@contextmanager
def bench(
    place: Path, account: dict[str, object] | None = None, **dials: object
) -> Iterator[tuple[Home, PracticeCloud]]:
    """A home whose recordings are all of today, in a time zone where it is the middle of the day."""
    with practice_home(place, recordings=0, account={**PHRASE, **(account or {})}, **dials) as (home, cloud):
        zone = midday_zone(cloud.now())
        home.top["timezone"] = zone
        home.write()
        cloud.turn(device_zone=zone)
        for number in range(5):
            cloud.say(f"line {number}", ago_ms=(number + 1) * 60_000)
        yield home, cloud


def midday_zone(now: int) -> str:
    """A zone in which it is about one in the afternoon, whenever the test runs."""
    hour = now // 3_600_000 % 24
    ahead = (13 - hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def standing(home: Home) -> tuple[str, str]:
    (account,) = home.run("methods", "--json").json["accounts"]
    (only,) = account["methods"]
    return only["standing"], only["reason"]


def test_today_is_deleted_by_a_phrase_and_seen_gone(tmp_path: Path) -> None:
    """Everything said today is due: one command, looked at again, proven; its own row is not residue."""
    with bench(tmp_path, command_row_after_ms=0) as (home, cloud):
        done = home.run("run", "--json")
        assert (done.run["verdict"], done.run["gone"], done.run["methods"]) == ("verified", 5, ["phrase"])
        assert len(cloud.truth()["deletions"]) == 1
        assert len(cloud.truth()["surfaces"]["voice"]) == 1
        assert standing(home) == ("proven", "")
        assert home.run("ledger", "verify").code == 0


def test_yesterday_goes_once_all_of_it_is_due_and_today_stays(tmp_path: Path) -> None:
    """Twelve hours are kept at one in the afternoon: yesterday's phrase is said, today's is not."""
    with bench(tmp_path, {"keep_for": "12h"}) as (home, cloud):
        for hours in (20, 30):
            cloud.say("the day before", ago_ms=hours * 3_600_000)
        run = home.run("run", "--json").run
        assert (run["verdict"], run["gone"], run["collateral"]) == ("verified", 2, 0)
        (asked,) = cloud.truth()["deletions"]
        assert len(asked["keys"]) == 2
        assert standing(home) == ("proven", "")


def test_nothing_is_said_while_something_of_today_is_kept(tmp_path: Path) -> None:
    """A `keep_for`, or a kept device: not allowed, nothing sent, and `config check` says it never will be."""
    keeping: list[dict[str, object]] = [{"keep_for": "24h"}, {"keep_devices": ["Kids room"]}]
    for number, kept in enumerate(keeping):
        with bench(tmp_path / str(number), kept) as (home, cloud):
            run = home.run("run", "--json").run
            assert run["requested"] == 0
            assert (run["verdict"], run["reason"]) in (("nothing_due", ""), ("residual", "not_allowed"))
            assert cloud.truth()["deletions"] == []
            if "keep_for" in kept:
                assert "can never allow phrase" in home.run("config", "check").err


def test_without_the_opt_in_it_failed_with_the_likely_reasons(tmp_path: Path) -> None:
    """A friendly answer and nothing vanished: residual, failed, what to look at, not tried again."""
    with bench(tmp_path, deletion_by_voice=False) as (home, cloud):
        done = home.run("run")
        assert done.code == 1
        for reason in ("deletion by voice is off", "offline", "did not understand"):
            assert reason in done.err
        assert standing(home) == ("failed", "unheard")
        asked = cloud.truth()["requests"]["POST alexa.amazon.de /api/behaviors/preview"]
        assert home.run("run", "--json").run["verdict"] == "watch_only"
        assert cloud.truth()["requests"]["POST alexa.amazon.de /api/behaviors/preview"] == asked == 1


def test_an_echo_that_is_offline_is_not_spoken_to(tmp_path: Path) -> None:
    """Known before anything is sent: said, nothing requested of Amazon, and the method keeps its standing."""
    with bench(tmp_path, offline=["Kitchen"]) as (home, cloud):
        done = home.run("run")
        assert done.code == 1 and "the Echo is offline" in done.err
        assert not [label for label in cloud.truth()["requests"] if label.endswith("/behaviors/preview")]
        assert standing(home) == ("unproven", "")
        cloud.turn(offline=[])
        assert home.run("run", "--json").run["verdict"] == "verified"


def test_it_is_not_used_without_an_echo_of_ones_choice(tmp_path: Path) -> None:
    """`phrase` in `methods` alone speaks to nobody; the check says what is missing."""
    with bench(tmp_path) as (home, cloud):
        del home.accounts["home"]["phrase"]
        home.write()
        assert home.run("run", "--json").run["verdict"] == "watch_only"
        assert cloud.truth()["deletions"] == []
        assert "until you name an Echo" in home.run("config", "check").err
