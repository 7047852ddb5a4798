"""The service's whole life on a booted machine: the shipped unit, its full sandbox, a practice cloud.

One machine for all tests, in the order of a life. The time of day is the real one; for the machine that was
off it is moved by libfaketime, for the service alone.
"""

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agent.daemon.schedule import from_slot_id
from agent.settings import config_hash
from tests.support.booted import STATE, USER
from tests.support.installed import make
from tests.support.served import CONFIG, LEDGER, RUNTIME, UNIT, Served, served

pytestmark = pytest.mark.heavy

QUARTER_MS = 900_000
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def signed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service of one machine, and nothing in its state of root's in the end."""
    place: Path = tmp_path_factory.mktemp("machine") / "root"
    place.mkdir()
    with served(place) as made:
        yield made


@pytest.fixture
def service(signed_in: Served) -> Iterator[Served]:
    """It runs with the usual settings and an honest cloud; after each test root owns nothing of the state."""
    signed_in.start()
    signed_in.apply(signed_in.settings())
    yield signed_in
    signed_in.cloud("POST", "dials", {"faults": []})
    found = signed_in.machine.ok("find", STATE, "-printf", "%u %g\n").split("\n")
    assert {line for line in found if line} == {f"{USER} {USER}"}


def run_with(service: Served, keys: set[str]) -> dict[str, Any]:
    """Waits for a run after which none of these recordings is visible; its last entry."""
    service.until("the recordings are gone", lambda: not service.remaining(keys))
    run = service.events("run_started")[-1]["run"]
    service.until("the run has ended", lambda: service.events("run_ended")[-1]["run"] == run)
    return service.events("run_ended")[-1]


def started(service: Served, run: str) -> dict[str, Any]:
    """How that run began."""
    (entry,) = (one for one in service.events("run_started") if one["run"] == run)
    return entry


def unanswered(service: Served) -> set[str]:
    """Due recordings, and a deletion request for them that is neither carried out nor answered."""
    keys = service.speak(3)
    service.cloud("POST", "dials", {"faults": [{"kind": "hang", "on": "delete", "ms": 60_000}]})
    before = len(service.events("deletion_intended"))
    service.until("a deletion is intended", lambda: len(service.events("deletion_intended")) > before)
    return keys


def test_it_starts_and_says_so(service: Served) -> None:
    """READY under the full sandbox, as its own user, with one line for a person."""
    assert service.show("ActiveState") == "active"
    assert service.show("Type") == "notify"
    assert service.show("StatusText").startswith("[practice] home: ")
    user = service.machine.ok("stat", "-c", "%U", f"/proc/{service.show('MainPID')}").strip()
    assert user == USER
    assert service.machine.ok("stat", "-c", "%U %a", RUNTIME).split() == [USER, "750"]


def test_it_purges_on_schedule(service: Served) -> None:
    """At the minute, without anybody asking: requested, looked again, verified; the kept ones are there."""
    keys = service.speak(5)
    kept = {service.cloud("POST", "say", {})["key"]}
    ended = run_with(service, keys)
    begun = started(service, ended["run"])
    assert (begun["trigger"], ended["verdict"]) == ("schedule", "verified")
    late = datetime.fromisoformat(begun["t"]).timestamp() * 1000 - from_slot_id(begun["slot"])
    assert 0 <= late < MINUTE_MS
    assert service.remaining(kept) == kept


def test_an_edit_is_applied_without_a_command(service: Served) -> None:
    """The new settings are in force and in the ledger, with their hash."""
    before = service.board()["config"]["hash"]
    service.edit(service.settings("{every: 2h}"))
    now = service.until("applied", lambda: (found := service.board()["config"]["hash"]) != before and found)
    applied = service.until("entered", lambda: service.events("config_applied")[-1]["config"] == now)
    assert applied
    slot = service.board()["accounts"]["home"]["next"]["slot"]
    assert from_slot_id(slot) % (2 * 3_600_000) == 3_600_000, "even hours in Berlin, odd ones in UTC"
    assert service.show("NRestarts") == "0"


