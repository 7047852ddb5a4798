"""One run over ports, against an account in memory that can lie. The real thing is in tests/system."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import LedgerUnwritableError, SignedOutError
from agent.model import (
    Answer,
    Device,
    Event,
    Incomplete,
    Policy,
    Recording,
    Result,
    Scope,
    Standing,
    Surface,
    Verdict,
)
from agent.purge import Order, Report, World, run
from tests.support.fake_clock import FakeClock
from tests.support.fake_history import (
    Cloud,
    CloudMethod,
    FakeHistory,
    MemoryDevices,
    QuietProgress,
    honest,
    nothing,
    recording,
)
from tests.support.memory_ledger import MemoryLedger

DAY = 86_400_000
V, A = Surface.VOICE, Surface.ACTIVITY


@dataclass
class Bench:
    """A cloud, a ledger and everything between, for a few runs in a row."""

    clock: FakeClock = field(default_factory=FakeClock)
    policy: Policy = field(default_factory=lambda: Policy(0, recheck_s=(0.0,)))
    methods: list[CloudMethod] = field(default_factory=list)
    progress: QuietProgress = field(default_factory=QuietProgress)
    memory: MemoryDevices = field(default_factory=MemoryDevices)
    runs: int = 0
    should_stop: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self.cloud = Cloud(self.clock)
        self.ledger = MemoryLedger(self.clock)
        self.methods = [CloudMethod(self.cloud)]

    def fill(self, count: int, age_ms: int = DAY) -> list[Recording]:
        rows = [recording(self.clock.now() - age_ms + n) for n in range(count)]
        self.cloud.add(rows)
        return rows

    def run(self, **changes: object) -> Report:
        self.runs += 1
        order = replace(Order(f"r{self.runs}", self.policy), **changes)  # type: ignore[arg-type]  # fields of Order
        world = World(
            FakeHistory(self.cloud),
            self.methods,
            self.ledger,
            self.clock,
            self.progress,
            self.memory,
            self.should_stop,
        )
        return asyncio.run(run(order, world))

    def events(self) -> list[Event]:
        return [entry.event for entry in self.ledger.entries()]


def verdict(report: Report) -> tuple[Verdict, str]:
    return report.judgement.verdict, report.judgement.reason


def test_honest_deletion_is_verified() -> None:
    """Listed, intended, requested, listed again: only then verified."""
    bench = Bench()
    bench.fill(7)
    report = bench.run()
    assert verdict(report) == (Verdict.VERIFIED, "")
    assert (report.counts.requested, report.counts.gone) == (7, 7)
    assert bench.cloud.rows == {}
    order = [event for event in bench.events() if event is not Event.LEDGER_CREATED]
    assert order[:4] == [Event.RUN_STARTED, Event.LISTED, Event.DELETION_INTENDED, Event.DELETION_ANSWERED]
    assert order[-2:] == [Event.RELISTED, Event.RUN_ENDED]
    assert bench.run().judgement.verdict is Verdict.NOTHING_DUE


def test_yes_and_nothing_happens_fails_the_method() -> None:
    """200 and nothing is never success: residue, the method failed, and it is not tried again at once."""
    bench = Bench()
    bench.fill(5)
    bench.cloud.effect = nothing
    assert verdict(bench.run()) == (Verdict.RESIDUAL, "still_visible")
    assert bench.ledger.state().methods["recipe:fake"].standing is Standing.FAILED
    asked = len(bench.cloud.requests)
    assert verdict(bench.run()) == (Verdict.WATCH_ONLY, "no_method")
    assert len(bench.cloud.requests) == asked == 1


def test_next_method_takes_over() -> None:
    """Still there after the last recheck: the next method in order is tried."""
    bench = Bench()
    bench.fill(3)
    dead = CloudMethod(Cloud(bench.clock), "recipe:dead")
    bench.methods.insert(0, dead)
    report = bench.run()
    assert verdict(report) == (Verdict.VERIFIED, "")
    assert report.methods == ("recipe:dead", "recipe:fake")
    assert bench.ledger.state().methods["recipe:dead"].standing is Standing.FAILED


def test_an_unproven_method_begins_with_one_recording() -> None:
    """It goes on only when exactly that one vanished, and is proven then."""
    bench = Bench()
    bench.fill(30)
    bench.run()
    assert [len(request) for request in bench.cloud.requests] == [1, 29]
    assert bench.ledger.state().methods["recipe:fake"].standing is Standing.PROVEN


def test_a_trial_that_removes_more_than_asked_fails() -> None:
    """Even when what else vanished was due: blocked, no other method, and no second try by itself."""

    def greedy(cloud: Cloud, rows: Sequence[Recording]) -> None:
        honest(cloud, rows)
        cloud.rows.pop(next(iter(cloud.rows)))

    bench = Bench()
    bench.fill(10)
    bench.cloud.effect = greedy
    bench.methods.append(CloudMethod(bench.cloud, "recipe:other"))
    assert verdict(bench.run()) == (Verdict.BLOCKED, "overreach")
    assert [len(request) for request in bench.cloud.requests] == [1]
    assert bench.ledger.state().methods["recipe:fake"].reason == "overreach"
    del bench.methods[1:]
    bench.clock.wall += 30 * DAY
    assert verdict(bench.run()) == (Verdict.WATCH_ONLY, "no_method")


def test_collateral_ends_the_run_and_disables_the_method() -> None:
    """A kept recording vanished: blocked, nothing more is requested, the method is off."""

    def greedy(cloud: Cloud, rows: Sequence[Recording]) -> None:
        honest(cloud, rows)
        cloud.rows.pop(young.key, None)

    bench = Bench(policy=Policy(DAY, recheck_s=(0.0,)))
    bench.fill(10, age_ms=3 * DAY)
    young = bench.fill(1, age_ms=5)[0]
    bench.cloud.effect = greedy
    report = bench.run()
    assert verdict(report) == (Verdict.BLOCKED, "collateral")
    assert len(bench.cloud.requests) == 1
    assert bench.ledger.state().methods["recipe:fake"].reason == "collateral"


def test_second_listing_that_ends_early_is_no_proof() -> None:
    """Requested, and could not look: unverifiable, with a verification still owed."""
    bench = Bench()
    bench.fill(3)
    bench.cloud.faults = lambda n: {A: Incomplete.TOKEN_LOOP} if n > 1 else {}
    report = bench.run()
    assert verdict(report) == (Verdict.UNVERIFIABLE, "token_loop")
    assert report.counts.gone == 0
    assert bench.ledger.state().open is not None
    bench.cloud.faults = lambda _n: {}
    assert bench.run().judgement.verdict is Verdict.VERIFIED
    assert bench.ledger.state().open is None


def test_first_listing_that_ends_early_requests_nothing() -> None:
    """Without a complete first listing nobody knows what must stay."""
    bench = Bench()
    bench.fill(3)
    bench.cloud.faults = lambda _n: {V: Incomplete.THROTTLED}
    assert verdict(bench.run()) == (Verdict.THROTTLED, "throttled")
    assert bench.cloud.requests == []


def test_foreground_leaves_an_open_verification_that_the_next_run_closes() -> None:
    """It ends after the first recheck; what vanished later is entered by the next run."""

    def slow(cloud: Cloud, rows: Sequence[Recording]) -> None:
        cloud.later(300, lambda: honest(cloud, rows))

    bench = Bench(policy=Policy(0, recheck_s=(30.0, 300.0, 3600.0)))
    bench.fill(1)
    bench.cloud.effect = slow
    assert verdict(bench.run()) == (Verdict.RESIDUAL, "pending")
    owed = bench.ledger.state().open
    assert owed is not None
    bench.clock.wall += 3_600_000
    assert bench.run().judgement.verdict is Verdict.NOTHING_DUE
    assert bench.ledger.state().open is None
    assert bench.ledger.unsettled(owed.run) == frozenset()


def test_waiting_sees_a_late_deletion() -> None:
    """With `wait` the rechecks go on until the first clean listing."""

    def slow(cloud: Cloud, rows: Sequence[Recording]) -> None:
        cloud.later(200, lambda: honest(cloud, rows))

    bench = Bench(policy=Policy(0, recheck_s=(30.0, 300.0, 3600.0)))
    bench.fill(5)
    bench.cloud.effect = slow
    assert verdict(bench.run(wait=True)) == (Verdict.VERIFIED, "")
    assert bench.clock.slept < 3600


def test_open_verification_fails_a_method_that_did_nothing() -> None:
    """All still there long after: the next run says so and does not try it again."""
    bench = Bench(policy=Policy(0, recheck_s=(30.0, 300.0)))
    bench.fill(4)
    bench.cloud.effect = nothing
    assert verdict(bench.run()) == (Verdict.RESIDUAL, "pending")
    bench.clock.wall += DAY
    assert verdict(bench.run()) == (Verdict.WATCH_ONLY, "no_method")
    assert bench.ledger.state().methods["recipe:fake"].standing is Standing.FAILED


def test_reset_after_the_effect_is_looked_up_not_repeated() -> None:
    """An unknown answer is followed by a look; what is gone is not requested again."""
    bench = Bench()
    bench.fill(1)
    bench.methods[0].answer = lambda: Answer(Result.UNKNOWN, reason="connection")
    assert verdict(bench.run()) == (Verdict.VERIFIED, "")
    assert len(bench.cloud.requests) == 1


def test_reset_before_the_effect_is_tried_again() -> None:
    """What a look still shows is requested again, three times at most."""
    bench = Bench()
    bench.fill(1)
    bench.cloud.effect = nothing
    bench.methods[0].answer = lambda: Answer(Result.UNKNOWN, reason="connection")
    assert verdict(bench.run()) == (Verdict.RESIDUAL, "refused")
    assert len(bench.cloud.requests) == 3


def test_refusal_by_a_dead_endpoint_fails_the_method() -> None:
    """A 404 says something about the method: failed, with the reason."""
    bench = Bench()
    bench.fill(2)
    bench.cloud.effect = nothing
    bench.methods[0].answer = lambda: Answer(Result.REFUSED, 404, "not_found")
    assert verdict(bench.run()) == (Verdict.RESIDUAL, "refused")
    assert bench.ledger.state().methods["recipe:fake"].reason == "not_found"


@pytest.mark.parametrize("reason", ["signed_out", "step_up"])
def test_refusal_that_a_person_mends_does_not_blame_the_method(reason: str) -> None:
    """The method stays as it was; nothing more is requested."""
    bench = Bench()
    bench.fill(2)
    bench.cloud.effect = nothing
    bench.methods[0].answer = lambda: Answer(Result.REFUSED, 302, reason)
    assert verdict(bench.run()) == (Verdict.RESIDUAL, "refused")
    assert len(bench.cloud.requests) == 1
    assert bench.ledger.state().methods == {}


def test_dry_run_writes_and_requests_nothing() -> None:
    """The same plan, not carried out."""
    bench = Bench()
    bench.fill(9)
    before = bench.events()
    report = bench.run(dry_run=True)
    assert report.plan is not None
    assert len(report.plan.parts.due) == 9
    assert bench.cloud.requests == []
    assert bench.events() == before


def test_a_large_first_run_waits_for_a_yes() -> None:
    """Listing goes on, nothing is requested; with the yes it runs."""
    bench = Bench(policy=Policy(0, recheck_s=(0.0,), confirm_over=5))
    bench.fill(6)
    report = bench.run()
    assert verdict(report) == (Verdict.BLOCKED, "confirm")
    assert (report.counts.listed, report.counts.requested) == (6, 0)
    assert bench.run(confirm=True).judgement.verdict is Verdict.VERIFIED
    bench.clock.wall += DAY
    bench.fill(8, age_ms=100)
    assert bench.run().judgement.verdict is Verdict.VERIFIED


def test_kept_devices_are_resolved_remembered_and_guard() -> None:
    """A kept device keeps its recordings after it was renamed; an unknown name blocks."""
    bench = Bench(policy=Policy(0, ("Kids room",), recheck_s=(0.0,)))
    bench.cloud.devices = [Device("G1", "T", "Kids room"), Device("G2", "T", "Hall")]
    bench.cloud.add([recording(1000, "G1"), recording(2000, "G2"), recording(3000, serials=())])
    report = bench.run()
    assert (report.counts.requested, report.counts.undecided) == (1, 1)
    assert report.judgement.verdict is Verdict.VERIFIED
    bench.cloud.devices = [Device("G1", "T", "Playroom"), Device("G2", "T", "Hall")]
    bench.cloud.add([recording(4000, "G2")])
    assert bench.run(whole=True).judgement.verdict is Verdict.VERIFIED
    assert {row.spoken_at for row in bench.cloud.rows.values()} == {1000, 3000}
    bench.memory.kept = {}
    bench.cloud.add([recording(5000, "G2")])
    assert verdict(bench.run()) == (Verdict.BLOCKED, "kept_device")
    assert len(bench.cloud.rows) == 3


def test_signed_out_blocks_without_a_listing() -> None:
    """A person must act; nothing was looked at."""
    bench = Bench()
    bench.cloud.identify_error = SignedOutError("signed out")
    assert verdict(bench.run()) == (Verdict.BLOCKED, "signed_out")
    assert bench.cloud.listings == 0


def test_recordings_that_came_back_are_entered() -> None:
    """Gone, and visible again in a later run: its own entry, and requested again."""
    bench = Bench()
    rows = bench.fill(2)
    bench.run()
    bench.cloud.add(rows[:1])
    report = bench.run(whole=True)
    assert Event.REAPPEARED in bench.events()
    assert (report.judgement.verdict, report.counts.requested) == (Verdict.VERIFIED, 1)


def test_at_the_time_limit_it_stops_between_portions() -> None:
    """Progress and no alarm: residual, backlog."""
    bench = Bench(policy=Policy(0, recheck_s=(0.0,), run_timeout_s=10, confirm_over=5000))
    bench.fill(1300)
    bench.methods[0].before = lambda _rows: bench.clock.__setattr__("slept", bench.clock.slept + 1)
    report = bench.run()
    assert verdict(report) == (Verdict.RESIDUAL, "backlog")
    assert 0 < report.counts.gone < 1300


def test_a_stop_between_requests_is_an_interruption() -> None:
    """No new request after it; what was asked is owed a look."""
    bench = Bench()
    bench.fill(200)
    bench.should_stop = lambda: len(bench.cloud.requests) >= 2
    report = bench.run()
    assert report.judgement.verdict is Verdict.INTERRUPTED
    assert len(bench.cloud.requests) == 2
    assert bench.ledger.state().open is not None


def test_a_lost_run_is_recovered_before_the_next() -> None:
    """A run without an end is owned up to; what it asked for is settled by the next listing."""
    bench = Bench()
    bench.fill(3)

    def die(_rows: Sequence[Recording]) -> None:
        raise KeyboardInterrupt

    bench.methods[0].before = die
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    bench.methods[0].before = lambda _rows: None
    assert bench.ledger.state().running == "r1"
    assert bench.run().judgement.verdict is Verdict.VERIFIED
    assert Event.RECOVERED in bench.events()
    assert bench.ledger.unsettled("r1") == frozenset()


def test_no_ledger_no_purge() -> None:
    """An intent that cannot be written stops the request."""
    bench = Bench()
    bench.fill(3)

    def fill_the_disk() -> bool:
        bench.ledger.full = True
        return False

    bench.should_stop = fill_the_disk
    with pytest.raises(LedgerUnwritableError):
        bench.run()
    assert bench.cloud.requests == []


faulty = st.dictionaries(st.integers(1, 8), st.sampled_from(Incomplete), max_size=3)
effects = st.lists(st.integers(0, 3), min_size=1, max_size=4)


@given(
    ages=st.lists(st.integers(1, 60), max_size=12, unique=True),
    serials=st.lists(st.sampled_from(["G1", "G2", ""]), min_size=12, max_size=12),
    keep=st.sampled_from([0, 10, 30]),
    kept_device=st.booleans(),
    scope=st.sampled_from(Scope),
    harm=st.lists(st.integers(0, 11), max_size=2),
    spare=st.lists(st.integers(0, 11), max_size=4),
    faults=faulty,
)
def test_no_lie_is_believed(
    ages: list[int],
    serials: list[str],
    keep: int,
    kept_device: bool,
    scope: Scope,
    harm: list[int],
    spare: list[int],
    faults: dict[int, Incomplete],
) -> None:
    """Against any partial, over-eager or unreadable cloud.

    Nothing that is not due is requested; verified means really gone from every surface; what could not be
    seen is never counted as gone; a vanished kept recording ends the run.
    """
    bench = Bench(policy=Policy(keep * DAY, ("Kids",) if kept_device else (), recheck_s=(0.0, 1.0)))
    now = bench.clock.now()
    bench.cloud.devices = [Device("G1", "T", "Kids")]
    rows = [
        recording(now - age * DAY, serial, serials=(serial,) if serial else ())
        for age, serial in zip(ages, serials, strict=False)
    ]
    bench.cloud.add(rows)
    spared = {rows[n].key for n in spare if n < len(rows)}
    victims = {rows[n].key for n in harm if n < len(rows)}

    def effect(cloud: Cloud, asked: Sequence[Recording]) -> None:
        for key in {row.key for row in asked if row.key not in spared} | victims:
            cloud.rows.pop(key, None)

    bench.cloud.effect = effect
    bench.cloud.faults = lambda n: {V: faults[n]} if n in faults else {}
    bench.methods = [CloudMethod(bench.cloud, scope=scope, batch=3)]
    report = bench.run(wait=True)

    due = {
        row.key
        for row in rows
        if row.spoken_at <= now - keep * DAY and (not kept_device or row.serials == ("G2",))
    }
    asked = {key for request in bench.cloud.requests for key in request}
    assert asked <= due
    left = set(bench.cloud.rows)
    if report.judgement.verdict in (Verdict.VERIFIED, Verdict.NOTHING_DUE):
        assert not (due & left)
        assert due | left == {row.key for row in rows}
    assert report.counts.gone <= len({row.key for row in rows} - left)
    fates = report.counts
    assert fates.requested == fates.gone + fates.text_remains + fates.still_visible + fates.unknown
    if report.counts.collateral:
        assert report.judgement.verdict is Verdict.BLOCKED
        assert ({row.key for row in rows} - due) - left
