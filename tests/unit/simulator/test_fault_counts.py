from agent.simulator.fault_counts import FaultCounts
from agent.simulator.scenario import Fault, Kind, Target


def hits(
    fault: Fault, target: Target = Target.VOICE, *, asks: int = 6, page: int = 1, deleted: bool = False
) -> str:
    counts = FaultCounts()
    return "".join(
        "x" if list(counts.hitting((fault,), (Kind.HTML,), target, page, deleted=deleted)) else "."
        for _ in range(asks)
    )


def test_limits_by_number() -> None:
    """`skip` lets the first pass, `every` takes each n-th after them, `times` ends it."""
    assert hits(Fault(kind=Kind.HTML)) == "xxxxxx"
    assert hits(Fault(kind=Kind.HTML, skip=2)) == "..xxxx"
    assert hits(Fault(kind=Kind.HTML, every=2)) == "x.x.x."
    assert hits(Fault(kind=Kind.HTML, skip=1, every=2, times=2)) == ".x.x.."


def test_limits_by_target() -> None:
    """A fault hits its target only; `listing` is both surfaces, `any` is everything."""
    assert hits(Fault(kind=Kind.HTML, on=Target.VOICE), Target.ACTIVITY, asks=1) == "."
    assert hits(Fault(kind=Kind.HTML, on=Target.LISTING), Target.ACTIVITY, asks=1) == "x"
    assert hits(Fault(kind=Kind.HTML, on=Target.LISTING), Target.DELETE, asks=1) == "."
    assert hits(Fault(kind=Kind.HTML, on=Target.ANY), Target.TOKEN, asks=1) == "x"
    assert hits(Fault(kind=Kind.NOT_FOUND), asks=1) == "."


def test_limits_by_page_and_by_deletion() -> None:
    """`from_page` spares earlier pages, `after_delete` everything before the first accepted deletion."""
    assert hits(Fault(kind=Kind.HTML, from_page=2), asks=1) == "."
    assert hits(Fault(kind=Kind.HTML, from_page=2), asks=1, page=2) == "x"
    assert hits(Fault(kind=Kind.HTML, after_delete=True), asks=1) == "."
    assert hits(Fault(kind=Kind.HTML, after_delete=True), asks=1, deleted=True) == "x"
    assert hits(Fault(kind=Kind.HTML, after_delete=True, skip=1), asks=2, deleted=True) == ".x"
