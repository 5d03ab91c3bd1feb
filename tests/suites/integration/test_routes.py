"""Reroutes and uncertain submits: refused work takes the next route, and lost work is found, never submitted again."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from arq.worker import Retry as Park
from msgspec import structs

from shared.domain.callback_token import generation_of, token
from shared.domain.generation import COMPLETED, FAILED, FallbackRoute, Generation, Spec
from shared.ops.storage import Storage
from shared.store import generations, keys, ledger, providers, steps
from shared.store.connect import Store
from shared.store.secret import ensure_deployment_secret
from tests.harness.doubles.adapters import noop
from tests.harness.doubles.adapters.paid import Adapter
from tests.harness.doubles.provider import Provider
from tests.harness.factories import CENTS, Customer, create_customer, make_order, new_generation_id
from workers import run as verb
from workers.adapters.contract import Call, Callback, Setup
from workers.context import WorkerContext
from workers.egress import Egress


class Told(Adapter):
    """The paid provider, whose callbacks carry the reference in a header."""

    def callback(self, request: Callback) -> str | None:
        """Return the header x-ref if the body says that it is signed. Raises an error for a body of junk."""
        assert request.body != b"junk"
        return request.headers.get("x-ref") if request.body == b"signed" else None


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """Yield the paid provider's double."""
    async with Provider() as provider:
        yield provider


@pytest.fixture
async def context(store_url: str, tmp_path: Path, provider: Provider) -> AsyncIterator[WorkerContext]:
    """Yield a context of the paid provider."""
    async with Store(store_url) as store, Egress() as egress:
        adapter = Told(Setup(name="paid", base_url=provider.url))
        storage = Storage.open(str(tmp_path))
        yield WorkerContext(provider="paid", store=store, adapter=adapter, storage=storage, egress=egress)
        await adapter.close()


async def order(context: WorkerContext, customer: Customer, prompt: str, *routes: FallbackRoute) -> str:
    """Accept a generation for the paid provider with fallback routes, and return its id."""
    spec = Spec("wowflow", "image", "test/paid", "paid", prompt, {}, routes)
    return (await ledger.accept(context.store, make_order(customer, provider="paid", spec=spec))).id


async def step(context: WorkerContext, generation_id: str) -> float | None:
    """Run one step. Return the seconds until the next, None if there is none."""
    try:
        await verb.run({"context": context}, generation_id)
    except Park as park:
        return (park.defer_score or 0) / 1000
    return None


async def view(context: WorkerContext, generation_id: str) -> Generation:
    """Return the generation."""
    generation = await generations.view(context.store, "", generation_id)
    assert generation is not None
    return generation


async def test_reroute_charges_once_when_a_provider_is_down(context: WorkerContext) -> None:
    """A generation of a provider that is down is reserved once and settled once, by the next provider."""
    customer = await create_customer(context.store, cents=100)
    generation_id = await order(context, customer, "down", FallbackRoute("noop", "noop", "test/noop"))
    assert None is await step(context, generation_id)
    moved = await view(context, generation_id)
    assert ("noop", "queued", "test/noop") == (moved.provider, moved.state, moved.spec.model)
    assert 0 == await context.store.call("ZCARD", keys.queue("paid"))
    other = structs.replace(context, provider="noop", adapter=noop.Adapter(Setup(name="noop")))
    await step(other, generation_id)
    assert COMPLETED == (await view(context, generation_id)).state
    lines = await ledger.list_entries(context.store, customer.account)
    assert ["top_up", "reserve", "settle"] == [line.kind for line in lines]
    assert 90 * CENTS == sum(line.amount_micros for line in lines)


async def test_reroute_skips_a_provider_when_its_breaker_is_open(context: WorkerContext, provider: Provider) -> None:
    """A provider with an open breaker is not called at all."""
    generation_id = await order(
        context, await create_customer(context.store), "fine", FallbackRoute("noop", "noop", "test/noop")
    )
    await providers.open_breaker(context.store, "paid", "no credit")
    await step(context, generation_id)
    assert "noop" == (await view(context, generation_id)).provider
    assert 0 == provider.submits[generation_id]


async def test_rejection_is_final_when_there_are_other_routes(context: WorkerContext) -> None:
    """A provider's rejection ends the generation, with or without other routes."""
    generation_id = await order(
        context, await create_customer(context.store), "refuse", FallbackRoute("noop", "noop", "test/noop")
    )
    await step(context, generation_id)
    generation = await view(context, generation_id)
    assert (FAILED, "paid") == (generation.state, generation.provider)


