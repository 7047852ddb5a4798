"""No leak, ever: private values are planted, everything is run, every byte that was written is searched.

The only exception is what a person asked to see: `list` shows device names.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.simulator.enrolment import MADE_BEFORE
from agent.simulator.server import PracticeCloud
from agent.simulator.shared_clock import SharedClock
from tests.support.canaries import SECRET, Canaries, add_keys, add_sessions, everything, hits, plant
from tests.support.practice_home import Done, Home, practice_home
from tests.support.recorded import Recorder
from tests.support.visitor import Person, log_in
from tests.system.test_lies import LIES, Lie

QUICK = (
    "honest deletion",
    "half deleted",
    "sign-in page with 200",
    "truncated JSON",
    "rows of another account",
)


class StoppableSharedClock(SharedClock):
    """The practice cloud's clock for a whole command: no pause takes real time."""

    stopped = False

    def stop(self) -> None:
        """Nobody asks."""


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[tuple[Home, PracticeCloud, Canaries]]:
    """A home signed in to a cloud full of canaries, with a secret of its own."""
    place = tmp_path / "home"
    (place / "tmp").mkdir(parents=True)
    account = {"confirm_over": 100_000, "keep_devices": []}
    with practice_home(place, recordings=24, account=account) as (home, cloud):
        made = plant(cloud)
        home.top["healthchecks"] = {"url": "{credential:ping}"}
        home.write()
        assert home.run("secret", "set", "ping", text=SECRET).code == 0
        yield home, cloud, made


def search(home: Home, cloud: PracticeCloud, made: Canaries, said: list[tuple[str, Done]]) -> None:
    """Zero hits in what was said and in every file."""
    add_keys(made, home.state)
    add_sessions(made, cloud)
    for verb, done in said:
        allowed = "name" if "list" in verb.split() else "-"
        assert made.found((done.out + done.err).encode(), allowed=allowed) == [], verb
    assert hits(made, everything(home.place), besides=[str(home.config)]) == {}


def commands(home: Home, *verbs: str) -> list[tuple[str, Done]]:
    return [(verb, home.run(*verb.split())) for verb in verbs]


def always(text: str) -> Callable[[str], str]:
    """Somebody who pastes this whatever the address was."""
    return lambda _address: text


def test_the_search_finds_what_is_there(
    planted: tuple[Home, PracticeCloud, Canaries], tmp_path: Path
) -> None:
    """With `--show-text` the words are found, in a file each value in any form: the search is not blind."""
    home, cloud, made = planted
    add_keys(made, home.state)
    shown = home.run("list", "--show-text")
    assert "transcript" in made.found(shown.out.encode())
    for what, value in made.values.items():
        assert what in made.found(b"x" + value.hex().encode())
        assert what in made.found(b"x" + value + b"y")
    (home.place / "leak").write_bytes(b"..." + cloud.world.account.customer_id.encode())
    assert list(hits(made, everything(home.place))) == [str(home.place / "leak")]


def test_an_ordinary_life(planted: tuple[Home, PracticeCloud, Canaries]) -> None:
    """Sign in, run, list, log, keys and checks, with `--verbose` and as JSON."""
    home, cloud, made = planted
    said = commands(
        home,
        "list",
        "list --json",
        "run --dry-run",
        "--verbose run",
        "run --json",
        "log",
        "log --json",
        "status",
        "--verbose status --json",
        "report",
        "report --out -",
        "--verbose ledger verify",
        "ledger key",
        "config check",
        "secret list",
        "vault rotate",
        "--verbose run --json",
        "--verbose secret remove none",
    )
    said.append(("login", home.run("--verbose", "login", "home", "--practice", text=cloud.credential)))
    said.append(
        ("login wrong", home.run("--verbose", "login", "home", "--practice", text="practice-wrong-1"))
    )
    assert [done.code for verb, done in said if verb == "--verbose run"] == [0]
    [run] = [done.run["run"] for verb, done in said if verb == "run --json"]
    said += commands(home, f"log --run {run}", f"log --run {run} --json")
    assert (home.state / "reports" / "home.html").read_bytes()
    search(home, cloud, made, said)


def test_signing_in_and_out_on_the_pages(planted: tuple[Home, PracticeCloud, Canaries]) -> None:
    """With a person, a pasted address, a second paste, a wrong one, a renewal, a check and a farewell.

    The address to open is the only one that carries our own new serial: it has to.
    """
    home, cloud, made = planted
    pasted: list[str] = []

    def paste(address: str) -> str:
        pasted.append(Person(cloud).visit(address))
        return pasted[-1]

    addresses = [("new login", log_in(home, "home", "--reauth", "--no-browser", paste=paste))]
    assert addresses[0][1].code == 0, addresses[0][1].err
    code = pasted[0].partition("authorization_code=")[2].partition("&")[0]
    made.add("authorization code", code)
    for number, (token, serial) in enumerate(cloud.world.enrolments.tokens.items()):
        made.add(f"enrolled token {number}", token)
        if serial != MADE_BEFORE:
            made.add(f"own serial {number}", serial)
    said = commands(home, "--verbose run", "auth check", "auth check --json", "log --json")
    elsewhere = f"https://www.amazon.fr/ap/maplanding?openid.oa2.authorization_code={code}"
    for bad in (pasted[0], elsewhere, code, f"https://www.amazon.de/ap/maplanding?x={code}", ""):
        addresses.append(("bad login", log_in(home, "home", "--reauth", "--no-browser", paste=always(bad))))
        assert addresses[-1][1].code != 0
    said += commands(home, "--verbose logout home", "--verbose run", "auth check")
    for verb, done in addresses:
        assert made.found((done.out + done.err).encode(), allowed="own serial") == [], verb
    search(home, cloud, made, said)


