from hypothesis import given, settings
from hypothesis import strategies as st

from agent.simulator import generate
from agent.simulator.generate import DAY_MS, Amount

NOW = 1_800_000_000_000


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(0, 120), talks=st.integers(0, 20))
def test_a_seed_gives_the_same_rows_each_time_and_no_two_share_a_moment(
    seed: int, count: int, talks: int
) -> None:
    """Same seed and time, same history: as many rows as asked, within 90 days, each with its own key."""
    who = generate.account(seed, "amazon.de")
    rows = generate.recordings(seed, who, Amount(count, talks), NOW)
    assert rows == generate.recordings(seed, generate.account(seed, "amazon.de"), Amount(count, talks), NOW)
    assert len({row.key for row in rows if row.key}) == count
    assert len({row.at for row in rows}) == count + talks == len(rows)
    assert all(NOW - 90 * DAY_MS <= row.at < NOW for row in rows)


def test_a_large_history_has_everything_a_listing_must_cope_with() -> None:
    """Every kind, every room, rows without words, routines, recognised persons, today and months ago."""
    who = generate.account(3, "amazon.de")
    rows = generate.recordings(3, who, Amount(2000, 5), NOW)
    assert {row.kind for row in rows} >= {kind for kind, _, _ in generate._KINDS}
    assert {row.device.name for row in rows} == {device.name for device in who.devices}
    assert "Kids room" in {device.name for device in who.devices}
    assert {row.sort for row in rows} == {"utterance", "routine", "conversation"}
    assert any(not row.text for row in rows)
    assert any(row.person for row in rows)
    assert any(not row.person for row in rows)
    assert rows[0].at < NOW - 60 * DAY_MS
    assert rows[-1].at > NOW - DAY_MS


def test_the_credential_of_a_practice_account_says_so() -> None:
    """A practice credential can never be taken for a real one, and differs by seed."""
    first, second = generate.account(1, "amazon.de"), generate.account(2, "amazon.de")
    assert first.credential.startswith("practice-")
    assert first.credential != second.credential
