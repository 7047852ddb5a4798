"""`voicepurge daemon` as a process: signals, systemd, crashes, and what it writes."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.model import Event
from agent.simulator.server import PracticeCloud
from tests.support.daemon_process import Daemon, pass_time, started
from tests.support.moved_clock import FileClock
from tests.support.practice_home import Home, documents, practice_home

pytestmark = pytest.mark.heavy

HOUR_MS = 3_600_000
ACCOUNT: dict[str, object] = {"schedule": {"every": "1h"}, "jitter": "0s", "keep_for": "0s"}


@contextmanager
def house(place: Path) -> Iterator[tuple[Home, PracticeCloud, FileClock]]:
    """A signed-in account of forty recordings, and the clock its service will have."""
    with practice_home(place, recordings=40, account=ACCOUNT) as (home, cloud):
        yield home, cloud, FileClock(place / "ahead")


def settled(running: Daemon) -> bool:
    """Whether the configuration was entered, so that slots count from here."""
    return bool(running.entries(Event.CONFIG_APPLIED))


def verdicts(running: Daemon) -> list[object]:
    """Of all runs that ended."""
    return [one.fields["verdict"] for one in running.entries(Event.RUN_ENDED)]


@pytest.mark.parametrize("abstract", [False, True])
def test_a_day_in_the_life(tmp_path: Path, abstract: bool) -> None:
    """READY, a run on schedule, a reload by SIGHUP, a watchdog that is fed, and a clean end within 5 s.

    What the log of the process says of the run is what the ledger says.
    """
    with house(tmp_path) as (home, cloud, clock), started(home, clock, abstract=abstract) as running:
        running.until(lambda: settled(running))
        pass_time(running, cloud, HOUR_MS)
        running.until(lambda: verdicts(running))
        assert verdicts(running) == ["verified"]
        running.notify.await_value("STATUS", "verified, nothing due remains, next run")

        home.config.write_text(home.config.read_text() + "\n# edited\n")
        running.process.send_signal(signal.SIGHUP)
        running.until(lambda: len(running.entries(Event.CONFIG_APPLIED)) == 2)
        running.notify.await_value("RELOADING", "1")
        assert running.notify.values("MONOTONIC_USEC")[0].isdecimal()
        running.until(lambda: len(running.notify.values("READY")) == 2)

        fed = len(running.notify.values("WATCHDOG"))
        running.until(lambda: len(running.notify.values("WATCHDOG")) > fed + 2)

        assert running.stop() < 5
        assert running.process.returncode == 0
        assert running.notify.values("STOPPING") == ["1"]
        assert not (home.state / "run" / "status.json").exists()

        (told,) = running.lines(event="run ended")
        (logged,) = [one for one in documents(home.spawn("log", "--json").out) if one["event"] == "run_ended"]
        assert (told["run"], told["verdict"], told["slot"]) == (
            logged["run"],
            logged["verdict"],
            logged["slot"],
        )
        assert told["practice"] is True
        assert {name: told[name] for name in logged["counts"]} == logged["counts"]
        notes = [one["note"] for one in running.lines(event="checkpoint")]
        assert notes[-1] == (home.directory() / "checkpoint").read_text()


@pytest.mark.parametrize(("kind", "carried_out"), [("hang", False), ("hang_after", True)])
def test_a_stop_in_the_middle_of_a_request(tmp_path: Path, kind: str, carried_out: bool) -> None:
    """Whatever became of the request, it is unknown; nothing more is sent; the next start looks first."""
    with house(tmp_path) as (home, cloud, clock):
        cloud.turn(faults=[{"kind": kind, "on": "delete"}])
        with started(home, clock) as running:
            running.until(lambda: settled(running))
            pass_time(running, cloud, HOUR_MS)
            running.until(lambda: running.entries(Event.DELETION_INTENDED))
            assert running.stop() < 5
            assert running.process.returncode == 0
            (answered,) = running.entries(Event.DELETION_ANSWERED)
            assert (answered.fields["result"], answered.fields["reason"]) == ("unknown", "stopped")
            (ended,) = running.entries(Event.RUN_ENDED)
            assert (ended.fields["verdict"], ended.fields["reason"]) == ("interrupted", "stopped")
            assert ended.fields["open"] is not None
        assert bool(cloud.truth()["requested"]) is carried_out
        cloud.turn(faults=[])
        with started(home, clock) as running:
            running.until(lambda: len(verdicts(running)) == 2)
            assert verdicts(running)[1] in {"verified", "nothing_due"}
            running.stop()
        assert not cloud.truth()["surfaces"]["voice"]
        assert home.run("ledger", "verify").code == 0


def test_a_stop_in_the_middle_of_a_listing(tmp_path: Path) -> None:
    """Reading changes nothing: it ends at once, and the slot is served at the next start."""
    with house(tmp_path) as (home, cloud, clock):
        cloud.turn(faults=[{"kind": "hang", "on": "listing", "skip": 1}])
        with started(home, clock) as running:
            running.until(lambda: settled(running))
            pass_time(running, cloud, HOUR_MS)
            running.until(lambda: running.entries(Event.RUN_STARTED))
            assert running.stop(signal.SIGINT) < 5
            assert running.process.returncode == 0
            assert verdicts(running) == ["interrupted"]
        cloud.turn(faults=[])
        with started(home, clock) as running:
            running.until(lambda: len(verdicts(running)) == 2)
            assert verdicts(running)[1] == "verified"
            running.stop()


def test_killed_in_the_middle_of_a_purge(tmp_path: Path) -> None:
    """The next start owns up, looks before it asks for anything, and verifies; the slot is served once."""
    with house(tmp_path) as (home, cloud, clock):
        cloud.turn(faults=[{"kind": "hang_after", "on": "delete"}])
        with started(home, clock) as running:
            running.until(lambda: settled(running))
            pass_time(running, cloud, HOUR_MS)
            running.until(lambda: running.entries(Event.DELETION_INTENDED))
            lost = running.entries(Event.RUN_STARTED)[0].run
            running.stop(signal.SIGKILL)
        cloud.turn(faults=[])
        with started(home, clock) as running:
            running.until(lambda: verdicts(running))
            (recovered,) = running.entries(Event.RECOVERED)
            assert recovered.run == lost
            listed, intended = running.entries(Event.LISTED)[-1], running.entries(Event.DELETION_INTENDED)
            assert all(one.seq > listed.seq for one in intended if one.run != lost)
            assert verdicts(running)[0] in {"verified", "nothing_due"}
            running.stop()
        assert not cloud.truth()["surfaces"]["voice"]
        assert home.run("ledger", "verify").code == 0


def test_a_run_by_hand_beside_the_service(tmp_path: Path) -> None:
    """While the service runs one, a second is told since when and exits 75; otherwise both work."""
    with house(tmp_path) as (home, cloud, clock), started(home, clock) as running:
        running.until(lambda: settled(running))
        by_hand = home.spawn("run", "--json")
        assert by_hand.run["verdict"] == "verified"
        cloud.turn(faults=[{"kind": "hang", "on": "listing"}])
        pass_time(running, cloud, HOUR_MS)
        running.until(lambda: len(running.entries(Event.RUN_STARTED)) == 2)
        second = home.spawn("run")
        assert second.code == 75 and "in progress since" in second.err
        assert home.spawn("log").code == 0
        cloud.turn(faults=[])
        running.stop()


def test_a_bad_configuration_at_the_start(tmp_path: Path) -> None:
    """Nothing is served: exit 78 with every problem; without the zone's data too."""
    with house(tmp_path) as (home, _, _):
        without = home.spawn("daemon", environment={"PYTHONTZPATH": str(tmp_path)})
        assert without.code == 78 and "timezone" in without.err
        home.change(schedule={"every": "7m"}, jitter="x")
        refused = home.spawn("daemon")
        assert refused.code == 78
        assert "schedule.every" in refused.err and "jitter" in refused.err


def test_status_json_is_whole_and_for_everybody(tmp_path: Path) -> None:
    """Programs of other users may read it; the directory decides who gets that far."""
    with house(tmp_path) as (home, _, clock), started(home, clock) as running:
        path = home.state / "run" / "status.json"
        running.until(lambda: path.exists() and json.loads(path.read_text())["accounts"]["home"]["next"])
        found = json.loads(path.read_text())
        assert (found["v"], found["pid"]) == (1, running.process.pid)
        assert path.stat().st_mode & 0o777 == 0o644
        assert found["accounts"]["home"]["error"] is None
        second = home.spawn("daemon")
        assert second.code == 75 and f"process {running.process.pid}" in second.err
        assert json.loads(path.read_text())["pid"] == running.process.pid
        running.stop()