def test_teaching_and_sharing(planted: tuple[Home, PracticeCloud, Canaries], tmp_path: Path) -> None:
    """A capture full of private values: nothing of it in the recipe, in what is shown, exported or refused.

    The trial shows words and names on the screen, as the person asked; they stay there.
    """
    home, cloud, made = planted
    keys = [row.key for row in cloud.world.rows if row.key and "voice" in row.surfaces]
    file = tmp_path / "amazon.har"
    with Recorder(cloud) as browser:
        file.write_bytes(browser.sign_in().record(*keys[:2]))
    home.change(methods=["learned"])
    said = commands(
        home,
        f"--verbose learn {file} --no-trial",
        f"learn {file} --no-trial --json",
        "methods",
        "methods --json",
        "methods show page",
        "methods show page --json",
        "methods export page",
    )
    assert [done.code for _, done in said] == [0] * len(said)
    shared = home.directory() / "recipes" / "page.yaml"
    said += commands(home, f"methods import {shared} --yes", f"methods import {shared} --yes --json")
    file.write_bytes(file.read_bytes().replace(b"delete", b"dele\\u0074e", 1)[:-200])
    said += commands(home, f"--verbose learn {file} --no-trial", f"learn {file} --no-trial --json")
    tried = home.run("methods", "trial", "page", text="1\n")
    assert tried.code == 0 and "transcript" in made.found(tried.err.encode())
    assert made.found(tried.out.encode()) == []
    search(home, cloud, made, said)


def test_speaking_to_an_echo(planted: tuple[Home, PracticeCloud, Canaries]) -> None:
    """The phrase goes to a device by its serial; whether heard or not, no entry and no message names it."""
    home, cloud, made = planted
    name = cloud.world.named(cloud.world.account.devices[0])
    home.change(methods=["phrase"], phrase={"device": name}, keep_for="0s")
    cloud.turn(deletion_by_voice=False)
    said = commands(home, "config check", "--verbose run", "run --json", "methods", "log --json")
    cloud.turn(offline=[device.name for device in cloud.world.account.devices])
    said += commands(home, "--verbose run", "config show")[:1]
    search(home, cloud, made, said)


def test_a_crash_with_traceback(planted: tuple[Home, PracticeCloud, Canaries]) -> None:
    """A bug that chokes on what was said, chained and in a task: the places are told, never the words."""
    home, cloud, made = planted
    said: list[tuple[str, Done]] = []
    for arguments in (("--verbose", "run"), ("run",), ("--verbose", "list"), ("--verbose", "run", "--json")):
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-m", "tests.support.buggy", *arguments],
            env={**home.environment(), "TMPDIR": str(home.place / "tmp")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said.append((" ".join(arguments), Done(done.returncode, done.stdout, done.stderr)))
    assert {done.code for _, done in said} == {70}
    first = said[0][1].err
    assert "Traceback" in first and "buggy.py" in first and "ValueError" in first and "RuntimeError" in first
    assert "Task exception was never retrieved" in first
    search(home, cloud, made, said)


def lies() -> list[object]:
    """Every row of the table of lies; a few of them in the quick suite."""
    marks = {True: (), False: (pytest.mark.heavy,)}
    return [pytest.param(lie, id=lie.name, marks=marks[lie.name in QUICK]) for lie in LIES]


@pytest.mark.parametrize("lie", lies())
def test_every_failure_is_told_without_a_name(
    lie: Lie, planted: tuple[Home, PracticeCloud, Canaries], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong at the other side, no message, entry or file holds a private value."""
    home, cloud, made = planted
    faults = [{**fault, "ms": 200} if fault["kind"] == "hang" else dict(fault) for fault in lie.faults]
    cloud.turn(faults=faults, **lie.dials)
    if "keep_devices" in lie.policy:
        cloud.turn(rename_devices={})
        home.change(keep_devices=list(lie.policy["keep_devices"]))
    monkeypatch.setattr("agent.cli.run.StoppableClock", lambda: StoppableSharedClock(cloud))
    said = commands(home, "--verbose run", "--verbose run --json", "log", "ledger verify")
    said += commands(home, "status", "status --json", "report --out -")
    said += commands(home, "--verbose list") if not lie.faults else []
    assert all(done.code != 70 for _, done in said), [done.err for _, done in said]
    search(home, cloud, made, said)
