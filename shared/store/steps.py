"""The worker's steps between accept and settle, each decoded from its script's reply into a type."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from shared.domain.generation import Outcome, Spec, decode_spec, encode_spec
from shared.store import keys
from shared.store.connect import Store
from shared.store.history import NO_PROOF
from shared.store.record_sizes import costs_of, encode_fitting

Refusal = Literal["down", "busy", "ours", "skipped", "held"]


class StepFacts(Struct, frozen=True, kw_only=True):
    """The facts of an open generation that every step of a worker needs."""

    spec: Spec
    reserved: int  # micro-USD
    created_ms: int
    deadline_ms: int
    started_ms: int  # when a worker first started it; 0 if none has
    refusals: int  # submits that providers have refused for now
    account: str
    watched: bool  # somebody reads its changes


class Submit(StepFacts, frozen=True):
    """Submit it; the intent is stored."""

    probe: bool  # the first submit after an outage: its result closes the breaker
    callback_percent: int  # of the provider's callbacks that arrive; 0 if none can come for this generation


class Poll(StepFacts, frozen=True):
    """Poll the provider, which has accepted it as `ref`."""

    ref: str
    cancel: bool  # its owner wants it stopped
    callback_percent: int  # as in Submit


class Uncertain(StepFacts, frozen=True):
    """Find out whether the provider accepted the submit; never submit again."""

    callback: bytes  # the provider's callback, if one has come


class Canceled(StepFacts, frozen=True):
    """End it: its owner canceled it before any provider had it."""


class ProviderDown(StepFacts, frozen=True):
    """Leave the provider: its breaker is open."""


class ProviderPaused(StepFacts, frozen=True):
    """Wait until the provider accepts submits again. Another provider may take over meanwhile."""

    wait_ms: int


class Wait(Struct, frozen=True):
    """Wait: for the provider's rate limit, or until the outcome of an earlier submit can be known."""

    wait_ms: int


class Fenced(Struct, frozen=True):
    """Submit nothing: this process knows another history of the store, or an operator has to accept this one."""


class Gone(Struct, frozen=True):
    """Nothing to do: another provider has it, it has ended, or its record was deleted."""

    reason: Literal["moved", "closed", "missing"]


Step = Submit | Poll | Uncertain | Canceled | ProviderDown | ProviderPaused


class Withdrawn(Struct, frozen=True):
    """A submit that the provider did not accept, taken back."""

    refusals: int  # of this generation so far; 0 if another worker has it now
    cancel: bool  # its owner wants it stopped


async def start(
    store: Store, generation_id: str, *, provider: str, repeatable: bool, submit_limit_s: float, token: str
) -> Step | Wait | Fenced | Gone:
    """Return the next step of a job that a worker of `provider` claimed. Stores the intent to submit first."""
    limit_ms = int(submit_limit_s * 1000)
    proof = store.fence.proof if store.fence else NO_PROOF
    args = (generation_id, "1" if repeatable else "", limit_ms, token, provider, *proof)
    reply = await store.run("start", *args, durable=not repeatable)
    if store.fence and reply[0] == "submit" and not repeatable:  # only a durable sequence is remembered
        store.fence.note_submit(reply[-1])
    return _decode_step(reply)


def _decode_step(reply: list[Any]) -> Step | Wait | Fenced | Gone:
    step: Step | Wait | Fenced | Gone
    match reply:
        case ["submit", *facts, probe, percent, _]:
            step = Submit(**_facts(facts), probe=probe == b"1", callback_percent=percent)
        case ["poll", *facts, ref, cancel, percent]:
            step = Poll(**_facts(facts), ref=ref.decode(), cancel=cancel == b"1", callback_percent=percent)
        case ["uncertain", *facts, callback]:
            step = Uncertain(**_facts(facts), callback=callback)
        case ["canceled", *facts]:
            step = Canceled(**_facts(facts))
        case ["down", *facts]:
            step = ProviderDown(**_facts(facts))
        case ["paused", wait_ms, *facts]:
            step = ProviderPaused(**_facts(facts), wait_ms=wait_ms)
        case ["wait", wait_ms]:
            step = Wait(wait_ms)
        case ["fenced"]:
            step = Fenced()
        case [reason, *_]:
            step = Gone(reason)
    return step


