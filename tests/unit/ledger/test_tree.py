import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree  # type: ignore[import-untyped] # it ships no types

from agent.ledger.tree import EMPTY, Frontier, leaf, root

LINES = st.lists(st.binary(max_size=20), max_size=70)


@given(LINES)
def test_the_root_is_that_of_an_independent_library(lines: list[bytes]) -> None:
    """pymerkle, which shares no code with us, computes the same RFC 6962 root for any lines."""
    oracle = InmemoryTree(algorithm="sha256")
    for line in lines:
        oracle.append_entry(line)
    assert root(lines) == oracle.get_root()


def test_the_root_is_that_of_certificate_transparency() -> None:
    """The eight inputs and the roots that CT's own reference tests use (google/certificate-transparency)."""
    inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    lines = [bytes.fromhex(text) for text in inputs]
    assert root(lines[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root(lines).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    """RFC 6962 2.1: the hash of an empty list is the hash of an empty string."""
    assert root([]) == EMPTY == hashlib.sha256().digest()


@given(LINES, st.data())
def test_it_goes_on_from_any_edge(lines: list[bytes], data: st.DataObject) -> None:
    """Size and edge are all that is needed to go on later, and there is one hash for each 1 in the size."""
    cut = data.draw(st.integers(0, len(lines)))
    first = Frontier()
    for line in lines[:cut]:
        first.add(leaf(line))
    assert len(first.edge) == cut.bit_count()
    later = Frontier(first.size, first.edge)
    for line in lines[cut:]:
        later.add(leaf(line))
    assert later.root() == root(lines)


@pytest.mark.parametrize(("size", "edge"), [(-1, []), (1, []), (0, [bytes(32)]), (1, [b"short"])])
def test_a_foreign_edge_is_refused(size: int, edge: list[bytes]) -> None:
    """An edge that no tree of that size has is not taken."""
    with pytest.raises(ValueError, match="edge"):
        Frontier(size, edge)
