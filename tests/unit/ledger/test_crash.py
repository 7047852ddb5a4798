import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.ledger.entry import line_hash
from agent.model import Event
from tests.support.ledger_home import checked, filled, lines, one_run, opened

ROOT = Path(__file__).resolve().parents[3]


def child(*args: object, before: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    command = [*before, sys.executable, "-m", "tests.support.ledger_child", *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def promises_are_kept(directory: Path, said: bytes) -> None:
    """Every acknowledged entry is in the file as promised; every signed head is still true; it goes on."""
    found = [line_hash(line[:-1]) for line in lines(directory)] if said else []
    notes = []
    for line in said.decode().split("\n")[:-1]:
        word, _, rest = line.partition(" ")
        if word == "signed":
            notes.append(json.loads(rest))
        elif word != "refused":
            assert found[int(word)] == rest
    with opened(directory) as ledger:
        one_run(ledger, "after")
    report = checked(directory, *notes)
    assert report.problems == ()
    assert report.unsigned == 0


def killed(directory: Path, draw: random.Random, times: int) -> None:
    for _ in range(times):
        process = child(directory, 1000)
        assert process.stdout is not None
        said = b"".join(process.stdout.readline() for _ in range(draw.randint(1, 40)))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=30)
        promises_are_kept(directory, said + rest)


def test_a_killed_writer_loses_nothing_it_promised(tmp_path: Path) -> None:
    """Four kills at random moments: no acknowledged entry and no signed head is lost."""
    killed(tmp_path, random.Random(7), 4)  # noqa: S311 - only chooses moments


@pytest.mark.heavy
def test_a_writer_killed_fifty_times_loses_nothing(tmp_path: Path) -> None:
    """The same on one growing ledger, fifty times."""
    killed(tmp_path, random.Random(8), 50)  # noqa: S311 - only chooses moments


@pytest.mark.parametrize("room", [300, 1000, 1700, 2500])
def test_a_file_that_may_not_grow_is_told_and_recovered(tmp_path: Path, room: int) -> None:
    """Where no file may grow past a limit the writer stops; without the limit it recovers."""
    filled(tmp_path, 1)
    size = (tmp_path / "ledger.jsonl").stat().st_size
    process = child(tmp_path, 9, size + room)
    said, wrong = process.communicate(timeout=30)
    assert (process.returncode, wrong) == (0, b"")
    assert said.endswith(b"refused\n")
    torn = not (tmp_path / "ledger.jsonl").read_bytes().endswith(b"\n")
    promises_are_kept(tmp_path, said)
    recovered = [line for line in lines(tmp_path) if b'"recovered"' in line]
    assert len(recovered) == torn


STARVED = """
import os, sys
from pathlib import Path
from agent.errors import LedgerUnwritableError
from agent.model import Event
from tests.support.ledger_home import checked, one_run, opened
from tests.support.ledger_samples import ended

home, filler, reserve = (Path("{disk}") / name for name in ("home", "filler", "home/reserve"))
def refused(act):
    try:
        act()
    except LedgerUnwritableError:
        return True
    return False

ledger = opened(home)
ledger.require_room()
assert reserve.exists()
with filler.open("wb", buffering=0) as other:
    while not refused(lambda: ledger.append(Event.SIGNED_OUT, {{"reason": "x" * 1000}})):
        try:
            other.write(bytes(4096))
        except OSError:
            pass
assert not reserve.exists(), "the reserve makes room"
assert refused(lambda: ledger.append(Event.SIGNED_IN, {{}})), "and this writer has had its say"
assert refused(ledger.require_room)
ledger.close()
with opened(home) as again:
    assert refused(again.require_room), "nothing may be requested"
    again.append(Event.RUN_ENDED, ended("blocked", reason="ledger_unwritable"), run="r")
    again.checkpoint()
assert checked(home).ok and checked(home).unsigned == 0
filler.unlink()
with opened(home) as again:
    again.require_room()
    one_run(again, "r2")
assert reserve.exists()
assert checked(home).ok
print("survived")
"""


@pytest.mark.heavy
def test_a_full_disk_is_survived(tmp_path: Path) -> None:
    """On a real file system of 4 MiB that another fills up: refused, closed in the reserve, and on again.

    Needs to mount: as root, or where a user may make name spaces.
    """
    code = STARVED.format(disk=tmp_path)
    done = subprocess.run(
        [
            "unshare",
            *(["--mount"] if os.geteuid() == 0 else ["--map-root-user", "--mount"]),
            "sh",
            "-c",
            'mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" -c "$3"',
            "sh",
            str(tmp_path),
            sys.executable,
            code,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "survived\n"), done.stderr


FAULTS = ("error=EIO", "error=ENOSPC", "signal=KILL")
CALLS = ("openat", "write", "fdatasync", "fsync", "rename", "ftruncate")


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
def test_a_fault_at_any_system_call_is_survived(tmp_path: Path, call: str, fault: str) -> None:
    """Each call on the ledger's files fails, or kills us, once: first time, second time, and so on.

    Needs strace. What was promised stays, what was signed stays true, and the ledger goes on.
    """
    assert shutil.which("strace"), "this test needs strace"
    files = ("ledger.jsonl", "checkpoint", "checkpoint.new", "checkpoints", "tree", "tree.new")
    met = 0
    for when in range(1, 9):
        where = filled(tmp_path / str(when), 1)
        with (where / "ledger.jsonl").open("ab") as file:
            file.write(b'{"torn')  # so that recovery is in it
        paths = [part for name in files for part in ("-P", str(where / name))]
        trace = tmp_path / f"{when}.strace"
        inject = f"inject={call}:{fault}:when={when}"
        process = child(
            where,
            1,
            before=("strace", "-f", "-qq", "-o", str(trace), *paths, "-e", f"trace={call}", "-e", inject),
        )
        said, _ = process.communicate(timeout=60)
        hit = "INJECTED" in trace.read_text() or "killed by SIGKILL" in trace.read_text()
        met += hit
        promises_are_kept(where, said)
        if not hit:
            break
    assert met, "the fault was never met: the test would prove nothing"


def test_every_promise_is_looked_at(tmp_path: Path) -> None:
    """The check of these tests itself: a lost entry, and a lost head, are found."""
    process = child(tmp_path, 1)
    said, _ = process.communicate(timeout=30)
    promises_are_kept(tmp_path, said)
    other = filled(tmp_path / "other", 1)
    with pytest.raises(AssertionError):
        promises_are_kept(other, said.replace(b"3 ", b"2 ", 1))
    with opened(tmp_path) as ledger:
        ledger.append(Event.SIGNED_IN, {})
        newer = json.dumps(one_run_note(tmp_path, ledger.checkpoint().size)).encode()
    with pytest.raises(AssertionError):
        promises_are_kept(other, b"signed " + newer + b"\n")


def one_run_note(directory: Path, size: int) -> str:
    """The newest note, which covers that many entries."""
    note = (directory / "checkpoint").read_text()
    assert note.split("\n")[1] == str(size)
    return note
