from dataclasses import replace
from pathlib import Path

import pytest

from agent.doctor import service
from agent.doctor.finding import Finding, Level
from agent.doctor.service import Expected, Unit
from agent.reporting.service import Refused, Service

COMMAND = "/opt/voicepurge/bin/voicepurge"
GOOD = Unit(
    loaded=True, enabled=True, active="active", again=False, stale=False, program=COMMAND, text="[Unit]"
)
EXPECTED = Expected("[Unit]", COMMAND)
LIVING = Service(pid=7, started=1, at=2, config="ab")
CONFIG = Path("/etc/voicepurge/voicepurge.yaml")


def judged(unit: Unit | None, expected: Expected | None = EXPECTED) -> list[Finding]:
    return list(service.of_system(unit, expected, None))


def test_a_service_that_runs_as_installed_is_ok() -> None:
    """Running, enabled, of this version."""
    assert [(found.name, found.level) for found in judged(GOOD)] == [
        ("service", Level.OK),
        ("unit", Level.OK),
    ]


@pytest.mark.parametrize(
    ("changed", "level", "words"),
    [
        ({"loaded": False}, Level.FAILS, "not installed"),
        ({"active": "inactive"}, Level.FAILS, "not running"),
        ({"active": "failed"}, Level.FAILS, "failed"),
        ({"active": "activating", "again": True}, Level.FAILS, "failed"),
        ({"active": "activating"}, Level.WARNING, "being started"),
        ({"enabled": False}, Level.WARNING, "does not start with the machine"),
        ({"active": "reloading"}, Level.OK, "running"),
    ],
)
def test_what_keeps_tonights_run_from_starting(changed: dict[str, object], level: Level, words: str) -> None:
    """No service, no run: a person must act."""
    found = judged(replace(GOOD, **changed))[0]  # type: ignore[arg-type]  # fields by name
    assert found.level is level and words in found.what
    assert found.exit_code == (3 if level is Level.FAILS else 0)
    assert bool(found.next_step) == (level is not Level.OK)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"stale": True}, "still uses the old one"),
        ({"program": "/usr/bin/voicepurge"}, "It starts /usr/bin/voicepurge"),
        ({"text": "[Unit]\nOld=yes"}, "not the one this version would write"),
    ],
)
def test_a_unit_that_drifted_is_a_warning(changed: dict[str, object], words: str) -> None:
    """It runs, but it is not what was tested."""
    found = judged(replace(GOOD, **changed))[1]  # type: ignore[arg-type]  # fields by name
    assert (found.level, found.exit_code) == (Level.WARNING, 0)
    assert words in found.what


def test_what_cannot_be_compared_is_not_called_the_same() -> None:
    """A command that could be no service, or a unit file nobody may read: nothing is said of it."""
    assert [found.name for found in judged(GOOD, None)] == ["service"]
    assert [found.name for found in judged(replace(GOOD, text=""))] == ["service"]


def test_without_systemd_a_living_service_is_enough() -> None:
    """Whatever keeps it running; and without one nothing would start."""
    (alive,) = service.of_system(None, EXPECTED, LIVING)
    (dead,) = service.of_system(None, EXPECTED, None)
    assert (alive.level, dead.level, dead.exit_code) == (Level.OK, Level.FAILS, 3)


def test_a_configuration_of_ones_own_needs_no_unit() -> None:
    """Who runs by hand is told, and nothing fails."""
    assert service.of_user(LIVING).level is Level.OK
    alone = service.of_user(None)
    assert (alone.level, alone.exit_code) == (Level.WARNING, 0)


def test_a_file_the_service_does_not_use_is_told() -> None:
    """In force, not yet in force, or refused with the place of the problem."""
    refused = replace(LIVING, refused=Refused(1, (f"{CONFIG}:3:5: no",)))
    found = [
        service.configuration(CONFIG, "ab", LIVING),
        service.configuration(CONFIG, "cd", LIVING),
        service.configuration(CONFIG, "cd", refused),
        service.configuration(CONFIG, "cd", None),
    ]
    assert [one.level for one in found] == [Level.OK, Level.WARNING, Level.FAILS, Level.OK]
    assert found[2].exit_code == 78 and ":3:5:" in found[2].what
    assert "in force" in found[0].what and "in force" not in found[3].what


def test_a_machine_without_systemd_has_no_unit() -> None:
    """Where systemd does not run, or does not answer, nothing is invented."""
    found = service.unit()
    assert found is None or isinstance(found, Unit)
