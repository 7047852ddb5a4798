import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from agent.errors import BusyError, ConfigError, LedgerDamagedError, LedgerUnwritableError
from agent.ledger.entry import decode
from agent.ledger.file import FileLedger
from agent.ledger.reading import entries
from agent.ledger.storage import RESERVE_BYTES
from agent.model import Event
from tests.support.fake_clock import FakeClock
from tests.support.ledger_home import ORIGIN, SECRET, SEED, VKEY, checked, filled, lines, one_run, opened


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_ledger_begins_with_its_name_and_key(tmp_path: Path) -> None:
    """The first entry names format, origin, verifier key, tool and practice, and is signed at once."""
    with opened(tmp_path / "accounts" / "home") as ledger:
        (first,) = entries(tmp_path / "accounts" / "home")
        assert first.event is Event.LEDGER_CREATED
        assert dict(first.fields) == {
            "format": "voicepurge-ledger/1",
            "origin": ORIGIN,
            "vkey": VKEY,
            "practice": True,
            "tool": "voicepurge/test",
        }
        assert ledger.signed is not None
        assert ledger.signed.size == 1


def test_without_a_name_one_is_made_up(tmp_path: Path) -> None:
    """Two ledgers of one key never share an origin by accident."""
    names = set()
    for where in (tmp_path / "a", tmp_path / "b"):
        FileLedger.open(where, signer=SEED, secret=SECRET, clock=FakeClock(), practice=True, tool="t").close()
        names |= {str(entry.fields["origin"]) for entry in entries(where)}
    assert len(names) == 2
    assert all(name.startswith("voicepurge/") and len(name) == 27 for name in names)


def test_the_group_may_read_everything_and_others_nothing(tmp_path: Path) -> None:
    """Directories 0750 and files 0640, whatever the umask."""
    before = os.umask(0o077)
    try:
        filled(tmp_path / "accounts" / "home", 1)
    finally:
        os.umask(before)
    home = tmp_path / "accounts" / "home"
    assert {mode(home), mode(home.parent)} == {0o750}
    found = {path.name: mode(path) for path in home.iterdir()}
    assert set(found) == {"ledger.jsonl", "checkpoint", "checkpoints", "lock", "reserve", "tree"}
    assert set(found.values()) == {0o640}


def test_a_second_writer_is_told_since_when(tmp_path: Path) -> None:
    """The other one reads the moment and the process, and nothing is written; afterwards it may go on."""
    with opened(tmp_path), pytest.raises(BusyError) as caught:
        opened(tmp_path)
    assert str(caught.value) == (
        f"another run of this account is in progress since 2026-09-21T14:13:20.000Z (process {os.getpid()})"
    )
    opened(tmp_path).close()
    assert len(lines(tmp_path)) == 1


def test_what_another_added_is_seen_after_taking_the_lock(tmp_path: Path) -> None:
    """Each holder goes on where the one before stopped."""
    filled(tmp_path, 1)
    with opened(tmp_path) as ledger:
        assert ledger.state().last_run == "r0"
        assert one_run(ledger, "r1").size == 11
    assert checked(tmp_path).ok


def torn_at(directory: Path, whole: bytes, keep: int) -> None:
    (directory / "ledger.jsonl").write_bytes(whole[:keep])


def test_a_last_line_torn_at_any_byte_is_cut_and_owned_up_to(tmp_path: Path) -> None:
    """Whatever part of an unacknowledged line a crash left: its length and hash stand in the next entry."""
    filled(tmp_path, 1)
    with opened(tmp_path) as ledger:
        ledger.append(Event.SLOT_MISSED, {"slot": "2026-11-24T03:00:00Z"})
    whole = (tmp_path / "ledger.jsonl").read_bytes()
    last = lines(tmp_path)[-1]
    before = len(whole) - len(last)
    for cut in range(1, len(last)):
        torn_at(tmp_path, whole, before + cut)
        opened(tmp_path).close()
        found = decode(lines(tmp_path)[-1][:-1])
        assert found.event is Event.RECOVERED
        assert dict(found.fields) == {
            "kind": "tail",
            "bytes": cut,
            "sha256": hashlib.sha256(last[:cut]).hexdigest(),
        }
        assert lines(tmp_path)[:-1] == whole[:before].splitlines(keepends=True)
    assert checked(tmp_path).ok


