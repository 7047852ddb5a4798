"""A booted systemd over a throw-away copy of this machine, bare or with the program and its user installed.

systemd-nspawn on an overlay of `/` in memory, in a mount namespace of its own: nothing of this machine is
changed. Needs root and Debian's systemd-container; without them the tests fail under their own names.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import agent

USER = "voicepurge"
STATE = "/var/lib/voicepurge"
CREDENTIAL = "/etc/credstore.encrypted/voicepurge-key"

_SETUP = """
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" "$1/root"
root="$1/root"; shift
# of the copy: what an installation of this machine left; nspawn itself hides /run and /tmp
rm -rf "$root/var/lib/voicepurge" "$root/etc/voicepurge" "$root/opt/voicepurge"
rm -rf "$root/usr/local/bin/voicepurge" "$root"/etc/s*/voicepurge.conf
rm -rf "$root"/etc/systemd/system/voicepurge.service*
: > "$root/etc/machine-id"
exec setsid systemd-nspawn --quiet -D "$root" --register=no --keep-unit --private-network \\
  --console=pipe --system-call-filter=bpf --capability=CAP_BPF "$@" --boot systemd.unit=basic.target
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """The booted machine; every command in it runs as root."""

    leader: int

    def run(
        self, *command: str, give: bytes = b"", limit_s: float = 60
    ) -> "subprocess.CompletedProcess[bytes]":
        """One command inside; its code and outputs, whatever they are."""
        inside = ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-p", "-n", "-C", "--"]
        clean = [
            "env",
            "-i",
            "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/root",
            "LC_ALL=C.UTF-8",
        ]
        return subprocess.run(
            [*inside, *clean, *command], input=give, capture_output=True, timeout=limit_s, check=False
        )

    def ok(self, *command: str, give: bytes = b"", limit_s: float = 60) -> str:
        """One command inside that must succeed; its standard output."""
        done = self.run(*command, give=give, limit_s=limit_s)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout.decode()

    def write(self, path: str, content: bytes, mode: str = "644") -> None:
        """Puts a file there as root."""
        self.ok("install", "-D", "-m", mode, "/dev/stdin", path, give=content)

    def service(self, name: str, text: str) -> bool:
        """Writes a unit and starts it; True when it ended well."""
        self.write(f"/etc/systemd/system/{name}.service", text.encode())
        self.ok("systemctl", "daemon-reload")
        return self.run("systemctl", "start", name).returncode == 0

    def result(self, name: str) -> str:
        """How a unit ended, with its exit status: `success 0`, `exit-code 243`."""
        shown = self.ok("systemctl", "show", name, "--property=Result,ExecMainStatus")
        values = dict(line.split("=", 1) for line in shown.splitlines())
        return f"{values['Result']} {values['ExecMainStatus']}"


@contextmanager
def booted(place: Path) -> Iterator[Machine]:
    """Boots with the program of this checkout as a command, and its user. `place` is an empty directory."""
    python, base = Path(sys._base_executable).resolve(), Path(sys.base_prefix).resolve()  # type: ignore[attr-defined] # CPython's own name for it
    code = Path(agent.__file__).resolve().parents[1]
    packages = Path(sysconfig.get_path("purelib"))
    # the binds lie outside /tmp, /root and /home, which a sandboxed service does not see
    binds = {base: str(base), code: "/opt/voicepurge/code", packages: "/opt/voicepurge/packages"}
    with bare(place, binds) as made:
        made.ok("chmod", "o+x", *map(str, base.parents))
        path = "/opt/voicepurge/code:/opt/voicepurge/packages"
        start = f"#!/bin/sh\nexport PYTHONPATH={path}\nexec {shlex.quote(str(python))} -P "
        made.write("/usr/local/bin/voicepurge", f'{start}-m agent "$@"\n'.encode(), "755")
        made.write("/usr/local/bin/with-voicepurge", f'{start}"$@"\n'.encode(), "755")
        made.ok("systemd-sysusers", "--inline", f'u {USER} - "{USER}" {STATE}')
        yield made


@contextmanager
def bare(place: Path, binds: Mapping[Path, str]) -> Iterator[Machine]:
    """Boots a machine without the program; stops and cleans up afterwards.

    Args:
        place: an empty directory.
        binds: directories outside, read-only inside at the path given.
    """
    assert os.geteuid() == 0, "needs root"
    assert shutil.which("systemd-nspawn"), "needs Debian's systemd-container"
    arguments = [str(place), *(f"--bind-ro={outside}:{inside}" for outside, inside in binds.items())]
    with (place.parent / "console").open("wb") as console:
        machine = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "bash", "-c", _SETUP, "setup", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )
    try:
        yield Machine(_wait_for_boot(machine, place.parent / "console"))
    finally:
        machine.send_signal(signal.SIGTERM)
        try:
            machine.wait(15)
        except subprocess.TimeoutExpired:
            machine.kill()
            machine.wait(15)
        _remove_control_groups()


def _remove_control_groups() -> None:
    """Empty ones that nspawn leaves where no systemd runs outside; one in use stays."""
    for tree in ("systemd", "unified", ""):
        for left in ("payload", "supervisor"):
            top = Path("/sys/fs/cgroup") / tree / left
            for inner in sorted(top.rglob("*"), reverse=True) if top.is_dir() else ():
                if inner.is_dir():
                    with suppress(OSError):
                        inner.rmdir()
            with suppress(OSError):
                top.rmdir()


def _wait_for_boot(machine: "subprocess.Popen[bytes]", console: Path) -> int:
    for _ in range(300):
        assert machine.poll() is None, console.read_text(errors="replace")
        children = Path(f"/proc/{machine.pid}/task/{machine.pid}/children").read_text().split()
        if children:
            done = Machine(int(children[0])).run("systemctl", "is-active", "basic.target")
            if done.returncode == 0:
                return int(children[0])
        time.sleep(0.1)
    raise AssertionError(console.read_text(errors="replace"))
