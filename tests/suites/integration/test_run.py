"""Verb 2 against a real store and a paid provider over HTTP: one submit and one settlement, whatever happens."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from arq.worker import Retry as Park
from arq.worker import RetryJob
from msgspec import Struct, structs

from shared.domain.generation import COMPLETED, FAILED, Generation, Spec
from shared.ops.storage import Storage
from shared.store import accounts, feeds, generations, keys, ledger, steps
from shared.store.connect import Store
from shared.store.history import Fence
from tests.harness.doubles.adapters.paid import Adapter
from tests.harness.doubles.provider import Provider
from tests.harness.factories import CENTS, Customer, create_customer, make_order
from workers import run as verb
from workers.adapters.contract import Call, Done, Pending, Setup, Unknown
from workers.context import WorkerContext
from workers.egress import Egress
from workers.run import FENCED_S
from workers.settle import fail_dropped


class Bench(Struct, frozen=True, kw_only=True):
    """A worker's context, the provider it calls, and a customer."""

    context: WorkerContext
    provider: Provider
    customer: Customer

    @property
    def store(self) -> Store:
        """Return the context's store."""
        return self.context.store

    async def order(self, prompt: str, run_s: float = 30) -> str:
        """Accept a generation of the paid provider and return its id."""
        spec = Spec("wowflow", "image", "test/paid", "paid", prompt, {})
        order = make_order(self.customer, provider="paid", spec=spec, run_ms=int(run_s * 1000))
        return (await ledger.accept(self.store, order)).id

    async def step(self, generation_id: str) -> float | None:
        """Run one step. Return the seconds until the next, or None if there is none."""
        try:
            await verb.run({"context": self.context}, generation_id)
        except Park as park:
            return (park.defer_score or 0) / 1000
        return None

    async def finish(self, generation_id: str, limit_s: float = 15) -> Generation:
        """Run steps until the generation has ended."""
        async with asyncio.timeout(limit_s):
            while (wait_s := await self.step(generation_id)) is not None:
                await asyncio.sleep(wait_s)
        return await self.view(generation_id)

    async def view(self, generation_id: str) -> Generation:
        """Check the ledger and return the generation as its owner sees it."""
        account = await accounts.find(self.store, self.customer.account)
        assert account is not None
        lines = await ledger.list_entries(self.store, self.customer.account)
        assert account.balance == sum(line.amount_micros for line in lines)
        generation = await generations.view(self.store, self.customer.account, generation_id)
        assert generation is not None
        return generation


