"""`voicepurge doctor` over the practice cloud and real files: each finding, well and not."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.ledger.lock import Lock
from agent.settings import config_hash
from agent.simulator.server import PracticeCloud, running
from tests.support.practice_home import Done, Home, practice_home
from tests.support.sinks import until

HOUR_MS = 3_600_000


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Home, PracticeCloud]]:
    """A home signed in to an honest cloud."""
    with practice_home(tmp_path, recordings=5) as both:
        yield both


def findings(done: Done) -> dict[str, dict[str, Any]]:
    return {found["check"]: found for found in done.json["findings"]}


def found(home: Home, check: str) -> tuple[str, int, str]:
    """Level, exit code and words of one finding; the whole ends at least as badly."""
    done = home.run("doctor", "--json")
    one = findings(done)[check]
    assert one["exit_code"] == 0 or done.code != 0
    assert bool(one["next"]) == (one["level"] != "ok")
    return one["level"], one["exit_code"], one["what"]


def test_nothing_would_fail(bench: tuple[Home, PracticeCloud]) -> None:
    """Exit 0; every check is there once, none is silently left out; practice is said."""
    home, _ = bench
    done = home.run("doctor", "--json")
    assert done.code == 0
    assert done.json["exit_code"] == 0
    assert set(findings(done)) - {"systemd"} == {
        *("configuration", "time service", "disk", "service", "vault"),
        *("next run", "network", "clock", "sign-in", "ledger", "lock", "methods"),
    }
    levels = {name: one["level"] for name, one in findings(done).items()}
    levels.pop("time service")  # as this machine is
    assert {name for name, level in levels.items() if level != "ok"} == {"service"}
    assert all(one["practice"] == (one["account"] == "home") for one in findings(done).values())


def test_lines_have_a_mark_each_and_a_next_step_below(bench: tuple[Home, PracticeCloud]) -> None:
    """Plain text: what fails is in capitals, what to do stands under it."""
    home, _ = bench
    good = home.run("doctor", "home")
    assert good.out.startswith("ok       configuration: ")
    assert "ok       [practice] home: network: " in good.out
    assert "nothing would fail tonight" in good.err
    home.run("logout", "home")
    lines = home.run("doctor", "home").out.splitlines()
    at = next(number for number, line in enumerate(lines) if "home: sign-in" in line)
    assert lines[at].startswith("FAILS    ")
    assert lines[at + 1].startswith("         Next: ") and "voicepurge login home" in lines[at + 1]


def test_nothing_is_changed_and_nobody_else_is_asked(bench: tuple[Home, PracticeCloud]) -> None:
    """Nothing is repaired, entered or requested; each of the account's three hosts is asked once, bare."""
    home, cloud = bench
    before, asked = home.ledger(), cloud.truth()["requests"]
    assert home.run("doctor").code == 0
    assert home.ledger() == before
    seen = cloud.truth()["requests"]
    bare = {line: count for line, count in seen.items() if line.startswith("HEAD")}
    assert bare == {f"HEAD {host}.amazon.de /": 1 for host in ("www", "alexa", "api")}
    assert set(seen) - set(bare) == set(asked), "nothing but what signing in asks"
    assert cloud.truth()["mutations"] == cloud.truth()["requested"] == []


def test_nobody_signed_in(bench: tuple[Home, PracticeCloud]) -> None:
    """A person must act: 3."""
    home, _ = bench
    assert home.run("logout", "home").code == 0
    assert found(home, "sign-in")[:2] == ("fails", 3)
    assert home.run("doctor").code == 3


def test_a_sign_in_that_is_refused(bench: tuple[Home, PracticeCloud]) -> None:
    """For good: a person must act. Somebody else's account is not taken for ours either."""
    home, cloud = bench
    cloud.turn(faults=[{"kind": "wrong_account", "on": "identity"}])
    assert found(home, "sign-in")[:2] == ("fails", 3)
    cloud.turn(faults=[{"kind": "revoked", "on": "token"}])
    assert found(home, "sign-in")[:2] == ("fails", 3)
    cloud.turn(faults=[])
    assert found(home, "sign-in")[:2] == ("fails", 3)


