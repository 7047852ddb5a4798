import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.auth.check import AuthCheck
from agent.doctor import account
from agent.doctor.finding import Level
from agent.errors import AgentError, ConnectionLostError, ServerFaultError, SignedOutError
from agent.ledger.entry import timestamp
from agent.model import Scope, Standing
from agent.state import AccountState, MethodState
from tests.support.config_text import config, read
from tests.support.fake_clock import FakeClock
from tests.support.ledger_home import SEED, filled, lines

NOW = FakeClock().now()
HOUR = timedelta(hours=1)
CHECK = AuthCheck(
    account="home",
    practice=False,
    backend="file",
    marketplace="amazon.de",
    secrets={},
    since=NOW - 3 * 86_400_000,
    refused_at=None,
    renewed=True,
    right_account=True,
    problem=None,
)


class Method:
    """A method by its name and scope alone."""

    batch = 1
    digest = "d"

    def __init__(self, name: str, scope: Scope) -> None:
        self.name, self.scope = name, scope


@pytest.mark.parametrize(
    ("problem", "level", "code"),
    [
        (None, Level.OK, 0),
        (SignedOutError("no"), Level.FAILS, 3),
        (ConnectionLostError("no"), Level.UNKNOWN, 75),
        (ServerFaultError("no"), Level.UNKNOWN, 2),
    ],
)
def test_the_sign_in(problem: AgentError | None, level: Level, code: int) -> None:
    """Refused is a failure; lost on the way is not known."""
    found = account.sign_in(replace(CHECK, problem=problem), NOW)
    assert (found.level, found.exit_code) == (level, code)


def test_what_was_not_tried_is_unknown() -> None:
    """Offline, nobody can say whether it works."""
    assert (account.untried_sign_in().level, account.untried_sign_in().exit_code) == (Level.UNKNOWN, 75)


def test_a_whole_ledger_is_ok_with_and_without_its_key(tmp_path: Path) -> None:
    """Both ends read back, the newest signed head is of this file; nothing is written."""
    directory = filled(tmp_path / "home", 3)
    before = {path: path.read_bytes() for path in directory.iterdir()}
    for seed in (SEED, None):
        found, seen = account.ledger(directory, seed)
        assert found.level is Level.OK and "16 entries" in found.what
        assert seen is not None and seen.size == 16
    assert {path: path.read_bytes() for path in directory.iterdir()} == before


def test_no_ledger_yet_is_ok(tmp_path: Path) -> None:
    """The first run begins it."""
    found, seen = account.ledger(tmp_path / "home", SEED)
    assert found.level is Level.OK and seen is None


@pytest.mark.parametrize("tree", [True, False])
def test_a_line_changed_in_the_end_is_damage(tmp_path: Path, tree: bool) -> None:
    """With the side file that saves reading, and without it."""
    directory = filled(tmp_path / "home", 3)
    file = directory / "ledger.jsonl"
    if not tree:
        (directory / "tree").unlink()
    changed = lines(directory)
    changed[-1] = changed[-1].replace(b'"verified"', b'"residual"')
    file.write_bytes(b"".join(changed))
    found, _ = account.ledger(directory, SEED)
    assert (found.level, found.exit_code) == (Level.FAILS, 5)


@pytest.mark.parametrize("what", ["cut", "another key", "no checkpoint", "old checkpoint"])
def test_a_ledger_that_is_not_what_was_signed_is_damage(tmp_path: Path, what: str) -> None:
    """Cut short, signed by somebody else, without its head, or with an older one: exit 5."""
    directory, seed = filled(tmp_path / "home", 2), SEED
    head = (directory / "checkpoint").read_bytes()
    filled(directory, 1)
    match what:
        case "cut":
            (directory / "ledger.jsonl").write_bytes(b"".join(lines(directory)[:5]))
        case "another key":
            seed = bytes(32)
        case "no checkpoint":
            (directory / "checkpoint").unlink()
        case "old checkpoint":
            (directory / "checkpoint").write_bytes(head)
    found, _ = account.ledger(directory, seed)
    assert (found.level, found.exit_code) == (Level.FAILS, 5)


