"""The service over a practice cloud, on a clock the test moves: what runs when, and what is told."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, reset_tzpath

import pytest

from agent import wiring
from agent.ledger.lock import Lock
from agent.model import Event
from agent.simulator.server import PracticeCloud, running
from tests.support.buggy import BuggyHistory
from tests.support.moved_clock import MovedClock
from tests.support.notify_socket import notify_socket
from tests.support.practice_home import Home, practice_home
from tests.support.serving import BEAT_S, DAY_MS, HOUR_MS, MINUTE_MS, Served, serve

HOURLY: dict[str, object] = {"schedule": {"every": "1h"}, "jitter": "0s"}
DAILY: dict[str, object] = {"schedule": {"every": "1d"}, "jitter": "0s"}
UNREACHABLE = [{"kind": "reset", "on": "any"}]
Story = Callable[[Served, PracticeCloud], Awaitable[None]]


def live(
    place: Path, story: Story, account: dict[str, object] | None = None, top: object = None, **dials: object
) -> None:
    """Tells a story of one signed-in account, from where the service waits for its first slot."""
    with practice_home(place, recordings=20, account={**HOURLY, **(account or {})}, **dials) as (home, cloud):
        if isinstance(top, dict):
            home.top.update(top)
            home.write()

        async def told(served: Served) -> None:
            await served.idle()
            await story(served, cloud)

        serve(home, [cloud], told, clock=at_five_past(cloud))


def at_five_past(*clouds: PracticeCloud) -> MovedClock:
    """A clock that says 10:05 UTC, a day ahead at most, and the clouds' with it: far from the next slot."""
    clock = MovedClock()
    clock.ahead_ms = (10 * HOUR_MS + 5 * MINUTE_MS - clock.now()) % DAY_MS
    for cloud in clouds:
        cloud.advance(clock.ahead_ms)
    return clock


def far_away() -> dict[str, object]:
    """A schedule whose next slot is three or four days away."""
    day = (datetime.now(UTC) + timedelta(days=4)).strftime("%a").lower()
    return {"schedule": {"at": "09:30", "days": [day]}, "jitter": "0s"}


def own_ca(home: Home, cloud: PracticeCloud) -> Path:
    """A file for the practice CA that stays when the cloud goes, so that another one can take its place."""
    ca = home.place / "ca.pem"
    ca.write_bytes(cloud.ca.read_bytes())
    home.change(practice={"url": cloud.url, "ca": str(ca)})
    return ca


# What runs when.


def test_a_slot_that_passed_during_a_suspend_runs_on_wake(tmp_path: Path) -> None:
    """Eight hours in which no timer ran: one run, and the other slots are entered as missed."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        served.pass_time(8 * HOUR_MS)
        await served.until(served.runs)
        ((verdict, trigger),) = served.runs()
        assert verdict == "verified" and trigger in {"catch_up", "schedule"}
        assert served.missed() == 7
        truth = cloud.truth()
        assert not set(truth["surfaces"]["voice"]) & set(truth["requested"])
        await served.until(lambda: served.alerts() == [("missed", "home")])
        (jump,) = [line for line in served.lines() if "jump_ms" in line]
        assert "asleep" in jump["event"]

    live(tmp_path, story)


def test_a_clock_set_back_a_day_runs_nothing_twice(tmp_path: Path) -> None:
    """What is settled stays settled; the service says that it waits, and goes on once the clock is right."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        served.pass_time(HOUR_MS)
        await served.until(served.runs)
        served.clock.ahead_ms -= DAY_MS
        await served.until(
            lambda: [one for one in served.lines(account="home") if "caught up" in one["event"]]
        )
        await served.beats()
        assert len(served.runs()) == 1
        served.clock.ahead_ms += DAY_MS
        served.pass_time(HOUR_MS)
        await served.until(lambda: len(served.runs()) == 2)

    live(tmp_path, story)


