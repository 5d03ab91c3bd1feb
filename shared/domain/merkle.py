"""Merkle trees as RFC 6962 hashes them: a tree of few hashes proves that a leaf is one of many.

A tree is stored as its root and, if it has more leaves than CHUNK, the roots of its chunks. So a proof reads one chunk.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from msgspec import Struct

CHUNK_LEVELS = 10
CHUNK = 1 << CHUNK_LEVELS
HASH_BYTES = 32
PATH_MAX = 64


class MerkleTree(Struct, frozen=True):
    """A tree: how many leaves it has, its root, and the roots of its chunks, joined, if it has several."""

    size: int
    root: bytes
    chunks: bytes = b""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node above two others."""
    return sha256(b"\1" + left + right).digest()


def build(leaves: Iterable[bytes]) -> MerkleTree:
    """Return the tree of some leaves' data."""
    size, chunk, chunks = 0, list[bytes](), list[bytes]()
    for data in leaves:
        size += 1
        chunk.append(leaf_hash(data))
        if len(chunk) == CHUNK:
            chunks.append(root_of(chunk))
            chunk = []
    if chunk:
        chunks.append(root_of(chunk))
    return MerkleTree(size, root_of(chunks), b"".join(chunks) if len(chunks) > 1 else b"")


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root above the hashes of leaves, or of complete subtrees and the rest."""
    if not hashes:
        return sha256().digest()
    level = list(hashes)
    while len(level) > 1:
        paired = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def path_of(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the neighbours on the way from one of the hashes to their root."""
    path, level = list[bytes](), list(hashes)
    while len(level) > 1:
        neighbour = index ^ 1
        if neighbour < len(level):
            path.append(level[neighbour])
        paired = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
        index //= 2
    return path


def path_in(tree: MerkleTree, index: int, chunk: Sequence[bytes]) -> list[bytes]:
    """Return the path of a leaf in a tree. `chunk` has the data of the leaves of its chunk."""
    own = path_of([leaf_hash(data) for data in chunk], index % CHUNK)
    roots = [tree.chunks[at : at + HASH_BYTES] for at in range(0, len(tree.chunks), HASH_BYTES)]
    return own + path_of(roots, index // CHUNK)


def climb(data: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that a leaf's path leads to, or None for a path that fits no tree of that size."""
    if not 0 <= index < size or len(path) > PATH_MAX:
        return None
    found, last, used = leaf_hash(data), size - 1, 0
    while last:
        if index % 2 or index < last:
            if used == len(path):
                return None
            found = node_hash(path[used], found) if index % 2 else node_hash(found, path[used])
            used += 1
        index, last = index // 2, last // 2
    return found if used == len(path) else None
