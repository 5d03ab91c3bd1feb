"""Verb 4 with two dispatchers: one lost its lease, and both record an attempt."""

from collections.abc import AsyncIterator

import pytest
from arq.worker import Retry as Park

from shared.domain.generation import COMPLETED, Outcome
from shared.domain.public_address import PRIVATE_NETWORKS
from shared.store import keys, ledger, webhooks
from shared.store.connect import Store
from tests.harness.doubles.receiver import Receiver, Reply
from tests.harness.factories import create_customer, make_order
from workers.deliver import DeliveryContext, deliver, post_and_record
from workers.egress import Egress


@pytest.fixture
async def post(store_url: str) -> AsyncIterator[DeliveryContext]:
    """Yield the context that both dispatchers share."""
    async with Store(store_url) as store, Egress(networks=PRIVATE_NETWORKS) as egress:
        yield DeliveryContext(store=store, egress=egress, base_url="http://127.0.0.1:1", keep_ms=60_000)


async def settle_with_delivery(post: DeliveryContext, receiver: Receiver) -> str:
    """Settle a generation whose event is for the receiver, and return the delivery's id."""
    customer = await create_customer(post.store)
    endpoint = await webhooks.create_endpoint(post.store, customer.account, receiver.url)
    accepted = await ledger.accept(post.store, make_order(customer))
    await ledger.settle(post.store, accepted.id, COMPLETED, cost_micros=0, outcome=Outcome())
    return f"evt_{accepted.id}:{endpoint.id}"


async def read_state(post: DeliveryContext, delivery: str) -> str:
    """Return the state of the delivery."""
    raw: bytes = await post.store.call("HGET", keys.delivery(delivery), "state")
    return raw.decode()


async def test_delivery_ends_when_one_of_two_dispatchers_succeeds(post: DeliveryContext) -> None:
    """Two dispatchers make the same attempt, the first fails and the second succeeds, which ends the delivery."""
    async with Receiver(Reply(status=500)) as receiver:
        delivery = await settle_with_delivery(post, receiver)
        due = await webhooks.start_post(post.store, delivery, slow_max=50)
        assert isinstance(due, webhooks.Due)
        with pytest.raises(Park):
            await post_and_record(post, delivery, due)
        await post_and_record(post, delivery, due)
        assert "delivered" == await read_state(post, delivery)
        await deliver({"context": post}, f"deliver:{delivery}")
        assert 2 == len(receiver.received)
        assert 0 == await post.store.call("ZCARD", keys.OPEN_DELIVERIES)


async def test_failed_attempt_is_not_retried_when_another_dispatcher_succeeded(post: DeliveryContext) -> None:
    """A dispatcher whose post failed after another's success has nothing left to do."""
    async with Receiver(Reply(), Reply(status=500)) as receiver:
        delivery = await settle_with_delivery(post, receiver)
        due = await webhooks.start_post(post.store, delivery, slow_max=50)
        assert isinstance(due, webhooks.Due)
        await post_and_record(post, delivery, due)
        await post_and_record(post, delivery, due)
        assert "delivered" == await read_state(post, delivery)
        assert 0 == await post.store.call("ZCARD", keys.queue("webhooks"))
