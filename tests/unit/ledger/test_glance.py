"""A ledger at a glance."""

import json
import os
from pathlib import Path

import pytest

from agent.errors import LedgerDamagedError
from agent.ledger.entry import timestamp
from agent.ledger.glance import glance, held_since
from agent.model import Event
from tests.support.fake_clock import FakeClock
from tests.support.ledger_home import ORIGIN, VKEY, filled, lines, one_run, opened


def test_both_ends_are_told(tmp_path: Path) -> None:
    """Name, key, size, state and the newest checkpoint with the age of its last entry."""
    clock = FakeClock()
    with opened(tmp_path, clock) as ledger:
        head = one_run(ledger, "r0")
        signed_at = clock.now()
        clock.wall += 1000
        ledger.append(Event.SIGNED_IN, {})
        state = ledger.state()
    found = glance(tmp_path)
    assert found is not None
    assert (found.origin, found.vkey, found.practice, found.size) == (ORIGIN, VKEY, True, 7)
    assert (found.state, found.signed, found.signed_at) == (state, head, signed_at)
    assert found.note == (tmp_path / "checkpoint").read_text()


def test_no_ledger_is_nothing_and_a_fresh_one_has_no_run(tmp_path: Path) -> None:
    """Neither is an error."""
    assert glance(tmp_path / "none") is None
    opened(tmp_path).close()
    found = glance(tmp_path)
    assert found is not None and (found.size, found.state.last_run) == (1, "")


def test_an_unfinished_line_is_not_there_yet(tmp_path: Path) -> None:
    """A writer may be in the middle of it."""
    filled(tmp_path, 1)
    with (tmp_path / "ledger.jsonl").open("ab") as file:
        file.write(b'{"seq":6')
    found = glance(tmp_path)
    assert found is not None and found.size == 6


@pytest.mark.parametrize("kind", ["cut", "last line", "first line", "checkpoint"])
def test_damage_at_the_ends_is_seen(tmp_path: Path, kind: str) -> None:
    """Entries missing that were signed, a changed line, a checkpoint of nobody."""
    filled(tmp_path, 2)
    all_lines, file = lines(tmp_path), tmp_path / "ledger.jsonl"
    if kind == "cut":
        file.write_bytes(b"".join(all_lines[:-1]))
    elif kind == "last line":
        file.write_bytes(
            b"".join([*all_lines[:-1], all_lines[-1].replace(b'"verdict":"verified"', b'"verdict":3')])
        )
    elif kind == "first line":
        file.write_bytes(b"".join(all_lines[1:]))
    else:
        (tmp_path / "checkpoint").write_text((tmp_path / "checkpoint").read_text().replace("11\n", "10\n", 1))
    with pytest.raises(LedgerDamagedError):
        glance(tmp_path)


def test_the_middle_is_not_read(tmp_path: Path) -> None:
    """However long the ledger: damage in the middle is for `ledger verify` to find."""
    filled(tmp_path, 3)
    all_lines = lines(tmp_path)
    all_lines[4] = b"#" * (len(all_lines[4]) - 1) + b"\n"
    (tmp_path / "ledger.jsonl").write_bytes(b"".join(all_lines))
    assert glance(tmp_path) is not None


def test_who_holds_it_is_told_while_that_one_lives(tmp_path: Path) -> None:
    """Since when, from the lock; a note left behind by a dead process is nobody's."""
    clock = FakeClock()
    assert held_since(tmp_path) is None
    with opened(tmp_path, clock):
        assert held_since(tmp_path) == clock.now()
    assert held_since(tmp_path) is None
    dead = os.fork()
    if dead == 0:
        os._exit(0)
    os.waitpid(dead, 0)
    (tmp_path / "lock").write_text(json.dumps({"since": timestamp(5), "pid": dead}))
    assert held_since(tmp_path) is None
    (tmp_path / "lock").write_text("torn")
    assert held_since(tmp_path) is None
