"""The JSON of the API: receipts. Generated from the OpenAPI document by sdk/scripts/python_models.py."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The place of a leaf in a tree of a day."""

    day: int
    """The day, counted from 1970-01-01 UTC."""

    index: int
    """The position of the leaf, from 0."""

    path: tuple[str, ...]
    """The hashes of its neighbours, from the leaf to the root."""


@dataclass(frozen=True, kw_only=True)
class ReceiptGeneration:
    """The generation of a receipt. Times are Unix milliseconds, amounts are micro-dollars."""

    id: str
    """The generation's id."""

    account: str
    """The account's id."""

    kind: str
    """The kind of model."""

    model: str
    """The model's id."""

    provider: str
    """The provider that served it, or had it last."""

    state: str
    """`completed` or `failed`."""

    error_code: str | None
    """The reason for the failure, for programs."""

    reserved_micros: int
    """The reservation."""

    cost_micros: int
    """The charge."""

    credit_micros: int | None
    """The amount that was given back afterwards."""

    created_ms: int
    """When it was ordered."""

    started_ms: int | None
    """When a worker started it."""

    closed_ms: int
    """When it ended."""

    credit_ms: int | None
    """When the credit was given."""

    late_ms: int | None
    """When a result came after the refund."""

    output_sha256: str
    """The SHA-256 of each output that we stored, separated by spaces."""

    hidden: tuple[str, ...]
    """Commitments to the fields that a receipt does not show."""

    proof: Proof | None = None
    """Its place in the tree of its day. Null until the day is signed."""


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """A ledger entry of the generation."""

    sequence: int
    """The entry's number in the account, from 1."""

    at_ms: int
    """The time, Unix milliseconds."""

    kind: str
    """`reserve`, `settle` or `credit`."""

    amount_micros: int
    """The amount in micro-dollars."""

    previous: str
    """The hash of the account's entry before it."""

    hash: str
    """The hash of the entry."""

    proof: Proof | None = None
    """Its place in the tree of its day. Null until the day is signed."""


@dataclass(frozen=True, kw_only=True)
class DayTree:
    """A tree of an account's day."""

    name: str
    """The table of its leaves."""

    size: int
    """How many leaves it has."""

    root: str
    """Its root."""


@dataclass(frozen=True, kw_only=True)
class SignedDay:
    """A signed day of the deployment's books, which names the signed day before it."""

    day: int
    """The day, counted from 1970-01-01 UTC."""

    size: int
    """How many accounts the day has."""

    root: str
    """The root of the day."""

    previous_day: int | None
    """The signed day before it."""

    previous_root: str
    """The root of that day."""

    signed_ms: int
    """When the root was signed, Unix milliseconds."""

    key_id: str
    """The key that signed it."""

    signature: str
    """The Ed25519 signature in hexadecimal."""


@dataclass(frozen=True, kw_only=True)
class ReceiptDay:
    """An account's leaf in the tree of a signed day."""

    after: int
    """The number of the account's last ledger entry before the day."""

    sequence: int
    """The number of its last ledger entry of the day. 0: the day has none."""

    head: str
    """The hash of that entry."""

    trees: tuple[DayTree, ...]
    """The account's trees of the day."""

    index: int
    """The position of the account's leaf in the tree of the day."""

    path: tuple[str, ...]
    """The hashes of its neighbours, from the leaf to the root."""

    signed: SignedDay
    """The signed day."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A receipt. `provisional`: the deployment signs it, but its day is not signed yet."""

    version: int
    """The version of the format."""

    status: Literal["included", "provisional"]
    """Whether all of it is in days that are signed."""

    issuer: str
    """The identity of the deployment's books."""

    generation: ReceiptGeneration
    """The generation."""

    lines: tuple[ReceiptLine, ...]
    """Its ledger entries. None if a daily quota paid."""

    days: tuple[ReceiptDay, ...]
    """The days of the proofs."""

    issued_ms: int
    """When the receipt was issued, Unix milliseconds."""

    key_id: str
    """The key that signed the receipt."""

    signature: str
    """The Ed25519 signature of the receipt in hexadecimal."""


@dataclass(frozen=True, kw_only=True)
class ReceiptKey:
    """A public key that receipts are signed with."""

    id: str
    """The first 16 characters of the key's SHA-256."""

    algorithm: Literal["Ed25519"]
    """The algorithm."""

    public_key: str
    """The key in hexadecimal."""

    created_ms: int
    """When the key was made, Unix milliseconds."""


@dataclass(frozen=True, kw_only=True)
class ReceiptKeys:
    """The public keys of a deployment, the current one first."""

    keys: tuple[ReceiptKey, ...]
    """The keys."""
