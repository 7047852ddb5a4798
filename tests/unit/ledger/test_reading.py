from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import LedgerDamagedError
from agent.ledger import reading
from agent.ledger.entry import MAX_LINE, ZERO, Entry, encode, line_hash
from agent.ledger.fold import fold
from agent.ledger.reading import Follower, backward, entries, finished_end, forward, last_state, opened, tail
from agent.ledger.summary import to_json
from agent.model import Event
from agent.state import AccountState
from tests.support import ledger_home
from tests.support.ledger_samples import ended, started


@given(
    st.lists(st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"")), max_size=20), st.integers(1, 50)
)
def test_both_directions_see_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], block: int
) -> None:
    """Forwards and backwards give the same finished lines at any block size, never an unfinished one."""
    file = tmp_path_factory.mktemp("lines") / "f"
    file.write_bytes(b"".join(line + b"\n" for line in lines) + b"unfinished")
    with pytest.MonkeyPatch.context() as patch, opened(file) as fd:
        patch.setattr(reading, "_BLOCK", block)
        end = finished_end(fd)
        assert list(forward(fd, 0, end)) == lines
        back = list(backward(fd, end))
        assert [line for _, line in back] == lines[::-1]
        assert all(file.read_bytes()[start:].startswith(line + b"\n") for start, line in back)


def test_a_line_longer_than_any_entry_does_not_fill_the_memory(tmp_path: Path) -> None:
    """Both directions give up on it by name instead of collecting it."""
    file = tmp_path / "f"
    file.write_bytes(b"x" * (MAX_LINE * 20) + b"\n")
    with opened(file) as fd:
        end = finished_end(fd)
        with pytest.raises(LedgerDamagedError, match="longer than any entry"):
            list(forward(fd, 0, end))
        with pytest.raises(LedgerDamagedError, match="longer than any entry"):
            list(backward(fd, end))


def chained(*events: tuple[Event, dict[str, object]]) -> tuple[list[bytes], AccountState]:
    """Lines as the writer makes them, and what they add up to."""
    lines: list[bytes] = []
    state = AccountState()
    for seq, (event, fields) in enumerate(events):
        prev = line_hash(lines[-1]) if lines else ZERO
        entry = Entry(seq, prev, 1000 + seq, event, "r1", fields)
        state = fold(state, entry)
        if event is Event.RUN_ENDED:
            entry = Entry(seq, prev, 1000 + seq, event, "r1", {**fields, "state": to_json(state)})
        lines.append(encode(entry))
    return lines, state


HISTORY: tuple[tuple[Event, dict[str, object]], ...] = (
    (Event.SIGNED_IN, {}),
    (Event.RUN_STARTED, started()),
    (Event.RUN_ENDED, ended(settled_through=7)),
    (Event.SIGNED_OUT, {"reason": "x"}),
    (Event.RUN_STARTED, started()),
)


def written(directory: Path, lines: list[bytes], rest: bytes = b"") -> Path:
    (directory / "ledger.jsonl").write_bytes(b"".join(line + b"\n" for line in lines) + rest)
    return directory


@pytest.mark.parametrize("size", range(len(HISTORY) + 1))
def test_the_state_is_read_from_the_end(tmp_path: Path, size: int) -> None:
    """From the last summary on, or from the beginning without one, it is what all entries add up to."""
    lines, state = chained(*HISTORY[:size])
    assert last_state(written(tmp_path, lines, b"unfin")) == state
    assert [entry.seq for entry in entries(tmp_path)] == list(range(size))
    assert [entry.seq for entry in entries(tmp_path, start=2)] == list(range(2, size))


def test_where_there_is_no_ledger_there_is_nothing(tmp_path: Path) -> None:
    """No file is no entry and the empty state."""
    assert list(entries(tmp_path / "none")) == []
    assert last_state(tmp_path / "none") == AccountState()


