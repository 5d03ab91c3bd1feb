"""Merkle trees: the vectors of RFC 6962's reference implementation, and every place in trees of many sizes."""

from hashlib import sha256

import pytest

from shared.domain import merkle
from shared.domain.merkle import CHUNK

VECTORS = [bytes.fromhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
}


def leaves_of(size: int) -> list[bytes]:
    """Return the data of some leaves."""
    return [sha256(str(number).encode()).digest() for number in range(size)]


@pytest.mark.parametrize("size", ROOTS)
def test_root_is_that_of_the_reference_implementation(size: int) -> None:
    """Our trees are those of RFC 6962."""
    assert ROOTS[size] == merkle.build(VECTORS[:size]).root.hex()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 65, CHUNK, CHUNK + 1, CHUNK * 2 + 3])
def test_path_leads_to_the_root_from_its_own_place_alone(size: int) -> None:
    """A path proves its leaf at its index, and neither another leaf, nor another index or size, nor a changed path."""
    leaves = leaves_of(size)
    tree = merkle.build(leaves)
    for index in {0, 1, size // 2, size - 1, min(CHUNK, size - 1)} & set(range(size)):
        first = index // CHUNK * CHUNK
        path = merkle.path_in(tree, index, leaves[first : first + CHUNK])
        assert tree.root == merkle.climb(leaves[index], index, size, path)
        assert tree.root != merkle.climb(b"other", index, size, path)
        assert tree.root != merkle.climb(leaves[index], index ^ 1, size, path)
        assert tree.root != merkle.climb(leaves[index], index, size, [*path, tree.root])
        assert not path or tree.root != merkle.climb(leaves[index], index, size, path[1:])
    assert merkle.climb(leaves[0], size, size, []) is None
