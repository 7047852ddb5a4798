import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import VaultError
from agent.vault.export import pack, unpack

QUICK = (14, 8, 1)
PASSPHRASE = "correct horse battery"
SECRETS = {"home/keys": "one of mine", "credential:x": "Ünïcode\n"}


def packed(passphrase: str = PASSPHRASE) -> bytes:
    return pack(SECRETS, passphrase, bytes, QUICK)


@settings(max_examples=15)
@given(secrets=st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=9), max_size=4))
def test_what_was_packed_comes_out(secrets: dict[str, str]) -> None:
    """The same passphrase gives back every name and value."""
    assert unpack(pack(secrets, PASSPHRASE, bytes, QUICK), PASSPHRASE) == secrets


def test_the_usual_cost_is_high_and_works() -> None:
    """N = 2^17 stands in the header, and such a file opens."""
    content = pack(SECRETS, PASSPHRASE, bytes)
    assert content.startswith(b"voicepurge-vault/1\n" + bytes((17, 8, 1)))
    assert unpack(content, PASSPHRASE) == SECRETS


@settings(max_examples=15)
@given(at=st.integers(len(b"voicepurge-vault/1\n") + 3, len(packed()) - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused(at: int, bit: int) -> None:
    """One changed bit after the cost and nothing comes out."""
    changed = bytearray(packed())
    changed[at] ^= 1 << bit
    with pytest.raises(VaultError, match="wrong, or the file is damaged"):
        unpack(bytes(changed), PASSPHRASE)


@pytest.mark.parametrize(
    "cost", [(13, 8, 1), (21, 8, 1), (255, 255, 255), (17, 17, 1), (17, 8, 5), (17, 0, 1)]
)
def test_a_cost_out_of_bounds_is_refused_unspent(cost: tuple[int, int, int]) -> None:
    """A hostile header neither weakens the key nor takes all memory."""
    content = packed()
    start = len(b"voicepurge-vault/1\n")
    with pytest.raises(VaultError, match="damaged"):
        unpack(content[:start] + bytes(cost) + content[start + 3 :], PASSPHRASE)


@settings(max_examples=15)
@given(length=st.integers(0, len(packed()) - 1))
def test_any_truncation_is_refused(length: int) -> None:
    """A file that lost its end gives nothing."""
    with pytest.raises(VaultError):
        unpack(packed()[:length], PASSPHRASE)


def test_wrong_passphrase_other_file_other_version() -> None:
    """Each has its own message."""
    with pytest.raises(VaultError, match="passphrase is wrong"):
        unpack(packed(), PASSPHRASE + "!")
    with pytest.raises(VaultError, match="no export"):
        unpack(b"PK\x03\x04", PASSPHRASE)
    with pytest.raises(VaultError, match="version"):
        unpack(b"voicepurge-vault/2\n" + packed(), PASSPHRASE)


def test_short_passphrases_are_refused() -> None:
    """Eleven characters are too few."""
    with pytest.raises(VaultError, match="12 characters"):
        packed("elevenchars")


def test_nothing_readable_is_packed_in() -> None:
    """Neither names nor values stand in the file."""
    content = packed()
    assert all(piece not in content for piece in (b"one of mine", b"home/keys", PASSPHRASE.encode()))
