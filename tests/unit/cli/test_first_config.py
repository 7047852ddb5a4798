import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.alexa.marketplaces import MARKETPLACES
from agent.cli.first_config import BACKENDS, EXAMPLE, Answers, first_config, trouble_with
from agent.settings import example, parse
from agent.share import shared


def test_the_examples_own_answers_give_the_example() -> None:
    """Every place is found and nothing else is touched: comments stay."""
    assert first_config(EXAMPLE) == example()


@given(
    st.builds(
        Answers,
        timezone=st.sampled_from(["UTC", "Asia/Tokyo", "America/Argentina/Buenos_Aires"]),
        account=st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True),
        marketplace=st.sampled_from(sorted(MARKETPLACES)),
        keep_for=st.sampled_from(["0s", "24h", "2w"]),
        backend=st.sampled_from(BACKENDS),
    )
)
def test_the_answers_are_what_the_file_says(answers: Answers) -> None:
    """What is valid comes out as given, and the rest of the example stays."""
    assume(trouble_with("account", answers.account) is None)  # YAML reads `no` and the like as something else
    text = first_config(answers)
    found = parse(text, "x.yaml", marketplaces=MARKETPLACES)
    [name] = found.accounts
    assert (name, found.timezone) == (answers.account, answers.timezone)
    assert found.accounts[name].marketplace == answers.marketplace
    assert found.credentials.backend == answers.backend
    assert text.count("#") == shared("config/voicepurge.yaml").read_text().count("#")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("timezone", "Europe/Berln", "Europe/Berlin"),
        ("marketplace", "amazon.dee", "amazon.de"),
        ("keep_for", "1 day", "one plain word"),
        ("keep_for", "1day", "keep_for"),
        ("backend", "paper", "backend"),
        ("account", "Home", ""),
        ("account", "a: {b", "one plain word"),
        ("timezone", "", "one plain word"),
    ],
)
def test_a_wrong_answer_is_explained(name: str, value: str, words: str) -> None:
    """The words of `config check`, or that one word is wanted; nothing can smuggle YAML in."""
    trouble = trouble_with(name, value)
    assert trouble is not None and words in trouble


@given(st.text(max_size=30))
def test_no_answer_breaks_the_file(value: str) -> None:
    """Any text for any question is an answer or has an explanation."""
    for name in ("timezone", "account", "marketplace", "keep_for", "backend"):
        assert trouble_with(name, value) is None or trouble_with(name, value)
