"""What a receipt shows to whoever holds only the file and the verifier key. Pure.

It shows that the holder of the key wrote, in this order, that deletion of the recording was requested and
that a later complete listing no longer showed it. It cannot show what is so behind Amazon's pages, nor that
it never came back.
"""

from dataclasses import dataclass
from typing import Any

from agent.ledger.checkpoint import Checkpoint, open_checkpoint
from agent.ledger.commitment import open_commitment
from agent.ledger.entry import Entry, EntryError, decode
from agent.ledger.note import NoteError, Verifier, parse_vkey
from agent.ledger.proof import includes
from agent.ledger.receipt import Proved, Receipt, ReceiptError, parse
from agent.ledger.tree import leaf
from agent.model import Event


@dataclass(frozen=True, slots=True)
class Shown:
    """What was proved. Times in ms UTC by the clock of the machine that wrote the ledger.

    Attributes:
        origin: name of the ledger.
        practice: it records a practice cloud and is no evidence about Amazon.
        spoken: the UTC hour the recording was spoken, as the ledger has it.
        requested: when the request was about to leave.
        method: by which method; scope: what one request of it deletes.
        result: how it was answered (accepted, refused, unknown), None where no answer stands in the receipt.
        status: the HTTP status, or None.
        gone: when the complete listing was entered that no longer showed it.
        surfaces: the surfaces that listing covered.
        size: entries under the signed checkpoint.
    """

    origin: str
    practice: bool
    spoken: str
    requested: int
    method: str
    scope: str
    result: str | None
    status: int | None
    gone: int
    surfaces: tuple[str, ...]
    size: int


def check(raw: bytes, vkey: str) -> Shown:
    """Checks a receipt with nothing but the verifier key.

    Raises:
        ReceiptError: the key is none, or anything in the file is not as it was written.
    """
    try:
        verifier = parse_vkey(vkey.strip())
    except NoteError as error:
        raise ReceiptError(f"not a verifier key: {error}") from None
    receipt = parse(raw)
    head = _head(receipt, verifier)
    entries = [_included(proved, head) for proved in receipt.entries]
    commitment = open_commitment(receipt.number, receipt.key)
    _in_order(entries)
    return _story(entries, commitment, verifier, head)


def _head(receipt: Receipt, verifier: Verifier) -> Checkpoint:
    try:
        head = open_checkpoint(receipt.note, verifier)
        if head.signed_by_one(receipt.note):
            return head
    except NoteError as error:
        raise ReceiptError(f"the checkpoint: {error}") from None
    raise ReceiptError("the checkpoint has more than its text and one signature")


def _included(proved: Proved, head: Checkpoint) -> Entry:
    if not includes(leaf(proved.line), proved.index, head.size, proved.hashes, head.root):
        raise ReceiptError(f"entry {proved.index} is not in the signed ledger")
    try:
        entry = decode(proved.line)
    except EntryError as error:
        raise ReceiptError(f"entry {proved.index}: {error}") from None
    if entry.seq != proved.index:
        raise ReceiptError(f"entry {proved.index} bears another number")
    return entry


def _in_order(entries: list[Entry]) -> None:
    numbers = [entry.seq for entry in entries]
    if numbers[0] != 0 or numbers != sorted(set(numbers)):
        raise ReceiptError("the entries are not in their order")


def _story(entries: list[Entry], commitment: str, verifier: Verifier, head: Checkpoint) -> Shown:
    first, intent, *answers, listing = entries
    made, meant, seen = _fields(first), _fields(intent), _fields(listing)
    if first.event is not Event.LEDGER_CREATED or (made["origin"], made["vkey"]) != (
        verifier.name,
        str(verifier),
    ):
        raise ReceiptError("the first entry does not begin the ledger of this key")
    if intent.event is not Event.DELETION_INTENDED:
        raise ReceiptError("the second entry is no intent to delete")
    spoken = next((hour for named, hour in meant["recordings"] if named == commitment), None)
    if spoken is None:
        raise ReceiptError("the intent does not name this recording")
    if listing.event is not Event.RELISTED or commitment not in seen["gone"]:
        raise ReceiptError("the listing did not see this recording gone")
    ends = seen["surfaces"]
    if not ends or not all(end["complete"] for end in ends.values()):
        raise ReceiptError("the listing was not complete")
    for answer in answers:
        same = (answer.run, answer.fields.get("attempt")) == (intent.run, meant["attempt"])
        if answer.event is not Event.DELETION_ANSWERED or not same:
            raise ReceiptError("the third entry does not answer this intent")
    said = _fields(answers[0]) if answers else {}
    return Shown(
        origin=head.origin,
        practice=made["practice"],
        spoken=spoken,
        requested=intent.at,
        method=meant["method"],
        scope=meant["scope"],
        result=said.get("result"),
        status=said.get("status"),
        gone=listing.at,
        surfaces=tuple(sorted(ends)),
        size=head.size,
    )


def _fields(entry: Entry) -> dict[str, Any]:
    return dict(entry.fields)
