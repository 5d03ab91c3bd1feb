"""Reading generations, and the worker's steps between accept and settle."""

import asyncio
from collections.abc import Sequence

from msgspec import Struct, structs

from shared.domain.generation import SPEC, Generation, Outcome, Spec, encode, read
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.connect import Store
from shared.store.ledger import costs_of


class Step(Struct, frozen=True):
    """What a worker does next: `word` is submit, check, uncertain, canceled, wait, down, moved, closed or missing.

    A wait with a `spec` is for the provider to be itself again: another one may do it meanwhile.
    """

    word: str
    spec: Spec | None = None
    reserved: int = 0
    created_ms: int = 0
    deadline_ms: int = 0
    started_ms: int = 0  # when a worker first took it up
    refusals: int = 0  # how often a provider put its submit off
    account: str = ""
    ref: str = ""
    wait_ms: int = 0
    cancel: bool = False  # its owner wants it stopped
    callback: bytes = b""  # what a provider sent to an uncertain generation's callback address
    probe: bool = False  # the first submit after an outage: say how it went
    calls_percent: int = 0  # of the provider's callbacks that come, if one may still come for this generation


async def start(
    store: Store, generation_id: str, *, provider: str, repeatable: bool, submit_limit_s: float, token: str
) -> Step:
    """The next step of a job that a worker of `provider` took up; stores the intent where the step is a submit."""
    limit_ms = int(submit_limit_s * 1000)
    args = (generation_id, "1" if repeatable else "", limit_ms, token, provider)
    word, *rest = await store.run("start", *args, durable=not repeatable)
    if word in ("moved", "closed", "missing"):
        return Step(word)
    wait_ms = rest.pop(0) if word == "wait" else 0
    if not rest:
        return Step(word, wait_ms=wait_ms)
    spec, reserved, created_ms, deadline_ms, started_ms, refusals, account, *more = rest
    told = (SPEC.decode(spec), reserved, created_ms, deadline_ms, started_ms, refusals, account.decode())
    step = Step(word, *told, wait_ms=wait_ms)
    match word:
        case "check":
            return structs.replace(step, ref=more[0].decode(), cancel=more[1] == b"1", calls_percent=more[2])
        case "submit":
            return structs.replace(step, probe=more[0] == b"1", calls_percent=more[1])
        case "uncertain":
            return structs.replace(step, callback=more[0])
    return step


async def submitted(store: Store, generation_id: str, ref: str, *, provider: str, patience_s: float) -> bool:
    """Store the reference of `provider`; True if its callback came already, so that it is worth looking at once."""
    word, *rest = await store.run("store_reference", generation_id, ref, provider, patience_s=patience_s, durable=True)
    return bool(word == "stored" and rest[0] == b"1")


async def withdraw(
    store: Store, generation_id: str, token: str, *, provider: str, said: str = "busy", pause_s: float = 0
) -> tuple[int, bool]:
    """Take back an intent that `provider` did not accept; it `said` busy or down.

    (how often that happened to this generation, 0 if it is not ours; whether its owner wants it stopped). `pause_s` is
    for how long the provider wants no submit from any worker.
    """
    word, *rest = await store.run("withdraw", generation_id, token, int(pause_s * 1000), provider, said)
    return (int(rest[0]), rest[1] == b"1") if word == "withdrawn" else (0, False)


async def view(store: Store, account_id: str, generation_id: str) -> Generation | None:
    """One generation of an account (of any account if `account_id` is empty), or None."""
    found = await _view(store, account_id, generation_id, 1)
    return found[0] if found else None


async def newest(store: Store, account_id: str, count: int) -> list[Generation]:
    """Up to `count` generations of an account, newest first."""
    return await _view(store, account_id, "", count)


async def _view(store: Store, account_id: str, generation_id: str, count: int) -> list[Generation]:
    _, *rows = await store.run("view", account_id, generation_id, count)
    return [read(name.decode(), fields, None if position < 0 else position) for name, position, fields in rows]


