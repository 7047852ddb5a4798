import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import VaultError
from agent.vault.sealed import label, seal, unseal

KEY = bytes(range(32))
NONCE = bytes(12)
NAMES = st.text(min_size=1, max_size=20)


def sealed(name: str = "home/keys", secret: str = "secret", key: bytes = KEY) -> bytes:
    return seal(key, "voicepurge", name, secret, NONCE)


@given(name=NAMES, secret=st.text(), nonce=st.binary(min_size=12, max_size=12))
def test_unsealing_gives_name_and_secret(name: str, secret: str, nonce: bytes) -> None:
    """What was sealed opens at its own label, with its name."""
    opened = unseal(KEY, label("voicepurge", name), seal(KEY, "voicepurge", name, secret, nonce))
    assert (opened.name, opened.secret) == (name, secret)


@given(at=st.integers(0, len(sealed()) - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused(at: int, bit: int) -> None:
    """One changed bit anywhere, header included, and nothing opens."""
    changed = bytearray(sealed())
    changed[at] ^= 1 << bit
    with pytest.raises(VaultError):
        unseal(KEY, label("voicepurge", "home/keys"), bytes(changed))


@given(length=st.integers(0, len(sealed()) - 1))
def test_any_truncation_is_refused(length: int) -> None:
    """A sealed secret that lost its end does not open."""
    with pytest.raises(VaultError):
        unseal(KEY, label("voicepurge", "home/keys"), sealed()[:length])


@given(name=NAMES.filter(lambda name: name != "home/keys"))
def test_a_swapped_file_is_refused(name: str) -> None:
    """What was sealed for one label does not open at another."""
    with pytest.raises(VaultError, match="moved"):
        unseal(KEY, label("voicepurge", name), sealed())


def test_a_wrong_key_is_told_from_damage() -> None:
    """Another key has a message of its own, so that nobody restores a backup for nothing."""
    with pytest.raises(VaultError, match="another key"):
        unseal(bytes(32), label("voicepurge", "home/keys"), sealed())


def test_service_and_name_cannot_be_mixed_up() -> None:
    """Moving a character from service to name gives another label."""
    assert label("ab", "c") != label("a", "bc")


def test_nothing_readable_is_sealed_in() -> None:
    """Neither the secret nor its name nor the key stands in the sealed bytes."""
    found = seal(KEY, "voicepurge", "home/keys", "a secret of mine", NONCE)
    assert all(piece not in found for piece in (b"a secret of mine", b"home/keys", KEY))


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    """Only 32 bytes are a key; 16 would silently mean a weaker cipher."""
    with pytest.raises(VaultError, match="32"):
        sealed(key=bytes(length))


def test_what_was_opened_does_not_show_itself() -> None:
    """The secret is not in the repr."""
    assert "secret" not in repr(unseal(KEY, label("voicepurge", "home/keys"), sealed()))
