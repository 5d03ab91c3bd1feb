"""Orders whose cost depends on what the provider delivers and reports, settled in the store by a worker's run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.domain.generation import COMPLETED, Generation, Spec
from shared.domain.price_rule import PricePart, PriceRule, Sale, Unit
from shared.ops.storage import Storage
from shared.store import accounts, generations, ledger
from shared.store.connect import Store
from tests.harness.factories import Customer, create_customer, make_order
from workers.adapters.contract import Adapter, Blob, Call, Done, Pending, Setup
from workers.context import WorkerContext
from workers.egress import Egress
from workers.run import run

TOKENS = PriceRule(
    parts=(PricePart(per="1m_input_tokens", micros=150_000), PricePart(per="1m_output_tokens", micros=600_000))
)
IMAGES = PriceRule(parts=(PricePart(per="output", micros=30_000),))
MARK_UP = 500
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d4944415478da63fccf50cf0000028001c1b8c2f6a00000000049454e44ae426082"
)


class Reporting(Adapter):
    """An adapter that answers at once with a given result."""

    answer = Done()

    async def submit(self, call: Call) -> Pending | Done:
        """Return the result."""
        return self.answer


@pytest.fixture
async def context(store_url: str, tmp_path: Path) -> AsyncIterator[WorkerContext]:
    """Yield the context of a worker on an empty store."""
    async with Store(store_url) as store, Egress() as egress:
        adapter = Reporting(Setup(name="noop", base_url="http://127.0.0.1:1"))
        storage = Storage.open(str(tmp_path))
        yield WorkerContext(provider="noop", store=store, adapter=adapter, storage=storage, egress=egress)


async def settle(context: WorkerContext, kind: str, sale: Sale, answer: Done) -> tuple[Generation, Customer]:
    """Run one order to its end and return it, after checking the books of its account."""
    customer = await create_customer(context.store, cents=100)
    spec = Spec("wowflow", kind, "test/noop", "noop", "a red boat", {}, sale=sale)
    order = make_order(customer, spec=spec, price_micros=sale.reserved_micros)
    await ledger.accept(context.store, order)
    assert isinstance(context.adapter, Reporting)
    context.adapter.answer = answer
    await run({"context": context}, order.id)
    found = await generations.view(context.store, customer.account, order.id)
    account = await accounts.find(context.store, customer.account)
    assert found is not None
    assert account is not None
    assert COMPLETED == found.state
    assert (sale.reserved_micros, 1_000_000 - (found.cost or 0)) == (found.reserved, account.balance)
    lines = await ledger.list_entries(context.store, customer.account)
    assert account.balance == sum(line.amount_micros for line in lines)
    return found, customer


@pytest.mark.parametrize(
    ("facts", "cost"),
    [
        ({"prompt_tokens": 17, "completion_tokens": 230}, 149),  # 2.55 + 138 micro-USD, rounded up, plus 5 %
        ({"prompt_tokens": 17}, 2_743),
        ({}, 2_743),
        ({"prompt_tokens": -1, "completion_tokens": "many"}, 2_743),
        ({"prompt_tokens": 10**9, "completion_tokens": 10**9}, 2_743),
    ],
)
async def test_text_is_charged_by_its_reported_tokens(
    context: WorkerContext, facts: dict[str, object], cost: int
) -> None:
    """Reported tokens are charged exactly; without a whole report, or above the limits, the reservation is charged."""
    most: dict[Unit, int] = {"output": 1, "1m_input_tokens": 1_026, "1m_output_tokens": 4_096}
    found, _ = await settle(context, "text", Sale(TOKENS.agreed({}, MARK_UP), most), Done(text="words", facts=facts))
    assert cost == found.cost


@pytest.mark.parametrize(("delivered", "cost"), [(4, 126_000), (3, 94_500), (1, 31_500)])
async def test_images_that_were_not_delivered_are_refunded(context: WorkerContext, delivered: int, cost: int) -> None:
    """Of four ordered images, the delivered ones are charged, and the rest goes back with the settlement."""
    images = tuple(Blob(PNG, "image/png") for _ in range(delivered))
    found, _ = await settle(context, "image", Sale(IMAGES.agreed({}, MARK_UP), {"output": 4}), Done(images))
    assert (cost, 126_000 - cost) == (found.cost, found.refund_micros)