@pytest.fixture
async def bench(store_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """Yield a context with the paid provider."""
    async with Store(store_url) as store, Provider() as provider, Egress() as egress:
        adapter = Adapter(Setup(name="paid", base_url=provider.url))
        storage = Storage.open(str(tmp_path))
        context = WorkerContext(provider="paid", store=store, adapter=adapter, storage=storage, egress=egress)
        yield Bench(context=context, provider=provider, customer=await create_customer(store, cents=1000))
        await adapter.close()


async def test_run_submits_polls_and_settles(bench: Bench) -> None:
    """A generation is submitted, parked and polled; its output is copied, and the full price is settled."""
    generation_id = await bench.order("a boat polls=3")
    generation = await bench.finish(generation_id)
    assert (COMPLETED, 10 * CENTS) == (generation.state, generation.cost)
    assert generation.outcome is not None
    [output] = generation.outcome.outputs
    assert ("image/png", 8, 8) == (output.media_type, output.width, output.height)
    assert (1, 3) == (bench.provider.submits[generation_id], bench.provider.polls[generation_id])


@pytest.mark.parametrize(
    ("prompt", "code"),
    [("refuse", "content_policy"), ("fail", "provider_failed"), ("down", "upstream_error")],
)
async def test_run_refunds_a_rejected_generation(bench: Bench, prompt: str, code: str) -> None:
    """A rejection, a failed task and an outage each end the generation with a full refund."""
    generation = await bench.finish(await bench.order(prompt))
    assert generation.outcome is not None
    assert (FAILED, 0, code) == (generation.state, generation.cost, generation.outcome.error_code)


async def test_run_submits_again_when_the_provider_was_busy(bench: Bench) -> None:
    """A busy provider gets the same submit again after the pause that it requested."""
    generation_id = await bench.order("busy")
    generation = await bench.finish(generation_id)
    assert COMPLETED == generation.state
    assert (3, 1) == (bench.provider.submits[generation_id], bench.provider.accepted[generation_id])


@pytest.mark.parametrize("prompt", ["hangup-after", "hangup-before", "garbage", "slow"])
async def test_run_never_repeats_a_submit_with_a_lost_answer(bench: Bench, prompt: str) -> None:
    """After a lost answer the generation is uncertain until its deadline, then refunded."""
    generation_id = await bench.order(prompt, run_s=3.5)
    await bench.step(generation_id)
    assert (await bench.view(generation_id)).open
    generation = await bench.finish(generation_id)
    assert generation.outcome is not None
    assert (FAILED, 0, "outcome_unknown") == (generation.state, generation.cost, generation.outcome.error_code)
    assert 1 == bench.provider.submits[generation_id]


async def test_second_worker_waits_for_the_submit_of_the_first(bench: Bench) -> None:
    """A worker that finds another's intent waits for that submit's time limit, then polls by its reference."""
    generation_id = await bench.order("a boat")
    limit_s = Adapter.submit_limit_s
    await steps.start(
        bench.store, generation_id, provider="paid", repeatable=False, submit_limit_s=limit_s, token="first"
    )
    wait_s = await bench.step(generation_id)
    assert wait_s is not None
    assert 1 < wait_s <= limit_s
    bench.provider.prompts[generation_id] = "a boat"
    await steps.store_reference(bench.store, generation_id, f"task-{generation_id}", provider="paid", patience_s=1)
    assert COMPLETED == (await bench.finish(generation_id)).state
    assert 0 == bench.provider.submits[generation_id]


async def test_run_refunds_a_generation_past_its_deadline(bench: Bench) -> None:
    """Work that a provider never finishes ends at the deadline with a refund."""
    generation = await bench.finish(await bench.order("stuck", run_s=0.6))
    assert generation.outcome is not None
    assert (FAILED, "timeout", 10 * CENTS) == (
        generation.state,
        generation.outcome.error_code,
        generation.refund_micros,
    )


async def test_run_does_nothing_when_the_generation_has_ended(bench: Bench) -> None:
    """Running the job of a settled generation again does nothing."""
    generation_id = await bench.order("a boat")
    await bench.finish(generation_id)
    assert None is await bench.step(generation_id)
    assert 1 == bench.provider.submits[generation_id]


async def test_run_polls_again_when_a_poll_fails(bench: Bench) -> None:
    """After any error of a poll the generation stays open and is polled again."""

    class Blind(Adapter):
        async def poll(self, call: Call, ref: str) -> Pending | Done:
            raise ConnectionError("gone")

    generation_id = await bench.order("a boat")
    await bench.step(generation_id)
    blind = Bench(
        context=structs.replace(bench.context, adapter=Blind(Setup(name="paid", base_url=bench.provider.url))),
        provider=bench.provider,
        customer=bench.customer,
    )
    assert verb.RETRY_S == await blind.step(generation_id)
    assert COMPLETED == (await bench.finish(generation_id)).state


async def test_run_repeats_a_lost_submit_when_the_provider_allows_it(bench: Bench) -> None:
    """A lost submit to a repeatable provider is soon sent again, and the work completes."""

    class Forgetful(Adapter):
        repeatable = True
        submits = 0

        async def submit(self, call: Call) -> Pending | Done:
            self.submits += 1
            if self.submits == 1:
                raise Unknown("the answer was lost")
            return Done(text="a boat")

    generation_id = await bench.order("a boat")
    adapter = Forgetful(Setup(name="paid", base_url=bench.provider.url))
    forgetful = structs.replace(bench, context=structs.replace(bench.context, adapter=adapter))
    assert verb.RETRY_S == await forgetful.step(generation_id)
    await forgetful.step(generation_id)
    generation = await bench.view(generation_id)
    assert (COMPLETED, 2) == (generation.state, adapter.submits)


async def test_run_retries_a_crashed_step_and_refunds_when_it_is_dropped(bench: Bench) -> None:
    """An unexpected error makes arq run the job again; when the engine drops it, the user is refunded."""

    class Broken(Adapter):
        repeatable = True

        async def submit(self, call: Call) -> Pending | Done:
            raise ZeroDivisionError

    generation_id = await bench.order("a boat")
    context = structs.replace(bench.context, adapter=Broken(Setup(name="paid", base_url=bench.provider.url)))
    with pytest.raises(RetryJob):
        await verb.run({"context": context}, generation_id)
    await fail_dropped(context, generation_id)
    generation = await bench.view(generation_id)
    assert (FAILED, 0) == (generation.state, generation.cost)


async def test_run_keeps_the_generation_open_when_storage_fails(bench: Bench, tmp_path: Path) -> None:
    """While storage fails, the generation stays open and nothing is submitted again."""
    generation_id = await bench.order("a boat")
    await bench.step(generation_id)
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    storage = bench.context.storage
    broken = structs.replace(bench.context, storage=await _break_storage(blocked, storage))
    with pytest.raises(Park):
        await verb.run({"context": broken}, generation_id)
    assert COMPLETED == (await bench.finish(generation_id)).state
    assert 1 == bench.provider.submits[generation_id]


async def _break_storage(path: Path, usable: Storage) -> Storage:
    """Return a storage whose folder has become a file."""
    path.unlink()
    storage = Storage.open(str(path))
    await storage.check()
    for child in sorted(path.rglob("*"), reverse=True):
        child.rmdir() if child.is_dir() else child.unlink()
    path.rmdir()
    path.write_text("in the way")
    return storage


async def test_sweep_enqueues_a_lost_job_again(bench: Bench) -> None:
    """A generation whose arq job is lost returns to its queue once its check is due."""
    generation_id = await bench.order("a boat")
    await bench.store.call("DEL", keys.arq_job(generation_id))
    await bench.store.call("ZREM", keys.queue("paid"), generation_id)
    await bench.store.call("ZADD", keys.OPEN, 1, generation_id)
    _, looked, rearmed, overdue, _ = await bench.store.run("sweep", 10)
    assert (1, [generation_id.encode()], []) == (looked, rearmed, overdue)
    assert None is not await bench.store.call("ZSCORE", keys.queue("paid"), generation_id)
    assert COMPLETED == (await bench.finish(generation_id)).state


async def test_sweep_lists_generations_past_their_deadline(bench: Bench) -> None:
    """An overdue generation that no worker ends is listed by each sweep until it is settled."""
    generation_id = await bench.order("stuck", run_s=0.1)
    await bench.step(generation_id)
    await asyncio.sleep(0.15)
    for _ in range(2):
        await bench.store.call("ZADD", keys.OPEN, int(time.time() * 1000), generation_id)
        _, _, rearmed, overdue, _ = await bench.store.run("sweep", 10)
        assert ([], [generation_id.encode()]) == (rearmed, overdue)


async def test_run_waits_a_moment_while_the_store_is_fenced(bench: Bench) -> None:
    """A generation that must not be submitted now is tried again in seconds: an operator may accept the store."""
    bench.store.fence = Fence()
    bench.store.fence.settings_fault = "the store may evict our data"
    generation_id = await bench.order("a boat")
    assert FENCED_S == await bench.step(generation_id)
    assert FENCED_S <= 10
    assert ("queued", {}) == ((await bench.view(generation_id)).state, dict(bench.provider.submits))


class Reporting(Adapter):
    """The paid provider, which reports progress at every poll."""

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Return the answer of the provider, with half of the work done."""
        answer = await super().poll(call, ref)
        return structs.replace(answer, progress=0.5) if isinstance(answer, Pending) else answer


class Noting(Store):
    """A store that notes the verbs it runs."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.verbs = list[str]()

    async def run(self, verb: str, *args: Any, **options: Any) -> list[Any]:
        """Run a verb and note its name."""
        self.verbs.append(verb)
        return await super().run(verb, *args, **options)


@pytest.mark.parametrize("read", [False, True])
async def test_progress_is_stored_only_while_somebody_reads(bench: Bench, store_url: str, read: bool) -> None:
    """Progress that nobody reads costs no call of the store, and other progress is in the feed once."""
    adapter = Reporting(Setup(name="paid", base_url=bench.provider.url))
    async with Noting(store_url) as store:
        watched = structs.replace(bench, context=structs.replace(bench.context, adapter=adapter, store=store))
        generation_id, account = await watched.order("a boat polls=3"), bench.customer.account
        if read:
            assert "followed" == await feeds.follow(store, account, generation_id)
        await watched.finish(generation_id)
        shown = [entry.percent for entry in await feeds.read(store, account, "0-0") if entry.type == "progress"]
        assert (read, [50] if read else []) == ("note_progress" in store.verbs, shown)
    await adapter.close()
