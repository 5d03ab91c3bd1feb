"""Rows of the tables, made from the store's records. A reader gets the same record from a row again."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import structs

from shared.domain.generation import FAILED, Generation, Outcome, decode_spec, encode_spec, read
from shared.domain.times import DAY_MS

KEY_CHARS = 16  # of a key's hash, in a generation
AUDIT_ID_CHARS = 32
NUL, SHOWN_NUL = "\0", "\N{REPLACEMENT CHARACTER}"  # PostgreSQL's texts have no NUL
SECONDS, TOKENS = ("seconds", "duration"), ("prompt_tokens", "completion_tokens")

Row = dict[str, Any]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, bytes]).decode


def generation_row(generation_id: str, fields: Sequence[bytes]) -> Row:
    """Return the row of an ended generation from its hash in the store. Raises what `generation.read` raises."""
    found = read(generation_id, fields)
    spec, outcome = found.spec, found.outcome or Outcome()
    named = named_fields(fields)
    record = named | {"spec": encode_spec(structs.replace(spec, prompt="", metadata=None))}
    return {
        "id": found.id,
        "account": found.account,
        "key": named.get("key", b"").decode(),
        "dialect": spec.dialect,
        "kind": spec.kind,
        "model": spec.model,
        "provider": found.provider,
        "target": spec.target,
        "state": found.state,
        "error_code": outcome.error_code,
        "prompt": plain(spec.prompt),
        "metadata": spec.metadata,
        "record": _encode(record),
        "reserved": found.reserved,
        "cost": found.cost or 0,
        "credit": found.credit,
        "provider_cost": outcome.cost_micros,
        "expected_cost": outcome.expected_micros,
        "outputs": len(outcome.outputs),
        "seconds": _seconds_of(found, outcome),
        "tokens": _tokens_of(outcome),
        "created_ms": found.created_ms,
        "started_ms": found.started_ms,
        "closed_ms": found.closed_ms or 0,
        "credit_ms": found.credit_ms,
        "late_ms": found.late_ms,
        "output_hashes": " ".join(output.sha256 for output in outcome.outputs if output.sha256),
    }


def generation_fields(prompt: str | None, metadata: Any, record: bytes) -> list[bytes]:
    """Return the flat field, value, ... list of a generation's hash from its row, as the store had it."""
    named = _decode(record)
    spec = structs.replace(decode_spec(named["spec"]), prompt=prompt or "", metadata=metadata)
    named["spec"] = encode_spec(spec)
    return [part for name, value in named.items() for part in (name.encode(), value)]


def delivery_row(delivery_id: str, fields: Sequence[bytes]) -> Row:
    """Return the row of an ended delivery from its hash in the store. Raises KeyError or ValueError."""
    named = named_fields(fields)
    texts = {name: plain(value.decode(errors="replace")) for name, value in named.items()}
    return {
        "id": delivery_id,
        **{name: texts[name] for name in ("account", "endpoint", "event", "type", "state")},
        "generation": texts.get("generation"),
        "attempts": int(texts["attempts"]),
        "created_ms": int(texts["created_ms"]),
        "ended_ms": int(texts["ended_ms"]),
        "record": _encode(named),
    }


def delivery_fields(record: bytes) -> list[bytes]:
    """Return the flat field, value, ... list of a delivery's hash from its row, as the store had it."""
    return [part for name, value in _decode(record).items() for part in (name.encode(), value)]


def audit_row(line: bytes) -> Row:
    """Return the row of an operator's action from its line in the store. Raises ValueError."""
    found = msgspec.json.decode(line, type=dict[str, Any])
    texts = {name: plain(str(found.get(name, ""))) for name in ("who", "what", "detail", "outcome")}
    name = sha256(line).hexdigest()[:AUDIT_ID_CHARS]
    return {"id": name, "at_ms": int(found["at_ms"]), "subject": plain(str(found.get("on", ""))), **texts}


def event_rows(account: str, last: int, lines: Iterable[bytes]) -> list[Row]:
    """Return the rows of an account's security events, newest first, the first of which has the number `last`."""
    rows = []
    for number, line in zip(range(last, 0, -1), lines, strict=False):
        found = msgspec.json.decode(line, type=dict[str, Any])
        texts = {name: plain(str(found.get(name, ""))) for name in ("type", "subject", "detail", "by")}
        rows.append({"account": account, "number": number, "at_ms": int(found["at_ms"]), **texts})
    return rows


def usage_of(row: Row) -> tuple[tuple[Any, ...], list[float]]:
    """Return where a generation counts, day to key, and its amounts in the order of `USAGE_AMOUNTS`."""
    place = (row["closed_ms"] // DAY_MS, *(row[name] for name in ("account", "provider", "model", "kind", "key")))
    paid = row["provider_cost"] if row["provider_cost"] is not None else row["expected_cost"]
    failed = int(row["state"] == FAILED)
    amounts = (1, failed, row["reserved"], row["cost"], row["credit"], paid, row["seconds"], row["tokens"])
    return place, [amount or 0 for amount in amounts]


USAGE_PLACE = ("day", "account", "provider", "model", "kind", "key")
USAGE_AMOUNTS = ("count", "failed", "reserved", "charged", "credited", "provider_cost", "seconds", "tokens")
USAGE_FROM = (  # columns of a generation that its usage depends on
    *("id", "account", "provider", "model", "kind", "key", "state", "reserved", "cost", "credit"),
    *("provider_cost", "expected_cost", "seconds", "tokens", "closed_ms"),
)


def named_fields(fields: Sequence[bytes]) -> dict[str, bytes]:
    """Return a flat field, value, ... list by name."""
    return {fields[at].decode(): fields[at + 1] for at in range(0, len(fields), 2)}


def plain(value: str) -> str:
    """Return a text that every database takes."""
    return value.replace(NUL, SHOWN_NUL) if NUL in value else value


def _seconds_of(found: Generation, outcome: Outcome) -> float | None:
    """Return the length of a completed generation's outputs: as reported, else as ordered."""
    known = [source.get(name) for source in (outcome.facts, found.spec.input) for name in SECONDS]
    lengths = [float(one) for one in known if isinstance(one, int | float) and not isinstance(one, bool)]
    return lengths[0] if lengths and found.state != FAILED else None


def _tokens_of(outcome: Outcome) -> int | None:
    counts = [outcome.facts.get(name) for name in TOKENS]
    known = [count for count in counts if isinstance(count, int)]
    return sum(known) if known else None
