"""`voicepurge doctor` on a booted machine: unit, service, credential and rights as systemd knows them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.booted import STATE, USER, Machine
from tests.support.installed import make, with_source

pytestmark = pytest.mark.heavy

UNIT = "/etc/systemd/system/voicepurge.service"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with the program and its service installed; it has no network at all."""
    place: Path = tmp_path_factory.mktemp("machine") / "root"
    place.mkdir()
    with with_source(place) as made:
        make(made, "install")
        made.ok("voicepurge", "service", "install")
        yield made


def findings(machine: Machine) -> dict[str, dict[str, Any]]:
    """What root's doctor finds, by check; it has written nothing as root."""
    done = machine.run("voicepurge", "doctor", "--json")
    document = json.loads(done.stdout)
    assert document["exit_code"] == done.returncode, done.stderr
    assert machine.ok("find", STATE, "!", "-user", USER) == ""
    return {found["check"]: found for found in document["findings"]}


def test_a_machine_that_was_only_installed(machine: Machine) -> None:
    """No key, no service, no network: each said, with what to do; what is not known is not ok."""
    found = findings(machine)
    levels = {name: one["level"] for name, one in found.items()}
    assert {name for name, level in levels.items() if level == "fails"} >= {"service", "vault", "sign-in"}
    assert {name for name, level in levels.items() if level == "unknown"} == {"network", "clock"}
    assert levels["disk"] == levels["systemd"] == levels["next run"] == levels["configuration"] == "ok"
    assert "enable --now" in found["service"]["next"]
    assert "its name cannot be looked up" in found["network"]["what"]
    assert levels["time service"] == "warning"
    assert "backups" not in found


def test_the_vaults_key_is_only_as_good_as_its_backup(machine: Machine) -> None:
    """With a credential sealed by this machine's own key, a backup needs that key too."""
    machine.ok("voicepurge", "vault", "init")
    found = findings(machine)
    assert found["vault"]["level"] == "ok"
    assert found["backups"]["level"] == "warning"
    assert "/var/lib/systemd/credential.secret" in found["backups"]["what"]
    assert machine.ok("ls", "/var/lib/systemd/credential.secret")


def test_the_service_as_systemd_knows_it(machine: Machine) -> None:
    """Running and enabled is ok; not enabled, changed, or another program are warnings; stopped fails."""
    machine.ok("systemctl", "enable", "--now", "voicepurge")
    found = findings(machine)
    assert found["service"]["level"] == found["unit"]["level"] == "ok"
    assert "in force" in found["configuration"]["what"]
    machine.ok("systemctl", "disable", "voicepurge")
    assert "does not start with the machine" in findings(machine)["service"]["what"]
    whole = machine.ok("cat", UNIT)
    machine.write(UNIT, whole.replace("WatchdogSec=180", "WatchdogSec=90").encode())
    assert findings(machine)["unit"]["level"] == "warning"
    machine.ok("systemctl", "daemon-reload")
    assert "not the one this version would write" in findings(machine)["unit"]["what"]
    machine.write(UNIT, whole.replace("ExecStart=/opt", "ExecStart=/usr/local/opt").encode())
    machine.ok("systemctl", "daemon-reload")
    assert "It starts /usr/local/opt" in findings(machine)["unit"]["what"]
    machine.write(UNIT, whole.encode())
    machine.ok("systemctl", "daemon-reload")
    machine.ok("systemctl", "stop", "voicepurge")
    found = findings(machine)
    assert (found["service"]["level"], found["service"]["exit_code"]) == ("fails", 3)
    assert found["unit"]["level"] == "ok"


def test_a_full_or_read_only_disk(machine: Machine) -> None:
    """The state on a file system without room, and on one that cannot be written."""
    machine.ok("mount", "-t", "tmpfs", "-o", f"size=1m,mode=750,uid={USER},gid={USER}", "tmpfs", STATE)
    assert "too little for a run" in findings(machine)["disk"]["what"]
    machine.ok("mount", "-o", "remount,ro", STATE)
    assert "cannot be written" in findings(machine)["disk"]["what"]
    machine.ok("umount", STATE)
    assert findings(machine)["disk"]["level"] == "ok"


def test_a_user_who_may_not_read_the_configuration_is_told(machine: Machine) -> None:
    """77 with the fix, no guess."""
    done = machine.run("setpriv", "--reuid", "nobody", "--clear-groups", "voicepurge", "doctor")
    assert done.returncode == 77
    assert b"Next: " in done.stderr
