"""Every promise of `agent.ports.Ledger`, kept by the file and by its fake alike."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.errors import LedgerUnwritableError
from agent.ledger import storage
from agent.ledger.entry import EntryError
from agent.ledger.file import FileLedger
from agent.ledger.reading import entries
from agent.ledger.summary import to_json
from agent.model import Event, Standing, Verdict, Window
from agent.ports import Ledger
from agent.state import MethodState, OpenVerification
from tests.support.fake_clock import FakeClock
from tests.support.ledger_samples import HASH, ended, intended, relisted, started
from tests.support.memory_ledger import MemoryLedger


class World:
    """One kind of ledger, its clock, and how to read back and how to fill its disk."""

    def __init__(
        self,
        ledger: FileLedger | MemoryLedger,
        clock: FakeClock,
        events: Callable[[], list[tuple[Event, Any]]],
        fill: Callable[[], None],
    ) -> None:
        self.ledger: Ledger = ledger
        self.clock = clock
        self.events = events
        self.fill = fill


@pytest.fixture(params=["file", "memory"])
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    clock = FakeClock()
    if request.param == "memory":
        fake = MemoryLedger(clock)

        def fill_memory() -> None:
            fake.full = True

        yield World(fake, clock, lambda: [(e.event, e.fields) for e in fake.entries()], fill_memory)
        return
    where = tmp_path / "accounts" / "home"
    with FileLedger.open(
        where, signer=bytes(32), secret=bytes(32), clock=clock, practice=True, tool="t/1"
    ) as real:

        def fill_disk() -> None:
            # No room is ever enough: what a full disk tells `require_room`.
            monkeypatch.setattr(storage, "SLICE_BYTES", 1 << 62)

        def read() -> list[tuple[Event, Any]]:
            return [(e.event, e.fields) for e in entries(where) if e.event is not Event.LEDGER_CREATED]

        yield World(real, clock, read, fill_disk)


class TestAppend:
    """Entries."""

    def test_what_was_appended_can_be_read(self, world: World) -> None:
        """An entry is there, with all its fields and unknown ones too, once append returned."""
        world.ledger.append(Event.SLOT_MISSED, {"slot": "2026-11-24T03:00:00Z", "new_field": [1, "é"]})
        assert world.events() == [
            (Event.SLOT_MISSED, {"slot": "2026-11-24T03:00:00Z", "new_field": [1, "é"]})
        ]

    @pytest.mark.parametrize(
        ("event", "fields", "run"),
        [
            (Event.SLOT_MISSED, {}, None),
            (Event.SLOT_MISSED, {"slot": 3}, None),
            (Event.RUN_STARTED, started(), None),
            (Event.RUN_STARTED, started(seq=5), "r"),
            (Event.SLOT_MISSED, {"slot": "s", "x": float("nan")}, None),
            (Event.SLOT_MISSED, {"slot": "s", "x": "y" * 70_000}, None),
            (Event.RELISTED, relisted("r", gone=[HASH] * 60, still_visible=[HASH] * 60), "r"),
        ],
    )
    def test_a_malformed_entry_is_refused_and_harmless(
        self, world: World, event: Event, fields: dict[str, object], run: str | None
    ) -> None:
        """A caller's mistake writes nothing, and the ledger goes on."""
        with pytest.raises(EntryError):
            world.ledger.append(event, fields, run=run)
        world.ledger.append(Event.SIGNED_IN, {})
        assert [event for event, _ in world.events()] == [Event.SIGNED_IN]

    def test_run_ended_carries_the_state(self, world: World) -> None:
        """`run_ended` gets the summary of all entries up to and with itself."""
        world.ledger.append(Event.RUN_STARTED, started(), run="r1")
        world.ledger.append(Event.RUN_ENDED, ended(), run="r1")
        assert world.events()[-1][1]["state"] == to_json(world.ledger.state())
        assert world.ledger.state().last_run == "r1"


