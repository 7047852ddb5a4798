"""`voicepurge ledger restart`: a new ledger that names the old one; nothing of either is ever lost."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pexpect  # type: ignore[import-untyped] # it ships no types
import pytest

from agent.alerts.alert import About, alerts_of
from agent.ledger.lock import Lock
from agent.ledger.note import parse_vkey
from agent.ledger.pasted import checkpoints
from agent.ledger.reading import entries, last_state
from agent.model import Event, Standing
from agent.simulator.server import PracticeCloud
from agent.state import AccountState
from tests.support.children import KILLED, Children, children
from tests.support.practice_home import Home, practice_home

Bench = tuple[Home, PracticeCloud]
KEPT = ("ledger.jsonl", "checkpoints")
EVIDENCE = ("ledger.jsonl", "checkpoint", "checkpoints")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A home with a ledger of one verified run; tests take copies of its state."""
    with practice_home(tmp_path_factory.mktemp("lived"), recordings=20) as (home, cloud):
        assert home.run("run").code == 0
        yield home, cloud


@pytest.fixture(scope="module")
def kids() -> Iterator[Children]:
    """A fork server: each killed command is a child of it."""
    with children() as server:
        yield server


@pytest.fixture
def bench(tmp_path: Path, lived: Bench) -> Bench:
    """A copy of it that may be broken."""
    return copied(lived, tmp_path / "home")


def copied(lived: Bench, place: Path) -> Bench:
    home, cloud = lived
    other = Home(place, home.accounts, home.top)
    shutil.copytree(home.state, other.state)
    other.write()
    return other, cloud


def damage(home: Home) -> None:
    """One changed byte that a run meets: in the newest signed head."""
    file = home.directory() / "checkpoint"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\nx", 1))


def evidence(home: Home) -> dict[str, bytes]:
    return {name: (home.directory() / name).read_bytes() for name in EVIDENCE}


def kept_in(home: Home) -> Path:
    (place,) = home.directory().glob("before-*")
    return place


def test_a_damaged_ledger_is_followed_by_one_that_names_it(bench: Bench) -> None:
    """Exit 5 names the verb; it keeps every byte, and the first entry has origin, size, root and digest."""
    home, _ = bench
    old_key = home.run("ledger", "key", "home").out.strip()
    (head,) = checkpoints((home.directory() / "checkpoint").read_text(), parse_vkey(old_key))
    damage(home)
    before = evidence(home)
    refused = home.run("run")
    assert refused.code == 5 and "voicepurge ledger restart" in refused.err
    assert "voicepurge ledger restart home" in home.run("status").err
    done = home.run("ledger", "restart", "home", "--yes", "--json")
    assert done.code == 0, done.err
    said = done.json
    assert said["practice"] and said["vkey"] != old_key
    first = next(entries(home.directory()))
    assert first.fields["follows"] == said["follows"]
    assert said["follows"]["origin"] == old_key.split("+")[0]
    assert (said["follows"]["vkey"], said["follows"]["size"]) == (old_key, head.size)
    place = kept_in(home)
    assert str(place) == said["kept"] and old_key.split("+")[0].split("/")[1] in place.name
    assert {name: (place / name).read_bytes() for name in EVIDENCE} == before
    assert home.run("ledger", "verify").code == 0
    assert home.run("run", "--confirm").code == 0


def test_what_verify_says_of_a_ledger_that_follows(bench: Bench) -> None:
    """That it follows another, which, whether that one is as it was; the old key checks that one."""
    home, _ = bench
    old_key = home.run("ledger", "key", "home").out.strip()
    assert home.run("ledger", "restart", "home", "--yes").code == 0
    place = kept_in(home)
    told = home.run("ledger", "verify").out
    assert f"begins after {old_key.split('+')[0]}" in told and f"lies in {place.name}" in told
    document = home.run("ledger", "verify", "--json").json["ledgers"][0]
    assert document["follows"]["origin"] == old_key.split("+")[0]
    assert home.run("ledger", "verify", str(place / "ledger.jsonl"), "--key", old_key).code == 0
    with (place / "ledger.jsonl").open("ab") as file:
        file.write(b"\n")
    assert "not as it was put aside" in home.run("ledger", "verify").out
    shutil.rmtree(place)
    alone = home.run("ledger", "verify")
    assert alone.code == 0 and "no longer lie beside it" in alone.out