def test_offline_is_try_later_and_never_ok(tmp_path: Path) -> None:
    """75: nothing that needs the network is claimed, everything else is still looked at."""
    with practice_home(tmp_path, recordings=5) as (home, cloud):
        ca = tmp_path / "ca.pem"
        ca.write_bytes(cloud.ca.read_bytes())
        home.change(practice={"url": cloud.url, "ca": str(ca)})
    done = home.run("doctor", "--json")
    levels = {name: one["level"] for name, one in findings(done).items()}
    assert done.code == 75
    assert {name for name, level in levels.items() if level == "unknown"} == {"network", "clock", "sign-in"}
    assert levels["ledger"] == levels["methods"] == "ok"


def test_a_clock_that_is_off(bench: tuple[Home, PracticeCloud]) -> None:
    """Two hours apart a run does not begin."""
    home, cloud = bench
    assert found(home, "clock")[0] == "ok"
    cloud.advance(2 * HOUR_MS)
    assert found(home, "clock")[:2] == ("fails", 3)


def test_a_cloud_of_another_authority(bench: tuple[Home, PracticeCloud], tmp_path: Path) -> None:
    """What shows a certificate nobody trusts is not the one that was meant."""
    home, cloud = bench
    with running(recordings=1) as other:
        ca = tmp_path / "other.pem"
        ca.write_bytes(other.ca.read_bytes())
    home.change(practice={"url": cloud.url, "ca": str(ca)})
    level, code, words = found(home, "network")
    assert (level, code) == ("fails", 3) and "certificate" in words


def test_a_ca_that_is_gone(bench: tuple[Home, PracticeCloud], tmp_path: Path) -> None:
    """The configuration names a file that is not there: 78, and the rest is still looked at."""
    home, cloud = bench
    home.change(practice={"url": cloud.url, "ca": str(tmp_path / "none.pem")})
    assert found(home, "network")[:2] == ("fails", 78)
    assert found(home, "ledger")[0] == "ok"


def test_a_damaged_ledger(bench: tuple[Home, PracticeCloud]) -> None:
    """5, before anything else."""
    home, _ = bench
    file = home.directory() / "ledger.jsonl"
    file.write_bytes(home.ledger().replace(b"signed_in", b"signed_up"))
    assert found(home, "ledger")[:2] == ("fails", 5)
    home.run("logout", "home")
    assert home.run("doctor").code == 5


def test_a_run_in_progress(bench: tuple[Home, PracticeCloud]) -> None:
    """Said with its length, and no failure; the doctor neither waits nor gets in its way."""
    home, _ = bench
    lock = Lock(home.directory(), now=int(time.time() * 1000) - 60_000)
    try:
        level, code, words = found(home, "lock")
    finally:
        lock.close()
    assert (level, code) == ("ok", 0) and "in progress since" in words
    assert found(home, "lock")[2] == "Free."


def test_a_vault_without_its_key(bench: tuple[Home, PracticeCloud]) -> None:
    """Secrets nobody can open: 3, and every account says so where it needs one."""
    home, _ = bench
    (home.state / "vault" / "key").unlink()
    assert found(home, "vault")[:2] == ("fails", 3)
    assert found(home, "sign-in")[:2] == ("fails", 3)


def test_a_vault_that_others_may_enter(bench: tuple[Home, PracticeCloud]) -> None:
    """Rights that are too wide are a failure: nothing is read from such a vault."""
    home, _ = bench
    (home.state / "vault").chmod(0o755)
    level, code, words = found(home, "vault")
    assert (level, code) == ("fails", 3) and "entered by others" in words


def test_a_desktop_keyring_that_is_not_there(bench: tuple[Home, PracticeCloud]) -> None:
    """The vault cannot even be opened: that is a finding, and the machine is still looked at."""
    home, _ = bench
    home.top["credentials"] = {"backend": "keyring"}
    home.write()
    done = home.run("doctor", "--json")
    assert done.code == 3
    assert findings(done)["vault"]["level"] == "fails"
    assert {"disk", "next run", "configuration"} <= set(findings(done))


def test_a_secret_that_the_configuration_names(bench: tuple[Home, PracticeCloud]) -> None:
    """Missing, then there."""
    home, _ = bench
    home.top["healthchecks"] = {"url": "{credential:ping}"}
    home.write()
    assert found(home, "secrets")[:2] == ("fails", 3)
    assert home.run("secret", "set", "ping", text="https://example.org/x").code == 0
    assert found(home, "secrets")[0] == "ok"


