"""Vouchers: codes that add an amount to one account, once. Only their hashes are stored, as those of keys."""

import asyncio
import secrets
from typing import Literal

from msgspec import Struct

from shared.domain.ids import KEY_RANDOM_BYTES, key_hash, new_key
from shared.domain.times import DAY_MS
from shared.store import keys
from shared.store.client import StoreClient

KEEP_MS = 90 * DAY_MS
HASH_CHARS = 12  # of a voucher's hash, in the reference of its ledger line
BATCHES_MAX = 1000  # newest ones that are listed


class VoucherBatch(Struct, frozen=True, kw_only=True):
    """Vouchers that were made together."""

    id: str
    name: str
    amount: int  # micro-USD, of each
    count: int
    redeemed: int
    created_ms: int
    expires_ms: int
    once: bool  # an account may redeem only one of them
    revoked: bool


class Redemption(Struct, frozen=True):
    """The result of a redemption, with the amount and the balance in micro-USD."""

    outcome: Literal["redeemed", "already", "unknown", "second", "closed", "missing"]
    amount: int = 0
    balance: int = 0


async def create(
    store: StoreClient, *, name: str, micros: int, count: int, expires_ms: int, once: bool
) -> tuple[str, list[str]]:
    """Create vouchers, and return (batch, the vouchers themselves). They are never shown again."""
    batch = "batch_" + secrets.token_hex(6)
    made = [new_key("voucher", secrets.token_bytes(KEY_RANDOM_BYTES)) for _ in range(count)]
    facts = (batch, name, micros, expires_ms, KEEP_MS, "1" if once else "")
    await store.run("create_vouchers", *facts, *map(key_hash, made), durable=True)
    return batch, made


async def redeem(store: StoreClient, account_id: str, voucher: str) -> Redemption:
    """Add the amount of a voucher to an account, once."""
    hashed = key_hash(voucher)
    reply = await store.run("redeem_voucher", account_id, hashed, f"voucher {hashed[:HASH_CHARS]}", durable=True)
    return Redemption(*reply)


async def revoke(store: StoreClient, batch: str) -> int | None:
    """Revoke the vouchers of a batch that nobody has redeemed. Return their number, or None for an unknown batch."""
    reply = await store.run("revoke_vouchers", batch)
    return int(reply[1]) if reply[0] == "revoked" else None


async def list_batches(store: StoreClient, count: int) -> list[VoucherBatch]:
    """Return up to `count` batches, newest first. Those that ended long ago are gone."""
    names = [raw.decode() for raw in await store.call("ZREVRANGE", keys.VOUCHER_BATCHES, 0, count - 1)]
    found = await asyncio.gather(*(store.call("HGETALL", keys.voucher_batch(name)) for name in names))
    return [_read(name, fields) for name, fields in zip(names, found, strict=True) if fields]


def _read(name: str, fields: list[bytes]) -> VoucherBatch:
    values = {fields[at].decode(): fields[at + 1].decode() for at in range(0, len(fields), 2)}
    numbers = {field: int(values[field]) for field in ("amount", "count", "redeemed", "created_ms", "expires_ms")}
    revoked = "revoked_ms" in values
    return VoucherBatch(id=name, name=values["name"], once=values["each"] == "1", revoked=revoked, **numbers)
