"""Commands in forked children that lose their rights, or die by SIGKILL between two steps of the ledger.

`python -m tests.support.children` imports the program once and forks for each line of JSON on its
standard input, so that a hundred killed runs take seconds. A step is an append or a checkpoint.
"""

import codecs
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from agent.cli import config, ledger, log, login, report, run, status, visible
from agent.cli.app import run_command
from agent.ledger.file import FileLedger
from agent.reporting import page
from tests.support.practice_home import ROOT, Done

KILLED = -signal.SIGKILL
NOBODY = 65534
WARM = (config, ledger, log, login, report, run, status, visible, codecs.lookup("utf-8-sig"))
TEMPLATES = [page._environment().get_template(name) for name in ("report.html.j2", "report.css")]
"""Loaded before the first fork: a child without rights may not be able to read the files they come from."""


@dataclass(frozen=True, slots=True)
class Blow:
    """SIGKILL right before (or `after`) the ledger's n-th step, counted from 1."""

    step: int
    after: bool


@dataclass(frozen=True, slots=True)
class Children:
    """The running fork server."""

    process: "subprocess.Popen[str]"

    def run(
        self,
        environment: Mapping[str, str],
        *arguments: str,
        blow: Blow | None = None,
        user: int | None = None,
        before_change: int | None = None,
    ) -> Done:
        """One command in a child; a code below 0 is the signal that ended it.

        With `before_change` it dies before that change of a name or new file below the state, from 1.
        """
        asked = {
            "environment": dict(environment),
            "arguments": arguments,
            "blow": [blow.step, blow.after] if blow else None,
            "user": user,
            "before_change": before_change,
        }
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return Done(**json.loads(self.process.stdout.readline()))


@contextmanager
def children() -> Iterator[Children]:
    """Starts the fork server; it ends with its standard input."""
    command = [sys.executable, "-m", "tests.support.children"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Children(process)


def _serve() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                _become(asked, out.fileno(), err.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said = [_text(file.fileno()) for file in (out, err)]
        sys.stdout.write(json.dumps({"code": code, "out": said[0], "err": said[1]}) + "\n")
        sys.stdout.flush()


def _text(descriptor: int) -> str:
    return os.pread(descriptor, 1 << 24, 0).decode()


def _become(asked: Mapping[str, Any], out: int, err: int) -> NoReturn:
    """The child: takes the outputs and rights it is given, runs the command, ends at once."""
    code = 70
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.environ.clear()
        os.environ.update(asked["environment"])
        if asked["blow"] is not None:
            _arm(Blow(*asked["blow"]))
        if asked["before_change"] is not None:
            _watch(asked["before_change"], asked["environment"]["STATE_DIRECTORY"])
        if asked["user"] is not None:
            os.setgroups([])
            os.setgid(asked["user"])
            os.setuid(asked["user"])
        code = run_command(asked["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


CHANGES = frozenset({"os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate"})


def _watch(step: int, state: str) -> None:
    """Lets this process die before that change below `state`: a name made, moved or removed."""
    taken = 0

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal taken
        changes = event in CHANGES or (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
        )
        if changes and str(arguments[0]).startswith(f"{state}/accounts/"):
            taken += 1
            if taken == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def _arm(blow: Blow) -> None:
    """Lets the real ledger of this process end in the blow."""
    taken = 0

    def struck(method: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as they are
            nonlocal taken
            taken += 1
            if taken == blow.step and not blow.after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*arguments, **named)
            if taken == blow.step:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return step

    for name in ("append", "checkpoint"):
        setattr(FileLedger, name, struck(getattr(FileLedger, name)))


if __name__ == "__main__":
    _serve()
