"""A purge of a large account, with the practice cloud and the run in processes of their own, measured.

`python -m tests.support.measured FILE ARGUMENTS…` runs one command and leaves its peak memory in FILE.
"""

import json
import re
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.cli.app import run_command
from tests.support.practice_home import ROOT, Done, Home


@dataclass(frozen=True, slots=True)
class CloudProcess:
    """A practice cloud started by `voicepurge simulator`."""

    url: str
    ca: Path
    credential: str

    def truth(self) -> dict[str, Any]:
        """What really remains and everything it was asked."""
        trusted = ssl.create_default_context(cafile=str(self.ca))
        with urllib.request.urlopen(f"{self.url}/_practice/truth", context=trusted, timeout=60) as answer:  # noqa: S310 - our own loopback address
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def cloud_process(recordings: int) -> Iterator[CloudProcess]:
    """An honest cloud in a process of its own, stopped at the end."""
    command = [sys.executable, "-m", "agent", "simulator", "--recordings", str(recordings)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            facts = json.loads(process.stdout.readline())
            yield CloudProcess(facts["url"], Path(facts["ca"]), facts["credential"])
        finally:
            process.terminate()


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: what it said, how long it took and how much memory it had at most."""

    done: Done
    seconds: float
    peak_mb: float


def measured_run(home: Home, *arguments: str) -> Measured:
    """One command in a process of its own; its peak is the kernel's own count (proc(5), VmHWM)."""
    file = home.place / "peak"
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.measured", str(file), *arguments],
        env=home.environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - begun
    return Measured(Done(done.returncode, done.stdout, done.stderr), took, int(file.read_text()) / 1024)


def purge(place: Path, recordings: int) -> tuple[Measured, dict[str, Any]]:
    """Purges an account of that size with the limits raised; the run and the truth afterwards."""
    place.mkdir(exist_ok=True)
    with cloud_process(recordings) as cloud:
        home = Home(place, top={"limits": {"requests_per_second": 1000, "concurrency": 8}})
        home.join(cloud)
        measured = measured_run(home, "run", "--confirm", "--json")
        return measured, cloud.truth()


def _main(file: str, *arguments: str) -> int:
    code = run_command(arguments)
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    Path(file).write_text(found[1])
    return code


if __name__ == "__main__":
    raise SystemExit(_main(*sys.argv[1:]))
