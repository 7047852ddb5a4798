import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.printable import printable

NASTY = st.text(
    alphabet=st.sampled_from("\x1b\x9b\x9d\x07[]0;31mAe \u202e\u200f\u2066\n\r\t\x00\ud800\U000e0041é")
)


@given(st.text() | NASTY)
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    """No control, format, surrogate, private or unassigned character survives, and it is one line."""
    shown = printable(text)
    assert {unicodedata.category(char) for char in shown}.isdisjoint(
        {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )
    assert len(shown.splitlines()) <= 1


@given(st.text() | NASTY)
def test_twice_is_once(text: str) -> None:
    """What was made printable stays as it is: taking something out never forms something new."""
    assert printable(printable(text)) == printable(text)


@given(st.text(alphabet=st.characters(categories=["L", "M", "N", "P", "S"], include_characters=" ")))
def test_words_of_any_script_stay(text: str) -> None:
    """Letters, marks, digits, signs and spaces are kept exactly."""
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07kitchen", "kitchen"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x9b2Jgone", "gone"),
        ("two\r\nlines\tand tab", "two lines and tab"),
        ("play \u202egnp.exe", "play gnp.exe"),
        ("wake\u200bword", "wakeword"),
        ("Küche 日本語 עברית", "Küche 日本語 עברית"),
        ("\x1b", ""),
    ],
)
def test_known_tricks(text: str, shown: str) -> None:
    """Colours, titles, hyperlinks, clearing, line ends and reordering are taken out whole."""
    assert printable(text) == shown
