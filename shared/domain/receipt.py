"""Receipts: the price of a generation, with a proof that it is in the books of a day that was signed.

A receipt is verified with nothing but the public key. Every hash covers texts of fields with their lengths, so that
there is one way to read them: docs/records.md has the format.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta, Struct

from shared.domain import merkle
from shared.domain.described import doc
from shared.domain.errors import WokflowError

VERSION = 1
KEY_ID_CHARS = 16
LINES, GENERATIONS = "ledger_lines", "generations"  # names of trees
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
OptionalHash = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]
Whole = Annotated[int, Meta(ge=0)]


class ReceiptInvalid(WokflowError):
    """A receipt is not what the deployment signed. The message names the part."""


class Proof(Struct, frozen=True, kw_only=True):
    """The place of a leaf in a tree of a day."""

    day: Annotated[int, doc("The day, counted from 1970-01-01 UTC.")]
    index: Annotated[Whole, doc("The position of the leaf, from 0.")]
    path: Annotated[tuple[Hash, ...], doc("The hashes of its neighbours, from the leaf to the root.")]


class ReceiptGeneration(Struct, frozen=True, kw_only=True):
    """The generation of a receipt. Times are Unix milliseconds, amounts are micro-dollars."""

    id: Annotated[str, doc("The generation's id.")]
    account: Annotated[str, doc("The account's id.")]
    kind: Annotated[str, doc("The kind of model.")]
    model: Annotated[str, doc("The model's id.")]
    provider: Annotated[str, doc("The provider that served it, or had it last.")]
    state: Annotated[str, doc("`completed` or `failed`.")]
    error_code: Annotated[str | None, doc("The reason for the failure, for programs.")]
    reserved_micros: Annotated[int, doc("The reservation.")]
    cost_micros: Annotated[int, doc("The charge.")]
    credit_micros: Annotated[int | None, doc("The amount that was given back afterwards.")]
    created_ms: Annotated[int, doc("When it was ordered.")]
    started_ms: Annotated[int | None, doc("When a worker started it.")]
    closed_ms: Annotated[int, doc("When it ended.")]
    credit_ms: Annotated[int | None, doc("When the credit was given.")]
    late_ms: Annotated[int | None, doc("When a result came after the refund.")]
    output_sha256: Annotated[str, doc("The SHA-256 of each output that we stored, separated by spaces.")]
    hidden: Annotated[tuple[Hash, ...], doc("Commitments to the fields that a receipt does not show.")]
    proof: Annotated[Proof | None, doc("Its place in the tree of its day. Null until the day is signed.")] = None


class ReceiptLine(Struct, frozen=True, kw_only=True):
    """A ledger entry of the generation."""

    sequence: Annotated[int, doc("The entry's number in the account, from 1.")]
    at_ms: Annotated[int, doc("The time, Unix milliseconds.")]
    kind: Annotated[str, doc("`reserve`, `settle` or `credit`.")]
    amount_micros: Annotated[int, doc("The amount in micro-dollars.")]
    previous: Annotated[OptionalHash, doc("The hash of the account's entry before it.")]
    hash: Annotated[Hash, doc("The hash of the entry.")]
    proof: Annotated[Proof | None, doc("Its place in the tree of its day. Null until the day is signed.")] = None


class DayTree(Struct, frozen=True, kw_only=True):
    """A tree of an account's day."""

    name: Annotated[str, doc("The table of its leaves.")]
    size: Annotated[Whole, doc("How many leaves it has.")]
    root: Annotated[Hash, doc("Its root.")]


class SignedDay(Struct, frozen=True, kw_only=True):
    """A signed day of the deployment's books, which names the signed day before it."""

    day: Annotated[int, doc("The day, counted from 1970-01-01 UTC.")]
    size: Annotated[Whole, doc("How many accounts the day has.")]
    root: Annotated[Hash, doc("The root of the day.")]
    previous_day: Annotated[int | None, doc("The signed day before it.")]
    previous_root: Annotated[OptionalHash, doc("The root of that day.")]
    signed_ms: Annotated[int, doc("When the root was signed, Unix milliseconds.")]
    key_id: Annotated[str, doc("The key that signed it.")]
    signature: Annotated[str, doc("The Ed25519 signature in hexadecimal.")] = ""


