"""The service on a booted machine, signed in to a practice cloud that runs on the same machine.

Installed by `make install` and `service install`, with the unit as shipped; a drop-in only makes waits
shorter. Everything is asked from outside: the ledger's lines, `status.json`, systemd, the cloud's truth.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.settings import config_hash
from tests.support.booted import STATE, USER, Machine
from tests.support.installed import make, with_source

CONFIG = "/etc/voicepurge/voicepurge.yaml"
UNIT = "/etc/systemd/system/voicepurge.service"
LEDGER = f"{STATE}/accounts/home/ledger.jsonl"
RUNTIME = "/run/voicepurge"
DAY_MS = 86_400_000
WATCHDOG_S = 9

FASTER = f"""
[Service]
WatchdogSec={WATCHDOG_S}
RestartSec=1
"""
"""The unit as it is shipped, but for waits: a beat every 3 s, a restart after one."""
_CA = "/etc/voicepurge/practice.pem"
_ASK = """
import ssl, sys, urllib.request as web
method, url, body = sys.argv[1:]
asked = web.Request(url, body.encode() or None, {"content-type": "application/json"}, method=method)
trusted = ssl.create_default_context(cafile="%s")
sys.stdout.write(web.urlopen(asked, context=trusted).read().decode())
"""


@dataclass(frozen=True, slots=True)
class Served:
    """The running service and all one can see of it."""

    machine: Machine
    url: str

    def settings(self, schedule: str = "{every: 1m}", **account: object) -> str:
        """A configuration of the practice account `home`."""
        fields = {
            "marketplace": "amazon.de",
            "keep_for": "24h",
            "jitter": "0s",
            "methods": ["recipe:practice-json-batch"],
            "practice": {"url": self.url, "ca": _CA},
            **account,
        }
        lines = "".join(f"    {name}: {json.dumps(value)}\n" for name, value in fields.items())
        return (
            f"version: 1\ntimezone: Europe/Berlin\naccounts:\n  home:\n    schedule: {schedule}\n{lines}"
            "verify: {recheck: [0s]}\nlimits: {requests_per_second: 200}\ncredentials: {backend: systemd}\n"
        )

    def edit(self, text: str) -> None:
        """Saves the configuration as an editor does: another file in its place."""
        self.machine.write(f"{CONFIG}.new", text.encode(), "640")
        self.machine.ok("chgrp", USER, f"{CONFIG}.new")
        self.machine.ok("mv", f"{CONFIG}.new", CONFIG)

    def apply(self, text: str) -> None:
        """Saves it and waits until it is in force."""
        self.edit(text)
        wanted = config_hash(text)
        self.until("the edit is in force", lambda: self.board().get("config", {}).get("hash") == wanted)
        self.until("no problem", lambda: self.board()["config"]["problem"] is None)

    def drop_in(self, name: str, text: str) -> None:
        """Adds lines to the unit, as `systemctl edit` does; none take them away again."""
        path = f"{UNIT}.d/{name}.conf"
        if text:
            self.machine.write(path, text.encode())
        else:
            self.machine.ok("rm", path)
        self.machine.ok("systemctl", "daemon-reload")

    def show(self, name: str) -> str:
        """A property of the unit."""
        return self.machine.ok("systemctl", "show", "voicepurge", "--value", f"--property={name}").strip()

    def entries(self) -> list[dict[str, Any]]:
        """The ledger's finished lines."""
        done = self.machine.run("cat", LEDGER)
        whole = done.stdout[: done.stdout.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines()]

    def events(self, name: str) -> list[dict[str, Any]]:
        """Entries of one kind."""
        return [entry for entry in self.entries() if entry["event"] == name]

    def board(self) -> dict[str, Any]:
        """`status.json`; empty where there is none."""
        done = self.machine.run("cat", f"{RUNTIME}/status.json")
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return found

    def cloud(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Asks the practice cloud behind the service's back."""
        given = "" if body is None else json.dumps(body)
        program = ("/opt/voicepurge/bin/python", "-c", _ASK % _CA)
        return json.loads(self.machine.ok(*program, method, f"{self.url}/_practice/{path}", given))

    def speak(self, number: int) -> set[str]:
        """So many recordings that become due this moment, so that no run has looked there yet; their keys."""
        said = [self.cloud("POST", "say", {"ago_ms": DAY_MS}) for _ in range(number)]
        return {one["key"] for one in said}

    def remaining(self, keys: set[str]) -> set[str]:
        """Which of these are still visible."""
        surfaces = self.cloud("GET", "truth")["surfaces"]
        return keys & {key for seen in surfaces.values() for key in seen}

    def until(self, what: str, reached: Callable[[], Any], limit_s: float = 90) -> Any:  # noqa: ANN401 - what is found
        """Asks until there is an answer that counts, and returns it."""
        end = time.monotonic() + limit_s
        while not (found := reached()):
            assert time.monotonic() < end, f"not reached: {what}\n{self.journal()}"
            time.sleep(0.2)
        return found

    def journal(self) -> str:
        """The last lines of the service's journal."""
        return self.machine.ok("journalctl", "-b", "-u", "voicepurge", "--no-pager", "-n", "60")

    def start(self) -> None:
        """Returns when it is READY."""
        assert self.machine.run("systemctl", "start", "voicepurge").returncode == 0, self.journal()

    def stop(self) -> None:
        """Returns when it is gone."""
        self.machine.ok("systemctl", "stop", "voicepurge")


@contextmanager
def served(place: Path) -> Iterator[Served]:
    """Installs, signs in, does not start yet. `place` is an empty directory."""
    with with_source(place) as machine:
        make(machine, "install")
        machine.ok("voicepurge", "service", "install")
        facts = _practice_cloud(machine)
        made = Served(machine, str(facts["url"]))
        machine.write(_CA, machine.ok("cat", str(facts["ca"])).encode())
        made.edit(made.settings())
        made.drop_in("faster", FASTER)
        machine.ok("voicepurge", "vault", "init")
        machine.ok("voicepurge", "login", "home", "--practice", give=str(facts["credential"]).encode())
        yield made


def _practice_cloud(machine: Machine) -> dict[str, object]:
    """Starts it as a transient unit; the line it prints."""
    output = "/run/practice-cloud"
    command = ("/opt/voicepurge/bin/voicepurge", "simulator", "--recordings", "60")
    where = (f"--property=StandardOutput=file:{output}", "--property=StandardError=journal")
    machine.ok("systemd-run", "--unit=practice-cloud", *where, *command)
    for _ in range(200):
        line = machine.run("cat", output).stdout
        if line.endswith(b"\n"):
            facts: dict[str, object] = json.loads(line)
            return facts
        time.sleep(0.1)
    raise AssertionError(machine.ok("journalctl", "-b", "-u", "practice-cloud", "--no-pager"))