def test_the_entries_before_the_last_summary_are_not_read(tmp_path: Path) -> None:
    """Start-up takes as long as the last run, not as all of history: rubbish further up goes unseen."""
    lines, state = chained(*HISTORY)
    assert last_state(written(tmp_path, [b"rubbish", b"rubbish", *lines[2:]])) == state


@pytest.mark.parametrize("at", [2, 3, 4])
def test_a_broken_end_is_damage_with_its_line(tmp_path: Path, at: int) -> None:
    """A line since the last summary that is no entry, or does not follow, stops everything."""
    lines, _ = chained(*HISTORY)
    broken = [*lines]
    broken[at] = lines[at].replace(b'"t":"1970', b'"t":"1971')
    with opened(written(tmp_path, broken) / "ledger.jsonl") as fd:
        if at == len(lines) - 1:
            # Nothing follows the last line: only a checkpoint can vouch for it.
            tail(fd, finished_end(fd))
        else:
            with pytest.raises(LedgerDamagedError) as caught:
                tail(fd, finished_end(fd))
            assert caught.value.place == f"line {at + 2}"


@pytest.mark.parametrize("change", [(b'"running":null', b'"running":5'), (b'"state":', b'"other":')])
def test_a_summary_that_is_none_is_damage(tmp_path: Path, change: tuple[bytes, bytes]) -> None:
    """A `run_ended` whose summary was changed in kind or taken away cannot be started from."""
    lines, _ = chained(*HISTORY[:3])
    lines[2] = lines[2].replace(*change)
    with pytest.raises(LedgerDamagedError, match="summary"):
        last_state(written(tmp_path, lines))


def test_a_summary_of_another_version_is_no_damage(tmp_path: Path) -> None:
    """What an older or newer program summed up in its own way is added up again instead."""
    lines, state = chained(*HISTORY[:3])
    lines[2] = lines[2].replace(b'"state":{"v":3', b'"state":{"v":1')
    assert b'"v":1' in lines[2]
    assert last_state(written(tmp_path, lines)) == state


def test_a_follower_gives_each_finished_line_once(tmp_path: Path) -> None:
    """Before there is a ledger nothing; then every entry once, an unfinished one only when it is whole."""
    follower = Follower(tmp_path)
    assert list(follower.news()) == []
    ledger_home.filled(tmp_path, 1)
    assert [entry.seq for entry in follower.news()] == list(range(6))
    assert list(follower.news()) == []
    with ledger_home.opened(tmp_path) as ledger:
        ledger.append(Event.SIGNED_IN, {})
    file = tmp_path / "ledger.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    assert list(follower.news()) == []
    file.write_bytes(whole)
    assert [entry.event for entry in follower.news()] == [Event.SIGNED_IN]


def test_a_follower_decodes_only_lines_with_its_words(tmp_path: Path) -> None:
    """Others are passed over, whatever they are; the numbers of lines still count them."""
    ledger_home.filled(tmp_path, 2)
    file = tmp_path / "ledger.jsonl"
    parts = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([parts[0], b"garbage\n", *parts[2:]]))
    found = list(Follower(tmp_path, [b'"run_ended"']).news())
    assert [entry.seq for entry in found] == [5, 10]
    file.write_bytes(b"".join([*parts[:-1], b'"run_ended"\n']))
    with pytest.raises(LedgerDamagedError, match="line 11"):
        list(Follower(tmp_path, [b'"run_ended"']).news())


def test_a_follower_tells_a_ledger_begun_anew_from_one_that_lost_lines(tmp_path: Path) -> None:
    """Another file is read from its beginning; the same file, shorter, is damage seen as it happens."""
    follower = Follower(ledger_home.filled(tmp_path, 1))
    assert len(list(follower.news())) == 6
    file = tmp_path / "ledger.jsonl"
    parts = file.read_bytes().splitlines(keepends=True)
    (tmp_path / "restored").write_bytes(b"".join(parts[:3]))
    (tmp_path / "restored").rename(file)
    assert len(list(follower.news())) == 3
    file.write_bytes(parts[0])
    with pytest.raises(LedgerDamagedError, match="shorter"):
        list(follower.news())