def test_a_reload_reads_the_file_at_once(service: Served) -> None:
    """`systemctl reload` reaches the process through the sandbox, also where there is nothing new."""
    before = service.journal().count("the configuration is as before")
    service.machine.ok("systemctl", "reload", "voicepurge")
    service.until("read", lambda: service.journal().count("the configuration is as before") > before)
    assert service.show("NRestarts") == "0"


def test_a_broken_edit_stops_nothing(service: Served) -> None:
    """The old schedule runs on; `status` says where the error is; the mended file is in force at once."""
    broken = service.settings("{every: 1m}", keep_for="a while")
    line = next(n for n, text in enumerate(broken.splitlines(), 1) if "a while" in text)
    service.edit(broken)
    problem = service.until("noticed", lambda: service.board()["config"]["problem"])
    assert problem["problems"][0].startswith(f"{CONFIG}:{line}:15: ")
    status = service.machine.run("voicepurge", "status").stdout.decode()
    assert problem["problems"][0] in status
    keys = service.speak(2)
    assert run_with(service, keys)["verdict"] == "verified"
    assert service.events("config_refused")
    service.apply(service.settings())
    assert service.show("NRestarts") == "0"


def test_root_works_beside_it(service: Served) -> None:
    """`run` and `status` of root, and `status` of somebody in the group, beside the running service."""
    service.apply(service.settings("{every: 6h}"))
    keys = service.speak(3)
    (run,) = json.loads(service.machine.ok("voicepurge", "run", "home", "--json"))["runs"]
    assert run["verdict"] == "verified" and not service.remaining(keys)
    pid = int(service.show("MainPID"))
    for who in ((), ("setpriv", "--reuid", "nobody", "--regid", USER, "--clear-groups")):
        told = json.loads(service.machine.ok(*who, "voicepurge", "status", "--json"))
        assert told["service"]["pid"] == pid
        assert told["accounts"][0]["last_run"]["run"] == run["run"]
    outsider = service.machine.run("setpriv", "--reuid", "nobody", "--clear-groups", "voicepurge", "status")
    assert outsider.returncode == 77
    assert service.show("NRestarts") == "0"


def test_an_update_beside_the_running_service(service: Served) -> None:
    """Installed over itself while it runs; what is left to type is said, and the successor serves on."""
    pid = service.show("MainPID")
    make(service.machine, "install")
    told = json.loads(service.machine.ok("voicepurge", "service", "install", "--json"))
    assert {file["state"] for file in told["files"]} == {"unchanged", "kept"}
    assert told["running"] and told["next"] == ["sudo systemctl restart voicepurge"]
    assert service.show("MainPID") == pid
    service.machine.ok("systemctl", "restart", "voicepurge")
    service.until("it runs", lambda: service.board().get("pid") == int(service.show("MainPID")))


def test_killed_in_mid_purge_it_recovers(service: Served) -> None:
    """SIGKILL while a request is under way: restarted; what is not known is said; asked again, verified."""
    keys = unanswered(service)
    lost = service.events("run_started")[-1]["run"]
    pid, restarts = service.show("MainPID"), int(service.show("NRestarts"))
    service.machine.ok("systemctl", "kill", "--kill-who=main", "--signal=KILL", "voicepurge")
    service.cloud("POST", "dials", {"faults": []})
    service.until("another process", lambda: service.show("MainPID") not in {pid, "0"})
    ended = run_with(service, keys)
    assert ended["verdict"] == "verified" and ended["run"] != lost
    (recovered,) = (entry for entry in service.events("recovered") if entry["run"] == lost)
    assert (recovered["kind"], recovered["state"]) == ("run", "unknown")
    assert int(service.show("NRestarts")) == restarts + 1
    service.machine.ok("voicepurge", "ledger", "verify")


