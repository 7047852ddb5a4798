"""A receipt for one recording as a file, both ways. Pure; what it shows is decided in `shown`.

    voicepurge-receipt/1
    key "the record key, as a JSON string in ASCII"
    n 64 hex digits
    entry {a line of the ledger as it stands there}
    c2sp.org/tlog-proof@v1
    … the proof that this line is in the signed tree, then an empty line

The proof is as C2SP tlog-proof.md has it (github.com/C2SP/C2SP, read on 2026-11-24), without extra data.
`entry` and its proof repeat: the ledger's first line, the intent, the answer where there is one, the listing
that saw it gone. All carry the same checkpoint. One content has one form: every byte counts.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Final

from agent.ledger.tree import HASH_BYTES

FORMAT: Final = "voicepurge-receipt/1"
PROOF: Final = "c2sp.org/tlog-proof@v1"
MOST_BYTES: Final = 2_000_000
"""Four lines of at most 64 KiB with their proofs stay far below."""

_HEX64 = re.compile(r"[0-9a-f]{64}").fullmatch
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}").fullmatch
_ENTRIES = (3, 4)


class ReceiptError(ValueError):
    """A receipt breaks the format or does not show what it should; the message says how."""


@dataclass(frozen=True, slots=True, repr=False)
class Proved:
    """One line of the ledger (without newline), its number from 0, and the hashes from it to the root."""

    line: bytes
    index: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """What one file holds: `note` is the signed checkpoint, `number` the 32 bytes to open the commitment."""

    key: str
    number: bytes
    note: str
    entries: tuple[Proved, ...]

    def __repr__(self) -> str:
        return "Receipt(…)"


def render(receipt: Receipt) -> bytes:
    """The file of a receipt."""
    parts = [f"{FORMAT}\nkey {json.dumps(receipt.key)}\nn {receipt.number.hex()}\n".encode()]
    for entry in receipt.entries:
        hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in entry.hashes)
        proof = f"\n{PROOF}\nindex {entry.index}\n{hashes}\n{receipt.note}\n"
        parts.append(b"entry " + entry.line + proof.encode())
    return b"".join(parts)


def parse(raw: bytes) -> Receipt:
    """The receipt of a file. Says nothing about whether it is true.

    Raises:
        ReceiptError: it is not exactly what `render` writes.
    """
    if len(raw) > MOST_BYTES:
        raise ReceiptError("too large for a receipt")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise ReceiptError("not a receipt") from None
    head, *blocks = re.split(r"^entry ", text, flags=re.MULTILINE)
    lines = head.split("\n")
    if len(lines) != 4 or lines[0] != FORMAT or lines[3]:  # noqa: PLR2004 - three lines and the end
        raise ReceiptError("not a receipt")
    if len(blocks) not in _ENTRIES:
        raise ReceiptError("a receipt holds three or four entries")
    key, number = _key(lines[1]), _number(lines[2])
    proved, notes = zip(*(_block(block) for block in blocks), strict=True)
    receipt = Receipt(key, number, notes[0], proved)
    if render(receipt) != raw:
        raise ReceiptError("not written as a receipt is")
    return receipt


def _key(line: str) -> str:
    if not line.startswith('key "'):
        raise ReceiptError("the key is missing")
    try:
        found = json.loads(line.removeprefix("key "))
    except ValueError:
        raise ReceiptError("the key is not a JSON string") from None
    return str(found)


def _number(line: str) -> bytes:
    digits = line.removeprefix("n ")
    if not line.startswith("n ") or _HEX64(digits) is None:
        raise ReceiptError("n is not 64 hex digits")
    return bytes.fromhex(digits)


def _block(block: str) -> tuple[Proved, str]:
    line, _, rest = block.partition("\n")
    proof, gap, note = rest.partition("\n\n")
    first, _, proof = proof.partition("\n")
    where, *hashes = proof.split("\n")
    number = where.removeprefix("index ")
    if first != PROOF or not gap or not where.startswith("index ") or _DECIMAL(number) is None:
        raise ReceiptError("an entry without its proof")
    if not note.endswith("\n\n"):
        raise ReceiptError("a proof without its checkpoint")
    return Proved(line.encode(), int(number), tuple(map(_hash, hashes))), note[:-1]


def _hash(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ReceiptError("a hash is not base64") from None
    if len(raw) != HASH_BYTES:
        raise ReceiptError("a hash has 32 bytes")
    return raw
