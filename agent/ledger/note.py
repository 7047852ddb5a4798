"""Signed notes and their keys. Pure: a signature by Ed25519 depends on nothing but key and text.

C2SP signed-note v1.0.0 (github.com/C2SP/C2SP, signed-note.md, as of 2026-07-22): the text, an empty line, one
line a signature. Key texts are those of golang.org/x/mod/sumdb/note. Only type 0x01 (Ed25519) is known here.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES: Final = 32
MAX_NOTE: Final = 1_000_000
MAX_SIGNATURES: Final = 100
"""The spec asks verifiers to accept at least 16 and to have a limit."""

_ED25519 = b"\x01"
_DASH = "\u2014 "
_SECRET = "PRIVATE+KEY+"  # noqa: S105 - the marker in front of a key, not a key
_ID_BYTES = 4


class NoteError(ValueError):
    """A note or key is malformed, or no known key signed it. Shows none of its text."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name. `str()` is its text form, the vkey."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != KEY_BYTES:
            raise NoteError("a public key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        """Four bytes that, with the name, say which key signed."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(_ED25519 + self.public)}"


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A private key (32-byte seed) under a name. Never shown by `repr` or `str`."""

    name: str
    seed: bytes

    def __repr__(self) -> str:
        return "Signer(…)"

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self._key().public_key().public_bytes_raw())

    @property
    def skey(self) -> str:
        """The private key as text: a secret."""
        return f"{_SECRET}{self.name}+{self.verifier.key_id.hex()}+{_base64(_ED25519 + self.seed)}"

    def sign(self, text: str) -> str:
        """The note: `text`, which ends in a newline, with this signature.

        Raises:
            NoteError: the text does not end in a newline or has control characters.
        """
        _check_text(text)
        line = f"{_DASH}{self.name} {_base64(self.verifier.key_id + self._key().sign(text.encode()))}\n"
        return f"{text}\n{line}"

    def _key(self) -> Ed25519PrivateKey:
        if len(self.seed) != KEY_BYTES:
            raise NoteError("a private key has 32 bytes")
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who claims to have signed, and the bytes."""

    name: str
    key_id: bytes
    data: bytes


def parse_vkey(text: str) -> Verifier:
    """The public key of a vkey.

    Raises:
        NoteError: malformed, another type than Ed25519, or its id is not that of the key.
    """
    name, key_id, key = _parts(text)
    verifier = Verifier(name, key)
    if verifier.key_id.hex() != key_id:
        raise NoteError("the key id does not belong to the key")
    return verifier


def parse_skey(text: str) -> Signer:
    """The private key of what `Signer.skey` gives.

    Raises:
        NoteError: malformed, another type than Ed25519, or its id is not that of the key.
    """
    if not text.startswith(_SECRET):
        raise NoteError("not a private key")
    name, key_id, key = _parts(text.removeprefix(_SECRET))
    signer = Signer(name, key)
    if signer.verifier.key_id.hex() != key_id:
        raise NoteError("the key id does not belong to the key")
    return signer


def split(note: str) -> tuple[str, tuple[Signature, ...]]:
    """Text (with its last newline) and signatures of a note, unverified.

    Raises:
        NoteError: malformed.
    """
    if len(note) > MAX_NOTE:
        raise NoteError("note too long")
    text, gap, rest = note.rpartition("\n\n")
    if not gap or not rest.endswith("\n"):
        raise NoteError("not a signed note")
    _check_text(text + "\n")
    lines = rest[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError("too many signatures")
    return text + "\n", tuple(map(_signature, lines))


def open_note(note: str, verifiers: Iterable[Verifier]) -> str:
    """The text of a note that a known key signed.

    Signatures of unknown keys are ignored; one bad signature of a known key spoils the note.

    Raises:
        NoteError: malformed, not signed by any of `verifiers`, or a signature of theirs is bad.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    text, signatures = split(note)
    signed = False
    for signature in signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature.data, text.encode())
        except (InvalidSignature, ValueError):
            raise NoteError("the signature does not belong to this text") from None
        signed = True
    if not signed:
        raise NoteError("not signed by the expected key")
    return text


def _signature(line: str) -> Signature:
    dash, name, data = line[: len(_DASH)], *_name_and_rest(line[len(_DASH) :])
    if dash != _DASH:
        raise NoteError("not a signature line")
    _check_name(name)
    raw = _unbase64(data)
    if len(raw) <= _ID_BYTES:
        raise NoteError("signature too short")
    return Signature(name, raw[:_ID_BYTES], raw[_ID_BYTES:])


def _name_and_rest(text: str) -> tuple[str, str]:
    name, _, rest = text.partition(" ")
    return name, rest


def _parts(text: str) -> tuple[str, str, bytes]:
    # The base64 of a key may hold a plus, a name may not: so split from the left.
    fields = text.split("+", 2)
    if len(fields) != 3:  # noqa: PLR2004 - name, id, key
        raise NoteError("not a key")
    raw = _unbase64(fields[2])
    if raw[:1] != _ED25519:
        raise NoteError("not an Ed25519 key")
    if len(raw) != 1 + KEY_BYTES:
        raise NoteError("a key has 32 bytes")
    return fields[0], fields[1], raw[1:]


def _check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() or letter < " " for letter in name):
        raise NoteError("a key name holds no space, no plus and is not empty")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(letter < " " and letter != "\n" for letter in text):
        raise NoteError("a note is text that ends in a newline, without control characters")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unbase64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("not base64") from None
    # One value, one text: spare bits and missing padding are refused.
    if _base64(raw) != text:
        raise NoteError("not base64")
    return raw
