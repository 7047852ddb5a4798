from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agent import policy as rules
from agent.model import Device, Listing, Policy, Recording, Scope, Standing, Surface, SurfaceEnd, Why, Window
from agent.state import AccountState, MethodState, OpenVerification
from tests.support.fake_clock import FakeClock
from tests.support.fake_history import Cloud, CloudMethod, recording

NOW = 1_790_000_000_000
DAY = 86_400_000
SURFACES = (Surface.VOICE, Surface.ACTIVITY)


def complete(rows: list[Recording], start: int = 0) -> Listing:
    ends = {surface: SurfaceEnd(None, 1, len(rows)) for surface in SURFACES}
    return Listing(Window(start, NOW), {row.key: row for row in rows}, ends, NOW, 1.0)


def method(scope: Scope = Scope.RECORDS, name: str = "recipe:a", digest: str = "aa") -> CloudMethod:
    return CloudMethod(Cloud(FakeClock()), name, scope, digest=digest)


recordings = st.lists(
    st.builds(recording, st.integers(0, 200), st.sampled_from(["G1", "G2", "G3"])), unique_by=lambda r: r.key
)
policies = st.builds(
    Policy, keep_for_ms=st.integers(0, 100), keep_devices=st.sampled_from([(), ("Kids",), ("Kids", "Hall")])
)


@given(recordings, policies, st.sampled_from(Scope), st.booleans())
def test_what_a_request_would_delete_is_due(
    rows: list[Recording], policy: Policy, scope: Scope, first_alone: bool
) -> None:
    """Whatever the scope, everything a portion would really delete is due."""
    cloud = Cloud(FakeClock())
    cloud.add(rows)
    kept = rules.Kept(frozenset({"G1"}) if policy.keep_devices else frozenset())
    parts = rules.sort(rows, policy, rules.cutoff(policy, 150), kept)
    due = {row.key for row in parts.due}
    chosen = CloudMethod(cloud, scope=scope)
    for portion in rules.slices(chosen, policy, parts.due, complete(rows), now=150, first_alone=first_alone):
        assert {row.key for row in chosen._meant(portion.recordings, portion.window)} <= due


@given(recordings, policies)
def test_sorting_forgets_nobody(rows: list[Recording], policy: Policy) -> None:
    """Every recording is due, kept or undecided, and only one of them."""
    parts = rules.sort(rows, policy, 100, rules.Kept(frozenset({"G2"})))
    due = {row.key for row in parts.due}
    assert due | parts.kept | parts.undecided == {row.key for row in rows}
    assert len(due) + len(parts.kept) + len(parts.undecided) == len(rows)
    assert [row.spoken_at for row in parts.due] == sorted(row.spoken_at for row in parts.due)


def test_unknown_device_is_undecided_when_a_device_is_kept() -> None:
    """It might be the kept device's own, so it stays and is counted."""
    row = recording(5, serials=())
    policy = Policy(0, ("Kids",))
    assert rules.is_due(row, policy, 10, rules.Kept(frozenset({"G1"}))) is None
    assert rules.is_due(row, Policy(0), 10, rules.Kept()) is True


def test_a_row_seen_with_two_devices_is_kept_if_one_is() -> None:
    """Surfaces may disagree on the device; one sighting on a kept device is enough."""
    kept = rules.Kept(frozenset({"G2"}))
    assert rules.is_due(recording(5, serials=("G1", "G2")), Policy(0, ("Kids",)), 10, kept) is False


def test_a_renamed_kept_device_stays_kept() -> None:
    """A serial once remembered for a name stays kept; the new bearer of the name is kept as well."""
    devices = [Device("G1", "T", "Playroom"), Device("G2", "T", " kids ROOM")]
    kept = rules.resolve_kept(["Kids room"], devices, {"Kids room": ["G1"]})
    assert kept.serials == {"G1", "G2"}
    assert kept.unresolved == 0


