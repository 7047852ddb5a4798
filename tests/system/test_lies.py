"""The table of lies: what a service can do while it says "cleared", and what we must call it.

Real adapters over real HTTPS against the practice cloud, with a real ledger. Each row names the lie, the
verdict and the reason that must come out, and what the run must have seen.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.ledger.note import Signer
from agent.ledger.verify import verify
from agent.model import Counts, Event, Standing, Verdict
from agent.purge import Report
from tests.support.bench import DAY_MS, Bench, bench

HOUR_MS = 3_600_000
Check = Callable[[Bench, Counts], bool]


@dataclass(frozen=True)
class Lie:
    """One row of the table."""

    name: str
    verdict: Verdict
    reason: str = ""
    dials: dict[str, Any] = field(default_factory=dict)
    faults: tuple[dict[str, Any], ...] = ()
    policy: dict[str, Any] = field(default_factory=dict)
    wait: bool = False
    seen: Check = lambda _bench, _counts: True


def all_gone(_bench: Bench, counts: Counts) -> bool:
    return counts.requested == counts.gone == counts.due > 0


def nothing_claimed(_bench: Bench, counts: Counts) -> bool:
    """Something was requested, and none of it is said to be gone."""
    return counts.requested > 0 and counts.gone == 0 and counts.unknown == counts.requested


def all_visible(_bench: Bench, counts: Counts) -> bool:
    return counts.still_visible == counts.requested > 0


def nothing_asked(bench: Bench, counts: Counts) -> bool:
    return counts.requested == 0 and bench.truth()["requested"] == []


def one_deletion(bench: Bench, counts: Counts) -> bool:
    keys = bench.truth()["requested"]
    return all_gone(bench, counts) and len(keys) == len(set(keys))


def after(kind: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a fault
    """A fault of every listing after the first accepted deletion."""
    return {"kind": kind, "after_delete": True, **more}


def always(kind: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a fault
    """A fault from the beginning on."""
    return {"kind": kind, **more}


V, R, U, B, D, T = (
    Verdict.VERIFIED,
    Verdict.RESIDUAL,
    Verdict.UNVERIFIABLE,
    Verdict.BLOCKED,
    Verdict.DRIFTED,
    Verdict.THROTTLED,
)
LADDER = {"recheck_s": (30.0, 300.0, 3600.0)}

LIES = [
    Lie("honest deletion", V, seen=all_gone),
    Lie("200 and nothing happens", R, "still_visible", {"effect": "nothing"}, seen=all_visible),
    Lie(
        "half deleted",
        R,
        "still_visible",
        {"effect": "half"},
        seen=lambda _b, c: c.gone > 0 and c.still_visible > 0 and c.gone + c.still_visible == c.due,
    ),
    Lie(
        "text survives without audio",
        R,
        "text_remains",
        {"effect": "text_survives"},
        seen=lambda _b, c: c.text_remains > 0 and c.gone == 0,
    ),
    Lie(
        "voice surface clean, activity not",
        R,
        "still_visible",
        {"effect": "voice_only"},
        seen=lambda b, c: (
            c.gone == 0 and not set(b.truth()["requested"]) & set(b.truth()["surfaces"]["voice"])
        ),
    ),
    Lie("second listing times out", U, "deadline", faults=(after("hang"),), seen=nothing_claimed),
    Lie(
        "second listing loses its connection", U, "connection", faults=(after("reset"),), seen=nothing_claimed
    ),
    Lie(
        "second listing turns in a circle",
        U,
        "token_loop",
        faults=(after("token_loop"),),
        seen=nothing_claimed,
    ),
    Lie(
        "empty page with a token hiding more",
        R,
        "still_visible",
        {"effect": "nothing"},
        (after("empty_page", times=1, on="voice"), after("empty_page", times=1, on="activity")),
        seen=all_visible,
    ),
    Lie(
        "empty pages without an end",
        U,
        "empty_pages",
        {"effect": "nothing"},
        (after("empty_page"),),
        seen=lambda _b, c: c.gone == 0,
    ),
    Lie(
        "no data found within the time limit",
        U,
        "server_time_limit",
        faults=(after("time_limit"),),
        seen=nothing_claimed,
    ),
    Lie("null list", U, "null_list", faults=(after("null_list"),), seen=nothing_claimed),
    Lie("a page with 200 in the second listing", D, "html", faults=(after("html"),), seen=nothing_claimed),
    Lie("sign-in page with 200", B, "signed_out", faults=(after("sign_in_page"),), seen=nothing_claimed),
    Lie("step-up page", B, "step_up", faults=(after("step_up"),), seen=nothing_claimed),
    Lie("signed out in mid-run", B, "signed_out", faults=(after("revoked", times=1),), seen=nothing_claimed),
    Lie(
        "403 until the anti-CSRF token is refreshed",
        V,
        faults=(always("stale_csrf", times=1),),
        seen=all_gone,
    ),
    Lie(
        "403 on the deletion until the token is refreshed",
        V,
        faults=(always("stale_csrf", on="delete", times=1),),
        seen=one_deletion,
    ),
    Lie("403 for ever", D, "csrf_refused", faults=(always("forbidden"),), seen=nothing_asked),
    Lie(
        "403 for ever on the deletion",
        R,
        "refused",
        faults=(always("forbidden", on="delete"),),
        seen=all_visible,
    ),
    Lie("200 that says rate exceeded", T, "throttled", faults=(after("throttle_200"),), seen=nothing_claimed),
    Lie("400 ThrottlingException", T, "throttled", faults=(after("throttle_400"),), seen=nothing_claimed),
    Lie("429 for ever", T, "throttled", faults=(always("throttle_429"),), seen=nothing_asked),
    Lie(
        "429 twice, with its wish",
        V,
        faults=(always("throttle_429", times=2, retry_after_s=7),),
        seen=all_gone,
    ),
    Lie(
        "503 in the second listing",
        T,
        "throttled",
        faults=(after("status", status=503),),
        seen=nothing_claimed,
    ),
    Lie(
        "500 in the second listing",
        U,
        "server_error",
        faults=(after("status", status=500),),
        seen=nothing_claimed,
    ),
    Lie("404 page instead of a list", D, "not_found", faults=(after("not_found"),), seen=nothing_claimed),
    Lie(
        "redirect to a foreign host",
        D,
        "redirected",
        faults=(after("foreign_redirect"),),
        seen=nothing_claimed,
    ),
    Lie(
        "identity of another account",
        B,
        "wrong_account",
        faults=(always("wrong_account", on="identity"),),
        seen=nothing_asked,
    ),
    Lie(
        "rows of another account", B, "wrong_account", faults=(after("wrong_account"),), seen=nothing_claimed
    ),
    Lie(
        "new recordings during the run",
        V,
        faults=(always("speak", every=3, ms=0, n=1),),
        policy={"keep_for_ms": 0},
        seen=all_gone,
    ),
    Lie(
        "server's clock ahead by minutes",
        V,
        "",
        {"clock_skew_ms": 7 * 60_000},
        policy={"keep_for_ms": 0},
        seen=all_gone,
    ),
    Lie("server's clock behind by minutes", V, "", {"clock_skew_ms": -7 * 60_000}, seen=all_gone),
    Lie("server's clock wrong by hours", B, "clock", {"clock_skew_ms": 5 * HOUR_MS}, seen=nothing_asked),
    Lie("a page repeats the boundary record", V, faults=(always("repeat_boundary"),), seen=all_gone),
    Lie("a row from outside the window", V, faults=(always("outside_window"),), seen=all_gone),
    Lie("the last page has a token to an empty one", V, faults=(always("trailing_page"),), seen=all_gone),
    Lie(
        "deletion visible only after five minutes, foreground",
        R,
        "pending",
        {"delay_until_gone_ms": 300_000},
        policy=LADDER,
        seen=all_visible,
    ),
    Lie(
        "deletion visible only after five minutes, waiting",
        V,
        "",
        {"delay_until_gone_ms": 299_000},
        policy=LADDER,
        wait=True,
        seen=all_gone,
    ),
    Lie("truncated JSON", U, "truncated", faults=(after("truncate"),), seen=nothing_claimed),
    Lie("connection cut in mid-answer", U, "truncated", faults=(after("cut"),), seen=nothing_claimed),
    Lie("nested too deep", D, "schema", faults=(after("deep"),), seen=nothing_claimed),
    Lie("answer too large", D, "too_large", faults=(after("huge"),), seen=nothing_claimed),
    Lie(
        "answer too large, small on the wire",
        D,
        "too_large",
        faults=(after("huge_gzip"),),
        seen=nothing_claimed,
    ),
    Lie(
        "reset after it was carried out",
        V,
        faults=(always("reset_after", on="delete", times=1),),
        seen=one_deletion,
    ),
    Lie(
        "reset before it was carried out",
        V,
        faults=(always("reset", on="delete", times=1),),
        seen=one_deletion,
    ),
    Lie(
        "listing grows while paging",
        V,
        faults=(always("speak", times=2, every=2, ms=3 * DAY_MS, n=2),),
        seen=lambda _b, c: c.requested == c.gone >= c.due,
    ),
    Lie(
        "one kept recording vanishes too",
        B,
        "collateral",
        {"over_delete": 1},
        seen=lambda _b, c: c.collateral == 1,
    ),
    Lie(
        "a row that changes device, to a kept one",
        R,
        "still_visible",
        {"effect": "move_row"},
        policy={"keep_devices": ("Kids room",)},
        seen=all_visible,
    ),
    Lie(
        "a kept row that changes device",
        V,
        "",
        {"move_kept": 2, "move_to": "Office"},
        policy={"keep_devices": ("Kids room",), "keep_for_ms": 0},
        seen=all_gone,
    ),
    Lie(
        "the row goes, a new one has the same text",
        R,
        "text_remains",
        {"effect": "replace_row"},
        seen=lambda _b, c: c.text_remains > 0,
    ),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_every_lie_is_called_by_its_name(lie: Lie, tmp_path: Path) -> None:
    """The verdict and reason of each row, and a ledger that verifies whatever happened."""
    with bench(tmp_path, faults=list(lie.faults), **lie.dials) as made:
        report = made.run(policy=lie.policy, wait=lie.wait)
        assert (report.judgement.verdict, report.judgement.reason) == (lie.verdict, lie.reason), report.counts
        assert lie.seen(made, report.counts), report.counts
        not_due(made, report)
    proof = verify(tmp_path, vkey=vkey(tmp_path))
    assert proof.ok, proof.problems


def not_due(made: Bench, report: Report) -> None:
    """What the cloud was really asked is due by the plan of the run, or came into view as due later."""
    asked = set(made.truth()["requested"])
    if report.plan is not None:
        assert not asked & report.plan.parts.kept
        assert not asked & report.plan.parts.undecided


def vkey(directory: Path) -> str:
    with (directory / "ledger.jsonl").open() as file:
        origin = file.readline().split('"origin":"')[1].split('"')[0]
    return str(Signer(origin, bytes(32)).verifier)


def test_gone_and_back_in_a_later_run(tmp_path: Path) -> None:
    """What reappears is entered in the run that sees it; the earlier verdict stands as it was."""
    with bench(tmp_path, reappear_after_ms=2 * DAY_MS) as made:
        assert made.run().judgement.verdict is V
        made.cloud.advance(8 * DAY_MS)
        made.cloud.turn(reappear_after_ms=None)
        second = made.run()
        assert second.judgement.verdict is V
        assert [e for e in made.entries(Event.REAPPEARED) if e.fields["recordings"]]
        assert [e.fields["verdict"] for e in made.entries(Event.RUN_ENDED)] == ["verified", "verified"]


def test_a_kept_device_renamed(tmp_path: Path) -> None:
    """Its recordings stay, under whatever name, and none of them is ever requested."""
    with bench(tmp_path) as made:
        kept = {"keep_devices": ("Kids room",), "keep_for_ms": 0}
        assert made.run(policy=kept).judgement.verdict is V
        made.cloud.turn(rename_devices={"Kids room": "Playroom"}, rename_after_delete=False)
        made.cloud.say("one more", "Kitchen", HOUR_MS)
        made.cloud.say("the child's", "Playroom", HOUR_MS)
        second = made.run(policy=kept, whole=True)
        assert second.judgement.verdict is V
        serial = next(d.serial for d in made.cloud.world.account.devices if d.name == "Kids room")
        assert not [key for key in made.truth()["requested"] if key.endswith(serial)]
        assert [key for key in made.truth()["surfaces"]["voice"] if key.endswith(serial)]


def test_open_verification_is_closed_by_the_next_run(tmp_path: Path) -> None:
    """Requested, not seen gone in time; the next run's listing settles it in an entry of its own."""
    with bench(tmp_path, delay_until_gone_ms=300_000) as made:
        first = made.run(policy=LADDER)
        assert first.judgement.reason == "pending"
        made.cloud.advance(600_000)
        assert made.run(policy=LADDER).judgement.verdict is Verdict.NOTHING_DUE
        assert made.state().open is None
        closing = [e for e in made.entries(Event.RELISTED) if e.fields.get("closes")]
        assert {e.fields["of"] for e in closing} == {first.run}


