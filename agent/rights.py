"""Giving up root for good, in favour of whoever owns the state directory.

A verb started as root does with root's rights only what needs them (reading the vault's key, one errand
outside the state) and goes on as the owner of the state, so that the service can read all it leaves.
"""

import json
import os
import pwd
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import agent
from agent.errors import AgentError, NoPermissionError, VaultError

SERVICE_USER = "voicepurge"
"""The static system user the service runs as."""

_STATE_MODE = 0o750
_MOST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns the state. `groups` are all further groups of that user."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


def owner_to_become(state: Path, *, system_state: Path | None = None) -> Owner | None:
    """Whom a process started as root must become; None where there is nothing to give up.

    Args:
        state: the state directory.
        system_state: where the system's state belongs. Only there a missing directory is meant for the
            service's user; elsewhere (root's own home) that user could not reach it.
    """
    if os.geteuid() != 0:
        return None
    try:
        found = state.stat()
    except FileNotFoundError:
        return _service_user() if state == system_state else None
    return _owner(found.st_uid, found.st_gid) if found.st_uid != 0 else None


def drop_to(owner: Owner, state: Path, program: Sequence[str | None] = (agent.__file__, os.__file__)) -> None:
    """Becomes `owner` for good; a missing state directory is made for that user first.

    Args:
        owner: whom to become.
        state: the state directory.
        program: files that must be readable afterwards: more modules are loaded later.

    Raises:
        NoPermissionError: root may not change its user here, could come back, or the user cannot read
            this program.
    """
    try:
        if not state.exists():
            state.mkdir(mode=_STATE_MODE)
            os.chown(state, owner.uid, owner.gid)
        os.setgroups(owner.groups)
        os.setresgid(owner.gid, owner.gid, owner.gid)
        os.setresuid(owner.uid, owner.uid, owner.uid)
    except OSError as error:
        raise NoPermissionError(f"root cannot become the owner of {state}: {error.strerror}.") from None
    _check_for_good(owner)
    for file in filter(None, program):
        if not os.access(file, os.R_OK):
            raise NoPermissionError(
                f"The owner of {state} may not read the program in {Path(file).parent}.",
                next_step="Install voicepurge where every user can read it, such as /opt.",
            )


def _check_for_good(owner: Owner) -> None:
    regained = set(os.getresuid()) != {owner.uid} or set(os.getresgid()) != {owner.gid}
    for regain, now in ((os.setuid, owner.uid), (os.setgid, owner.gid)):
        try:
            if now != 0:
                regain(0)
                regained = True
        except PermissionError:
            continue
    if regained:
        raise NoPermissionError("The rights of root were not given up for good.")


@contextmanager
def errand(action: Callable[[bytes], None], owner: Owner | None) -> Iterator[Callable[[bytes], None]]:
    """Keeps the rights for one deed after they were dropped: writing one file outside the state.

    Where rights will be dropped, a child is forked before, which waits for one message and then does
    `action` with it; otherwise `action` itself is given. At most one call; without one nothing is done.

    Raises:
        AgentError: out of the call, what `action` raised (from a child as VaultError).
    """
    if owner is None:
        yield action
        return
    (to_child, from_us), (from_child, to_us) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(from_us)
        os.close(from_child)
        _wait_and_do(action, to_child, to_us)
    os.close(to_child)
    os.close(to_us)

    def call(message: bytes) -> None:
        with os.fdopen(os.dup(from_us), "wb") as file:
            file.write(len(message).to_bytes(8) + message)
        with os.fdopen(os.dup(from_child), "rb") as answers:
            answer = json.loads(answers.readline() or b'["It ended without an answer.", ""]')
        if answer:
            raise VaultError(answer[0], next_step=answer[1] or None)

    try:
        yield call
    finally:
        os.close(from_us)
        os.close(from_child)
        os.waitpid(child, 0)


def _wait_and_do(action: Callable[[bytes], None], to_child: int, to_us: int) -> NoReturn:
    """The child: one message, one deed, one line of answer. Never returns into its parent's code."""
    answer: list[str] = ["It could not be done.", ""]
    try:
        with os.fdopen(to_child, "rb") as file:
            length = int.from_bytes(file.read(8))
            message = file.read(min(length, _MOST))
        if message and len(message) == length:
            action(message)
            answer = []
    except AgentError as error:
        answer = [error.message, error.next_step]
    except OSError as error:
        answer = [f"It could not be done: {error.strerror}.", ""]
    finally:
        with suppress(OSError):  # nobody waits for it any more
            os.write(to_us, json.dumps(answer).encode() + b"\n")
        os._exit(0)


def _service_user() -> Owner | None:
    try:
        found = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return None
    return _owner(found.pw_uid, found.pw_gid)


def _owner(uid: int, gid: int) -> Owner:
    """The user with its own groups; the directory's group where the number has no name."""
    try:
        found = pwd.getpwuid(uid)
    except KeyError:
        return Owner(uid, gid)
    return Owner(uid, found.pw_gid, tuple(os.getgrouplist(found.pw_name, found.pw_gid)))
