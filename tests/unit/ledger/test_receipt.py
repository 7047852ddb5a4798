import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import (  # type: ignore[import-untyped] # it ships no types
    InclusionProof,
    InvalidProof,
    verify_inclusion,
)
from pymerkle.core import (  # type: ignore[import-untyped] # it ships no types
    _inclusion_path_layout,
)

import agent.ledger
from agent.ledger.commitment import open_commitment
from agent.ledger.entry import Entry
from agent.ledger.evidence import NoReceiptError, receipt, trace
from agent.ledger.receipt import PROOF, ReceiptError, parse, render
from agent.ledger.shown import check
from agent.model import Event
from tests.support.ledger_home import SECRET, VKEY, filled, opened
from tests.support.ledger_samples import ENDS, HOUR, intended, relisted

FORMAT = (Path(agent.ledger.__file__).parent / "FORMAT.md").read_text()


def made(directory: Path, runs: int = 3, of: int = 1) -> bytes:
    """A receipt for the recording of run number `of` in a ledger with that many runs."""
    filled(directory, runs)
    return render(receipt(directory, SECRET, f"key of r{of}"))


@pytest.mark.parametrize(("runs", "of"), [(1, 0), (3, 0), (3, 1), (3, 2), (7, 4)])
def test_a_receipt_shows_the_request_and_that_it_is_gone(tmp_path: Path, runs: int, of: int) -> None:
    """From the file and the verifier key alone: when, how, what was answered, what was listed."""
    shown = check(made(tmp_path, runs, of), VKEY)
    assert (shown.method, shown.scope, shown.result, shown.status) == ("phrase", "records", "accepted", None)
    assert (shown.practice, shown.spoken, shown.surfaces) == (True, HOUR, ("voice",))
    assert shown.size == 1 + 5 * runs
    assert shown.requested <= shown.gone


def test_one_changed_byte_anywhere_fails(tmp_path: Path) -> None:
    """Every byte counts, white space too: each changed, removed and doubled in turn."""
    good = made(tmp_path, 1, 0)
    check(good, VKEY)
    for at, byte in enumerate(good):
        for other in (bytes([byte ^ 1]), b"", bytes([byte, byte])):
            with pytest.raises(ReceiptError):
                check(good[:at] + other + good[at + 1 :], VKEY)


def test_only_the_key_that_signed_it_opens_it(tmp_path: Path) -> None:
    """Another key, and what is no key at all, are told so."""
    good = made(tmp_path)
    with pytest.raises(ReceiptError, match="not a verifier key"):
        check(good, "nonsense")
    with pytest.raises(ReceiptError, match="not signed by the expected key"):
        check(good, VKEY.replace("0123456789abcdef", "0123456789abcdee").replace(VKEY.split("+")[1], _id()))


def _id() -> str:
    """The id of the same key under another name."""
    name, public = "voicepurge/0123456789abcdee", base64.b64decode(VKEY.split("+", 2)[2])
    return hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8]


def test_it_discloses_one_recording(tmp_path: Path) -> None:
    """Of the others only commitments stand in it, and the number opens none of them."""
    good = made(tmp_path)
    found = parse(good)
    assert b"key of r1" in good
    assert b"key of r0" not in good and b"key of r2" not in good
    others = {open_commitment(found.number, f"key of r{n}") for n in (0, 2)}
    assert not any(one.encode() in good for one in others)


def test_a_recording_without_proof_gets_no_receipt(tmp_path: Path) -> None:
    """Never requested, requested and still there, come back, not signed yet: each says why."""
    filled(tmp_path, 1)
    with opened(tmp_path) as ledger:
        there, back, fresh = (ledger.commit(key) for key in ("there", "back", "fresh"))
        ledger.append(Event.DELETION_INTENDED, intended(there, back), run="x")
        ledger.append(Event.RELISTED, relisted("x", still_visible=[there], gone=[back]), run="x")
        ledger.append(Event.REAPPEARED, {"recordings": [back]}, run="y")
        ledger.checkpoint()
        ledger.append(Event.DELETION_INTENDED, intended(fresh), run="z")
        ledger.append(Event.RELISTED, relisted("z", gone=[fresh]), run="z")
    for key, why in {
        "nobody": "never requested",
        "there": "no complete listing",
        "back": "became visible again",
        "fresh": "not signed yet",
    }.items():
        with pytest.raises(NoReceiptError, match=why):
            receipt(tmp_path, SECRET, key)


def test_a_request_without_an_answer_says_so(tmp_path: Path) -> None:
    """After a crash between request and answer the receipt holds three entries and claims no answer."""
    with opened(tmp_path) as ledger:
        lost = ledger.commit("lost")
        ledger.append(Event.DELETION_INTENDED, intended(lost), run="x")
        ledger.append(Event.RECOVERED, {"kind": "run", "state": "unknown"}, run="x")
        ledger.append(Event.RELISTED, relisted("x", gone=[lost], closes=True), run="y")
        ledger.checkpoint()
    assert check(render(receipt(tmp_path, SECRET, "lost")), VKEY).result is None


def test_an_incomplete_listing_proves_nothing(tmp_path: Path) -> None:
    """Could not look is never nothing there, even where a writer's fault put it into the ledger."""
    broken = {"voice": {"complete": False, "reason": "throttled", "rows": 1, "pages": 1}}
    with opened(tmp_path) as ledger:
        gone = ledger.commit("gone")
        ledger.append(Event.DELETION_INTENDED, intended(gone), run="x")
        ledger.append(Event.RELISTED, relisted("x", gone=[gone], surfaces=broken), run="x")
        ledger.checkpoint()
    with pytest.raises(ReceiptError, match="not complete"):
        check(render(receipt(tmp_path, SECRET, "gone")), VKEY)


