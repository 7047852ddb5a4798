"""What is refused before anything is asked: wrong commands, broken configurations, missing rights."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.simulator.server import PracticeCloud
from tests.support.children import NOBODY, Children, children
from tests.support.practice_home import Done, Home, practice_home


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Home, PracticeCloud]]:
    """A home signed in to an honest cloud with 40 recordings."""
    with practice_home(tmp_path) as both:
        yield both


@pytest.fixture(scope="module")
def kids() -> Iterator[Children]:
    """A fork server for commands without rights."""
    with children() as server:
        yield server


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(
    "arguments",
    [
        ("purge",),
        ("run", "--everything"),
        ("run", "nobody"),
        ("run", "home", "nobody"),
        ("list", "nobody"),
        ("log", "nobody"),
        ("status", "nobody"),
        ("log", "--run", "0000ffff0000"),
        ("ledger", "verify", "--account", "nobody"),
        ("ledger", "verify", "copy.jsonl"),
        ("ledger", "key", "nobody"),
        ("ledger", "shout"),
        ("login", "home"),
        ("simulator", "--shape", "square"),
        ("simulator", "--port", "many"),
        (),
        ("ledger",),
    ],
    ids=" ".join,
)
def test_a_wrong_command_is_usage(bench: tuple[Home, PracticeCloud], arguments: tuple[str, ...]) -> None:
    """Exit 64, a sentence and a next step on stderr, nothing on stdout, nothing requested."""
    home, cloud = bench
    before = home.ledger()
    done = home.run(*arguments)
    assert (done.code, done.out) == (64, "")
    assert done.err.count("\n") >= 2
    assert "[OPTIONS]" not in done.err or done.err.startswith("Usage: voicepurge")
    assert (home.ledger(), cloud.truth()["requested"]) == (before, [])


def test_a_usage_error_as_json_is_one_document(bench: tuple[Home, PracticeCloud]) -> None:
    """`--json` anywhere makes the error a document on stdout."""
    home, _cloud = bench
    for arguments in (("run", "nobody", "--json"), ("run", "--json", "--nonsense")):
        done = home.run(*arguments)
        assert done.code == 64
        assert set(done.json) == {"v", "error"}
        assert done.json["error"]["code"] == "usage"


def broken(home: Home) -> list[str]:
    """Gives the configuration four mistakes; where each stands."""
    text = home.config.read_text().replace('"1d"', '"1 day"').replace("Europe/Berlin", "Europe/Berln")
    home.config.write_text(text.replace('"verify"', '"verfiy"').replace("amazon.de", "amazon.dee"))
    lines = home.config.read_text().splitlines()
    wrong = ("Europe/Berln", "amazon.dee", "1 day", "verfiy")
    numbers = [next(n for n, line in enumerate(lines, 1) if word in line) for word in wrong]
    return [f"{home.config}:{number}:" for number in numbers]


@pytest.mark.parametrize("verb", ["run", "list", "config check", "ledger verify", "ledger key"])
def test_every_problem_of_a_configuration_is_told(bench: tuple[Home, PracticeCloud], verb: str) -> None:
    """Exit 78 and a line with file:line:column for each, in file order; the same in one JSON document."""
    home, cloud = bench
    places = broken(home)
    done = home.run(*verb.split())
    assert (done.code, done.out) == (78, "")
    told = done.err.splitlines()[:4]
    assert all(line.startswith(place) for line, place in zip(told, places, strict=True)), done.err
    assert all(line.removeprefix(place)[0].isdigit() for line, place in zip(told, places, strict=True))
    asked = home.run(*verb.split(), "--json")
    assert asked.code == 78
    assert asked.json["error"]["code"] == "config"
    assert asked.json["error"]["problems"] == told
    assert cloud.truth()["requested"] == []


def test_no_configuration_at_all(tmp_path: Path) -> None:
    """Exit 78, where it was looked for, and what to do."""
    home = Home(tmp_path)
    done = home.run("run")
    assert done.code == 78
    assert str(home.config) in done.err and "Next:" in done.err
    assert home.run("config", "check", "--json").json["error"]["code"] == "config"


@pytest.mark.parametrize("verb", ["run", "list", "log", "config check", "ledger verify"])
def test_a_configuration_that_may_not_be_read(open_place: Path, kids: Children, verb: str) -> None:
    """Exit 77 with the fix, as another user than the owner."""
    with practice_home(open_place) as (home, cloud):
        home.config.chmod(0o600)
        done = without_rights(kids, home, home.config, *verb.split())
        assert cloud.truth()["requested"] == []
    assert (done.code, done.out) == (77, "")
    assert "may not be read" in done.err and "Next:" in done.err


@pytest.mark.parametrize("verb", ["run", "list", "log", "status", "ledger verify", "ledger key"])
def test_a_state_that_may_not_be_entered(open_place: Path, kids: Children, verb: str) -> None:
    """Exit 77 with the fix, told as JSON too; nothing was written as the wrong user."""
    with practice_home(open_place) as (home, _cloud):
        before = home.files()
        home.state.chmod(0o700)
        done = without_rights(kids, home, home.state, *verb.split(), "--json")
        assert home.files() == before
    assert done.code == 77
    told = done.json["runs"][0] if verb == "run" else done.json  # `run` tells it for each account
    assert told["error"]["code"] == "permission"


def without_rights(kids: Children, home: Home, path: Path, *arguments: str) -> Done:
    """A command by somebody who may not use `path`: another user, or us with our own rights taken."""
    if os.geteuid() == 0:
        return kids.run(home.environment(), *arguments, user=NOBODY)
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        return kids.run(home.environment(), *arguments)
    finally:
        path.chmod(mode)
