"""The shipped unit under systemd's own checks, without starting it."""

import re
import subprocess
from itertools import takewhile
from pathlib import Path, PurePosixPath

import pytest

from agent.daemon.unit import UNIT, Place, unit_for
from agent.share import shared

pytestmark = pytest.mark.heavy

SHIPPED = shared(f"systemd/{UNIT}").read_text(encoding="utf-8")
SANDBOX = SHIPPED.partition("# --- Privileges")[2].partition("[Install]")[0]
NOT_COUNTED = {"ExecPaths", "LimitCORE", "MemoryDenyWriteExecute", "MemoryMax", "NoExecPaths", "TasksMax"}
"""Lines that `systemd-analyze security` does not count, or not enough to change the number."""


def analyze(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


def exposure(place: Path, text: str) -> int:
    """0 where the exposure is 1.1 or better."""
    file = place / UNIT
    file.write_text(text)
    return analyze("security", "--offline=true", "--threshold=11", file).returncode


def test_systemd_has_nothing_to_say(tmp_path: Path) -> None:
    """`systemd-analyze verify` prints nothing at all, for an installation at another place too."""
    place = Place(*map(PurePosixPath, ("/bin/true", "/opt", "/usr/bin/python3", "/usr", "/opt/agent")))
    file = tmp_path / UNIT
    file.write_text(unit_for(place, SHIPPED))
    done = analyze("verify", "--man=no", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_exposure_is_one_point_one_or_better(tmp_path: Path) -> None:
    """And the gate can tell: a unit without its filter of system calls does not pass."""
    assert exposure(tmp_path, SHIPPED) == 0
    assert exposure(tmp_path, re.sub("^SystemCallFilter=.*$", "", SHIPPED, flags=re.MULTILINE)) == 1


def test_each_line_says_why_and_when_to_loosen_it() -> None:
    """The comment right above each line of the sandbox has both."""
    lines = SANDBOX.splitlines()
    found = {}
    for number, line in enumerate(lines):
        if re.match(r"\w+=", line):
            above = list(takewhile(lambda one: one.startswith("#"), reversed(lines[:number])))
            assert any("Loosen" in one for one in above), line
            found[line.partition("=")[0]] = above
    assert set(found) >= NOT_COUNTED
