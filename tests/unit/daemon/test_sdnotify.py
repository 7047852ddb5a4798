import os
from pathlib import Path

import pytest

from agent.daemon.sdnotify import Systemd
from tests.support.notify_socket import notify_socket


@pytest.mark.parametrize("abstract", [False, True])
def test_each_message_arrives_as_systemd_reads_it(tmp_path: Path, abstract: bool) -> None:
    """By path and in the abstract name space; a status is one line, whatever is in it."""
    with notify_socket(tmp_path, abstract=abstract) as notify:
        systemd = Systemd({"NOTIFY_SOCKET": notify.address})
        systemd.ready("all\nis  well")
        systemd.reloading(12.5)
        systemd.status("WATCHDOG=1\nFDSTORE=1")
        systemd.watchdog()
        systemd.stopping()
        notify.listen()
    assert notify.heard == [
        {"READY": "1", "STATUS": "all is well"},
        {"RELOADING": "1", "MONOTONIC_USEC": "12500000"},
        {"STATUS": "WATCHDOG=1 FDSTORE=1"},
        {"WATCHDOG": "1"},
        {"STOPPING": "1"},
    ]


@pytest.mark.parametrize(
    "address", ["", "relative", "/nowhere/notify", "@nobody", "/dev/null", "@" + "x" * 200]
)
def test_nobody_listening_is_no_error(address: str) -> None:
    """Without a socket, or with one that is none, nothing happens."""
    Systemd({"NOTIFY_SOCKET": address}).ready("fine")
    Systemd({}).stopping()


def test_a_full_socket_keeps_nobody_waiting(tmp_path: Path) -> None:
    """A service manager that does not read loses messages; the service goes on at once."""
    with notify_socket(tmp_path) as notify:
        systemd = Systemd({"NOTIFY_SOCKET": notify.address})
        for _ in range(2000):
            systemd.watchdog()
        assert 0 < len(notify.values("WATCHDOG")) < 2000


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "180000000"}, 180.0),
        ({"WATCHDOG_USEC": "180000000", "WATCHDOG_PID": str(os.getpid())}, 180.0),
        ({"WATCHDOG_USEC": "180000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_ours_only_when_it_says_so(environ: dict[str, str], seconds: float | None) -> None:
    """Its time in seconds, for this process and no other."""
    assert Systemd(environ).watchdog_s == seconds