def test_a_backup_names_the_newest_head_somebody_kept(bench: Bench, tmp_path: Path) -> None:
    """The checkpoint in a kept message is newer than the restored files: the new ledger names that one."""
    home, _ = bench
    shutil.copytree(home.directory(), tmp_path / "backup")
    assert home.run("run").code == 0
    message = tmp_path / "message.txt"
    message.write_text("> " + (home.directory() / "checkpoint").read_text().replace("\n", "\n> "))
    size = int((home.directory() / "checkpoint").read_text().splitlines()[1])
    shutil.rmtree(home.directory())
    shutil.copytree(tmp_path / "backup", home.directory())
    assert home.run("ledger", "verify").code == 0, "nothing here knows better"
    seen = home.run("ledger", "verify", "--witnessed", str(message))
    assert seen.code == 5 and "ledger restart" in seen.err
    done = home.run("ledger", "restart", "home", "--witnessed", str(message), "--yes", "--json")
    assert done.json["follows"]["size"] == size


def test_everything_is_looked_at_anew_and_failed_methods_stay_failed(bench: Bench) -> None:
    """No run, no proof, no slot is taken over; the sign-in with its age is, and what failed."""
    home, _ = bench
    before = last_state(home.directory())
    assert [one.standing for one in before.methods.values()] == [Standing.PROVEN]
    home.run("ledger", "restart", "home", "--yes")
    state = last_state(home.directory())
    assert (state.methods, state.verified_through, state.last_run, state.confirmed_policy) == (
        {},
        None,
        "",
        None,
    )
    assert state.signed_out is None
    assert (state.signed_in or 0) <= (before.signed_in or 0), (
        "its age is that of the sign-in, not of the ledger"
    )
    ended = home.run("run", "--json").run
    assert ended["verdict"] == "nothing_due"
    started = [one for one in entries(home.directory()) if one.event is Event.RUN_STARTED]
    assert started[0].fields["full"] is True


def test_a_method_that_took_too_much_is_not_forgotten(tmp_path: Path) -> None:
    """It took a recording it should not have: also under the new ledger it is not used by itself."""
    with practice_home(tmp_path, recordings=20, over_delete=1) as (home, cloud):
        cloud.say(ago_ms=1000)
        assert home.run("run").code == 3
        (name,) = last_state(home.directory()).methods
        made = home.run("ledger", "restart", "home", "--yes", "--json").json
        assert made["failed_methods"] == [name]
        known = last_state(home.directory()).methods[name]
        assert (known.standing, known.reason) == (Standing.FAILED, "collateral")


@pytest.mark.parametrize("lost", [("checkpoint", "checkpoints"), ("ledger.jsonl",), ("first line",)])
def test_whatever_is_left_is_named(bench: Bench, lost: tuple[str, ...]) -> None:
    """Without heads the size is 0; without the file, or its first line, the heads still tell the name."""
    home, _ = bench
    origin = home.run("ledger", "key", "home").out.split("+")[0]
    for name in lost:
        if name == "first line":
            file = home.directory() / "ledger.jsonl"
            file.write_bytes(b"\x00" * 200_000 + file.read_bytes())
        else:
            (home.directory() / name).unlink()
    assert home.run("run").code == 5
    follows = home.run("ledger", "restart", "home", "--yes", "--json").json["follows"]
    assert follows["origin"] == origin
    assert bool(follows["size"]) == ("checkpoint" not in lost)
    assert home.run("ledger", "verify").code == 0


def test_lost_keys_are_followed_by_new_ones(bench: Bench) -> None:
    """With the vault gone the old ledger cannot go on; the new one has a key of its own and names the old."""
    home, cloud = bench
    old_key = home.run("ledger", "key", "home").out.strip()
    shutil.rmtree(home.state / "vault")
    refused = home.run("run")
    assert refused.code == 3 and "ledger restart" in refused.err
    made = home.run("ledger", "restart", "home", "--yes", "--json")
    assert made.code == 0, made.err
    assert made.json["follows"]["vkey"] == old_key
    assert last_state(home.directory()).signed_in is None
    assert home.run("login", "home", "--practice", text=cloud.credential).code == 0
    assert home.run("run").code == 0


def test_it_asks_and_without_a_yes_nothing_changes(bench: Bench) -> None:
    """A pipe is no yes; at a terminal `n` is none either; `y` is one."""
    home, _ = bench
    before = evidence(home)
    assert home.run("ledger", "restart", "home", text="y\n").code == 64
    assert answered(home, "n") == 64
    assert evidence(home) == before and not list(home.directory().glob("before-*"))
    assert answered(home, "y") == 0
    assert kept_in(home).is_dir()


def answered(home: Home, answer: str) -> int:
    """The exit code of the command at a real terminal."""
    process = pexpect.spawn(
        sys.executable,
        ["-m", "agent", "ledger", "restart", "home"],
        env=home.environment(),
        timeout=30,
        encoding="utf-8",
    )
    process.expect_exact("[y/N]")
    process.sendline(answer)
    process.expect(pexpect.EOF)
    process.close()
    return int(process.exitstatus)