async def test_uncertain_submit_is_not_rerouted(context: WorkerContext) -> None:
    """Work that a provider may have accepted is not given to another one."""
    generation_id = await order(
        context, await create_customer(context.store), "hangup-after", FallbackRoute("noop", "noop", "test/noop")
    )
    assert await step(context, generation_id)
    assert "paid" == (await view(context, generation_id)).provider


async def test_lost_submit_is_searched_for_at_once(context: WorkerContext, provider: Provider) -> None:
    """A provider that can find tasks is searched as soon as its answer is lost."""

    class Finding(Adapter):
        async def find(self, call: Call) -> str | None:
            return f"task-{call.generation_id}"

    finding = structs.replace(context, adapter=Finding(Setup(name="paid", base_url=provider.url)))
    generation_id = await order(context, await create_customer(context.store), "hangup-after")
    await step(finding, generation_id)
    found = await view(context, generation_id)
    assert ("pending", f"task-{generation_id}") == (found.state, found.ref)
    await step(finding, generation_id)
    assert COMPLETED == (await view(context, generation_id)).state
    assert 1 == provider.submits[generation_id]
    await finding.adapter.close()


async def test_lost_submit_is_uncertain_at_once(context: WorkerContext) -> None:
    """A lost submit that cannot be found counts as uncertain at once, and is searched for every few seconds."""
    generation_id = await order(context, await create_customer(context.store), "hangup-after")
    assert verb.RETRY_S == await step(context, generation_id)
    assert "uncertain" == (await view(context, generation_id)).state
    assert None is not await context.store.call("ZSCORE", keys.UNCERTAIN, generation_id)


@pytest.mark.parametrize("body", [b"signed", b"forged", b"junk"])
async def test_callback_resolves_an_uncertain_submit(context: WorkerContext, provider: Provider, body: bytes) -> None:
    """A valid callback resolves an uncertain submit at once; an invalid one changes nothing."""
    generation_id = await order(context, await create_customer(context.store), "hangup-after")
    await step(context, generation_id)
    payload = msgspec.msgpack.encode({"headers": {"x-ref": f"task-{generation_id}"}, "body": body})
    assert "missing" == await generations.store_callback(context.store, generation_id, "noop", payload)
    assert "noted" == await generations.store_callback(context.store, generation_id, "paid", payload)
    await step(context, generation_id)
    generation = await view(context, generation_id)
    assert ("pending" if body == b"signed" else "uncertain") == generation.state
    if body == b"signed":
        await step(context, generation_id)
        assert COMPLETED == (await view(context, generation_id)).state
    assert 1 == provider.submits[generation_id]


async def test_callback_before_the_answer_makes_the_first_poll_due(context: WorkerContext) -> None:
    """A callback that overtakes the answer to the submit makes the first poll due at once."""
    generation_id = await order(context, await create_customer(context.store), "polls=1 wait=30")
    await steps.start(context.store, generation_id, provider="paid", repeatable=False, submit_limit_s=5, token="t")
    await generations.store_callback(context.store, generation_id, "paid", b"\x80")
    assert await steps.store_reference(context.store, generation_id, "ref", provider="paid", patience_s=1)
    assert not await steps.store_reference(context.store, generation_id, "ref", provider="paid", patience_s=1)


async def test_callback_wakes_a_parked_generation(context: WorkerContext) -> None:
    """A parked generation is due at once when its provider calls."""
    generation_id = await order(context, await create_customer(context.store), "fine")
    await step(context, generation_id)
    await context.store.call("ZADD", keys.queue("paid"), 9e12, generation_id)
    await generations.store_callback(context.store, generation_id, "paid", b"\x80")
    assert 9e12 > float(await context.store.call("ZSCORE", keys.queue("paid"), generation_id))


async def test_callback_token_is_valid_under_its_own_secret_only(store_url: str) -> None:
    """A token names its generation only under the deployment's secret, which every process shares."""
    async with Store(store_url) as store:
        key, again, name = (
            await ensure_deployment_secret(store),
            await ensure_deployment_secret(store),
            new_generation_id(),
        )
        assert key == again
        assert name == generation_of(key, token(key, name))
        other = token(b"x" * 32, name)
        assert [None] * 4 == [generation_of(key, text) for text in (other, "", "zz" * 32, token(key, name)[:-1] + "g")]
