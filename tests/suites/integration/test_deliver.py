"""Verb 4 in the hands of two dispatchers: a lease was lost, and both bring what they know."""

from collections.abc import AsyncIterator

import pytest
from arq.worker import Retry as Park

from shared.domain.generation import COMPLETED, Outcome
from shared.store import keys, ledger, webhooks
from shared.store.connect import Store
from tests.harness.doubles.receiver import Receiver, Reply
from tests.harness.factories import create_customer, make_order
from workers.deliver import DeliveryContext, deliver, post_and_record
from workers.egress import Egress


@pytest.fixture
async def post(store_url: str) -> AsyncIterator[DeliveryContext]:
    """What both dispatchers work with."""
    async with Store(store_url) as store, Egress(allow_private=True) as egress:
        yield DeliveryContext(store=store, egress=egress, base_url="http://127.0.0.1:1", keep_ms=60_000)


async def told(post: DeliveryContext, receiver: Receiver) -> str:
    """A settled generation whose event is for the receiver; the delivery's id."""
    customer = await create_customer(post.store)
    endpoint = await webhooks.create_endpoint(post.store, customer.account, receiver.url)
    accepted = await ledger.accept(post.store, make_order(customer))
    await ledger.settle(post.store, accepted.id, COMPLETED, cost_micros=0, outcome=Outcome())
    return f"evt_{accepted.id}:{endpoint.id}"


async def state(post: DeliveryContext, delivery: str) -> str:
    """How the delivery stands."""
    raw: bytes = await post.store.call("HGET", keys.delivery(delivery), "state")
    return raw.decode()


async def test_what_one_dispatcher_delivered_no_other_sends_again(post: DeliveryContext) -> None:
    """Two dispatchers make the same attempt, the first fails, the second succeeds: that ends the delivery."""
    async with Receiver(Reply(status=500)) as receiver:
        delivery = await told(post, receiver)
        due = await webhooks.read_due(post.store, delivery)
        assert due is not None
        with pytest.raises(Park):
            await post_and_record(post, delivery, due)
        await post_and_record(post, delivery, due)
        assert "delivered" == await state(post, delivery)
        await deliver({"context": post}, f"deliver:{delivery}")
        assert 2 == len(receiver.received)
        assert 0 == await post.store.call("ZCARD", keys.OPEN_DELIVERIES)


async def test_a_failure_after_the_success_of_another_asks_for_no_more(post: DeliveryContext) -> None:
    """A dispatcher whose post failed after another's success has nothing left to do."""
    async with Receiver(Reply(), Reply(status=500)) as receiver:
        delivery = await told(post, receiver)
        due = await webhooks.read_due(post.store, delivery)
        assert due is not None
        await post_and_record(post, delivery, due)
        await post_and_record(post, delivery, due)
        assert "delivered" == await state(post, delivery)
        assert 0 == await post.store.call("ZCARD", keys.queue("webhooks"))
