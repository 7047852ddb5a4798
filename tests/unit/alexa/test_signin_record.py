import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alexa.exchange import Secret
from agent.alexa.signin_record import SignIn
from agent.errors import VaultError

TEXT = st.text(min_size=1, max_size=20)
OLD = {"refresh_token": "practice-x", "customer_id": "A1", "marketplace": "amazon.de", "since": 5}


@given(
    st.builds(
        SignIn,
        st.builds(Secret, TEXT),
        TEXT,
        TEXT,
        st.integers(0, 2**53),
        st.text(max_size=9),
        st.text(max_size=9),
        st.none() | st.integers(0, 2**53),
        st.booleans(),
    )
)
def test_what_is_stored_comes_back(record: SignIn) -> None:
    """Every field survives the vault; none shows in a repr."""
    assert SignIn.from_text(record.to_text()) == record
    assert repr(record) == "SignIn(…)"


def test_a_record_from_before_serials_still_loads() -> None:
    """An old sign-in works on, with nothing known of a device or a refusal."""
    found = SignIn.from_text(json.dumps(OLD))
    assert (found.serial, found.directed_id, found.refused_at) == ("", "", None)
    assert found.private() == ("practice-x", "A1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({**OLD, "since": "5"}),
        json.dumps({**OLD, "since": True}),
        json.dumps({**OLD, "refresh_token": ""}),
        json.dumps({**OLD, "serial": 7}),
        json.dumps({**OLD, "refused_at": "now"}),
    ],
)
def test_anything_else_is_damage(text: str) -> None:
    """A person is asked to sign in again; the text is not repeated."""
    with pytest.raises(VaultError) as caught:
        SignIn.from_text(text)
    assert "login" in caught.value.next_step
    assert "practice-x" not in str(caught.value)
