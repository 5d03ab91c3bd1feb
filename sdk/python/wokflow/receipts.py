"""Verification of receipts, with nothing but the public keys of the deployment."""

import re
from collections.abc import Mapping
from hashlib import sha256

from wokflow import ed25519
from wokflow.decode import decode
from wokflow.errors import InvalidResponseError, ReceiptVerificationError
from wokflow.models.receipts import Proof, Receipt, ReceiptDay, ReceiptGeneration, ReceiptKeys, SignedDay

VERSION = 1
LINES = "ledger_lines"
GENERATIONS = "generations"

Value = str | int | None


def verify_receipt(receipt: Receipt | Mapping[str, object], keys: ReceiptKeys | Mapping[str, object]) -> Receipt:
    """Verify a receipt, and return it. Raises ReceiptVerificationError if a part differs from what was signed.

    Both can be the JSON of the API, such as from a file. A `provisional` receipt is signed, but its day is not yet.
    """
    try:
        receipt = receipt if isinstance(receipt, Receipt) else decode(Receipt, receipt)
        keys = keys if isinstance(keys, ReceiptKeys) else decode(ReceiptKeys, keys)
        _verify(receipt, {key.id: key.public_key for key in keys.keys})
    except (InvalidResponseError, UnicodeError) as error:
        raise _refused(str(error).rstrip(".")) from error
    return receipt


def _verify(receipt: Receipt, keys: Mapping[str, str]) -> None:
    _check(receipt.version == VERSION, f"version {receipt.version} is not known")
    digest = digest_generation(receipt.generation)
    hashes = (digest.hex(), *(line.hash for line in receipt.lines))
    about = (receipt.version, receipt.issuer, receipt.status, receipt.issued_ms, receipt.key_id)
    _check_signature(keys, receipt, encode_fields("wokflow receipt", *about, *hashes), "the receipt")
    _check_lines(receipt)
    for day in receipt.days:
        _check_day(receipt, day, keys)
    included = [_check_place(receipt, receipt.generation.proof, GENERATIONS, digest, "the generation")]
    for line in receipt.lines:
        what = f"ledger entry {line.sequence}"
        included.append(_check_place(receipt, line.proof, LINES, from_hex(line.hash), what))
    _check(all(included) == (receipt.status == "included"), "its status does not fit its proofs")


def digest_generation(one: ReceiptGeneration) -> bytes:
    """Return the digest of a receipt's generation."""
    return sha256(
        encode_fields(
            *(GENERATIONS, one.id, one.account, one.kind, one.model, one.provider, one.state, one.error_code),
            *(one.reserved_micros, one.cost_micros, one.credit_micros, one.created_ms, one.started_ms, one.closed_ms),
            *(one.credit_ms, one.late_ms, one.output_sha256, *one.hidden),
        )
    ).digest()


def encode_fields(*values: Value) -> bytes:
    """Return fields as one text: each with its length in bytes, `-` for a missing one."""
    return b"".join(b"-," if value is None else _measure(str(value).encode()) for value in values)


def climb(leaf: bytes, index: int, size: int, path: tuple[str, ...]) -> str | None:
    """Return the root that a leaf's path leads to (RFC 6962). None for a path that fits no tree of that size."""
    if not 0 <= index < size:
        return None
    rest, found, last = list(path), sha256(b"\0" + leaf).digest(), size - 1
    while last > 0:
        if index % 2 or index != last:
            if not rest:
                return None
            neighbour = from_hex(rest.pop(0))
            found = sha256(b"\1" + (neighbour + found if index % 2 else found + neighbour)).digest()
        index, last = index // 2, last // 2
    return None if rest else found.hex()


def from_hex(text: str) -> bytes:
    """Return the bytes of a hexadecimal text. Another text gives none."""
    return bytes.fromhex(text) if re.fullmatch(r"([0-9a-f]{2})*", text) else b""


def _check_lines(receipt: Receipt) -> None:
    generation = receipt.generation
    for line in receipt.lines:
        facts = (line.previous, generation.account, line.sequence, line.at_ms, line.kind, line.amount_micros)
        text = "\n".join(map(str, (*facts, generation.id)))
        _check(line.hash == sha256(text.encode()).hexdigest(), f"ledger entry {line.sequence} differs")
    total = sum(line.amount_micros for line in receipt.lines)
    expected = (generation.credit_micros or 0) - generation.cost_micros
    _check(total == expected, f"the ledger entries sum to {total}, not to {expected} micro-dollars")


def _check_day(receipt: Receipt, day: ReceiptDay, keys: Mapping[str, str]) -> None:
    signed = day.signed
    about = (signed.day, signed.size, signed.root, signed.previous_day, signed.previous_root)
    text = encode_fields("wokflow day", VERSION, receipt.issuer, *about, signed.signed_ms, signed.key_id)
    _check_signature(keys, signed, text, f"day {signed.day}")
    trees = [value for tree in day.trees for value in (tree.name, tree.size, tree.root)]
    account = ("account", receipt.generation.account, signed.day, day.after, day.sequence, day.head)
    leaf = sha256(encode_fields(*account, *trees)).digest()
    root = climb(leaf, day.index, signed.size, day.path)
    _check(root == signed.root, f"the account is not in the tree of day {signed.day}")


def _check_place(receipt: Receipt, proof: Proof | None, name: str, leaf: bytes, what: str) -> bool:
    """Return whether a leaf has a proof. Raises ReceiptVerificationError for a wrong one."""
    if proof is None:
        return False
    days = [day for day in receipt.days if day.signed.day == proof.day]
    _check(bool(days), f"{what} is of day {proof.day}, which is missing")
    trees = [tree for tree in days[0].trees if tree.name == name]
    _check(len(trees) == 1, f"{what} is in no tree of day {proof.day}")
    root = climb(leaf, proof.index, trees[0].size, proof.path)
    _check(root == trees[0].root, f"{what} is not in the tree of day {proof.day}")
    return True


def _check_signature(keys: Mapping[str, str], signed: Receipt | SignedDay, text: bytes, what: str) -> None:
    key = keys.get(signed.key_id)
    if key is None:
        raise _refused(f"{what} is signed with the key {signed.key_id}, which is not among the public keys")
    holds = ed25519.verify(from_hex(key), from_hex(signed.signature), text)
    _check(holds, f"the signature of {what} is wrong")


def _measure(text: bytes) -> bytes:
    return b"%d:%b," % (len(text), text)


def _check(holds: bool, reason: str) -> None:
    if not holds:
        raise _refused(reason)


def _refused(reason: str) -> ReceiptVerificationError:
    return ReceiptVerificationError(f"The receipt is refused: {reason}.")
