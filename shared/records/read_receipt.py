"""Read a receipt from the records, with the paths of its parts in the signed days."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain import merkle
from shared.domain.merkle import CHUNK, MerkleTree
from shared.domain.receipt import (
    GENERATIONS,
    LINES,
    DayTree,
    Proof,
    Receipt,
    ReceiptDay,
    ReceiptGeneration,
    ReceiptLine,
    SignedDay,
    sum_expected,
)
from shared.records import schema
from shared.records.close_day import DAY, make_statement, read_day_before, read_issuer
from shared.records.day_trees import select_digests
from shared.records.rows import Row
from shared.records.seal import commitments

LINES_MAX = 20  # of one generation; it has at most three


async def read_receipt(connection: AsyncConnection, account: str, generation_id: str, now_ms: int) -> Receipt | None:
    """Return an unsigned receipt of an account's generation ("": of any).

    None if the database does not have it, or lacks some of its ledger lines yet.
    """
    table = schema.generations
    row = (await connection.execute(select(table).where(table.c.id == generation_id))).mappings().first()
    if row is None or row["digest"] is None or (account and row["account"] != account):
        return None
    issuer = await read_issuer(connection)
    generation = show_generation(dict(row), await _prove_generation(connection, dict(row)))
    lines = [await _read_line(connection, line) for line in await _list_lines(connection, generation)]
    if sum(line.amount_micros for line in lines) != sum_expected(generation):
        return None
    proofs = [generation.proof, *(line.proof for line in lines)]
    days = [
        await read_day(connection, generation.account, day)
        for day in sorted({proof.day for proof in proofs if proof is not None})
    ]
    return Receipt(
        status="included" if all(proofs) else "provisional",
        issuer=issuer,
        generation=generation,
        lines=tuple(lines),
        days=tuple(days),
        issued_ms=now_ms,
    )


def show_generation(row: Row, proof: Proof | None) -> ReceiptGeneration:
    """Return the part of a generation's row that receipts show."""
    same = ("id", "account", "kind", "model", "provider", "state", "error_code", "created_ms", "started_ms")
    facts = {name: row[name] for name in (*same, "closed_ms", "credit_ms", "late_ms")}
    amounts = {f"{name}_micros": row[name] for name in ("reserved", "cost", "credit")}
    hidden = commitments(GENERATIONS, row)
    return ReceiptGeneration(**facts, **amounts, output_sha256=row["output_hashes"], hidden=hidden, proof=proof)


async def _prove_generation(connection: AsyncConnection, row: Row) -> Proof | None:
    tree = await _read_tree(connection, row["day"], row["account"], GENERATIONS)
    if tree is None:
        return None
    digests = select_digests(GENERATIONS, row["day"], row["account"]).subquery()
    return await _prove(connection, row["day"], tree, Leaves(digests, digests.c.digest), row["digest"])


async def _list_lines(connection: AsyncConnection, one: ReceiptGeneration) -> Sequence[Any]:
    lines = schema.ledger_lines
    wanted = select(lines).where(lines.c.reference == one.id, lines.c.account == one.account)
    return (await connection.execute(wanted.order_by(lines.c.sequence).limit(LINES_MAX))).all()


async def _read_line(connection: AsyncConnection, line: Any) -> ReceiptLine:
    lines, heads = schema.ledger_lines, schema.day_heads
    own = lines.c.account == line.account
    before = select(lines.c.hash).where(own, lines.c.sequence < line.sequence)
    previous = await connection.scalar(before.order_by(lines.c.sequence.desc()).limit(1))
    covers = (heads.c.account == line.account) & (heads.c.sequence >= line.sequence)
    head = (await connection.execute(select(heads).where(covers).order_by(heads.c.sequence).limit(1))).first()
    tree = await _read_tree(connection, head.day, line.account, LINES) if head else None
    proof = None
    if head is not None and tree is not None:
        between = own & (lines.c.sequence > head.after) & (lines.c.sequence <= head.sequence)
        leaves = select(lines.c.sequence, lines.c.hash).where(between).subquery()
        proof = await _prove(connection, head.day, tree, Leaves(leaves, leaves.c.sequence), line.sequence)
    return ReceiptLine(
        sequence=line.sequence,
        at_ms=line.at_ms,
        kind=line.kind,
        amount_micros=line.amount,
        previous=previous or "",
        hash=line.hash,
        proof=proof,
    )


async def read_day(connection: AsyncConnection, account: str, day: int) -> ReceiptDay:
    """Return a signed day with the account's place in it."""
    heads, trees, days = schema.day_heads, schema.day_trees, schema.days
    row = (await connection.execute(select(days).where(days.c.day == day))).mappings().one()
    head = (await connection.execute(select(heads).where(heads.c.day == day, heads.c.account == account))).one()
    own = select(trees).where(trees.c.day == day, trees.c.account == account, trees.c.name != DAY)
    listed = [DayTree(name=one.name, size=one.size, root=one.root) for one in await connection.execute(own)]
    tree = await _read_tree(connection, day, "", DAY)
    leaves = select(heads.c.digest).where(heads.c.day == day).subquery()
    place = await _prove(connection, day, tree or MerkleTree(0, b""), Leaves(leaves, leaves.c.digest), head.digest)
    statement = make_statement(dict(row), await read_day_before(connection, day))
    return ReceiptDay(
        signed=statement,
        after=head.after,
        sequence=head.sequence,
        head=head.hash,
        trees=tuple(sorted(listed, key=lambda one: one.name)),
        index=place.index,
        path=place.path,
    )


async def read_signed_day(connection: AsyncConnection, day: int | None) -> SignedDay | None:
    """Return a signed day, by default the newest; None if it is not signed."""
    days = schema.days
    wanted = select(days).order_by(days.c.day.desc()).limit(1)
    row = (await connection.execute(wanted if day is None else wanted.where(days.c.day == day))).mappings().first()
    return make_statement(dict(row), await read_day_before(connection, row["day"])) if row else None


async def _read_tree(connection: AsyncConnection, day: int | None, account: str, name: str) -> MerkleTree | None:
    """Return a tree of a signed day; None if the day is not signed."""
    trees = schema.day_trees.c
    wanted = select(trees.size, trees.root, trees.chunks)
    if day is None:
        return None
    own = (trees.day == day) & (trees.account == account) & (trees.name == name)
    found = (await connection.execute(wanted.where(own))).first()
    return MerkleTree(found.size, bytes.fromhex(found.root), bytes(found.chunks or b"")) if found else None


class Leaves(Struct, frozen=True):
    """The leaves of a tree: a query of them whose last column is their data, and the column of their order."""

    query: Any
    order: Any


async def _prove(connection: AsyncConnection, day: int, tree: MerkleTree, leaves: Leaves, mine: bytes | int) -> Proof:
    """Return the place of a leaf in a tree of a day. It reads one chunk of the leaves."""
    query, order = leaves.query, leaves.order
    index = await connection.scalar(select(func.count()).select_from(query).where(order < mine)) or 0
    first = index // CHUNK * CHUNK
    found = await connection.execute(select(query).order_by(order).limit(CHUNK).offset(first))
    chunk = [bytes.fromhex(row[-1]) if isinstance(row[-1], str) else bytes(row[-1]) for row in found]
    path = merkle.path_in(tree, index, chunk)
    return Proof(day=day, index=index, path=tuple(part.hex() for part in path))