class ReceiptDay(Struct, frozen=True, kw_only=True):
    """An account's leaf in the tree of a signed day."""

    after: Annotated[int, doc("The number of the account's last ledger entry before the day.")]
    sequence: Annotated[int, doc("The number of its last ledger entry of the day. 0: the day has none.")]
    head: Annotated[OptionalHash, doc("The hash of that entry.")]
    trees: Annotated[tuple[DayTree, ...], doc("The account's trees of the day.")]
    index: Annotated[Whole, doc("The position of the account's leaf in the tree of the day.")]
    path: Annotated[tuple[Hash, ...], doc("The hashes of its neighbours, from the leaf to the root.")]
    signed: Annotated[SignedDay, doc("The signed day.")]


class Receipt(Struct, frozen=True, kw_only=True):
    """A receipt. `provisional`: the deployment signs it, but its day is not signed yet."""

    version: Annotated[int, doc("The version of the format.")] = VERSION
    status: Annotated[Literal["included", "provisional"], doc("Whether all of it is in days that are signed.")]
    issuer: Annotated[str, doc("The identity of the deployment's books.")]
    generation: Annotated[ReceiptGeneration, doc("The generation.")]
    lines: Annotated[tuple[ReceiptLine, ...], doc("Its ledger entries. None if a daily quota paid.")]
    days: Annotated[tuple[ReceiptDay, ...], doc("The days of the proofs.")]
    issued_ms: Annotated[int, doc("When the receipt was issued, Unix milliseconds.")]
    key_id: Annotated[str, doc("The key that signed the receipt.")] = ""
    signature: Annotated[str, doc("The Ed25519 signature of the receipt in hexadecimal.")] = ""


class PublicKey(Struct, frozen=True, kw_only=True):
    """A public key that receipts are signed with."""

    id: Annotated[str, doc("The first 16 characters of the key's SHA-256.")]
    algorithm: Annotated[str, doc("The algorithm.", const="Ed25519")] = "Ed25519"
    public_key: Annotated[Hash, doc("The key in hexadecimal.")]
    created_ms: Annotated[int, doc("When the key was made, Unix milliseconds.")]


class PublicKeys(Struct, frozen=True, kw_only=True):
    """The public keys of a deployment, the current one first."""

    keys: Annotated[tuple[PublicKey, ...], doc("The keys.")]


def text(*values: str | int | None) -> bytes:
    """Return values as one text: each with its length in bytes, `-` for a missing one."""
    parts = []
    for value in values:
        shown = str(value)
        length = len(shown) if shown.isascii() else len(shown.encode())
        parts.append("-," if value is None else f"{length}:{shown},")
    return "".join(parts).encode()


def digest(*values: str | int | None) -> bytes:
    """Return the SHA-256 of values."""
    return sha256(text(*values)).digest()


def line_hash(previous: str, *facts: str | int) -> str:
    """Return the hash of a ledger entry whose predecessor has the hash `previous`, "" for the first.

    The facts are account, sequence, time, kind, amount and reference.
    """
    return sha256("\n".join(map(str, (previous, *facts))).encode()).hexdigest()


def generation_digest(one: ReceiptGeneration) -> bytes:
    """Return the hash of a generation with everything that a receipt shows, and commitments to the rest."""
    return digest(
        *(GENERATIONS, one.id, one.account, one.kind, one.model, one.provider, one.state, one.error_code),
        *(one.reserved_micros, one.cost_micros, one.credit_micros, one.created_ms, one.started_ms, one.closed_ms),
        *(one.credit_ms, one.late_ms, one.output_sha256, *one.hidden),
    )


def account_digest(account: str, day: int, lines: tuple[int, int, str], trees: Iterable[DayTree]) -> bytes:
    """Return the leaf of an account in the tree of a day. `lines` are `after`, `sequence` and `head`."""
    parts = [part for tree in trees for part in (tree.name, tree.size, tree.root)]
    return digest("account", account, day, *lines, *parts)


def day_text(issuer: str, one: SignedDay) -> bytes:
    """Return the text that the signature of a day covers."""
    about = (one.day, one.size, one.root, one.previous_day, one.previous_root, one.signed_ms, one.key_id)
    return text("wokflow day", VERSION, issuer, *about)