def test_a_kept_name_that_matches_nothing_blocks() -> None:
    """Without a serial nobody can tell what must stay."""
    kept = rules.resolve_kept(["Kids room"], [Device("G1", "T", "Hall")], {})
    assert kept.unresolved == 1
    assert rules.blocked_by(kept, 0) is Why.KEPT_DEVICE
    assert rules.is_due(recording(5), Policy(0, ("Kids room",)), 10, kept) is None


def test_clocks_an_hour_apart_block() -> None:
    """Minutes are a drift, hours a mistake someone must look at."""
    assert rules.blocked_by(rules.Kept(), 7 * 60_000) is None
    assert rules.blocked_by(rules.Kept(), -2 * 3_600_000) is Why.CLOCK


def test_everything_is_never_allowed_while_something_is_kept() -> None:
    """What is spoken during the run would go too."""
    rows = [recording(1), recording(2)]
    everything = method(Scope.EVERYTHING)
    young = Policy(DAY)
    assert rules.slices(everything, young, rows, complete(rows), now=NOW, first_alone=False) == ()
    assert not rules.can_ever_allow(Scope.EVERYTHING, young)
    all_of_it = rules.slices(everything, Policy(0), rows, complete(rows), now=NOW, first_alone=False)
    assert [len(portion.recordings) for portion in all_of_it] == [2]
    assert (
        rules.slices(everything, Policy(0), rows, complete(rows, start=1), now=NOW, first_alone=False) == ()
    )


@given(
    recordings,
    policies,
    st.lists(
        st.builds(
            lambda start, length: Window(start, start + length), st.integers(0, 150), st.integers(0, 60)
        )
    ),
    st.lists(st.integers(0, 200), max_size=5),
)
def test_a_day_is_only_asked_for_when_every_moment_of_it_is_due(
    rows: list[Recording], policy: Policy, days: list[Window], unseen: list[int]
) -> None:
    """Also what nobody has seen yet, spoken until the request is carried out, or on a kept device, is due."""
    now, sent = 150, 160
    cloud = Cloud(FakeClock())
    chosen = CloudMethod(cloud, scope=Scope.DAY)
    chosen.all_days = lambda _now: [day for day in days if day.end <= now]
    kept = rules.Kept(frozenset({"G1"}) if policy.keep_devices else frozenset())
    parts = rules.sort(rows, policy, rules.cutoff(policy, now), kept)
    due = {row.key for row in parts.due}
    listing = replace(complete(rows), window=Window(20, now))
    for portion in rules.slices(chosen, policy, parts.due, listing, now=now, first_alone=True):
        day = portion.window
        assert (
            {row.key for row in rows if row.spoken_at in day}
            == {row.key for row in portion.recordings}
            <= due
        )
        assert day.start >= 20
        late = [at for at in unseen if day.start <= at <= (sent if day.end == now else day.end)]
        assert all(at <= rules.cutoff(policy, sent) for at in late)
        assert day.end < now or not policy.keep_devices


def test_today_is_not_allowed_while_a_day_is_kept() -> None:
    """The last 24 h stay: "everything I said today" may not be said; yesterday may, once it is due."""
    midnight = NOW - NOW % DAY
    today, yesterday = Window(midnight, NOW), Window(midnight - DAY, midnight - 1)
    chosen = method(Scope.DAY, "phrase")
    chosen.all_days = lambda _now: (yesterday, today)
    rows = [recording(midnight - DAY + 5), recording(midnight + 5)]

    def allowed(policy: Policy, now: int = NOW) -> list[Window]:
        parts = rules.sort(rows, policy, rules.cutoff(policy, now), rules.Kept())
        found = rules.slices(chosen, policy, parts.due, complete(rows), now=now, first_alone=True)
        return [portion.window for portion in found]

    assert allowed(Policy(0)) == [yesterday, today]
    assert allowed(Policy(DAY)) == []
    assert allowed(Policy(NOW - midnight + 2)) == []
    assert allowed(Policy(NOW - midnight + 1)) == [yesterday]
    assert not rules.can_ever_allow(Scope.DAY, Policy(DAY))
    assert rules.can_ever_allow(Scope.DAY, Policy(DAY - 1))


