import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger.checkpoint import Checkpoint
from agent.ledger.note import Signer, parse_vkey
from agent.ledger.pasted import checkpoints
from tests.support.ledger_home import ORIGIN, SEED, VKEY, checked, filled

SIGNER = Signer(ORIGIN, SEED)
VERIFIER = parse_vkey(VKEY)
ONE = Checkpoint(ORIGIN, 7, bytes(range(32)))
NOTE = ONE.signed(SIGNER)


def journal(note: str) -> str:
    """A line of the journal, JSON with escapes, as `journalctl -o cat` prints it."""
    return json.dumps({"event": "checkpoint", "note": note, "level": "info"})


DAMAGES = {
    "as it is": NOTE,
    "quoted": "".join(f"> {line}\n" for line in NOTE.splitlines()),
    "quoted twice, indented": textwrap.indent(NOTE, "   > > ", lambda _: True),
    "windows": NOTE.replace("\n", "\r\n"),
    "trailing spaces": "".join(f"{line}  \n" for line in NOTE.splitlines()),
    "blank lines lost": NOTE.replace("\n\n", "\n"),
    "blank lines added": NOTE.replace("\n\n", "\n\n\n\n"),
    "wrapped at the name": NOTE.replace(f"— {ORIGIN} ", f"— {ORIGIN}\n"),
    "wrapped in the signature": NOTE[:-40] + "\n" + NOTE[-40:],
    "another dash": NOTE.replace("—", "--"),
    "journal": journal(NOTE),
    "within a message": f"home: residual\nsince noon\nrun it again\n\n{NOTE}\n-- \nsent by my machine\n",
    "no newline at the end": NOTE.rstrip("\n"),
}


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
def test_what_mail_programs_do_hides_no_checkpoint(text: str) -> None:
    """Quoted, wrapped, escaped, among other words: the signed head is found, and once."""
    assert checkpoints(text, VERIFIER) == (ONE,)


@given(st.data())
def test_a_changed_head_is_never_taken_for_one(data: st.DataObject) -> None:
    """However it is written: another size, root or signature finds nothing."""
    text = data.draw(st.sampled_from(sorted(DAMAGES.values())))
    other = Signer(ORIGIN, bytes(32))
    changed = data.draw(
        st.sampled_from(
            [
                text.replace("7", "8"),
                text.replace(ONE.head.root, Checkpoint(ORIGIN, 7, bytes(32)).head.root),
                ONE.signed(other),
                text.replace(ORIGIN, "voicepurge/another"),
            ]
        )
    )
    assert checkpoints(changed, VERIFIER) == ()


@given(st.text(max_size=300), st.text(max_size=300))
def test_words_around_it_do_not_matter(before: str, after: str) -> None:
    """Any text before and behind it, on lines of its own."""
    assert checkpoints(f"{before}\n{NOTE}\n{after}", VERIFIER) == (ONE,)


def test_several_are_all_found() -> None:
    """In the order they stand there."""
    heads = [Checkpoint(ORIGIN, size, bytes([size] * 32)) for size in (3, 9, 4)]
    text = "\n".join(f"> {line}" for head in heads for line in [*head.signed(SIGNER).split("\n"), "then"])
    assert checkpoints(text, VERIFIER) == tuple(heads)


def test_a_pasted_notification_shows_a_rollback(tmp_path: Path) -> None:
    """All files put back together to an older state pass by themselves, and fail against the message."""
    filled(tmp_path, 1)
    old = {path: path.read_bytes() for path in tmp_path.iterdir()}
    filled(tmp_path, 1)
    message = "home: verified\n\n" + (tmp_path / "checkpoint").read_text().replace("\n", "\r\n> ")
    assert checked(tmp_path, message).ok
    for path in tmp_path.iterdir():
        path.write_bytes(old.get(path, b""))
    assert checked(tmp_path).ok
    assert not checked(tmp_path, message).ok
    assert not checked(tmp_path, "no checkpoint in here").ok
