"""`voicepurge daemon` in a process of its own, on a clock that the test moves, under a service manager.

`python -m tests.support.daemon_process` instead of `python -m agent daemon`: only its clock is another one.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.cli import daemon
from agent.cli.app import run_command
from agent.ledger.entry import Entry
from agent.ledger.reading import entries
from agent.model import Event
from agent.simulator.server import PracticeCloud
from tests.support.moved_clock import FileClock
from tests.support.notify_socket import NotifySocket, notify_socket
from tests.support.practice_home import ROOT, Home

WATCHDOG_S = 1.5
PATIENCE_S = 60.0
_LINE = re.compile(r"<([0-7])>(\{.*\})")


@dataclass
class Daemon:
    """A running service. `said` is all it wrote so far, a line each."""

    home: Home
    clock: FileClock
    notify: NotifySocket
    process: "subprocess.Popen[str]"
    said: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Collects what it writes until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))

    def lines(self, **fields: object) -> list[dict[str, Any]]:
        """Its log lines with these fields; every line has a priority and is JSON."""
        found = []
        for line in list(self.said):
            match = _LINE.fullmatch(line)
            assert match is not None, line
            found.append(json.loads(match[2]))
        return [line for line in found if fields.items() <= line.items()]

    def entries(self, event: Event) -> list[Entry]:
        """Entries of the account's ledger."""
        return [entry for entry in entries(self.home.directory()) if entry.event is event]

    def until(self, holds: Callable[[], object]) -> None:
        """Returns once something holds."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert self.process.poll() is None, self.said[-5:]
            assert time.monotonic() < end, f"it never came: {self.said[-5:]}"
            self.notify.listen(0.05)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Sends a signal and waits for the end; how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - began


@contextlib.contextmanager
def started(
    home: Home,
    clock: FileClock,
    *options: str,
    abstract: bool = False,
    watchdog_s: float = WATCHDOG_S,
) -> Iterator[Daemon]:
    """The service with options before its verb, up to READY; killed afterwards if it still runs."""
    place = home.place / f"notify-{time.monotonic_ns()}"
    place.mkdir()
    with notify_socket(place, abstract=abstract) as notify:
        environ = {
            **home.environment(),
            "NOTIFY_SOCKET": notify.address,
            "WATCHDOG_USEC": str(round(watchdog_s * 1_000_000)),
            "MOVED_CLOCK": str(clock.path),
        }
        command = [sys.executable, "-m", "tests.support.daemon_process", *options]
        with subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            running = Daemon(home, clock, notify, process)
            listener = threading.Thread(target=running.listen)
            listener.start()
            try:
                running.until(lambda: notify.values("READY"))
                yield running
            finally:
                process.kill()
                process.wait()
                listener.join()


def pass_time(running: Daemon, cloud: PracticeCloud, ms: int) -> None:
    """Lets time jump, in the service and at Amazon."""
    cloud.advance(ms)
    running.clock.move(ms)


if __name__ == "__main__":
    setattr(daemon, "SystemClock", lambda: FileClock(Path(os.environ["MOVED_CLOCK"])))  # noqa: B010 - as a test says
    raise SystemExit(run_command([*sys.argv[1:], "daemon"]))
