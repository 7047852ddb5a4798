"""The Merkle tree over all lines, grown one leaf at a time. Pure.

RFC 6962 section 2.1: a leaf is SHA-256(0x00 || line), a node SHA-256(0x01 || left || right). Only the roots
of the full subtrees on the right edge are kept, one for each 1 in the binary size: 20 hashes for a million.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

EMPTY: Final = hashlib.sha256(b"").digest()
"""Root of a tree without leaves."""
HASH_BYTES: Final = 32


def leaf(line: bytes) -> bytes:
    """Hash of one line without its newline."""
    return hashlib.sha256(b"\x00" + line).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A growing tree in O(log n) memory.

    Args:
        size: leaves so far.
        edge: roots of its full subtrees, largest first.

    Raises:
        ValueError: `edge` does not belong to a tree of `size` leaves.
    """

    __slots__ = ("_edge", "_size")

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if size < 0 or size.bit_count() != len(edge) or any(len(part) != HASH_BYTES for part in edge):
            raise ValueError("the edge does not belong to a tree of this size")
        self._size = size
        self._edge = list(edge)

    @property
    def size(self) -> int:
        """Leaves so far."""
        return self._size

    @property
    def edge(self) -> tuple[bytes, ...]:
        """Roots of the full subtrees, largest first: with `size` all that is needed to go on."""
        return tuple(self._edge)

    def add(self, hashed: bytes) -> None:
        """Adds one leaf, given its hash."""
        size, edge = self._size, self._edge
        while size & 1:
            hashed = hashlib.sha256(b"\x01" + edge.pop() + hashed).digest()
            size >>= 1
        edge.append(hashed)
        self._size += 1

    def root(self) -> bytes:
        """Root over all leaves so far."""
        if not self._edge:
            return EMPTY
        total = self._edge[-1]
        for part in reversed(self._edge[:-1]):
            total = node(part, total)
        return total


def root(lines: Iterable[bytes]) -> bytes:
    """Root over lines without their newlines."""
    frontier = Frontier()
    for line in lines:
        frontier.add(leaf(line))
    return frontier.root()