NAMES = ["aa" * 32, "bb" * 32, "cc" * 32]
SOME = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)


@st.composite
def an_event(draw: st.DrawFn) -> tuple[Event, dict[str, Any]]:
    """Something that may happen to three recordings."""
    named = draw(SOME)
    match draw(st.sampled_from(["ask", "answer", "look", "back"])):
        case "ask":
            return Event.DELETION_INTENDED, intended(*named)
        case "answer":
            return Event.DELETION_ANSWERED, {"attempt": 1, "result": "accepted", "ms": 1}
        case "look":
            rest = [one for one in NAMES if one not in named]
            return Event.RELISTED, relisted("r", gone=named, still_visible=rest[:1])
        case _:
            return Event.REAPPEARED, {"recordings": named}


@given(st.lists(an_event(), max_size=15))
@settings(max_examples=200)
def test_whoever_gets_a_receipt_was_requested_then_seen_gone_and_not_seen_since(
    history: list[tuple[Event, dict[str, Any]]],
) -> None:
    """For every history: proved exactly when the last that was said of it is "gone", after a request."""
    entries = [Entry(at, "0" * 64, at, event, "r", fields) for at, (event, fields) in enumerate(history)]
    found = trace(entries, NAMES)
    for name in NAMES:
        asked, gone = False, False
        for event, fields in history:
            if event is Event.DELETION_INTENDED:
                asked = asked or name in [named for named, _ in fields["recordings"]]
            elif event is Event.RELISTED:
                gone = (gone or (asked and name in fields["gone"])) and name not in fields["still_visible"]
            elif event is Event.REAPPEARED and name in fields["recordings"]:
                gone = False
        assert bool(found[name].proved) == gone
        if gone:
            intent, *_, seen = found[name].proved
            assert intent.seq < seen.seq


def proofs(raw: bytes) -> list[tuple[bytes, int, list[bytes], str]]:
    """Line, index, hashes and checkpoint of each proof, taken apart here once more."""
    blocks = raw.decode().split("\nentry ")[1:]
    found = []
    for block in blocks:
        line, first, rest = block.split("\n", 2)
        assert first == PROOF
        proof, text, signature = rest.split("\n\n")[:3]
        index, *hashes = proof.split("\n")
        note = f"{text}\n\n{signature}\n"
        raw_hashes = [base64.b64decode(one) for one in hashes]
        found.append((line.encode(), int(index.removeprefix("index ")), raw_hashes, note))
    return found


@pytest.mark.parametrize("runs", [1, 2, 5])
def test_programs_we_did_not_write_agree(tmp_path: Path, runs: int) -> None:
    """Openssl checks the signature, pymerkle's own verifier each proof against the signed root."""
    raw = made(tmp_path, runs, 0)
    for line, index, hashes, note in proofs(raw):
        origin, size, root, _, _ = note.split("\n", 4)
        signed_by_openssl(tmp_path, f"{origin}\n{size}\n{root}\n", note)
        their_inclusion(line, index, int(size), hashes, base64.b64decode(root))


def signed_by_openssl(place: Path, text: str, note: str) -> None:
    key = base64.b64decode(VKEY.split("+", 2)[2])[1:]
    (place / "key").write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
    (place / "text").write_text(text)
    (place / "sig").write_bytes(base64.b64decode(note.rsplit(" ", 1)[1])[4:])
    command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile sig"
    subprocess.run(command.split(), cwd=place, check=True, capture_output=True, timeout=30)


def their_inclusion(line: bytes, index: int, size: int, hashes: list[bytes], root: bytes) -> None:
    base = hashlib.sha256(b"\x00" + line).digest()
    rule, _ = _inclusion_path_layout(index + 1, size)
    proof = InclusionProof("sha256", True, size, index + 1, rule, [base, *hashes])
    verify_inclusion(base, root, proof, index=index + 1, size=size)
    with pytest.raises(InvalidProof):
        verify_inclusion(base, bytes(32), proof, index=index + 1, size=size)


def test_the_shell_check_of_the_document(tmp_path: Path) -> None:
    """FORMAT.md's own recipe for a third party passes a good receipt and fails a changed one."""
    assert shutil.which("openssl")
    good = made(tmp_path)
    script = re.findall(r"```sh\n(.*?)```", FORMAT, re.DOTALL)[1]
    (tmp_path / "receipt.sh").write_text(script)

    def run(raw: bytes) -> tuple[int, str]:
        (tmp_path / "receipt.txt").write_bytes(raw)
        done = subprocess.run(
            ["sh", "receipt.sh", "receipt.txt", VKEY],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout

    code, out = run(good)
    assert code == 0, out
    assert out.endswith("ok: 4 entries in the signed ledger name this recording or its request\n")
    for old, new in ((b'"ms":5', b'"ms":6'), (b"key of r1", b"key of r2"), (b"\nn a", b"\nn b")):
        changed = good.replace(old, new)
        if changed != good:
            assert run(changed)[0] != 0


def test_ends_used_here_are_complete() -> None:
    """The sample listing is a complete one."""
    assert all(end["complete"] for end in ENDS.values())