def test_a_clock_set_forward_a_year_is_told_and_forgiven(tmp_path: Path) -> None:
    """Nothing is deleted by a wrong clock: blocked, and somebody is told; once it is right, runs go on."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        served.clock.ahead_ms += 365 * DAY_MS
        await served.until(served.runs)
        assert served.runs()[0][0] == "blocked" and served.state().last_reason == "clock"
        assert not cloud.truth()["requested"]
        await served.until(lambda: ("blocked", "home") in served.alerts())
        served.clock.ahead_ms -= 365 * DAY_MS
        await served.until(lambda: served.entries(Event.RECOVERED))
        served.pass_time(DAY_MS)
        await served.until(lambda: served.runs()[-1][0] == "verified")
        await served.until(lambda: served.alerts()[-1] == ("recovered", "home"))

    live(tmp_path, story, DAILY)


def test_a_failed_slot_is_tried_again_on_a_ladder(tmp_path: Path) -> None:
    """After 15 minutes, 1 hour and 4 hours, then no more: told once as unverifiable, and once as over."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        cloud.turn(faults=UNREACHABLE)
        served.pass_time(DAY_MS)
        for number, wait in enumerate((0, 15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS), start=1):
            served.pass_time(wait)
            await served.until(lambda number=number: len(served.runs()) == number)  # type: ignore[misc]  # bound now
            await served.idle()
            assert number == 4 or served.alerts() == []
        await served.until(lambda: served.alerts() == [("unverifiable", "home")])
        assert {verdict for verdict, _ in served.runs()} == {"interrupted"}
        assert [trigger for _, trigger in served.runs()[1:]] == ["retry"] * 3
        served.pass_time(6 * HOUR_MS)
        await served.beats()
        assert len(served.runs()) == 4
        cloud.turn(faults=[])
        served.pass_time(DAY_MS)
        await served.until(lambda: served.alerts() == [("unverifiable", "home"), ("recovered", "home")])
        assert served.runs()[-1][0] == "verified"

    live(tmp_path, story, DAILY)


@pytest.mark.heavy
def test_no_network_at_the_start_is_no_error(tmp_path: Path) -> None:
    """The service starts, the run it owes is interrupted and tried again, and verified once there is one."""
    with practice_home(tmp_path, recordings=20, account=HOURLY) as (home, cloud):
        port, ca = cloud.port, own_ca(home, cloud)

    async def story(served: Served) -> None:
        await served.idle()
        served.pass_time(HOUR_MS)
        await served.until(served.runs)
        assert served.runs()[0][0] == "interrupted"
        assert served.alerts() == []
        with running(recordings=20, port=port, start_ms=served.clock.now()) as again:
            ca.write_bytes(again.ca.read_bytes())
            served.pass_time(15 * MINUTE_MS)
            await served.until(lambda: len(served.runs()) == 2)
            await served.idle()  # no connection is left when the cloud goes
            assert served.runs()[1] == ("verified", "retry")

    serve(home, [], story, clock=at_five_past())


@pytest.mark.heavy
def test_after_a_boot_the_network_is_waited_for(tmp_path: Path) -> None:
    """A slot passed while the machine was off; it is back before its network: one run, and no failure."""
    with practice_home(tmp_path, recordings=20, account=HOURLY) as (home, cloud):

        async def before(served: Served) -> None:
            await served.idle()

        port, ca = cloud.port, own_ca(home, cloud)
        serve(home, [cloud], before)

    async def story(served: Served) -> None:
        await served.until(lambda: served.lines(event="waiting for the network"))
        with running(recordings=20, port=port, start_ms=served.clock.now()) as again:
            ca.write_bytes(again.ca.read_bytes())
            await served.until(served.runs)
            await served.idle()  # no connection is left when the cloud goes
            ((verdict, trigger),) = served.runs()
            assert verdict == "verified" and trigger in {"catch_up", "schedule"}

    serve(home, [], story, clock=MovedClock(HOUR_MS, hurried=False))


# Verifications that are still owed.


