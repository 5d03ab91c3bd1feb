"""Archived accounts: rows as an archiver writes them, in days of the tests' own."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from shared.domain.generation import Outcome, Output, encode, encode_spec
from shared.domain.receipt import key_id
from shared.domain.times import DAY_MS
from shared.records.chain import LedgerLine
from shared.records.close_day import Signer
from shared.records.connect import Records
from shared.records.rows import Row, audit_row, delivery_row, event_rows, generation_row
from shared.records.write import AccountBatch, Batch, Written, write_batch
from tests.harness.factories import SPEC

DAY = 20_000
PRICE, COST = 50, 40
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
SIGNER = Signer(key_id(PUBLIC), lambda signed: PRIVATE.sign(signed).hex())
KEYS: Mapping[str, bytes] = {SIGNER.key_id: PUBLIC}


def day_ms(day: int = DAY) -> int:
    """Return a moment of a day."""
    return day * DAY_MS + 5000


def make_generation(name: str, account: str = "acct_1", *, day: int = DAY, **changes: object) -> Row:
    """Return the row of an ended generation."""
    outcome = Outcome("noop", (Output("a/b.png", "image/png", 9, sha256="ab" * 32),), facts={"seconds": 2.5})
    fields: dict[str, object] = {
        "account": account,
        "key": "0123456789abcdef",
        "provider": "noop",
        "state": "completed",
        "reserved": PRICE,
        "cost": COST,
        "created_ms": day_ms(day) - 1000,
        "deadline_ms": day_ms(day),
        "closed_ms": day_ms(day),
        "run_ms": 60_000,
        "spec": encode_spec(structs.replace(SPEC, prompt="a red boat", input={"seed": 7}, metadata={"user": "u_1"})),
        "outcome": encode(outcome),
        **changes,
    }
    parts = [part for pair in fields.items() for part in pair]
    return generation_row(name, [part if isinstance(part, bytes) else str(part).encode() for part in parts])


def make_account(name: str, lines: list[LedgerLine]) -> AccountBatch:
    """Return an account with these lines, all there are of it."""
    topup = sum(line.amount for line in lines if line.kind == "top_up")
    row: Row = {"id": name, "name": f"Ada {name}", "plan": "pro", "created_ms": 1, "low": 0}
    row |= {"topup": topup, "spent": topup - sum(line.amount for line in lines)}
    event = b'{"at_ms":%d,"type":"key.created","subject":"key_1","detail":"hint","by":"operator"}' % day_ms()
    return AccountBatch(row=row, lines=lines, events=event_rows(name, 1, [event]))


def lines_of(name: str, *generations: str, day: int = DAY) -> list[LedgerLine]:
    """Return a top-up, and the lines of some generations of an account."""
    facts: list[tuple[str, int, str]] = [("top_up", 1000, f"payment of {name}")]
    for generation in generations:
        facts += [("reserve", -PRICE, generation), ("settle", PRICE - COST, generation)]
    return [LedgerLine(name, number, day_ms(day), *fact) for number, fact in enumerate(facts, 1)]


def make_delivery(account: str) -> Row:
    """Return the row of an ended delivery."""
    facts = {"account": account, "endpoint": "ep_1", "event": "evt_1", "type": "generation.completed"}
    facts |= {"state": "delivered", "created_ms": str(day_ms()), "ended_ms": str(day_ms()), "attempts": "1"}
    return delivery_row(f"{account}:evt_1:ep_1", [part.encode() for pair in facts.items() for part in pair])


def make_batch(account: str, *names: str) -> Batch:
    """Return a batch with a row of every table of an account with these generations."""
    key = {"id": f"key_{account}", "account": account, "hash": "f" * 64, "kind": "wowflow", "hint": "wf_live_...abcd"}
    upload = {"id": f"up_{account}", "account": account, "bytes": 9, "media_type": "image/png", "path": "in/a.png"}
    action = b'{"at_ms":%d,"who":"ada","what":"top up","on":"%s","detail":"x","outcome":"topped_up"}'
    return Batch(
        generations=[make_generation(name, account) for name in names],
        deliveries=[make_delivery(account)],
        accounts=[make_account(account, lines_of(account, *names))],
        keys=[{**key, "created_ms": day_ms(), "revoked_ms": None}],
        uploads=[{**upload, "created_ms": day_ms(), "until_ms": day_ms() + 9}],
        audit=[audit_row(action % (day_ms(), account.encode()))],
    )


async def archive(records: Records, batch: Batch) -> Written:
    """Write a batch in a transaction of its own."""
    async with records.write() as connection:
        return await write_batch(connection, batch)