def receipt_text(receipt: Receipt) -> bytes:
    """Return the text that the signature of a receipt covers."""
    hashes = (generation_digest(receipt.generation).hex(), *(line.hash for line in receipt.lines))
    about = (receipt.issuer, receipt.status, receipt.issued_ms, receipt.key_id)
    return text("wokflow receipt", receipt.version, *about, *hashes)


def sum_expected(one: ReceiptGeneration) -> int:
    """Return the sum that the ledger entries of a generation must have."""
    return (one.credit_micros or 0) - one.cost_micros


def key_id(public_key: bytes) -> str:
    """Return the id of a public key."""
    return sha256(public_key).hexdigest()[:KEY_ID_CHARS]


def verify(receipt: Receipt, keys: Mapping[str, bytes]) -> None:
    """Check a receipt with public keys by their ids. Raises ReceiptInvalid."""
    _require(receipt.version == VERSION, f"version {receipt.version} is not known")
    check_signature(keys, receipt.key_id, receipt.signature, receipt_text(receipt), "the receipt")
    _verify_sums(receipt)
    days = {one.signed.day: one for one in receipt.days}
    for one in receipt.days:
        _verify_day(receipt, one, keys)
    generation = receipt.generation
    included = [_verify_place(days, generation.proof, GENERATIONS, generation_digest(generation), "the generation")]
    for line in receipt.lines:
        what = f"ledger entry {line.sequence}"
        included.append(_verify_place(days, line.proof, LINES, bytes.fromhex(line.hash), what))
    _require(all(included) == (receipt.status == "included"), "its status does not fit its proofs")


def _verify_sums(receipt: Receipt) -> None:
    """Check each ledger entry, and that together they are the price."""
    one, total = receipt.generation, 0
    for line in receipt.lines:
        facts = (line.sequence, line.at_ms, line.kind, line.amount_micros, one.id)
        _require(line.hash == line_hash(line.previous, one.account, *facts), f"ledger entry {line.sequence} differs")
        total += line.amount_micros
    expected = sum_expected(one)
    _require(total == expected, f"the ledger entries sum to {total}, not to {expected} micro-dollars")


def _verify_day(receipt: Receipt, one: ReceiptDay, keys: Mapping[str, bytes]) -> None:
    signed = one.signed
    check_signature(keys, signed.key_id, signed.signature, day_text(receipt.issuer, signed), f"day {signed.day}")
    leaf = account_digest(receipt.generation.account, signed.day, (one.after, one.sequence, one.head), one.trees)
    found = merkle.climb(leaf, one.index, signed.size, [bytes.fromhex(part) for part in one.path])
    _require(found is not None and found.hex() == signed.root, f"the account is not in the tree of day {signed.day}")


def _verify_place(days: Mapping[int, ReceiptDay], proof: Proof | None, name: str, leaf: bytes, what: str) -> bool:
    """Return whether a leaf has a proof, and check it."""
    if proof is None:
        return False
    day = days.get(proof.day)
    _require(day is not None, f"{what} is of day {proof.day}, which is missing")
    trees = [tree for tree in day.trees if tree.name == name] if day else []
    _require(len(trees) == 1, f"{what} is in no tree of day {proof.day}")
    found = merkle.climb(leaf, proof.index, trees[0].size, [bytes.fromhex(part) for part in proof.path])
    _require(found is not None and found.hex() == trees[0].root, f"{what} is not in the tree of day {proof.day}")
    return True


def check_signature(keys: Mapping[str, bytes], name: str, signature: str, signed: bytes, what: str) -> None:
    """Check a signature. Raises ReceiptInvalid."""
    _require(name in keys, f"{what} is signed with the key {name}, which is not among the public keys")
    try:
        Ed25519PublicKey.from_public_bytes(keys[name]).verify(bytes.fromhex(signature), signed)
    except (InvalidSignature, ValueError):
        raise ReceiptInvalid(f"The receipt is refused: the signature of {what} is wrong.") from None


def _require(holds: bool, reason: str) -> None:
    if not holds:
        raise ReceiptInvalid(f"The receipt is refused: {reason}.")
