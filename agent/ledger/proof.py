"""Inclusion and consistency proofs, made from a stream of leaf hashes in O(log n) memory. Pure.

RFC 9162 (December 2021), sections 2.1.3 and 2.1.4, over the tree of RFC 6962.
"""

from collections.abc import Iterable, Sequence

from agent.ledger.tree import Frontier, node

_Range = tuple[int, int]


def inclusion(leaves: Iterable[bytes], index: int, size: int) -> tuple[bytes, ...]:
    """The hashes that lead from leaf `index` to the root of the first `size` leaves, nearest first.

    Args:
        leaves: leaf hashes from the first on; read only as far as needed.
        index: from 0.
        size: leaves of the tree.

    Raises:
        ValueError: no such leaf, or fewer than `size` leaves.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of this size")
    ranges: list[_Range] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return _roots(leaves, ranges[::-1], size)


def consistency(leaves: Iterable[bytes], old: int, new: int) -> tuple[bytes, ...]:
    """The hashes that show that the first `old` of `new` leaves are the older tree.

    Args:
        leaves: leaf hashes from the first on.
        old: leaves of the older tree, at least 1.
        new: leaves of the newer tree.

    Raises:
        ValueError: sizes out of order, or fewer than `new` leaves.
    """
    if not 0 < old <= new:
        raise ValueError("sizes are out of order")
    ranges: list[_Range] = []
    low, high, whole = 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low, whole = middle, False
    # The older tree itself is known to the verifier; any other rest of it is not.
    rest = [] if whole else [(low, high)]
    return _roots(leaves, [*rest, *ranges[::-1]], new)


def includes(hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the leaf with this hash is number `index` of the `size` under `root`."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, hashed
    for part in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(part, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, part)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def extends(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `new` leaves begins with the tree of `old` leaves."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    older = newer = path[0]
    for part in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            older, newer = node(part, older), node(part, newer)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            newer = node(newer, part)
        at, last = at >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _roots(leaves: Iterable[bytes], ranges: Sequence[_Range], size: int) -> tuple[bytes, ...]:
    """Root of each range of leaves, in one pass: the ranges do not overlap."""
    trees = {span: Frontier() for span in ranges}
    waiting = sorted(ranges, reverse=True)
    seen = 0
    for hashed in leaves:
        while waiting and waiting[-1][1] <= seen:
            waiting.pop()
        if waiting and waiting[-1][0] <= seen:
            trees[waiting[-1]].add(hashed)
        seen += 1
        if seen == size:
            break
    if seen < size:
        raise ValueError("fewer leaves than the tree has")
    return tuple(trees[span].root() for span in ranges)