def test_a_frozen_one_is_started_again(service: Served) -> None:
    """Without a sign of life the watchdog ends it, and its successor is as good as new."""
    pid = service.show("MainPID")
    service.machine.ok("kill", "-STOP", pid)
    service.until("another process", lambda: service.show("MainPID") not in {pid, "0"}, limit_s=30)
    assert "Watchdog timeout" in service.journal()
    service.until("it runs", lambda: service.board().get("pid") == int(service.show("MainPID")))
    assert run_with(service, service.speak(1))["verdict"] == "verified"


def test_a_stop_in_mid_purge_is_clean_and_quick(service: Served) -> None:
    """Within 5 s, though the answer would take a minute; what is not known stands so in the ledger."""
    unanswered(service)
    begun = time.monotonic()
    service.stop()
    assert time.monotonic() - begun < 5
    assert service.show("Result") == "success"
    assert service.show("ExecMainStatus") == "0"
    answered, ended = service.events("deletion_answered")[-1], service.entries()[-1]
    assert answered["result"] == "unknown"
    assert (ended["event"], ended["verdict"]) == ("run_ended", "interrupted")
    service.machine.ok("voicepurge", "ledger", "verify")
    assert service.machine.run("test", "-e", RUNTIME).returncode == 1


def test_off_over_two_slots(service: Served) -> None:
    """The newer one is made up for once, the older one is entered as missed; nothing else runs."""
    text = service.settings("{every: 15m}")
    service.apply(text)
    service.until("entered", lambda: service.events("config_applied")[-1]["config"] == config_hash(text))
    service.stop()
    known = service.entries()[-1]["seq"]
    now = int(service.machine.ok("date", "+%s")) * 1000
    newest = (now + 2 * QUARTER_MS) // QUARTER_MS * QUARTER_MS
    off = newest + 10 * MINUTE_MS - now
    keys = service.speak(2)
    service.cloud("POST", "advance", {"ms": off})
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    assert library, "needs Debian's faketime"
    moved = f'Environment="LD_PRELOAD={library}" "FAKETIME=+{off // 1000}" FAKETIME_DONT_FAKE_MONOTONIC=1'
    service.drop_in("later", f"[Service]\n{moved}\n")
    service.start()
    ended = run_with(service, keys)
    since = [entry for entry in service.entries() if entry["seq"] > known]
    (missed,) = (entry for entry in since if entry["event"] == "slot_missed")
    (begun,) = (entry for entry in since if entry["event"] == "run_started")
    assert (begun["trigger"], ended["verdict"]) == ("catch_up", "verified")
    assert from_slot_id(begun["slot"]) == newest
    assert from_slot_id(missed["slot"]) == newest - QUARTER_MS
    service.stop()
    service.drop_in("later", "")


def test_the_live_exposure_is_that_of_the_gate(service: Served) -> None:
    """Of the running service systemd says what it says of the file."""

    def exposure(*of: str) -> str:
        said = service.machine.ok("systemd-analyze", "security", "--no-pager", *of)
        (line,) = re.findall("Overall exposure level for voicepurge.service: ([0-9.]+)", said)
        return str(line)

    assert exposure("voicepurge.service") == exposure("--offline=true", UNIT)
    assert float(exposure("voicepurge.service")) <= 1.1


def test_uninstalling_offers_to_sign_out(service: Served) -> None:
    """On a terminal, before anything is removed; the ledger stays and verifies."""
    command = "voicepurge service uninstall"
    answered = service.machine.ok("sh", "-c", f"echo y | script -qec '{command}' /dev/null")
    assert "Sign out of home first?" in answered
    assert service.entries()[-1]["event"] == "signed_out"
    assert service.machine.run("systemctl", "cat", "voicepurge").returncode != 0
    assert service.machine.run("test", "-e", LEDGER).returncode == 0
    service.machine.ok("voicepurge", "ledger", "verify")
