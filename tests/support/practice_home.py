"""A home of its own for the program: configuration, state and vault, signed in to a practice cloud.

`run` calls the command line in this process, `spawn` starts `python -m agent`, as a user would.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from agent.cli.app import run_command
from agent.simulator.server import PracticeCloud, running

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    """What one command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed
        """The one document on standard output."""
        (line,) = self.out.splitlines()
        return json.loads(line)

    @property
    def run(self) -> dict[str, Any]:
        """The one run of `run --json`."""
        (only,) = self.json["runs"]
        assert isinstance(only, dict)
        return only


class Reachable(Protocol):
    """A practice cloud as its one line of JSON describes it."""

    @property
    def url(self) -> str: ...

    @property
    def ca(self) -> Path: ...

    @property
    def credential(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Home:
    """A directory with `voicepurge.yaml` and `state`; accounts by name with fields that differ."""

    place: Path
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    top: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.place / "voicepurge.yaml"

    @property
    def state(self) -> Path:
        return self.place / "state"

    def directory(self, account: str = "home") -> Path:
        """Where the ledger of an account lies."""
        return self.state / "accounts" / account

    def ledger(self, account: str = "home") -> bytes:
        """Every byte of the ledger; none where there is no file."""
        path = self.directory(account) / "ledger.jsonl"
        return path.read_bytes() if path.exists() else b""

    def files(self) -> dict[Path, bytes]:
        """Every file of the state."""
        return {path: path.read_bytes() for path in self.state.rglob("*") if path.is_file()}

    def write(self) -> None:
        """Writes the configuration; JSON is YAML."""
        whole = {
            "version": 1,
            "timezone": "Europe/Berlin",
            "accounts": self.accounts,
            "verify": {"recheck": ["0s"]},
            "limits": {"requests_per_second": 500},
            "credentials": {"backend": "file"},
            **self.top,
        }
        self.config.write_text(json.dumps(whole, indent=1))

    def join(
        self, cloud: Reachable, account: str = "home", fields: Mapping[str, object] | None = None
    ) -> None:
        """Adds an account on that cloud, with some fields changed, and signs in to it."""
        self.accounts[account] = practice_account(cloud.url, cloud.ca, fields or {})
        self.write()
        signed_in = self.run("login", account, "--practice", text=cloud.credential)
        assert signed_in.code == 0, signed_in.err

    def change(self, account: str = "home", **fields: object) -> None:
        """Edits the configuration of an account."""
        self.accounts[account].update(fields)
        self.write()

    def environment(self) -> dict[str, str]:
        """All the program needs to know of where it is."""
        return {
            "VOICEPURGE_CONFIG": str(self.config),
            "STATE_DIRECTORY": str(self.state),
            "HOME": str(self.place),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "80",
        }

    def run(self, *arguments: str, text: str = "") -> Done:
        """One command in this process; `text` is its standard input."""
        with surroundings(self.environment(), text) as (out, err):
            code = run_command(arguments)
        return Done(code, out.getvalue(), err.getvalue())

    def spawn(self, *arguments: str, text: str = "", environment: Mapping[str, str] | None = None) -> Done:
        """One command in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "agent", *arguments],
            input=text,
            env={**self.environment(), **(environment or {})},
            cwd=self.place,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)


def practice_account(url: str, ca: Path, fields: Mapping[str, object]) -> dict[str, Any]:
    """An account that keeps a day and uses the shipped recipe of the usual practice page."""
    return {
        "marketplace": "amazon.de",
        "keep_for": "1d",
        "methods": ["recipe:practice-json-batch"],
        "practice": {"url": url, "ca": str(ca)},
        **fields,
    }


@contextmanager
def surroundings(environ: Mapping[str, str], text: str) -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """Environment, standard input and outputs of one command, put back afterwards."""
    before, stdin = dict(os.environ), sys.stdin
    out, err = io.StringIO(), io.StringIO()
    os.environ.clear()
    os.environ.update(environ)
    sys.stdin = io.StringIO(text)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            yield out, err
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.stdin = stdin


@contextmanager
def practice_home(
    place: Path, *, recordings: int = 40, account: Mapping[str, object] | None = None, **dials: object
) -> Iterator[tuple[Home, PracticeCloud]]:
    """A fresh practice cloud and a home that is signed in to it as `home`."""
    place.mkdir(exist_ok=True)
    with running(recordings=recordings, dials=dials) as cloud:
        home = Home(place)
        home.join(cloud, fields=account)
        yield home, cloud


def documents(text: str) -> Sequence[dict[str, Any]]:
    """The JSON documents of an output with one a line."""
    return [json.loads(line) for line in text.splitlines()]