@pytest.mark.parametrize("restarted", [False, True])
def test_a_later_look_closes_what_a_run_left_open(tmp_path: Path, restarted: bool) -> None:
    """Amazon takes two minutes: the verdict stays what it was, the look at five minutes closes it.

    In between nobody holds the ledger, and a restart forgets nothing.
    """

    async def story(served: Served, cloud: PracticeCloud) -> None:
        served.pass_time(HOUR_MS)
        await served.until(lambda: served.state().open)
        await served.idle()
        assert served.state().last_reason == "pending"
        Lock(served.home.directory(), now=0).close()
        if restarted:
            await served.stop()
            served.start()
            await served.idle()
        served.pass_time(6 * MINUTE_MS)
        await served.until(lambda: served.state().open is None)
        (run,) = served.entries(Event.RUN_STARTED)
        closing = served.entries(Event.RELISTED)[-1]
        assert closing.fields["closes"] is True and closing.run == closing.fields["of"] == run.run
        assert not closing.fields["still_visible"]
        assert (served.state().last_verdict, served.state().trouble) == ("residual", "")
        assert served.alerts() == []

    live(tmp_path, story, top={"verify": {"recheck": ["0s", "5m", "1h"]}}, delay_until_gone_ms=2 * MINUTE_MS)


def test_what_is_still_there_at_the_last_look_is_told(tmp_path: Path) -> None:
    """Amazon says yes and does nothing: after the last look the method has failed, and that is told once."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        served.pass_time(HOUR_MS)
        await served.until(lambda: served.state().open)
        await served.idle()
        assert served.alerts() == []
        served.pass_time(6 * MINUTE_MS)
        await served.until(lambda: served.state().open is None)
        await served.idle()
        (method,) = served.state().methods.values()
        assert (method.standing, method.reason) == ("failed", "removed nothing")
        await served.until(lambda: served.alerts() == [("residual", "home")])
        served.pass_time(HOUR_MS)
        await served.until(lambda: len(served.runs()) == 2)
        await served.idle()
        assert served.alerts() == [("residual", "home")]

    live(tmp_path, story, top={"verify": {"recheck": ["0s", "5m"]}}, effect="nothing")


# Edits.


def test_an_edit_is_applied_without_a_command(tmp_path: Path) -> None:
    """The new schedule is in force and entered with the file's hash; a comment changes no schedule."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        served.home.change(schedule={"every": "2h"})
        await served.until(lambda: len(served.entries(Event.CONFIG_APPLIED)) == 2)
        served.home.config.write_text(served.home.config.read_text() + "\n# a word\n")
        await served.until(lambda: len(served.entries(Event.CONFIG_APPLIED)) == 3)
        applied = served.entries(Event.CONFIG_APPLIED)
        assert [one.fields["schedule_changed"] for one in applied] == [True, True, False]
        await served.until(lambda: served.status()["config"]["hash"] == applied[-1].fields["config"])
        assert served.alerts() == []

    live(tmp_path, story)


def test_a_broken_edit_changes_nothing_but_what_is_said(tmp_path: Path) -> None:
    """The old schedule runs on, the problem stands with its place, one alert; mended, that is told too."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        good = served.home.config.read_text()
        served.home.config.write_text(good.replace('"every": "1h"', '"every": "1x"'))
        await served.until(served.problem)
        problem = served.problem()
        assert problem is not None
        (told,) = problem["problems"]
        assert f"{served.home.config}:" in told and "schedule.every" in told
        served.home.config.write_text(good.replace('"every": "1h"', '"every": "1x", "more": 1'))
        await served.until(lambda: len((served.problem() or {"problems": ()})["problems"]) == 2)
        served.pass_time(HOUR_MS)
        await served.until(served.runs)
        await served.until(lambda: len(served.entries(Event.CONFIG_REFUSED)) == 2)
        assert served.state().config_refused is not None
        assert served.alerts() == [("config", None)]
        served.home.config.write_text(good)
        await served.until(lambda: served.problem() is None)
        await served.until(lambda: served.state().config_refused is None)
        assert served.alerts() == [("config", None), ("recovered", None)]

    live(tmp_path, story)


def test_a_file_that_vanished_and_one_that_was_replaced(tmp_path: Path) -> None:
    """Without a file the old settings stay; another one moved into its place is read."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        config = served.home.config
        good = config.read_text()
        config.unlink()
        await served.until(served.problem)
        new = config.with_suffix(".new")
        new.write_text(good + "# new\n")
        new.replace(config)
        await served.until(lambda: served.problem() is None)
        await served.until(lambda: len(served.entries(Event.CONFIG_APPLIED)) == 2)

    live(tmp_path, story)


