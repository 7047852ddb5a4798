from hypothesis import given
from hypothesis import strategies as st

from agent.daemon.rechecks import is_last, look_times, next_look
from agent.model import Window
from agent.state import OpenVerification

WAITS = st.lists(st.integers(0, 7200), min_size=1, max_size=5, unique=True).map(sorted)
OWED = OpenVerification("r1", Window(0, 5), 1_000_000)


@given(WAITS)
def test_every_look_is_had_once_and_then_no_more(waits: list[int]) -> None:
    """Whoever looks whenever it is due has all looks after the run's own, and knows the last one."""
    looked, had = None, []
    while (at := next_look(OWED, waits, looked)) is not None:
        had.append((at, is_last(OWED, waits, at)))
        looked = at
    assert [at for at, _ in had] == sorted(set(look_times(OWED, waits)))
    assert [last for _, last in had] == [False] * (len(had) - 1) + [True]
    assert len(had) == max(len(waits) - 1, 1)


@given(WAITS, st.integers(0, 10**8))
def test_after_a_restart_at_least_one_look_is_had(waits: list[int], late: int) -> None:
    """Whoever does not know what was had looks: at once if the time has come."""
    at = next_look(OWED, waits, None)
    assert at == look_times(OWED, waits)[0]
    after = next_look(OWED, waits, OWED.since + late)
    assert after is None or after > OWED.since + late


def test_nothing_owed_needs_no_look() -> None:
    """Whatever was looked at before."""
    assert next_look(None, [0, 300], None) is None