def test_a_birth_torn_at_any_byte_is_begun_again(tmp_path: Path) -> None:
    """A crash while the first line is written, before anything was signed, costs nothing but itself."""
    opened(tmp_path / "born").close()
    (first,) = lines(tmp_path / "born")
    for cut in (0, 1, len(first) // 2, len(first) - 1, len(first)):
        where = tmp_path / str(cut)
        where.mkdir()
        (where / "ledger.jsonl").write_bytes(first[:cut])
        opened(where).close()
        events = [entry.event for entry in entries(where)]
        assert events == [Event.LEDGER_CREATED, Event.RECOVERED][: 1 + (0 < cut < len(first))]
        assert checked(where).ok


def test_signed_bytes_are_never_cut(tmp_path: Path) -> None:
    """A torn line that a checkpoint covers is damage: the account stops and the file stays as it is."""
    filled(tmp_path, 1)
    file = tmp_path / "ledger.jsonl"
    whole = file.read_bytes()
    for keep in (len(whole) - 1, len(whole) // 2, 10, 0):
        file.write_bytes(whole[:keep])
        with pytest.raises(LedgerDamagedError) as caught:
            opened(tmp_path)
        assert caught.value.place
        assert file.read_bytes() == whole[:keep]


def test_a_finished_line_that_is_no_entry_is_damage(tmp_path: Path) -> None:
    """A line with its newline was written as a whole: nothing of it is ever cut."""
    filled(tmp_path, 1)
    with (tmp_path / "ledger.jsonl").open("ab") as file:
        file.write(b'{"seq":6}\n')
    with pytest.raises(LedgerDamagedError) as caught:
        opened(tmp_path)
    assert caught.value.place == "line 7"
    assert len(lines(tmp_path)) == 7


@pytest.mark.parametrize(
    "damage", ["no checkpoint", "no checkpoints at all", "older checkpoint", "spoiled", "another key"]
)
def test_a_ledger_that_is_not_the_signed_one_is_not_opened(tmp_path: Path, damage: str) -> None:
    """Missing, replaced and foreign checkpoints stop the account before anything is written."""
    older = filled(tmp_path, 1) / "checkpoint"
    note = older.read_text()
    filled(tmp_path, 1)
    newest = tmp_path / "checkpoint"
    if damage.startswith("no"):
        newest.unlink()
    if damage == "no checkpoints at all":
        (tmp_path / "checkpoints").unlink()
    if damage == "older checkpoint":
        newest.write_text(note)
    if damage == "spoiled":
        newest.write_text(newest.read_text().replace("\n11\n", "\n12\n"))
    before = (tmp_path / "ledger.jsonl").read_bytes()
    with pytest.raises(LedgerDamagedError):
        FileLedger.open(
            tmp_path,
            signer=bytes(32) if damage == "another key" else SEED,
            secret=SECRET,
            clock=FakeClock(),
            practice=True,
            tool="t",
        )
    assert (tmp_path / "ledger.jsonl").read_bytes() == before


def test_practice_and_real_accounts_never_share_a_ledger(tmp_path: Path) -> None:
    """What a practice cloud said must not stand among evidence about Amazon."""
    filled(tmp_path, 0)
    with pytest.raises(ConfigError, match="practice"):
        FileLedger.open(tmp_path, signer=SEED, secret=SECRET, clock=FakeClock(), practice=False, tool="t")


def test_the_reserve_has_its_blocks_and_comes_back(tmp_path: Path) -> None:
    """It holds a mebibyte of real blocks; when missing it is made again before a slice."""
    with opened(tmp_path) as ledger:
        reserve = tmp_path / "reserve"
        assert reserve.stat().st_blocks * 512 >= RESERVE_BYTES
        reserve.unlink()
        ledger.require_room()
        assert reserve.stat().st_blocks * 512 >= RESERVE_BYTES


def test_a_closed_ledger_takes_nothing(tmp_path: Path) -> None:
    """After close the lock belongs to others, so nothing may be written."""
    ledger = opened(tmp_path)
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerUnwritableError):
        ledger.append(Event.SIGNED_IN, {})
    with pytest.raises(LedgerUnwritableError):
        ledger.checkpoint()


def test_no_key_reaches_the_disk(tmp_path: Path) -> None:
    """Of a recording only the commitment is written, of the secrets nothing."""
    filled(tmp_path, 1)
    for path in tmp_path.iterdir():
        raw = path.read_bytes()
        for hidden in (b"key of r0", SEED, SEED.hex().encode(), SECRET, SECRET.hex().encode()):
            assert hidden not in raw


class TestSigning:
    """A head is never signed that contradicts one signed before."""

    def test_the_side_file_only_saves_time(self, tmp_path: Path) -> None:
        """Missing, spoiled or of another time: the next checkpoint is the same."""
        heads = set()
        for number, spoil in enumerate(
            [None, b"", b"{}", b'{"size":1,"edge":[],"end":1,"prev":""}', b"keep"]
        ):
            where = filled(tmp_path / str(number), 1)
            side = where / "tree"
            if spoil is None:
                side.unlink()
            elif spoil != b"keep":
                side.write_bytes(spoil)
            with opened(where) as ledger:
                heads.add(one_run(ledger, "r1"))
        assert len(heads) == 1

    def test_a_side_file_with_another_edge_is_not_believed(self, tmp_path: Path) -> None:
        """Right in everything but the hashes, it does not give the signed root, so all is hashed again."""
        for name, spoil in (("good", False), ("bad", True)):
            where = filled(tmp_path / name, 1)
            side = where / "tree"
            found = json.loads(side.read_bytes())
            if spoil:
                side.write_text(json.dumps({**found, "edge": ["00" * 32 for _ in found["edge"]]}))
            with opened(where) as ledger:
                one_run(ledger, "r1")
            assert checked(where).ok

    def test_a_rewritten_prefix_is_not_signed(self, tmp_path: Path) -> None:
        """Hashed again from the start, a changed old line comes out, and nothing is signed."""
        filled(tmp_path, 2)
        (tmp_path / "tree").unlink()
        file = tmp_path / "ledger.jsonl"
        file.write_bytes(file.read_bytes().replace(b'"ms":5', b'"ms":6', 1))
        note = (tmp_path / "checkpoint").read_text()
        with opened(tmp_path) as ledger:
            ledger.append(Event.SIGNED_IN, {})
            with pytest.raises(LedgerDamagedError) as caught:
                ledger.checkpoint()
        assert caught.value.place == "checkpoint of size 11"
        assert (tmp_path / "checkpoint").read_text() == note

    def test_a_rewritten_prefix_never_gets_a_root_of_its_own(self, tmp_path: Path) -> None:
        """With the side file at hand the new head continues the signed tree, and the full check fails."""
        filled(tmp_path, 2)
        file = tmp_path / "ledger.jsonl"
        file.write_bytes(file.read_bytes().replace(b'"ms":5', b'"ms":6', 1))
        with opened(tmp_path) as ledger:
            ledger.append(Event.SIGNED_IN, {})
            ledger.checkpoint()
        report = checked(tmp_path)
        assert any(problem.place == "line 4" for problem in report.problems)
        assert any(problem.place.startswith("kept checkpoint") for problem in report.problems)

    def test_what_was_added_and_changed_behind_our_back_is_not_signed(self, tmp_path: Path) -> None:
        """Lines changed while the ledger is open do not end where we ended."""
        with opened(tmp_path) as ledger:
            ledger.append(Event.SIGNED_OUT, {"reason": "a"})
            ledger.append(Event.SIGNED_IN, {})
            file = tmp_path / "ledger.jsonl"
            file.write_bytes(file.read_bytes().replace(b'"reason":"a"', b'"reason":"b"'))
            with pytest.raises(LedgerDamagedError):
                ledger.checkpoint()

    def test_kept_checkpoints_heal_after_a_crash(self, tmp_path: Path) -> None:
        """The list of all checkpoints is completed when a crash kept the last one out, or half out."""
        filled(tmp_path, 3)
        kept = tmp_path / "checkpoints"
        whole = kept.read_bytes()
        size = len(whole) // 4
        for keep in (len(whole) - 1, len(whole) - size, len(whole) - size + 9):
            kept.write_bytes(whole[:keep])
            with opened(tmp_path) as ledger:
                ledger.checkpoint()
            assert kept.read_bytes() == whole
        assert checked(tmp_path).checkpoints == 5


def test_the_lock_file_says_nothing_when_nobody_runs(tmp_path: Path) -> None:
    """While held it names moment and process as JSON; afterwards it is empty."""
    with opened(tmp_path):
        assert json.loads((tmp_path / "lock").read_text()) == {
            "since": "2026-09-21T14:13:20.000Z",
            "pid": os.getpid(),
        }
    assert (tmp_path / "lock").read_text() == ""
