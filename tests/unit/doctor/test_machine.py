from pathlib import Path

import pytest

from agent.doctor import machine
from agent.doctor.finding import Level
from agent.doctor.machine import Room
from agent.ledger.storage import RESERVE_BYTES, SLICE_BYTES

STATE = Path("/var/lib/voicepurge")
PLENTY = Room(10**10, 10**6, writable=True)


@pytest.mark.parametrize(
    ("known", "level"), [(True, Level.OK), (False, Level.WARNING), (None, Level.WARNING)]
)
def test_the_time_service(known: bool | None, level: Level) -> None:
    """Synchronized is ok; not synchronized, or nobody to ask, is worth knowing and no failure."""
    found = machine.time_service(known)
    assert (found.level, found.exit_code) == (level, 0)
    assert bool(found.next_step) == (level is not Level.OK)


def test_the_mark_of_the_time_service_is_believed(tmp_path: Path) -> None:
    """systemd-timesyncd leaves a file; without it timedatectl is asked, which may know nothing."""
    (tmp_path / "synchronized").touch()
    assert machine.synchronized(tmp_path / "synchronized") is True
    assert machine.synchronized(tmp_path / "none") in (True, False, None)


@pytest.mark.parametrize(
    ("found", "level", "words"),
    [
        (PLENTY, Level.OK, "10000 MB free"),
        (Room(10**10, None, writable=True), Level.OK, "10000 MB free"),
        (Room(50_000_000, 10**6, writable=True), Level.WARNING, "enough for tonight"),
        (Room(SLICE_BYTES + RESERVE_BYTES - 1, 10**6, writable=True), Level.FAILS, "too little for a run"),
        (Room(0, 10**6, writable=True), Level.FAILS, "too little for a run"),
        (Room(10**10, 3, writable=True), Level.FAILS, "3 more files"),
        (Room(10**10, 10**6, writable=False), Level.FAILS, "cannot be written"),
    ],
)
def test_the_disk(found: Room, level: Level, words: str) -> None:
    """A run needs a slice and the reserves; a person must act where there is no room or no right to write."""
    judged = machine.disk(STATE, found, RESERVE_BYTES)
    assert judged.level is level and words in judged.what
    assert judged.exit_code == (3 if level is Level.FAILS else 0)


def test_room_is_that_of_the_place_to_be(tmp_path: Path) -> None:
    """A state directory that is not there yet is made where its parent lies."""
    found = machine.room(tmp_path / "not" / "yet")
    assert found == machine.room(tmp_path)
    assert found.writable and found.free > 0


def test_reserves_that_are_there_need_no_room(tmp_path: Path) -> None:
    """Only missing ones are counted."""
    ledgers = [tmp_path / "a", tmp_path / "b"]
    ledgers[0].mkdir()
    (ledgers[0] / "reserve").touch()
    assert machine.missing_reserves(ledgers) == RESERVE_BYTES


@pytest.mark.parametrize(
    ("version", "backend", "level"),
    [
        (252, "systemd", Level.OK),
        (251, "systemd", Level.OK),
        (250, "systemd", Level.WARNING),
        (249, "systemd", Level.FAILS),
        (None, "systemd", Level.FAILS),
        (240, "file", Level.OK),
    ],
)
def test_the_version_of_systemd(version: int | None, backend: str, level: Level) -> None:
    """Encrypted credentials came with 250, and are found by name from 251 on; else it does not matter."""
    found = machine.systemd_version(version, backend)
    assert found is not None and found.level is level


def test_without_systemd_and_need_for_it_nothing_is_said() -> None:
    """A container with a key file has no systemd and misses nothing."""
    assert machine.systemd_version(None, "file") is None