async def known(store: Store, names: Sequence[str]) -> set[str]:
    """Those of these generations that have a record."""
    there = await asyncio.gather(*(store.call("EXISTS", keys.generation(name)) for name in names))
    return {name for name, found in zip(names, there, strict=True) if found}


async def uncertain(store: Store, count: int) -> list[Generation]:
    """Up to `count` open generations whose submit nobody knows the outcome of, the longest first."""
    found = await _all(store, await store.call("ZRANGE", keys.UNCERTAIN, 0, count - 1))
    return [one for one in found if one.state == "uncertain"]


async def doubtful(store: Store, count: int) -> list[Generation]:
    """Up to `count` that were refunded while uncertain and never heard of again, newest first, as far as kept."""
    found = await _all(store, await store.call("ZREVRANGE", keys.REFUNDED_UNCERTAIN, 0, count - 1))
    return [one for one in found if one.ref is None and one.late is None]


async def _all(store: Store, ids: Sequence[bytes]) -> list[Generation]:
    found = await asyncio.gather(*(view(store, "", raw.decode()) for raw in ids))
    return [one for one in found if one is not None]


async def retry(store: StoreClient, generation_id: str) -> tuple[str, str]:
    """Have it taken up now: (due | looks | waits | with_provider | closed | missing, its state)."""
    word, *state = await store.run("retry", generation_id)
    return word, state[0].decode() if state else ""


async def cancel(store: Store, generation_id: str) -> str:
    """Note that the owner wants a submitted generation stopped: `noted`, `closed` or `missing`."""
    return str((await store.run("cancel", generation_id))[0])


async def cancel_sent(store: Store, generation_id: str) -> None:
    """The provider was asked to stop; it need not be asked again."""
    await store.call("HDEL", keys.generation(generation_id), "cancel_ms")


async def done_ms(store: Store, generation_id: str, now_ms: int) -> int:
    """Since when its result has been there and could not be copied: noted now, unless it was before."""
    key = keys.generation(generation_id)
    await store.call("HSETNX", key, "done_ms", now_ms)
    return int(await store.call("HGET", key, "done_ms"))


async def looked(store: Store, generation_id: str, *, outcome: Outcome | None, again_s: float | None) -> bool:
    """What a look at a failed generation found: a late result, which is attached and never charged, or nothing.

    `again_s` is when to look next, None for never. True if a result was attached.
    """
    again_ms = "" if again_s is None else int(again_s * 1000)
    found = (encode(outcome), again_ms, *costs_of(outcome)) if outcome else (b"", again_ms, "", "")
    return bool((await store.run("store_late_result", generation_id, *found))[0] == "attached")


async def callback(store: Store, generation_id: str, provider: str, payload: bytes) -> str:
    """Keep what a provider sent for a generation and wake its worker: `noted`, `closed` or `missing`."""
    return str((await store.run("store_callback", generation_id, provider, payload))[0])


async def reroute(
    store: Store,
    generation_id: str,
    token: str,
    *,
    said: str,
    routes: Sequence[tuple[str, Spec]],
    pause_s: float = 0,
) -> str | None:
    """Hand a generation that no provider has to the first of the routes that is open; to whom, None if to nobody.

    `said` is down or busy, skipped or held if the provider was not asked; after busy and held only a free one will do.
    """
    offers = (part for provider, spec in routes for part in (provider, encode(spec)))
    args = (generation_id, token, said, int(pause_s * 1000), *offers)
    word, *rest = await store.run("reroute", *args, durable=True)
    return rest[1].decode() if word == "rerouted" else None


async def watch(store: Store, generation_id: str, gateway: str) -> bool:
    """Note that a gateway process waits for the end; False if it has ended already or is unknown."""
    return bool((await store.run("watch", generation_id, gateway))[0] == "open")
