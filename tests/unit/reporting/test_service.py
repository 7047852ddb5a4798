"""Reading what the service says of itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.reporting.service import FRESH_MS, ChannelState, Planned, Refused, parse

WHOLE = {
    "v": 1,
    "pid": 7,
    "started": 10,
    "at": 20,
    "config": {"hash": "ab", "applied": 11, "problem": {"since": 15, "problems": ["f.yaml:3:5: no"]}},
    "accounts": {
        "home": {"next": {"slot": "2026-11-24T02:10Z", "at": 30}, "running": None, "retry_at": 25},
        "flat": {"next": None, "running": 19, "retry_at": None},
    },
    "channels": {"ntfy": {"ok": False, "since": 16, "error": "timeout"}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def test_everything_is_read() -> None:
    """Each field arrives."""
    found = parse(json.dumps(WHOLE))
    assert found is not None
    assert (found.pid, found.started, found.at, found.config, found.applied) == (7, 10, 20, "ab", 11)
    assert found.refused == Refused(15, ("f.yaml:3:5: no",))
    assert found.accounts == {
        "home": Planned("2026-11-24T02:10Z", 30, None, 25),
        "flat": Planned("", None, 19, None),
    }
    assert found.channels == {"ntfy": ChannelState(ok=False, since=16, error="timeout")}


def test_it_is_believed_for_five_minutes() -> None:
    """A word older than that is nobody's; one from a clock that was set back since still counts."""
    found = parse(json.dumps(WHOLE))
    assert found is not None
    assert found.fresh(20 + FRESH_MS) and found.fresh(5) and not found.fresh(21 + FRESH_MS)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", '{"v": 2}', '{"v": 1}', "[" * 100_000])
def test_what_is_no_status_says_nothing(text: str) -> None:
    """A torn, foreign or hostile file is as good as none."""
    assert parse(text) is None


@given(st.sampled_from(sorted(WHOLE)), JSON)
def test_no_value_anywhere_breaks_the_reader(name: str, value: object) -> None:
    """Any JSON in any place is read or refused."""
    found = parse(json.dumps({**WHOLE, name: value}))
    assert found is None or found.pid == 7 or name == "pid"