def test_it_waits_for_no_run_and_disturbs_none(bench: Bench) -> None:
    """While the ledger is held the command says busy and changes nothing."""
    home, _ = bench
    before = evidence(home)
    lock = Lock(home.directory(), now=0)
    try:
        assert home.run("ledger", "restart", "home", "--yes").code == 75
    finally:
        lock.close()
    assert evidence(home) == before


def test_an_account_without_a_ledger_has_nothing_to_follow(bench: Bench) -> None:
    """Usage, and no ledger and no keys are made on the way."""
    home, _ = bench
    home.accounts["other"] = dict(home.accounts["home"])
    try:
        home.write()
        before = home.files()
        assert home.run("ledger", "restart", "other", "--yes").code == 64
        assert home.run("ledger", "restart", "nobody", "--yes").code == 64
        assert home.files() == before
    finally:
        del home.accounts["other"]


def survives(home: Home, before: dict[str, bytes]) -> None:
    """What must hold wherever it was killed: all bytes are there, and one way or the other it goes on."""
    for name, content in before.items():
        found = [path.read_bytes() for path in home.directory().rglob(name)]
        assert content in found, name
    finishing = home.run("ledger", "restart", "home", "--yes", "--json")
    assert finishing.code == 0, finishing.err
    assert home.run("ledger", "verify").code == 0
    left = {path.name for path in home.directory().iterdir()}
    assert not left & {"before.new", "restart.new", "restart"}
    named = {place.name: (place / "ledger.jsonl").read_bytes() for place in home.directory().glob("before-*")}
    assert before["ledger.jsonl"] in named.values()


def struck(lived: Bench, kids: Children, place: Path, step: int) -> Home | None:
    """A home whose restart was killed before that change of a file; None when there was no such step."""
    home, _ = copied(lived, place)
    damage(home)
    done = kids.run(home.environment(), "ledger", "restart", "home", "--yes", before_change=step)
    assert done.code in {0, KILLED}, done.err
    return home if done.code == KILLED else None


@pytest.mark.parametrize("step", [1, 4, 8, 16, 24])
def test_killed_before_some_changes_of_files(tmp_path: Path, lived: Bench, kids: Children, step: int) -> None:
    """While the old files get second names, while the new ledger is made, and while it moves in."""
    home = struck(lived, kids, tmp_path / "home", step)
    assert home is not None
    survives(home, {name: (lived[0].directory() / name).read_bytes() for name in KEPT})


@pytest.mark.heavy
def test_killed_before_any_change_of_a_file(tmp_path: Path, lived: Bench, kids: Children) -> None:
    """Before each rename, link, new file and removal: the old ledger is whole, or the new one comes whole."""
    for step in count(1):
        home = struck(lived, kids, tmp_path / str(step), step)
        if home is None:
            break
        survives(home, {name: (lived[0].directory() / name).read_bytes() for name in KEPT})
    assert step > 15, "links, a new ledger, its heads, and the moves"


@pytest.mark.heavy
def test_killed_in_the_middle_the_next_run_goes_on(tmp_path: Path, lived: Bench, kids: Children) -> None:
    """Whoever opens the ledger next finishes what was decided; before that the damage is still told."""
    codes = []
    for step in count(1):
        home = struck(lived, kids, tmp_path / str(step), step)
        if home is None:
            break
        codes.append(home.run("run").code)
        follows = next(entries(home.directory())).fields.get("follows")
        assert bool(follows) == (codes[-1] == 0), "never a new ledger that does not name the old one"
    assert set(codes) == {5, 0} and codes == sorted(codes, reverse=True), codes


def test_the_search_for_evidence_is_not_blind(bench: Bench) -> None:
    """A lost file is noticed by the check of these tests."""
    home, _ = bench
    before = evidence(home)
    (home.directory() / "checkpoints").unlink()
    with pytest.raises(AssertionError, match="checkpoints"):
        survives(home, before)


def test_messages_do_not_call_a_new_ledger_a_recovery(bench: Bench) -> None:
    """A trouble that the new ledger does not remember is not over."""
    home, _ = bench
    old = last_state(home.directory())
    troubled = replace(old, trouble="residual", trouble_since=5)
    home.run("ledger", "restart", "home", "--yes")
    assert alerts_of(About("home", practice=True), troubled, last_state(home.directory())) == ()
    assert alerts_of(About("home", practice=True), troubled, old) != ()
    assert alerts_of(About("home", practice=True), AccountState(), old) == ()
