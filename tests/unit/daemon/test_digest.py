from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.daemon.digest import Digest, Told, is_due, summary
from agent.model import Verdict
from agent.state import AccountState, Visible

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = int(datetime(2026, 11, 23, 9, tzinfo=BERLIN).timestamp() * 1000)
DAY = 86_400_000
STATE = AccountState(runs={Verdict.VERIFIED: 9, Verdict.RESIDUAL: 1}, missed=2)


@given(st.integers(0, 60 * DAY), st.integers(0, 20 * DAY))
def test_it_is_due_exactly_when_a_nine_o_clock_lies_between(offset: int, later: int) -> None:
    """Daily at nine, weekly on Mondays at nine, local time, in (last, now]; counted here day by day."""
    last, now = MONDAY - 30 * DAY + offset, MONDAY - 30 * DAY + offset + later
    nines = []
    day = datetime.fromtimestamp(last / 1000, UTC).astimezone(BERLIN).date() - timedelta(days=1)
    for _ in range(25):
        at = int(datetime(day.year, day.month, day.day, 9, tzinfo=BERLIN).timestamp() * 1000)
        if last < at <= now:
            nines.append(day)
        day += timedelta(days=1)
    if later <= 8 * DAY:
        assert is_due("daily", last, BERLIN, now) == bool(nines)
        assert is_due("weekly", last, BERLIN, now) == any(day.weekday() == 0 for day in nines)
    else:
        assert is_due("weekly", last, BERLIN, now)
    assert not is_due("never", last, BERLIN, now)


def test_the_first_look_only_remembers(tmp_path: Path) -> None:
    """Then one summary a week, and none twice, whatever restarts there are."""
    told = []
    for hours in range(0, 24 * 21, 5):
        fresh = Digest(tmp_path)  # a restart each time
        if fresh.look("weekly", BERLIN, {"home": STATE}, MONDAY + hours * 3_600_000):
            told.append(hours)
    assert len(told) == 2
    assert Digest(tmp_path).look("never", BERLIN, {"home": STATE}, MONDAY + 90 * DAY) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"at":"x","counts":{}}', b"\xff"])
def test_a_damaged_memory_costs_one_summary(tmp_path: Path, content: bytes) -> None:
    """It is as if nothing had been told yet; a clock that was set back, too."""
    (tmp_path / "digest.json").write_bytes(content)
    assert Digest(tmp_path).look("daily", BERLIN, {}, MONDAY) is None
    assert Digest(tmp_path).look("daily", BERLIN, {}, MONDAY - DAY) is None
    assert Digest(tmp_path).look("daily", BERLIN, {}, MONDAY + DAY) is not None


def test_it_counts_since_the_last_one() -> None:
    """Runs, clean ones and missed slots since then, what is visible, and whether something needs a person."""
    before = Told(MONDAY, {"home": (4, 4, 1)})
    alert = summary({"home": STATE}, before, practice=False, notes="NOTE")
    assert "home: 5 of 6 runs ended clean, 1 planned runs were missed." in alert.what
    assert (alert.since, alert.checkpoint, alert.todo) == (MONDAY, "NOTE", "Nothing needs to be done.")
    seen = Visible(0, 0, 12, 3, 2, "", {}, {})
    bad = AccountState(runs={Verdict.RESIDUAL: 1}, visible=seen, trouble="residual")
    alert = summary({"flat": bad}, before, practice=True, notes="")
    assert "flat: 0 of 1 runs ended clean; 12 recordings visible, 2 of them due (residual)." in alert.what
    assert "needs you" in alert.todo
