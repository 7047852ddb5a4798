"""A supervised trial over ports, against an account in memory that can lie."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from agent.model import (
    Answer,
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
from agent.purge import Order, World, run
from agent.trial import Outcome, Pick, try_out
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
NAME = "recipe:fake"


def newest(rows: Sequence[Recording]) -> Recording | None:
    return rows[0]


@dataclass
class Bench:
    """An account with ten old recordings and three young ones that are kept."""

    clock: FakeClock = field(default_factory=FakeClock)
    policy: Policy = field(default_factory=lambda: Policy(DAY, recheck_s=(0.0,), confirm_over=2))
    scope: Scope = Scope.RECORDS

    def __post_init__(self) -> None:
        self.cloud = Cloud(self.clock)
        self.ledger = MemoryLedger(self.clock)
        self.method = CloudMethod(self.cloud, scope=self.scope)
        now = self.clock.now()
        self.old = [recording(now - 3 * DAY + n) for n in range(10)]
        self.young = [recording(now - 1000 - n) for n in range(3)]
        self.cloud.add([*self.old, *self.young])

    @property
    def world(self) -> World:
        return World(
            FakeHistory(self.cloud),
            [self.method],
            self.ledger,
            self.clock,
            QuietProgress(),
            MemoryDevices(),
            lambda: False,
        )

    def try_out(self, pick: Pick = newest) -> Outcome:
        return asyncio.run(try_out(Order("t1", self.policy), self.world, self.method, pick))

    def standing(self) -> Standing:
        known = self.ledger.state().methods.get(NAME)
        return known.standing if known is not None else Standing.UNPROVEN


def test_exactly_the_picked_one_vanished_and_the_method_is_proven() -> None:
    """One request, for the recording the person picked; the ledger tells it like a run."""
    bench = Bench()
    picked = bench.old[4]
    outcome = bench.try_out(lambda rows: next(row for row in rows if row.key == picked.key))
    assert outcome.passed and bench.standing() is Standing.PROVEN
    assert bench.cloud.requests == [(picked.key,)]
    assert len(bench.cloud.rows) == 12
    events = [entry.event for entry in bench.ledger.entries()]
    assert events == [
        Event.RUN_STARTED,
        Event.LISTED,
        Event.DELETION_INTENDED,
        Event.DELETION_ANSWERED,
        Event.RELISTED,
        Event.METHOD_CHANGED,
        Event.RUN_ENDED,
    ]


def test_only_what_is_due_is_offered_and_newest_first() -> None:
    """A trial keeps the promise of every run: nothing that is not due is requested."""
    bench = Bench()
    offered: list[Recording] = []

    def remember(rows: Sequence[Recording]) -> Recording | None:
        offered.extend(rows)
        return None

    outcome = bench.try_out(remember)
    assert [row.key for row in offered] == [row.key for row in reversed(bench.old)]
    assert not outcome.passed and not outcome.picked and outcome.offered == 10
    assert bench.cloud.requests == []
    assert (outcome.report.judgement.verdict, outcome.report.judgement.reason) == (
        Verdict.INTERRUPTED,
        "stopped",
    )


def test_with_nothing_due_nobody_is_asked() -> None:
    """Nothing to try on: nothing is requested and the method stays as it was."""
    bench = Bench(policy=Policy(30 * DAY, recheck_s=(0.0,)))
    outcome = bench.try_out()
    assert (outcome.offered, outcome.picked) == (0, False)
    assert outcome.report.judgement.verdict is Verdict.NOTHING_DUE
    assert bench.standing() is Standing.UNPROVEN


@pytest.mark.parametrize("due", [True, False], ids=["a due one too", "a kept one too"])
def test_a_method_that_removes_two_never_passes(due: bool) -> None:
    """Asked for one, two vanished, whether the other was due or not: failed, not tried again by itself."""
    bench = Bench()
    victim = (bench.old if due else bench.young)[0]

    def greedy(cloud: Cloud, rows: Sequence[Recording]) -> None:
        honest(cloud, [*rows, victim])

    bench.cloud.effect = greedy
    outcome = bench.try_out()
    assert not outcome.passed
    known = bench.ledger.state().methods[NAME]
    assert (known.standing, known.reason) == (Standing.FAILED, "collateral")
    assert outcome.report.judgement.verdict is Verdict.BLOCKED
    bench.clock.wall += 60 * DAY
    bench.cloud.effect = honest
    report = asyncio.run(run(Order("r2", replace(bench.policy, confirm_over=100)), bench.world))
    assert report.counts.requested == 0


def test_yes_and_nothing_happened_does_not_pass() -> None:
    """The answer proves nothing; the one that was picked is still there."""
    bench = Bench()
    bench.cloud.effect = nothing
    outcome = bench.try_out()
    assert not outcome.passed
    assert bench.ledger.state().methods[NAME].reason == "removed nothing"


def test_a_vanished_surface_is_not_enough() -> None:
    """Gone from the voice history, still in the activity history: not passed."""

    def half(cloud: Cloud, rows: Sequence[Recording]) -> None:
        for row in rows:
            cloud.rows[row.key] = replace(row, surfaces=frozenset({Surface.ACTIVITY}))

    bench = Bench()
    bench.cloud.effect = half
    assert not bench.try_out().passed


def test_a_second_look_that_ends_early_proves_nothing() -> None:
    """Could not look is never "nothing there": the method stays unproven and the verification owed."""
    bench = Bench()
    bench.cloud.faults = lambda n: {Surface.VOICE: Incomplete.THROTTLED} if n > 1 else {}
    outcome = bench.try_out()
    assert not outcome.passed and bench.standing() is Standing.UNPROVEN
    assert bench.ledger.state().open is not None


def test_new_recordings_meanwhile_are_fine_and_not_requested() -> None:
    """People go on talking, and late rows come into view, even due ones: only the picked one is asked for."""
    bench = Bench()
    late = recording(bench.clock.now() - 2 * DAY)

    def speak(cloud: Cloud, rows: Sequence[Recording]) -> None:
        honest(cloud, rows)
        cloud.add([late, recording(cloud.clock.now() + 1)])

    bench.cloud.effect = speak
    outcome = bench.try_out()
    assert outcome.passed
    assert len(bench.cloud.requests) == 1
    assert (outcome.report.judgement.verdict, outcome.report.judgement.reason) == (Verdict.RESIDUAL, "trial")
    assert outcome.report.counts.due == 10


def test_it_waits_through_the_rechecks() -> None:
    """Amazon may take minutes: the trial passes as soon as a look shows it."""
    bench = Bench(policy=Policy(DAY, recheck_s=(30.0, 300.0, 3600.0)))

    def slowly(cloud: Cloud, rows: Sequence[Recording]) -> None:
        cloud.later(200, lambda: honest(cloud, rows))

    bench.cloud.effect = slowly
    assert bench.try_out().passed
    assert bench.clock.slept == 300


@pytest.mark.parametrize("scope", [Scope.RANGE, Scope.EVERYTHING])
def test_a_wider_method_is_tried_only_where_it_takes_one(scope: Scope) -> None:
    """A range around one recording may be tried; "everything" never, while there is more than that one."""
    bench = Bench(scope=scope)
    outcome = bench.try_out()
    assert outcome.passed is (scope is Scope.RANGE)
    assert len(bench.cloud.rows) == (12 if scope is Scope.RANGE else 13)


def test_a_refusal_fails_the_method_but_a_signed_out_session_does_not() -> None:
    """What a person has to mend says nothing about the method."""
    for reason, standing in (("not_found", Standing.FAILED), ("signed_out", Standing.UNPROVEN)):
        bench = Bench()
        bench.cloud.effect = nothing
        bench.method.answer = answer(reason)
        assert not bench.try_out().passed
        assert bench.standing() is standing


def answer(reason: str) -> Callable[[], Answer]:
    return lambda: Answer(Result.REFUSED, reason=reason)


def test_a_trial_is_no_yes_to_a_large_run() -> None:
    """`confirm_over` does not stop a single request, and is asked all the same afterwards."""
    bench = Bench()
    assert bench.try_out().passed
    assert bench.ledger.state().confirmed_policy is None
    report = asyncio.run(run(Order("r2", bench.policy), bench.world))
    assert (report.judgement.verdict, report.judgement.reason) == (Verdict.BLOCKED, "confirm")


def test_the_last_due_recording_makes_it_a_whole_run() -> None:
    """Nothing due is left after it: then `verified` is what was seen."""
    bench = Bench()
    bench.cloud.rows = {row.key: row for row in [bench.old[0], *bench.young]}
    outcome = bench.try_out()
    assert outcome.passed and outcome.report.judgement.verdict is Verdict.VERIFIED