def test_no_method(bench: tuple[Home, PracticeCloud]) -> None:
    """A run would only count: 1."""
    home, _ = bench
    home.change(methods=["recipe:unheard-of"])
    assert found(home, "methods")[:2] == ("fails", 1)
    home.change(methods=[])
    assert found(home, "methods")[:2] == ("warning", 0)


def test_a_state_that_cannot_be_made(bench: tuple[Home, PracticeCloud]) -> None:
    """A file where the state belongs."""
    home, _ = bench
    home.state.rename(home.place / "away")
    home.state.write_text("in the way")
    done = home.run("doctor", "--json")
    assert done.code == 3
    assert {findings(done)[check]["level"] for check in ("vault", "sign-in", "ledger")} == {"fails"}


def test_what_the_running_service_uses(bench: tuple[Home, PracticeCloud]) -> None:
    """In force, an edit not taken over yet, an edit refused with its place."""
    home, _ = bench
    digest = config_hash(home.config.read_text())
    assert "is in force" not in found(home, "configuration")[2]
    says(home, digest)
    assert found(home, "configuration")[0] == found(home, "service")[0] == "ok"
    assert "is in force" in found(home, "configuration")[2]
    says(home, "another")
    assert found(home, "configuration")[:2] == ("warning", 0)
    says(home, "another", {"since": 5, "problems": ["f.yaml:3:5: no"]})
    level, code, words = found(home, "configuration")
    assert (level, code) == ("fails", 78) and "f.yaml:3:5" in words


def says(home: Home, digest: str, problem: dict[str, object] | None = None) -> None:
    """Writes what a living service would say; this process stands for it."""
    now = int(time.time() * 1000)
    said = {
        "v": 1,
        "pid": os.getpid(),
        "started": now,
        "at": now,
        "config": {"hash": digest, "applied": now, "problem": problem},
    }
    (home.state / "run").mkdir(exist_ok=True)
    (home.state / "run" / "status.json").write_text(json.dumps(said))


@pytest.mark.heavy
def test_the_real_service_is_seen(bench: tuple[Home, PracticeCloud]) -> None:
    """A daemon in its own process: running, and the file is in force, by its own word."""
    home, _ = bench
    with subprocess.Popen(
        [sys.executable, "-m", "agent", "daemon"],
        env=home.environment(),
        cwd=home.place,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as daemon:
        assert daemon.stdout is not None
        try:
            next(line for line in daemon.stdout if "config applied" in line)
            until(lambda: found(home, "service")[2] == f"It is running, process {daemon.pid}.")
            assert "is in force" in found(home, "configuration")[2]
            assert home.run("doctor").code == 0
        finally:
            daemon.terminate()
            daemon.stdout.read()
    assert found(home, "service")[0] == "warning"


def test_a_key_file_that_is_not_there_yet(tmp_path: Path) -> None:
    """Nothing is sealed so far, so nothing was missed: still no run could begin."""
    home = Home(tmp_path)
    home.accounts["home"] = {"marketplace": "amazon.de", "keep_for": "1d"}
    home.top["credentials"] = {"backend": "file", "key_file": str(tmp_path / "key")}
    home.accounts["home"]["practice"] = {"url": "https://127.0.0.1:1", "ca": str(tmp_path / "none")}
    home.write()
    assert found(home, "vault")[:2] == ("fails", 3)
    assert "urandom" in findings(home.run("doctor", "--json"))["vault"]["next"]


def test_a_broken_configuration_is_the_only_finding(bench: tuple[Home, PracticeCloud]) -> None:
    """78 with every place: nothing else can be known then."""
    home, _ = bench
    home.change(keep_fro="1d")
    done = home.run("doctor")
    assert (done.code, done.out) == (78, "")
    assert f"{home.config}:" in done.err


def test_one_account_and_no_such_account(bench: tuple[Home, PracticeCloud]) -> None:
    """Only the named one is asked; a name that is none is 64."""
    home, cloud = bench
    home.join(cloud, "flat")
    names = {one["account"] for one in home.run("doctor", "flat", "--json").json["findings"]}
    assert names == {None, "flat"}
    assert home.run("doctor", "cellar").code == 64
