import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger.checkpoint import Checkpoint, finished, kept, last_kept, open_checkpoint, parse_text
from agent.ledger.note import NoteError, Signer, split

# The example of C2SP tlog-checkpoint (its key is not published), and that of tlog-cosignature.
SPEC = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
WITNESS = (
    "\u2014 witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
SIGNER = Signer("voicepurge/0123456789abcdef", bytes(32))


def note(size: int) -> str:
    return Checkpoint(SIGNER.name, size, bytes(32)).signed(SIGNER)


@pytest.mark.parametrize("signed", [SPEC, SPEC + WITNESS])
def test_the_example_of_the_specification_is_read(signed: str) -> None:
    """Origin, size and root of the published examples, with and without a witness, and the same text back."""
    text, _ = split(signed)
    found = parse_text(text)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert found.head.root == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert found.text == text


def test_extension_lines_are_ignored() -> None:
    """Lines after the root are allowed and not ours to read."""
    text, _ = split(SPEC)
    assert parse_text(text + "more\n") == parse_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n1e3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n1\nAAAA\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "o\n1\n!!!\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    """Too few lines, another way to write the number, a root of another length, an empty line."""
    with pytest.raises(NoteError):
        parse_text(text)


def test_a_checkpoint_belongs_to_the_log_of_its_key() -> None:
    """A key may sign only for the origin it is named after."""
    assert open_checkpoint(note(3), SIGNER.verifier) == Checkpoint(SIGNER.name, 3, bytes(32))
    other = SIGNER.sign(Checkpoint("another/log", 3, bytes(32)).text)
    with pytest.raises(NoteError, match="another ledger"):
        open_checkpoint(other, SIGNER.verifier)


@given(st.lists(st.integers(0, 10**9), max_size=4), st.data())
def test_kept_checkpoints_come_back_however_the_last_was_torn(sizes: list[int], data: st.DataObject) -> None:
    """All whole notes are read; what a crash left of one more is left out and can be cut off."""
    whole = "".join(note(size) + "\n" for size in sizes)
    more = note(7) + "\n"
    torn = more.encode()[: data.draw(st.integers(0, len(more.encode()) - 1))]
    file = whole.encode() + torn
    lines = file.decode(errors="replace").splitlines(keepends=True)
    found = list(kept(lines))
    assert found == [note(size) for size in sizes]
    assert file[: finished(file)] == whole.encode()
    assert last_kept(file) == (note(sizes[-1]) if sizes else None)