def test_rows_without_a_key_are_not_named() -> None:
    """They can be watched, not deleted, by a method that names recordings."""
    rows = [recording(1, key="nokey:1"), recording(2)]
    portions = rules.slices(method(), Policy(0), rows, complete(rows), now=NOW, first_alone=False)
    assert [row.key for portion in portions for row in portion.recordings] == [rows[1].key]


def test_portions_hold_at_most_five_hundred_and_a_trial_one() -> None:
    """An unproven method begins with a single recording."""
    rows = [recording(at) for at in range(1200)]
    sizes = [
        len(p.recordings)
        for p in rules.slices(method(), Policy(0), rows, complete(rows), now=NOW, first_alone=True)
    ]
    assert sizes == [1, 500, 500, 199]


def test_order_of_methods() -> None:
    """As configured; in `learned` the last proven first; a failed one rests; a changed one is unproven."""
    states = {
        "recipe:old": MethodState("aa", Standing.PROVEN, since=1),
        "recipe:new": MethodState("aa", Standing.PROVEN, since=9),
        "recipe:dead": MethodState("aa", Standing.FAILED, since=NOW - DAY),
        "recipe:edited": MethodState("zz", Standing.PROVEN, since=99),
    }
    methods = [method(name=name) for name in ["recipe:edited", "recipe:dead", "recipe:old", "recipe:new"]]
    chosen = rules.choose(methods, Policy(0), states, NOW)
    assert [c.method.name for c in chosen] == ["recipe:new", "recipe:old", "recipe:edited"]
    assert chosen[-1].standing is Standing.UNPROVEN
    later = rules.choose(methods, Policy(0), states, NOW + 8 * DAY)
    assert "recipe:dead" in [c.method.name for c in later]
    named = Policy(0, methods=("recipe:old", "learned"))
    assert [c.method.name for c in rules.choose(methods, named, states, NOW)][:2] == [
        "recipe:old",
        "recipe:new",
    ]
    assert rules.choose(methods, Policy(0, methods=()), states, NOW) == ()


def test_a_large_first_run_needs_a_yes() -> None:
    """The first run, or the first after a change of policy, asks before it requests more than agreed."""
    policy = Policy(0, confirm_over=10)
    assert rules.must_confirm(policy, AccountState(), 11, confirmed=False)
    assert not rules.must_confirm(policy, AccountState(), 10, confirmed=False)
    assert not rules.must_confirm(policy, AccountState(), 11, confirmed=True)
    known = AccountState(confirmed_policy=rules.policy_hash(policy))
    assert not rules.must_confirm(policy, known, 11, confirmed=False)
    assert rules.must_confirm(replace(policy, keep_for_ms=5), known, 11, confirmed=False)


def test_window_is_whole_unless_all_older_is_settled() -> None:
    """All of it at first, after a change and once a week; else from what is unsettled."""
    policy = Policy(DAY)
    state = AccountState(
        confirmed_policy=rules.policy_hash(policy), verified_through=NOW - 2 * DAY, last_full=NOW - DAY
    )
    assert rules.window(AccountState(), policy, NOW) == Window(0, NOW)
    assert rules.window(state, policy, NOW).start == NOW - 2 * DAY - rules.OVERLAP_MS
    assert rules.window(state, replace(policy, keep_for_ms=1), NOW).start == 0
    assert rules.window(replace(state, last_full=NOW - 8 * DAY), policy, NOW).start == 0
    owed = OpenVerification("r", Window(5, 10), NOW)
    assert rules.window(replace(state, open=owed), policy, NOW).start == 5
