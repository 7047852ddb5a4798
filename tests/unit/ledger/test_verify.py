from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import UsageError
from agent.ledger.checkpoint import Checkpoint
from agent.ledger.note import Signer
from agent.ledger.verify import verify
from agent.model import Event
from tests.support.fake_clock import FakeClock
from tests.support.ledger_home import ORIGIN, VKEY, checked, filled, lines, one_run, opened

RUNS = 2
ENTRIES = 1 + 5 * RUNS


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of two signed runs; never changed."""
    return filled(tmp_path_factory.mktemp("good"), RUNS)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory, good: Path) -> Path:
    """A place for changed copies: the file and its newest checkpoint alone."""
    where = tmp_path_factory.mktemp("scratch")
    (where / "checkpoint").write_bytes((good / "checkpoint").read_bytes())
    return where


def places(directory: Path, changed: bytes) -> list[str]:
    """Where the check of a copy with these bytes fails."""
    (directory / "ledger.jsonl").write_bytes(changed)
    return [problem.place for problem in checked(directory).problems]


def test_an_untouched_ledger_passes(good: Path) -> None:
    """All entries are signed, every kept head was compared, nothing is wrong."""
    report = checked(good)
    assert report.ok
    assert (report.entries, report.signed, report.unsigned) == (ENTRIES, ENTRIES, 0)
    assert report.checkpoints == 1 + (1 + RUNS)
    assert (report.origin, report.practice) == (ORIGIN, True)
    assert report.root == (good / "checkpoint").read_text().splitlines()[2]
    assert report.remarks == ("a practice ledger: no evidence about Amazon",)


def test_a_copied_file_with_its_checkpoint_is_enough(good: Path, scratch: Path) -> None:
    """Two files on another machine, under any name, and the key: that is all it takes."""
    copy = scratch / "copy.jsonl"
    copy.write_bytes((good / "ledger.jsonl").read_bytes())
    assert checked(copy).ok
    copy.rename(scratch.parent / "alone.jsonl")
    text = (good / "checkpoint").read_text()
    assert verify(scratch.parent / "alone.jsonl", vkey=VKEY, checkpoint_text=text).ok


@given(at=st.integers(0, 10**9), flip=st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_any_changed_byte_is_found_and_placed(good: Path, scratch: Path, at: int, flip: int) -> None:
    """One byte changed anywhere, to anything, fails; its line is named, or the signed lines it is in."""
    raw = bytearray((good / "ledger.jsonl").read_bytes())
    at %= len(raw)
    number = raw[:at].count(b"\n") + 1
    raw[at] ^= flip
    found = places(scratch, bytes(raw))
    assert found
    if number < ENTRIES:
        assert f"line {number}" in found
    else:
        assert {f"line {number}", f"checkpoint of size {ENTRIES}"} & set(found)


@pytest.mark.parametrize("number", range(1, ENTRIES + 1))
def test_any_removed_line_is_found_and_placed(good: Path, scratch: Path, number: int) -> None:
    """The place of the first line that is not where it belongs, or that is missing at the end."""
    raw = lines(good)
    del raw[number - 1]
    assert f"line {number}" in places(scratch, b"".join(raw))


@pytest.mark.parametrize("number", range(1, ENTRIES))
def test_lines_doubled_or_exchanged_are_found(good: Path, scratch: Path, number: int) -> None:
    """Order and number belong to what was written."""
    raw = lines(good)
    doubled = [*raw[:number], raw[number - 1], *raw[number:]]
    assert f"line {number + 1}" in places(scratch, b"".join(doubled))
    raw[number - 1], raw[number] = raw[number], raw[number - 1]
    assert f"line {number}" in places(scratch, b"".join(raw))


@given(keep=st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_any_cut_below_the_newest_checkpoint_is_found(good: Path, scratch: Path, keep: int) -> None:
    """A shorter file names the first line that is missing, wherever it was cut."""
    raw = (good / "ledger.jsonl").read_bytes()
    keep %= len(raw)
    whole = raw[:keep].count(b"\n")
    assert f"line {whole + 1}" in places(scratch, raw[:keep])


def test_a_missing_checkpoint_fails(good: Path, tmp_path: Path) -> None:
    """Without one nothing shows where the ledger ended: never "ok, no entries"."""
    (tmp_path / "ledger.jsonl").write_bytes((good / "ledger.jsonl").read_bytes())
    report = checked(tmp_path)
    assert [problem.place for problem in report.problems] == ["checkpoint"]
    (tmp_path / "ledger.jsonl").write_bytes(b"")
    assert [problem.place for problem in checked(tmp_path).problems] == ["checkpoint", "line 1"]


def test_rolled_back_together_only_a_witness_sees_it(tmp_path: Path) -> None:
    """All files of an older day pass alone; a checkpoint somebody remembered shows what is missing."""
    filled(tmp_path, 1)
    old = {path: path.read_bytes() for path in tmp_path.iterdir()}
    filled(tmp_path, 1)
    witnessed = (tmp_path / "checkpoint").read_text()
    for path, raw in old.items():
        path.write_bytes(raw)
    assert checked(tmp_path).ok
    report = checked(tmp_path, witnessed)
    assert [problem.place for problem in report.problems] == ["line 7"]
    assert "witnessed" in report.problems[0].what


def test_a_rewritten_and_signed_again_history_meets_its_witness(tmp_path: Path) -> None:
    """Whoever has the key can sign another past, not one that fits a remembered checkpoint."""
    seen = (filled(tmp_path / "true", 1) / "checkpoint").read_text()
    clock = FakeClock(now=1_790_000_000_001)
    with opened(tmp_path / "forged", clock) as ledger:
        one_run(ledger, "r0")
    assert checked(tmp_path / "forged").ok
    report = checked(tmp_path / "forged", seen)
    assert [problem.place for problem in report.problems] == ["witnessed checkpoint of size 6"]


def test_older_witnesses_agree_with_a_grown_ledger(tmp_path: Path) -> None:
    """Every checkpoint ever signed stays true, in any order."""
    notes = []
    for _ in range(3):
        filled(tmp_path, 1)
        notes.append((tmp_path / "checkpoint").read_text())
    assert checked(tmp_path, *notes).ok
    assert checked(tmp_path, *reversed(notes)).checkpoints == 4 + 1 + 3


def test_another_key_does_not_verify_this_ledger(good: Path) -> None:
    """A right signature of the wrong key, a foreign witness and a bad key are told apart."""
    other = Signer(ORIGIN, bytes(32))
    found = {problem.place for problem in verify(good, vkey=str(other.verifier)).problems}
    assert {"checkpoint", "line 1"} <= found
    foreign = Checkpoint(ORIGIN, 3, bytes(32)).signed(other)
    assert [p.place for p in checked(good, foreign, "rubbish").problems] == [
        "witnessed checkpoint 1",
        "witnessed checkpoint 2",
    ]
    with pytest.raises(UsageError, match="not a verifier key"):
        verify(good, vkey="rubbish")
    with pytest.raises(UsageError, match="no ledger"):
        verify(good / "nowhere", vkey=VKEY)


def test_kept_checkpoints_are_checked_each(tmp_path: Path) -> None:
    """One changed, one out of order, the newest one gone behind the kept ones."""
    filled(tmp_path, 3)
    kept = tmp_path / "checkpoints"
    notes = kept.read_text().split("\n\n")
    pairs = ["\n\n".join(notes[at : at + 2]) + "\n\n" for at in range(0, len(notes) - 1, 2)]
    kept.write_text("".join([pairs[0], pairs[2], pairs[1], pairs[3]]))
    assert [problem.place for problem in checked(tmp_path).problems] == ["kept checkpoint 3"]
    kept.write_text("".join(pairs).replace("\n6\n", "\n7\n"))
    assert [problem.place for problem in checked(tmp_path).problems] == ["kept checkpoint 2"]
    kept.write_text("".join(pairs))
    (tmp_path / "checkpoint").write_text(pairs[2][:-1])
    assert [problem.place for problem in checked(tmp_path).problems] == ["checkpoint"]


def test_entries_after_the_last_checkpoint_are_said(tmp_path: Path) -> None:
    """Not yet signed is no failure, nor is a line still being written or a clock set back."""
    clock = FakeClock()
    with opened(tmp_path, clock) as ledger:
        clock.wall -= 5000
        ledger.append(Event.SIGNED_IN, {})
    with (tmp_path / "ledger.jsonl").open("ab") as file:
        file.write(b'{"seq":2,')
    report = checked(tmp_path)
    assert report.ok
    assert report.unsigned == 1
    assert report.remarks == (
        "1 entries not yet signed",
        "9 bytes of an unfinished line at the end",
        "1 entries bear an earlier time than the one before: the clock was set back",
        "a practice ledger: no evidence about Amazon",
    )


def test_age_fails_only_when_asked(good: Path) -> None:
    """The age of the last signed entry is given with the present, and judged with a limit."""
    now = FakeClock().now() + 90_000
    assert verify(good, vkey=VKEY).age_ms is None
    assert verify(good, vkey=VKEY, now_ms=now).age_ms == 90_000
    assert verify(good, vkey=VKEY, now_ms=now, max_age_ms=90_000).ok
    late = verify(good, vkey=VKEY, now_ms=now, max_age_ms=89_999)
    assert [problem.place for problem in late.problems] == ["checkpoint"]


def test_a_wrong_summary_is_found(tmp_path: Path) -> None:
    """A `run_ended` whose chain and signature are right but whose sum is not (a writer's fault)."""
    with opened(tmp_path) as ledger:
        one_run(ledger, "r0")
        one_run(ledger, "r1")
        ledger._tail = replace(ledger._tail, state=replace(ledger.state(), clean_since=5))
        one_run(ledger, "r2")
    assert [problem.place for problem in checked(tmp_path).problems] == ["line 16"]


def test_a_ruined_file_gives_a_short_report(tmp_path: Path) -> None:
    """However much is wrong, the report stays readable."""
    filled(tmp_path, 1)
    (tmp_path / "ledger.jsonl").write_bytes(b"rubbish\n" * 5000 + b"x" * 1_000_000)
    assert 0 < len(checked(tmp_path).problems) <= 20
