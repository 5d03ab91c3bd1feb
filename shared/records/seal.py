"""Seal rows: each has a digest over all of its columns, and belongs to the day whose signed root covers the digest.

A column that may be erased enters through a commitment: an HMAC under the row's salt. An erased column leaves its
commitment, so that the digest is as before. With the last of them half of the salt goes, so that nobody can guess a
text.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.receipt import GENERATIONS, digest, text
from shared.domain.times import DAY_MS
from shared.records import schema
from shared.records.rows import Row

SALT_BYTES = 32
HALF: Final = SALT_BYTES // 2
SEALED_DAY = "sealed_day"  # in `facts`: no row is added to a day up to this one
SEAL_COLUMNS = ("salt", "digest", "day", "erased")
IDS_MAX = 500  # of one look-up
PLAIN = {str, int, type(None)}  # types of values that every database gives as they are
BLOCK_BYTES = 64  # of SHA-256, at least as long as a key
INNER, OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))  # of HMAC


class Seal(Struct, frozen=True, kw_only=True):
    """How the rows of a table are sealed. Receipts do not show `internal` and `erasable` columns."""

    shown: tuple[str, ...]
    internal: tuple[str, ...] = ()
    erasable: tuple[str, ...] = ()
    time: str  # the column that says which day the row belongs to
    stays: tuple[str, ...] = ()  # columns that a later write without a value leaves


SEALS: Mapping[str, Seal] = {
    GENERATIONS: Seal(
        shown=(
            *("id", "account", "kind", "model", "provider", "state", "error_code", "reserved", "cost", "credit"),
            *("created_ms", "started_ms", "closed_ms", "credit_ms", "late_ms", "output_hashes"),
        ),
        internal=("key", "dialect", "target", "provider_cost", "expected_cost", "outputs", "seconds", "tokens"),
        erasable=("prompt", "metadata", "record"),
        time="closed_ms",
    ),
    "deliveries": Seal(
        shown=(
            "id",
            "account",
            "endpoint",
            "event",
            "type",
            "generation",
            "state",
            "attempts",
            "created_ms",
            "ended_ms",
        ),
        erasable=("record",),
        time="ended_ms",
    ),
    "account_events": Seal(
        shown=("account", "number", "at_ms", "type", "subject"), erasable=("detail", "by"), time="at_ms"
    ),
    "uploads": Seal(
        shown=("id", "account", "bytes", "media_type", "created_ms", "until_ms"),
        erasable=("path",),
        time="created_ms",
    ),
    "keys": Seal(
        shown=("id", "account", "kind", "created_ms", "revoked_ms"),
        erasable=("hash", "hint"),
        time="created_ms",
        stays=("revoked_ms",),
    ),
    "audit": Seal(shown=("id", "at_ms", "what", "subject", "outcome"), erasable=("who", "detail"), time="at_ms"),
}


def plain_value(value: object) -> str | int | None:
    """Return a value of a column as each database gives it again."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return repr(value + 0.0)
    return json.dumps(_plain_json(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain_values(row: Row, names: Sequence[str]) -> list[str | int | None]:
    values = [row[name] for name in names]
    return [value if type(value) in PLAIN else plain_value(value) for value in values]


def _plain_json(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_json(one) for one in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) + 0.0 if is_number else value  # type: ignore[arg-type]  # JSONB keeps no other difference


def commitments(table: str, row: Row) -> tuple[str, ...]:
    """Return the commitments of a row: to its internal columns, and to each one that may be erased."""
    seal, salt, erased = SEALS[table], bytes(row["salt"]), row["erased"] or {}
    internal = keyed_hash(salt[:HALF])(text(*_plain_values(row, seal.internal)))
    commit = keyed_hash(salt[HALF:])
    own = [erased.get(name) or commit(text(name, *_plain_values(row, (name,)))) for name in seal.erasable]
    return internal, *own


def keyed_hash(key: bytes) -> Callable[[bytes], str]:
    """Return the function that makes an HMAC-SHA-256 in hexadecimal (RFC 2104), faster than the module `hmac`."""
    padded = key.ljust(BLOCK_BYTES, b"\0")
    inner, outer = sha256(padded.translate(INNER)), sha256(padded.translate(OUTER))

    def commit(message: bytes) -> str:
        within, around = inner.copy(), outer.copy()
        within.update(message)
        around.update(within.digest())
        return around.hexdigest()

    return commit


def row_digest(table: str, row: Row) -> bytes:
    """Return the digest of a row. For a generation it is the one that receipts have, too."""
    return digest(table, *_plain_values(row, SEALS[table].shown), *commitments(table, row))


def erase_columns(table: str, row: Row, names: Sequence[str]) -> Row:
    """Return the changes that erase columns of a row, and leave its digest."""
    seal, erased = SEALS[table], dict(row["erased"] or {})
    for name, commitment in zip(seal.erasable, commitments(table, row)[1:], strict=True):
        if name in names:
            erased[name] = commitment
    is_all = len(erased) == len(seal.erasable)
    return {**_empty(table, names), "erased": erased, "salt": bytes(row["salt"])[: HALF if is_all else SALT_BYTES]}


async def read_open_day(connection: AsyncConnection) -> int:
    """Return the first day that rows may still be added to."""
    found = await connection.scalar(select(schema.facts.c.value).where(schema.facts.c.name == SEALED_DAY))
    return int(found) + 1 if found else 0


async def seal_rows(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> list[Row]:
    """Return those of some rows that are new or changed, sealed. An erased column stays erased.

    The digest of a version whose day is closed moves to `superseded`, because the day's root covers it.
    """
    if table.name not in SEALS or not rows:
        return list(rows)
    open_day, known = await read_open_day(connection), await _read_known(connection, table, rows)
    sealed, superseded = list[Row](), list[Row]()
    for row in rows:
        was = known.get(row_id(row), {})
        day = max(row[SEALS[table.name].time] // DAY_MS, open_day)
        new = _seal(table.name, {**row, "day": day}, was)
        if was.get("digest") is not None:
            if bytes(was["digest"]) == new["digest"]:
                continue
            if was["day"] < open_day:
                old = {"day": was["day"], "digest": was["digest"]}
                superseded.append({"name": table.name, "id": row_id(row), "account": row.get("account", ""), **old})
        sealed.append(new)
    if superseded:
        await connection.execute(schema.superseded.insert(), superseded)
    return sealed


def _seal(table: str, row: Row, was: Mapping[str, Any]) -> Row:
    """Return a row with its seal, and with what an earlier version of it leaves."""
    erased = was.get("erased")
    salt = bytes(was["salt"]) if was.get("salt") else secrets.token_bytes(SALT_BYTES)
    left = {name: was.get(name) for name in SEALS[table].stays if row[name] is None}
    new = {**row, **left, **_empty(table, erased or ()), "salt": salt, "erased": erased}
    return {**new, "digest": row_digest(table, new)}


def _empty(table: str, names: Iterable[str]) -> Row:
    columns = schema.tables.tables[table].c
    return {name: None if columns[name].nullable else "" for name in names}


def row_id(row: Mapping[str, Any]) -> str:
    """Return the id of a sealed row: an account's event has a number in its account."""
    return str(row["id"]) if "id" in row else f"{row['account']} {row['number']}"


async def _read_known(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> dict[str, Mapping[str, Any]]:
    """Return the seals of the rows that the database has."""
    if "id" not in table.c:
        return {}  # only new events are written
    wanted = select(table.c.id, *(table.c[name] for name in (*SEAL_COLUMNS, *SEALS[table.name].stays)))
    found: dict[str, Mapping[str, Any]] = {}
    ids = [row["id"] for row in rows]
    for first in range(0, len(ids), IDS_MAX):
        chunk = await connection.execute(wanted.where(table.c.id.in_(ids[first : first + IDS_MAX])))
        found |= {row["id"]: row for row in chunk.mappings()}
    return found
