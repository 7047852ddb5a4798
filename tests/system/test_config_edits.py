"""Thousands of random edits of the configuration, and edits under way while it is read."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from agent.errors import AgentError, ConfigError, NoPermissionError
from agent.settings import Settings, load
from agent.settings import read as read_file
from tests.support.children import NOBODY, children
from tests.support.config_text import MARKETPLACES, config
from tests.support.practice_home import ROOT, Home

MANY = config("keep_devices: [" + ", ".join(f"device {n}" for n in range(3000)) + "]")
FEW = config()


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(1, 6))
def test_thousands_of_edits_are_refused_with_places_or_work(tmp_path: Path, seed: int) -> None:
    """`config check` answers 0 or 78 with places, never a traceback, never over 2 s of work or 200 MB."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.edits_child", str(tmp_path), "1000", str(seed)],
        cwd=ROOT,
        env={**os.environ, "STATE_DIRECTORY": str(tmp_path / "state"), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    seen = json.loads(done.stdout)
    assert set(seen["codes"]) == {"works", "78"}
    assert sum(seen["codes"].values()) >= 1000
    assert min(seen["codes"].values()) > 100, "the edits are of one kind"
    assert seen["slowest_s"] < 2 and seen["peak"] < 200_000_000


@contextmanager
def hammered(*steps: object) -> Iterator[None]:
    """Calls the steps in turn, in a thread, until the block ends."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            for step in steps:
                assert callable(step)
                step()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def test_a_file_replaced_while_it_is_read_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    """An editor that renames leaves nothing half read."""
    path = tmp_path / "c.yaml"
    replace(path, FEW)
    with hammered(lambda: replace(path, MANY), lambda: replace(path, FEW)):
        seen = {outcome(read_file, path) for _ in range(300)}
    assert seen <= {FEW, MANY, f"{path} changes while it is read."}
    assert seen & {FEW, MANY}


def outcome(deed: Callable[[Path], object], path: Path) -> object:
    try:
        return deed(path)
    except ConfigError as error:
        return error.message


def test_a_file_written_in_place_while_it_is_read_ends_as_defined(tmp_path: Path) -> None:
    """Emptied, half written, gone, a directory for a moment: settings or an error of ours, each time."""
    path = tmp_path / "c.yaml"
    path.write_text(FEW)

    def in_pieces() -> None:
        with path.open("w") as file:
            for at in range(0, len(MANY), 5000):
                file.write(MANY[at : at + 5000])
                file.flush()

    def directory() -> None:
        path.unlink()
        path.mkdir()
        path.rmdir()
        path.write_text(FEW)

    with hammered(in_pieces, directory):
        seen = [outcome(partial(load, marketplaces=MARKETPLACES), path) for _ in range(200)]
    for one in seen:
        assert isinstance(one, Settings) or str(one).startswith((str(path), "There is no configuration"))


@pytest.mark.parametrize("kind", ["directory", "pipe", "missing", "loop", "device", "below a file", "long"])
def test_what_is_no_file_is_an_error_and_never_a_wait(tmp_path: Path, kind: str) -> None:
    """A directory, a named pipe nobody writes to, a link to itself: exit 78 at once, with what to do."""
    home = Home(tmp_path)
    path = tmp_path / "c.yaml"
    match kind:
        case "directory":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path)
        case "device":
            path = Path("/dev/zero")
        case "below a file":
            (tmp_path / "file").touch()
            path = tmp_path / "file" / "c.yaml"
        case "long":
            path = tmp_path / ("x" * 300)
    done = home.spawn("--config", str(path), "config", "check")
    assert done.code == 78
    assert "Next: " in done.err and "Traceback" not in done.err


def test_what_opens_but_cannot_be_read_is_an_error() -> None:
    """A regular file by its looks whose first byte is an error of the system (here: of the kernel's)."""
    with pytest.raises(AgentError) as caught:
        read_file(Path("/proc/self/mem"))
    assert caught.value.exit_code == 78


@pytest.mark.heavy
def test_a_file_of_somebody_else_is_exit_77(tmp_path: Path) -> None:
    """No right to read, or to look into the directory: 77 with the fix, from another user's process."""
    home = Home(tmp_path)
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_uid == os.geteuid() and above.stat().st_mode & 0o005 != 0o005:
            above.chmod(0o755)
    home.config.write_text(FEW)
    home.config.chmod(0o600)
    with children() as forks:
        done = forks.run(home.environment(), "config", "check", user=NOBODY)
        assert done.code == NoPermissionError.exit_code and "Next: " in done.err
        home.config.chmod(0o644)
        assert forks.run(home.environment(), "config", "show", user=NOBODY).code == 0
        tmp_path.chmod(0o700)
        assert forks.run(home.environment(), "config", "check", user=NOBODY).code == 77