def test_a_lost_run_is_settled_though_amazons_clock_is_behind(tmp_path: Path) -> None:
    """What was owed by our clock is covered by the next listing, whatever Amazon's clock says."""
    with bench(tmp_path, clock_skew_ms=-5 * 60_000) as made:
        with made.ledger() as ledger:
            policy = "0" * 64
            window = {"from": 0, "to": made.cloud.now()}
            started = {"trigger": "manual", "policy": policy, "window": window, "full": True}
            ledger.append(Event.RUN_STARTED, started, run="lost")
        assert made.run().judgement.verdict is V
        assert made.state().open is None


SHAPES = [
    "form-single",
    "query-single",
    "nested-items",
    "range",
    "two-step",
    "form-repeated",
    "path-single",
    "keyed-object",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_request_is_proven_then_used(shape: str, tmp_path: Path) -> None:
    """An unproven recipe begins with one recording, is proven by a look, and then does the rest."""
    with bench(tmp_path, recordings=25, shape=shape, proven=False) as made:
        report = made.run()
        assert report.judgement.verdict is V, (report.judgement, report.counts)
        assert all_gone(made, report.counts)
        assert next(iter(made.state().methods.values())).standing is Standing.PROVEN
        first = made.entries(Event.DELETION_INTENDED)[0]
        assert len(first.fields["recordings"]) == 1  # type: ignore[arg-type]  # a list of pairs


def test_everything_only_when_nothing_is_kept(tmp_path: Path) -> None:
    """A method that deletes all is used for `0s` and refused while anything must stay."""
    with bench(tmp_path, recordings=15, shape="everything") as made:
        assert made.run().judgement.reason == "not_allowed"
        assert made.truth()["requested"] == []
        assert made.run(policy={"keep_for_ms": 0}).judgement.verdict is V
