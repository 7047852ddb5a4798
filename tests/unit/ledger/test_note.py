import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger.note import NoteError, Signer, Verifier, open_note, parse_skey, parse_vkey, split

# C2SP signed-note, section "Verifier keys", example: key, and a note signed by it.
SPEC_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# C2SP signed-note, first example: a text with an empty line in it (its key is not published).
POEM = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
POEM_NOTE = (
    f"{POEM}\n\u2014 quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
# golang.org/x/mod sumdb/note, note_test.go (2019): two keys over one text.
PETER_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "\u2014 EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
PETER, ENOCH = parse_vkey(PETER_VKEY), parse_vkey(ENOCH_VKEY)


def test_the_example_of_the_specification_verifies() -> None:
    """The published key, note and signature of C2SP signed-note agree with ours."""
    assert str(parse_vkey(SPEC_VKEY)) == SPEC_VKEY
    assert open_note(SPEC_NOTE, [parse_vkey(SPEC_VKEY)]) == "This is an example message.\n"


def test_the_text_ends_at_the_last_empty_line() -> None:
    """The specification's poem has an empty line of its own; it belongs to the text."""
    text, (signature,) = split(POEM_NOTE)
    assert text == POEM
    assert (signature.name, signature.key_id.hex()) == ("quasimodo.example/salvatore", "367ba04b")


def test_go_signs_the_same_bytes() -> None:
    """Go's published private key gives Go's published signature, byte for byte, and its text form."""
    signer = parse_skey(PETER_SKEY)
    assert signer.sign(TEXT) == f"{TEXT}\n{PETER_LINE}"
    assert str(signer.verifier) == PETER_VKEY
    assert signer.skey == PETER_SKEY
    assert str(Signer("EnochRoot", bytes(32)).verifier) == ENOCH_VKEY
    assert Signer("EnochRoot", bytes(32)).sign(TEXT) == f"{TEXT}\n{ENOCH_LINE}"


def test_the_checksum_database_key_is_read() -> None:
    """The key every Go toolchain carries for sum.golang.org has the id we compute."""
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert str(parse_vkey(text)) == text


def test_unknown_keys_are_ignored_and_known_ones_must_be_right() -> None:
    """One good known signature suffices; none does not; one bad known signature spoils the note."""
    both = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}"
    assert open_note(both, [PETER]) == open_note(both, [ENOCH]) == open_note(both, [PETER, ENOCH]) == TEXT
    with pytest.raises(NoteError, match="not signed by the expected key"):
        open_note(both, [])
    spoiled = both.replace("rwz+eBzm", "rwz+eBzn")
    assert open_note(spoiled, [PETER]) == TEXT
    with pytest.raises(NoteError, match="does not belong"):
        open_note(spoiled, [PETER, ENOCH])


def test_a_key_of_the_same_name_is_another_key() -> None:
    """Name and id together name a key: sharing one of them is not enough."""
    impostor = Signer("PeterNeumann", bytes(31) + b"\x01")
    with pytest.raises(NoteError, match="not signed by the expected key"):
        open_note(impostor.sign(TEXT), [PETER])


def test_a_changed_text_is_refused() -> None:
    """Every single changed letter of the text breaks the signature or the form."""
    for at in range(len(TEXT)):
        changed = TEXT[:at] + chr(ord(TEXT[at]) ^ 1) + TEXT[at + 1 :]
        with pytest.raises(NoteError):
            open_note(f"{changed}\n{PETER_LINE}", [PETER])


@pytest.mark.parametrize(
    "note",
    [
        TEXT,
        TEXT + "\n",
        f"{TEXT}\n{PETER_LINE}"[:-1],
        f"\x01{TEXT}\n{PETER_LINE}",
        f"{TEXT}\n{PETER_LINE}Unexpected line.\n",
        f"{TEXT}\n\u2014 Bad Name {PETER_LINE.rsplit(maxsplit=1)[-1]}\n",
        f"{TEXT}\n\u2014 PeterNeumann AAAA\n",
        f"{TEXT}\n\u2014 PeterNeumann !!!!\n",
        f"{TEXT}\n{PETER_LINE}".replace("JnAM=", "JnAN="),
        f"{TEXT}\n" + PETER_LINE * 101,
        "x" * 1_000_001,
    ],
)
def test_malformed_notes_are_refused(note: str) -> None:
    """What is no note is refused before any key is asked (the cases of Go's own test, and more)."""
    with pytest.raises(NoteError):
        open_note(note, [PETER])


def test_mangled_keys_are_refused() -> None:
    """No part of a key, and no key with one letter changed, is a key (after Go's own test)."""
    for text, parse in ((PETER_VKEY, parse_vkey), (PETER_SKEY, parse_skey)):
        for cut in range(len(text)):
            for part in (text[:cut], text[cut + 1 :]):
                with pytest.raises(NoteError):
                    parse(part)
            with pytest.raises(NoteError):
                parse(text[:cut] + chr(ord(text[cut]) + 1) + text[cut + 1 :])


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_keys_of_another_kind_are_refused(vkey: str) -> None:
    """Wrong length, another algorithm, an id in capitals."""
    with pytest.raises(NoteError):
        parse_vkey(vkey)


def test_a_private_key_does_not_show_itself() -> None:
    """Neither repr nor str of a signer holds its seed."""
    signer = parse_skey(PETER_SKEY)
    assert PETER_SKEY not in f"{signer} {signer!r}"
    assert signer.seed.hex() not in f"{signer} {signer!r} {[signer]}"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb"])
def test_names_that_could_be_misread_are_refused(name: str) -> None:
    """A name has no space of any alphabet and no plus."""
    with pytest.raises(NoteError):
        Verifier(name, bytes(32))


@given(st.binary(min_size=32, max_size=32), st.text(st.characters(min_codepoint=32, codec="utf-8")))
def test_what_is_signed_opens(seed: bytes, text: str) -> None:
    """Any key, any printable text: the note opens to the same text and the keys survive their text forms."""
    signer = Signer("example.com/log", seed)
    assert open_note(signer.sign(text + "\n"), [signer.verifier]) == text + "\n"
    assert parse_vkey(str(signer.verifier)) == signer.verifier
    assert parse_skey(signer.skey) == signer
