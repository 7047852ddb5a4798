import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import UsageError, VaultError
from agent.rights import Owner, drop_to, errand, owner_to_become
from tests.support.children import NOBODY

# forking is what is tested; from Python 3.12 on a test runner with threads is warned of it
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def in_child(deed: Callable[[], object]) -> str:
    """What `deed` returns or raises, in a forked child that ends at once."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        answer = "nothing"
        try:
            answer = repr(deed())
        except BaseException as error:  # noqa: BLE001 - told to the parent, which is the test
            answer = f"{type(error).__name__}: {error}"
        finally:
            os.write(theirs, answer.encode())
            os._exit(0)
    os.close(theirs)
    os.waitpid(child, 0)
    with os.fdopen(ours) as file:
        return file.read()


@pytest.fixture
def root() -> None:
    """Only root has something to give up."""
    assert os.geteuid() == 0, "needs root"


@pytest.mark.heavy
def test_root_becomes_the_owner_and_cannot_come_back(tmp_path: Path, root: None) -> None:
    """All three ids are the owner's, no further group is left, and no way leads back."""
    os.chown(tmp_path, NOBODY, NOBODY)

    def deed() -> object:
        owner = owner_to_become(tmp_path)
        assert owner is not None
        os.setgroups([0, 27])
        drop_to(Owner(owner.uid, owner.gid), tmp_path, program=())
        tried = []
        for regain in (os.setuid, os.seteuid, os.setgid):
            try:
                regain(0)
                tried.append(regain.__name__)
            except PermissionError:
                pass
        return (os.getresuid(), os.getresgid(), os.getgroups(), tried)

    assert in_child(deed) == repr(((NOBODY,) * 3, (NOBODY,) * 3, [], []))


@pytest.mark.heavy
def test_a_missing_system_state_is_made_for_the_user(tmp_path: Path, root: None) -> None:
    """It exists afterwards, 0750, and belongs to the owner, not to root."""
    state = tmp_path / "state"
    in_child(lambda: drop_to(Owner(NOBODY, NOBODY), state))
    found = state.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (NOBODY, NOBODY, 0o750)


@pytest.mark.heavy
def test_a_program_the_owner_cannot_read_is_said(tmp_path: Path, root: None) -> None:
    """Not a crash in the middle, when the next module cannot be loaded."""
    hidden = tmp_path / "hidden" / "agent.py"
    hidden.parent.mkdir(0o700)
    hidden.touch()
    said = in_child(lambda: drop_to(Owner(NOBODY, NOBODY), tmp_path, program=(str(hidden),)))
    assert said.startswith("NoPermissionError: The owner of")


@pytest.mark.heavy
def test_the_errand_keeps_the_rights_for_one_deed(tmp_path: Path, root: None) -> None:
    """After the drop a file of root's is written, by the child alone, with the message given."""
    place = tmp_path / "roots-own"
    place.mkdir(0o700)

    def write(content: bytes) -> None:
        (place / "file").write_bytes(content + str(os.geteuid()).encode())

    def deed() -> object:
        owner = Owner(NOBODY, NOBODY)
        with errand(write, owner) as call:
            drop_to(owner, tmp_path, program=())
            call(b"by ")
        return os.geteuid()

    assert in_child(deed) == str(NOBODY)
    assert (place / "file").read_bytes() == b"by 0"


def test_an_errand_not_run_does_nothing(tmp_path: Path) -> None:
    """Whoever never calls it leaves no file and no child."""
    with errand((tmp_path / "file").write_bytes, Owner(NOBODY, NOBODY)):  # type: ignore[arg-type] # its number of bytes is of no use
        pass
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_an_errand_that_fails_says_why(tmp_path: Path) -> None:
    """Our own errors come back with their next step, those of the system with their reason."""

    def refuse(_: bytes) -> None:
        raise UsageError("Not there.", next_step="Elsewhere.")

    with (
        errand(refuse, Owner(NOBODY, NOBODY)) as call,
        pytest.raises(VaultError, match="Not there") as caught,
    ):
        call(b"message")
    assert caught.value.next_step == "Elsewhere."
    missing = tmp_path / "none" / "file"

    def write(given: bytes) -> None:
        missing.write_bytes(given)

    with (
        errand(write, Owner(NOBODY, NOBODY)) as call,
        pytest.raises(VaultError, match="No such file"),
    ):
        call(b"message")


def test_without_a_drop_the_deed_is_done_here(tmp_path: Path) -> None:
    """No child where nothing is given up."""
    seen: list[tuple[bytes, int]] = []
    with errand(lambda given: seen.append((given, os.getpid())), None) as call:
        call(b"message")
    assert seen == [(b"message", os.getpid())]


def test_one_s_own_state_needs_no_drop(tmp_path: Path) -> None:
    """Who owns the state, root included, stays who they are; a missing state elsewhere is one's own."""
    assert owner_to_become(tmp_path) is None
    assert owner_to_become(tmp_path / "none", system_state=tmp_path) is None