@pytest.mark.parametrize("others", [False, True])
def test_a_zone_this_machine_no_longer_has_is_a_broken_edit(tmp_path: Path, others: bool) -> None:
    """The schedule goes on with the zone in memory; the message names the line; then all is well."""
    zones = tmp_path / "zones"
    zones.mkdir()
    if others:
        (zones / "UTC").write_bytes(Path("/usr/share/zoneinfo/UTC").read_bytes())

    async def story(served: Served, cloud: PracticeCloud) -> None:
        try:
            reset_tzpath([str(zones)])
            ZoneInfo.clear_cache()
            served.home.config.write_text(served.home.config.read_text() + "\n")
            served.service.reload()
            await served.until(served.problem)
            assert "voicepurge.yaml:3:14: timezone: " in json.dumps(served.problem())
            served.pass_time(HOUR_MS)
            await served.until(served.runs)
        finally:
            reset_tzpath()
            ZoneInfo.clear_cache()
        served.service.reload()
        await served.until(lambda: served.problem() is None)

    live(tmp_path, story)


# Several accounts, and others who use the ledger.


def test_an_account_that_fails_alone_stops_no_other(tmp_path: Path) -> None:
    """A damaged ledger: told once, the other account runs; put back, the account is served again."""
    with (
        practice_home(tmp_path, recordings=20, account=HOURLY) as (home, cloud),
        running(seed=8, recordings=20) as other,
    ):
        home.join(other, "flat", HOURLY)
        ledger = home.directory("flat") / "ledger.jsonl"
        whole = ledger.read_bytes()
        ledger.write_bytes(whole.replace(b'"signed_in"', b'"signed_on"'))

        async def story(served: Served) -> None:
            await served.until(lambda: served.of("flat").get("error"))
            assert served.of("flat")["error"]["code"] == "ledger_damaged"
            await served.idle("home")
            served.pass_time(HOUR_MS)
            await served.until(lambda: served.runs("home"))
            assert served.runs("home")[0][0] == "verified"
            await served.beats()
            assert served.alerts() == [("blocked", "flat")]
            ledger.write_bytes(whole)
            await served.until(lambda: served.of("flat")["error"] is None)
            served.pass_time(HOUR_MS)
            await served.until(lambda: served.runs("flat"))
            assert served.alerts()[:2] == [("blocked", "flat"), ("recovered", "flat")]

        serve(home, [cloud, other], story, clock=at_five_past(cloud, other))


def test_a_vault_that_cannot_be_opened_is_told_at_once(tmp_path: Path) -> None:
    """Not only at the next slot, and in `status` too; the service lives on until it is there again."""
    with practice_home(tmp_path, recordings=20, account=HOURLY) as (home, cloud):

        async def before(served: Served) -> None:
            await served.idle()

        serve(home, [cloud], before)
        key = home.state / "vault" / "key"
        key.rename(home.place / "away")

        async def story(served: Served) -> None:
            await served.until(lambda: served.of().get("error"))
            assert served.of()["error"]["code"] == "vault"
            await served.until(lambda: served.alerts() == [("blocked", "home")])
            told = await asyncio.to_thread(home.spawn, "status")
            assert f"the service cannot serve it: {served.of()['error']['message']}" in told.out
            (home.place / "away").rename(key)
            served.pass_time(HOUR_MS)
            await served.until(served.runs)
            await served.until(lambda: served.alerts()[:2] == [("blocked", "home"), ("recovered", "home")])

        serve(home, [cloud], story)