def test_a_missing_reserve_is_a_warning(tmp_path: Path) -> None:
    """On a full disk there would be no room to close a run."""
    directory = filled(tmp_path / "home", 1)
    (directory / "reserve").unlink()
    found, seen = account.ledger(directory, SEED)
    assert found.level is Level.WARNING and "reserve" in found.what and seen is not None


@pytest.mark.parametrize(
    ("minutes", "level"), [(5, Level.OK), (119, Level.OK), (121, Level.UNKNOWN), (10_000, Level.UNKNOWN)]
)
def test_a_lock_that_is_held(tmp_path: Path, minutes: int, level: Level) -> None:
    """A run in progress is no failure; one that takes twice what it may is held by something that hangs."""
    since = timestamp(NOW - minutes * 60_000)
    (tmp_path / "lock").write_text(json.dumps({"since": since, "pid": os.getpid()}))
    found = account.lock(tmp_path, NOW, HOUR)
    assert found.level is level and "since" in found.what


def test_a_lock_of_nobody_is_free(tmp_path: Path) -> None:
    """Never taken, given back, or left behind by a process that is gone."""
    assert account.lock(tmp_path, NOW, HOUR).what == "Free."
    for left in ("", json.dumps({"since": timestamp(NOW), "pid": 2**22 + 1})):
        (tmp_path / "lock").write_text(left)
        assert account.lock(tmp_path, NOW, HOUR).what == "Free."


def test_the_next_run_is_told_in_both_times() -> None:
    """As `schedule` tells it, from the same function."""
    settings = read(config("schedule: {at: '03:10'}, jitter: 0s"))
    found = account.schedule("home", settings.accounts["home"], settings.timezone, NOW)
    assert found.level is Level.OK and "03:10 CE" in found.what and ":10 UTC" in found.what


def test_a_zone_that_is_gone_is_a_failure() -> None:
    """The time zone database may change under a configuration that was good."""
    found = account.schedule("home", read(config()).accounts["home"], "Europe/Atlantis", NOW)
    assert (found.level, found.exit_code) == (Level.FAILS, 78)


RECORDS, EVERYTHING = Method("recipe:a", Scope.RECORDS), Method("recipe:b", Scope.EVERYTHING)
FAILED = AccountState(methods={"recipe:a": MethodState("d", Standing.FAILED, "no_effect", NOW - 1000)})


@pytest.mark.parametrize(
    ("methods", "found", "state", "problems", "level", "words"),
    [
        ("learned", [RECORDS], AccountState(), [], Level.OK, "recipe:a may be used"),
        ("learned", [RECORDS], AccountState(), ["x.yaml: no"], Level.WARNING, "x.yaml"),
        ("'recipe:b', learned", [EVERYTHING, RECORDS], AccountState(), [], Level.OK, "recipe:a may be used"),
        ("learned", [EVERYTHING], AccountState(), [], Level.FAILS, "what must stay"),
        ("learned", [RECORDS], FAILED, [], Level.FAILS, "failed lately"),
        ("learned", [], AccountState(), ["x.yaml: no"], Level.FAILS, "x.yaml"),
        ("'recipe:c'", [RECORDS], AccountState(), [], Level.FAILS, "no method"),
        ("", [RECORDS], AccountState(), [], Level.WARNING, "only watches"),
    ],
)
def test_is_there_a_method_the_policy_allows(
    methods: str, found: list[Method], state: AccountState, problems: list[str], level: Level, words: str
) -> None:
    """Without one a run only counts, and ends with 1; a failed one rests; watching may be meant."""
    configured = read(config(f"methods: [{methods}]")).accounts["home"]
    judged = account.judged(configured, found, state, problems, NOW)  # type: ignore[arg-type]  # all it looks at
    assert judged.level is level and words in judged.what
    assert judged.exit_code == (1 if level is Level.FAILS else 0)