def _facts(values: Sequence[Any]) -> dict[str, Any]:
    spec, reserved, created_ms, deadline_ms, started_ms, refusals, account, watched = values
    return {
        "spec": decode_spec(spec),
        "reserved": reserved,
        "created_ms": created_ms,
        "deadline_ms": deadline_ms,
        "started_ms": started_ms,
        "refusals": refusals,
        "account": account.decode(),
        "watched": watched == b"1",
    }


async def store_reference(store: Store, generation_id: str, ref: str, *, provider: str, patience_s: float) -> bool:
    """Store the reference of `provider`. Return True if its callback has come already, so that a poll is due."""
    reply = await store.run("store_reference", generation_id, ref, provider, patience_s=patience_s, durable=True)
    match reply:
        case ["stored", called]:
            return bool(called == b"1")
    return False


async def withdraw(
    store: Store,
    generation_id: str,
    token: str,
    *,
    provider: str,
    target: str,
    refusal: Literal["down", "busy", "ours"] = "busy",
    pause_s: float = 0,
) -> Withdrawn:
    """Take back an intent that a route did not accept, and stop all submits to that route for `pause_s`."""
    match await store.run("withdraw", generation_id, token, int(pause_s * 1000), provider, target, refusal):
        case ["withdrawn", refusals, cancel]:
            return Withdrawn(refusals, cancel == b"1")
    return Withdrawn(0, cancel=False)


async def reroute(
    store: Store,
    generation_id: str,
    token: str,
    *,
    refusal: Refusal,
    routes: Sequence[tuple[str, Spec]],
    pause_s: float = 0,
) -> str | None:
    """Hand a generation that no provider has to the first available route. Return its provider, None if there is none.

    `refusal` is skipped or held if the provider was not called. After busy and held a paused provider is not available.
    """
    offers = (part for provider, spec in routes for part in (provider, spec.target, encode_spec(spec)))
    args = (generation_id, token, refusal, int(pause_s * 1000), *offers)
    match await store.run("reroute", *args, durable=True):
        case ["rerouted", _, to]:
            return str(to.decode())
    return None


async def mark_abandoned(store: Store, generation_id: str, *, provider: str) -> bool:
    """Mark a submit to a removed provider as uncertain. Return False if it was not being submitted there."""
    match await store.run("abandon", generation_id, provider):
        case ["marked"]:
            return True
    return False


async def clear_cancel(store: Store, generation_id: str) -> None:
    """Clear the owner's wish to cancel, after the provider got it."""
    await store.call("HDEL", keys.generation(generation_id), "cancel_ms")


async def store_notices(store: Store, generation_id: str, notices: Sequence[str]) -> None:
    """Store sentences about the input of a generation for its owner."""
    await store.call("HSET", keys.generation(generation_id), "notices", "\n".join(notices))


async def mark_done(store: Store, generation_id: str, now_ms: int) -> int:
    """Note that the provider has a result, once. Return when that was first noted, Unix ms."""
    key = keys.generation(generation_id)
    await store.call("HSETNX", key, "done_ms", now_ms)
    return int(await store.call("HGET", key, "done_ms"))


async def store_late_result(
    store: Store, generation_id: str, *, outcome: Outcome | None, next_poll_s: float | None
) -> bool:
    """Record a poll of a failed generation. Return True if its result, which is never charged, was attached.

    `outcome` is None without a result, `next_poll_s` is None without a further poll.
    """
    next_ms = "" if next_poll_s is None else int(next_poll_s * 1000)
    values = (encode_fitting(outcome), next_ms, *costs_of(outcome)) if outcome else (b"", next_ms, "", "")
    match await store.run("store_late_result", generation_id, *values):
        case ["attached"]:
            return True
    return False