def test_a_bug_in_a_run_ends_no_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as one, without a word of what it choked on; the next run owns up and verifies."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        words = {row.text for row in cloud.world.rows if row.text and " " in row.text}
        with monkeypatch.context() as planted:
            planted.setattr(wiring, "AmazonHistory", BuggyHistory)
            served.pass_time(HOUR_MS)
            await served.until(lambda: served.of().get("error"))
        assert served.of()["error"]["code"] == "bug"
        said = served.log.getvalue()
        assert "RuntimeError" in said and words and not [one for one in words if one in said]
        served.pass_time(HOUR_MS)
        await served.until(served.runs)
        assert served.runs()[0][0] == "verified"
        assert [one.fields["kind"] for one in served.entries(Event.RECOVERED)] == ["run"]

    live(tmp_path, story)


def test_a_ledger_in_use_is_waited_for(tmp_path: Path) -> None:
    """Whoever has it keeps it; the slot is served soon after, and once."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        lock = Lock(served.home.directory(), now=0)
        served.pass_time(HOUR_MS)
        await served.until(lambda: served.lines(event="the ledger is in use"))
        lock.close()
        served.pass_time(MINUTE_MS)
        await served.until(served.runs)
        await served.idle()
        assert len(served.runs()) == 1

    live(tmp_path, story)


@pytest.mark.heavy
def test_accounts_come_and_go_with_an_edit(tmp_path: Path) -> None:
    """One that was added is served, one that was taken out is not any more."""
    with (
        practice_home(tmp_path, recordings=20, account=HOURLY) as (home, cloud),
        running(seed=8, recordings=20) as other,
    ):
        home.join(other, "flat", HOURLY)
        flat = home.accounts.pop("flat")
        home.write()

        async def story(served: Served) -> None:
            await served.idle("home")
            home.accounts["flat"] = flat
            home.write()
            await served.idle("flat")
            del home.accounts["home"]
            home.write()
            await served.until(lambda: not served.of("home"))
            served.pass_time(HOUR_MS)
            await served.until(lambda: served.runs("flat"))
            assert served.runs("home") == []

        serve(home, [cloud, other], story, clock=at_five_past(cloud, other))


# Under systemd.


def test_the_watchdog_is_fed_by_the_loop_and_by_nothing_else(tmp_path: Path) -> None:
    """While the event loop stands still no sign of life is sent; it goes on as soon as the loop does."""
    with (
        practice_home(tmp_path, recordings=20, account=HOURLY) as (home, cloud),
        notify_socket(tmp_path) as notify,
    ):

        async def story(served: Served) -> None:
            await served.until(lambda: len(notify.values("WATCHDOG")) > 3)
            threading.Event().wait(10 * BEAT_S)  # nothing else of this process's loop runs now
            notify.values("WATCHDOG")
            fed = len(notify.heard)
            threading.Event().wait(20 * BEAT_S)
            notify.listen()
            assert len(notify.heard) == fed
            await served.until(lambda: len(notify.values("WATCHDOG")) > fed)

        serve(home, [cloud], story, environ={"NOTIFY_SOCKET": notify.address})


# Between runs.


def test_silence_is_visible(tmp_path: Path) -> None:
    """A day without a run leaves one entry and one signed head."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        served.pass_time(DAY_MS + HOUR_MS)
        await served.until(lambda: served.entries(Event.CHECKPOINTED))
        await served.idle()
        (entry,) = served.entries(Event.CHECKPOINTED)
        notes = (served.home.directory() / "checkpoint").read_text()
        assert notes.split("\n")[1] == str(entry.seq + 1)
        assert served.lines(event="checkpoint", account="home")[-1]["note"] == notes

    live(tmp_path, story, far_away())


def test_a_sign_in_that_was_refused_is_told_ahead(tmp_path: Path) -> None:
    """Long before the next slot: once, entered, and not again when the slot's run is blocked by it."""

    async def story(served: Served, cloud: PracticeCloud) -> None:
        cloud.turn(faults=[{"kind": "revoked", "on": "any"}])
        served.pass_time(DAY_MS + HOUR_MS)
        await served.until(lambda: served.entries(Event.SIGNED_OUT))
        await served.until(served.alerts)
        assert served.runs() == []
        served.pass_time(4 * DAY_MS)
        await served.until(served.runs)
        assert served.runs()[0][0] == "blocked"
        await served.idle()
        await served.beats()
        assert served.alerts() == [("blocked", "home")]

    live(tmp_path, story, far_away())
