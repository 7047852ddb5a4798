import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import (  # type: ignore[import-untyped] # it ships no types
    InclusionProof,
    InmemoryTree,
    verify_inclusion,
)

from agent.ledger.proof import consistency, extends, includes, inclusion
from agent.ledger.tree import leaf, root

MOST = 40
LINES = [bytes([number]) for number in range(MOST)]
LEAVES = [leaf(line) for line in LINES]


def test_every_leaf_of_every_tree_is_proved_and_nothing_else() -> None:
    """For all sizes to 40 and all leaves the proof holds, and for no neighbour of leaf, index or size."""
    for size in range(1, MOST):
        top = root(LINES[:size])
        for index in range(size):
            proof = inclusion(LEAVES, index, size)
            assert includes(LEAVES[index], index, size, proof, top)
            assert not includes(LEAVES[index + 1], index, size, proof, top)
            assert not includes(LEAVES[index], index + 1, size, proof, top)
            assert not includes(LEAVES[index], index, size, (*proof, bytes(32)), top)
            assert not proof or not includes(LEAVES[index], index, size, proof[:-1], top)


def test_every_older_tree_is_proved_and_nothing_else() -> None:
    """For all pairs of sizes to 40 the proof holds, and for no other root on either side."""
    other = bytes(32)
    for new in range(1, MOST):
        newer = root(LINES[:new])
        for old in range(1, new + 1):
            older = root(LINES[:old])
            proof = consistency(LEAVES, old, new)
            assert extends(old, older, new, newer, proof)
            assert not extends(old, other, new, newer, proof)
            assert not extends(old, older, new, other, proof)
            assert not extends(old, older, new, newer, (*proof, other))
            assert old == new or not extends(old, older, new, newer, proof[:-1])


@given(st.integers(1, MOST - 1), st.data())
@settings(max_examples=60)
def test_proofs_have_the_hashes_an_independent_library_finds(size: int, data: st.DataObject) -> None:
    """The proof of pymerkle for the same leaf leads from it over the same hashes to the same root."""
    index = data.draw(st.integers(0, size - 1))
    oracle = InmemoryTree(algorithm="sha256")
    for line in LINES[:size]:
        oracle.append_entry(line)
    theirs = oracle.prove_inclusion(index + 1, size)
    assert isinstance(theirs, InclusionProof)
    verify_inclusion(LEAVES[index], root(LINES[:size]), theirs)
    assert set(inclusion(LEAVES, index, size)) == set(theirs.path) - {LEAVES[index]}


def test_any_changed_bit_of_a_proof_breaks_it() -> None:
    """A proof of 37 leaves with one bit changed anywhere proves nothing."""
    proof = inclusion(LEAVES, 11, 37)
    top = root(LINES[:37])
    for part in range(len(proof)):
        for bit in (0, 77, 255):
            changed = (int.from_bytes(proof[part], "big") ^ 1 << bit).to_bytes(32, "big")
            assert not includes(LEAVES[11], 11, 37, (*proof[:part], changed, *proof[part + 1 :]), top)


def test_what_is_no_question_is_refused() -> None:
    """Leaves and sizes that do not exist raise instead of giving some proof."""
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion(LEAVES, 3, 3)
    with pytest.raises(ValueError, match="out of order"):
        consistency(LEAVES, 4, 3)
    with pytest.raises(ValueError, match="fewer leaves"):
        inclusion(LEAVES[:5], 0, 6)
    assert not extends(0, bytes(32), 3, root(LINES[:3]), (bytes(32),))
    assert not extends(5, root(LINES[:5]), 3, root(LINES[:3]), (bytes(32),))
    assert not includes(LEAVES[0], -1, 3, (), root(LINES[:3]))
