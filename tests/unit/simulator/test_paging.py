from hypothesis import given
from hypothesis import strategies as st

from agent.simulator.paging import Cursor, read

SECRET = b"practice"
CURSORS = st.builds(
    Cursor,
    st.sampled_from(["voice", "activity"]),
    st.integers(1, 9999),
    st.integers(0, 2**42),
    st.integers(0, 10**6),
    st.integers(0, 2**48),
)


@given(CURSORS)
def test_a_token_holds_all_the_server_needs_to_go_on(cursor: Cursor) -> None:
    """What goes into a token comes back, on its own surface only."""
    token = cursor.token(SECRET)
    assert read(token, cursor.surface, SECRET) == cursor
    assert read(token, "other", SECRET) is None
    assert read(token, cursor.surface, b"another server") is None


@given(st.text(max_size=60))
def test_a_made_up_token_is_no_token(text: str) -> None:
    """Nobody can make a token up."""
    assert read(text, "voice", SECRET) is None
