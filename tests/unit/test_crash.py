from agent.crash import told
from agent.errors import VaultError
from agent.redact import forget_secrets, register_secret


def caught(error: Exception) -> Exception:
    def fail() -> None:
        raise error

    try:
        fail()
    except Exception as found:  # noqa: BLE001 - handed back for telling
        return found
    return error


def test_kind_and_place_without_words() -> None:
    """The way to the bug is told, what it choked on is not."""
    text = told(caught(KeyError("play some music")))
    assert "in fail" in text and text.endswith("builtins.KeyError\n")
    assert "music" not in text


def test_the_whole_chain_is_told_once() -> None:
    """Causes first; an exception that causes itself ends the telling."""
    first, second = ValueError("one"), VaultError("Locked.")
    second.__cause__, first.__cause__ = first, second
    text = told(caught(second))
    assert text.index("builtins.ValueError") < text.index("agent.errors.VaultError: Locked.")
    assert text.count("VaultError") == 1


def test_registered_secrets_go_from_our_own_words_too() -> None:
    """The last net is under everything that is told."""
    register_secret("hunter2-value")
    try:
        assert "hunter2" not in told(VaultError("About hunter2-value."))
    finally:
        forget_secrets()