class TestState:
    """What the entries add up to."""

    def test_a_run_is_running_until_it_ends(self, world: World) -> None:
        """`running` names the started run; its end clears it, and so does its recovery, which owes a look."""
        world.ledger.append(Event.RUN_STARTED, started(), run="r1")
        assert world.ledger.state().running == "r1"
        world.ledger.append(Event.RECOVERED, {"kind": "run"}, run="r1")
        assert world.ledger.state().running is None
        now = world.clock.now()
        assert world.ledger.state().open == OpenVerification("r1", Window(0, now), now)
        world.ledger.append(Event.RUN_STARTED, started(), run="r2")
        world.ledger.append(Event.RUN_ENDED, ended("residual", reason="pending"), run="r2")
        state = world.ledger.state()
        assert (state.running, state.last_run, state.last_verdict, state.last_reason) == (
            None,
            "r2",
            Verdict.RESIDUAL,
            "pending",
        )
        assert (state.last_ended, state.runs) == (world.clock.now(), {Verdict.RESIDUAL: 1})

    def test_a_verification_stays_open_until_closed(self, world: World) -> None:
        """An owed verification survives other runs and falls with a listing of it that closes."""
        owed = {"from": 5, "to": 9, "methods": ["phrase"]}
        world.ledger.append(Event.RUN_ENDED, ended("residual", open=owed), run="r1")
        then = world.clock.now()
        world.ledger.append(Event.RELISTED, relisted("other", closes=True), run="r2")
        world.ledger.append(Event.RELISTED, relisted("r1"), run="r2")
        world.ledger.append(Event.RUN_ENDED, ended("throttled"), run="r2")
        assert world.ledger.state().open == OpenVerification("r1", Window(5, 9), then, ("phrase",))
        world.ledger.append(Event.RELISTED, relisted("r1", closes=True), run="r3")
        assert world.ledger.state().open is None

    def test_a_method_keeps_its_last_standing(self, world: World) -> None:
        """`method_changed` is remembered with its moment."""
        changed = {"method": "phrase", "digest": HASH, "standing": "failed", "reason": "no_effect"}
        world.ledger.append(Event.METHOD_CHANGED, changed)
        assert world.ledger.state().methods == {
            "phrase": MethodState(HASH, Standing.FAILED, "no_effect", world.clock.now())
        }


class TestCommit:
    """What stands for a key."""

    def test_commitments_are_stable_and_differ(self, world: World) -> None:
        """One key, one commitment of 64 hex digits; other keys, others; the key does not shine through."""
        one, two = world.ledger.commit("key-1"), world.ledger.commit("key-2")
        assert one == world.ledger.commit("key-1")
        assert one != two
        assert len(bytes.fromhex(one)) == 32

    def test_a_broken_key_does_not_stop_a_run(self, world: World) -> None:
        """Half a surrogate pair, which JSON can carry, is a key like any other."""
        assert len(world.ledger.commit("\ud800")) == 64


class TestQuestions:
    """Questions to the whole history."""

    def test_unsettled_is_what_no_listing_saw_gone(self, world: World) -> None:
        """Intended by this run or a later one, minus what any later listing saw gone."""
        a, b, c = (world.ledger.commit(key) for key in "abc")
        world.ledger.append(Event.RUN_STARTED, started(), run="r0")
        world.ledger.append(Event.RELISTED, relisted("old", gone=[a]), run="old")
        world.ledger.append(Event.DELETION_INTENDED, intended(a, b), run="r1")
        world.ledger.append(Event.DELETION_INTENDED, intended(c), run="r2")
        assert world.ledger.unsettled("r0") == world.ledger.unsettled("r1") == {a, b, c}
        assert world.ledger.unsettled("r2") == {c}
        world.ledger.append(Event.RELISTED, relisted("r1", gone=[a], text_remains=[b]), run="r2")
        assert world.ledger.unsettled("r1") == {b, c}
        assert world.ledger.unsettled("r9") == frozenset()

    def test_known_gone_is_the_latest_word(self, world: World) -> None:
        """Seen gone by a listing, unless it has come back since."""
        a, b, c, d = (world.ledger.commit(key) for key in "abcd")
        world.ledger.append(Event.RELISTED, relisted("r1", gone=[a, b, c], still_visible=[d]), run="r1")
        assert world.ledger.known_gone([a, b, d]) == {a, b}
        world.ledger.append(Event.REAPPEARED, {"recordings": [a]}, run="r2")
        world.ledger.append(Event.RELISTED, relisted("r2", text_remains=[b]), run="r2")
        assert world.ledger.known_gone([a, b, c]) == {c}
        world.ledger.append(Event.RELISTED, relisted("r3", gone=[a]), run="r3")
        assert world.ledger.known_gone(iter([a])) == {a}


class TestRoom:
    """Room on disk."""

    def test_enough_room_is_silent(self, world: World) -> None:
        """With room nothing happens."""
        world.ledger.require_room()

    def test_a_full_disk_is_told_before_anything_is_requested(self, world: World) -> None:
        """Without room `require_room` raises."""
        world.fill()
        with pytest.raises(LedgerUnwritableError):
            world.ledger.require_room()


class TestCheckpoint:
    """The signed head."""

    def test_a_head_covers_all_entries(self, world: World) -> None:
        """The size counts every entry; another entry, another head; nothing new, the same head."""
        world.ledger.append(Event.SIGNED_IN, {})
        first = world.ledger.checkpoint()
        assert world.ledger.checkpoint() == first
        world.ledger.append(Event.SIGNED_IN, {})
        second = world.ledger.checkpoint()
        assert second.size == first.size + 1
        assert second.root != first.root
