"""Verb 4 with two dispatchers: one lost its lease, and both record an attempt."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from arq.worker import Retry as Park
from msgspec import structs
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from shared.domain.generation import COMPLETED, Outcome
from shared.domain.public_address import PRIVATE_NETWORKS
from shared.store import keys, ledger, webhooks
from shared.store.connect import Store
from tests.harness.doubles.receiver import Receiver, Reply
from tests.harness.factories import create_customer, make_order
from workers.deliver import DeliveryContext, deliver, post_and_record
from workers.egress import Egress, PostResponse
from workers.egress.errors import BadAnswer, BlockedAddress, ConnectFailed, DnsFailed, OutOfSockets, TimedOut


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
        [listed] = await webhooks.list_deliveries(post.store, delivery.partition(":")[2], 10)
        assert [500, 200] == [attempt.status for attempt in listed.attempts]


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


class Broken(Egress):
    """An egress whose requests end with an exception that nobody expects."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    async def post(self, *_: object, **__: object) -> PostResponse:
        raise self._error


HOLD = CIMultiDictProxy(CIMultiDict({"Authorization": "Bearer key-of-ours"}))
LEAKY = aiohttp.ClientResponseError(
    aiohttp.RequestInfo(URL("http://a.example/?sig=key-of-ours"), "POST", HOLD, URL("http://a.example/")),
    (),
    status=400,
)


@pytest.mark.parametrize(
    "error",
    [RuntimeError("key-of-ours"), LEAKY, KeyError("x"), OverflowError(), UnicodeError("key-of-ours"), OSError()],
)
async def test_any_exception_of_an_attempt_is_recorded(
    post: DeliveryContext, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unexpected exception is an attempt with an error, and its repr is neither recorded nor logged."""
    async with Receiver() as receiver:
        delivery = await settle_with_delivery(post, receiver)
    broken = structs.replace(post, egress=Broken(error))
    with pytest.raises(Park):
        await deliver({"context": broken}, f"deliver:{delivery}")
    [listed] = await webhooks.list_deliveries(post.store, delivery.partition(":")[2], 10)
    assert ("pending", 1) == (listed.state, len(listed.attempts))
    assert "internal_error: the attempt failed on our side" == listed.attempts[0].error
    assert "Bearer" not in "".join(capsys.readouterr())
    facts = await post.store.call("HGETALL", keys.endpoint(delivery.partition(":")[2]))
    assert not {b"failing_ms", b"took_ms", b"silent"} & {*facts}, "a fault of ours is not evidence about an endpoint"


async def test_post_without_a_free_socket_is_no_attempt(post: DeliveryContext) -> None:
    """A process without sockets tries again soon: nothing is recorded, and nothing counts against the endpoint."""
    async with Receiver() as receiver:
        delivery = await settle_with_delivery(post, receiver)
        starved = structs.replace(post, egress=Broken(OutOfSockets("our side has no free connection")))
        with pytest.raises(Park):
            await deliver({"context": starved}, f"deliver:{delivery}")
        [listed] = await webhooks.list_deliveries(post.store, delivery.partition(":")[2], 10)
        assert ("pending", 0) == (listed.state, len(listed.attempts))
        facts = await post.store.call("HGETALL", keys.endpoint(delivery.partition(":")[2]))
        assert not {b"failing_ms", b"took_ms", b"silent"} & {*facts}
        await deliver({"context": post}, f"deliver:{delivery}")
        assert "delivered" == await read_state(post, delivery)


@pytest.mark.parametrize(
    ("error", "silent"),
    [
        (ConnectFailed("refused"), True),
        (TimedOut("late"), True),
        (DnsFailed("no address"), True),
        (BadAnswer("not HTTP"), False),
        (BlockedAddress("private"), False),
    ],
)
async def test_only_silence_is_evidence_for_a_breaker(post: DeliveryContext, error: Exception, silent: bool) -> None:
    """An endpoint that answers anything at all is there."""
    async with Receiver() as receiver:
        delivery = await settle_with_delivery(post, receiver)
    with pytest.raises(Park):
        await deliver({"context": structs.replace(post, egress=Broken(error))}, f"deliver:{delivery}")
    found = await post.store.call("HMGET", keys.endpoint(delivery.partition(":")[2]), "silent", "failing_ms")
    assert [b"1" if silent else b"0", True] == [found[0], found[1] is not None]


RETRY_AFTER = ("Mon, 01 Jan 2035 00:00:00 +99999999999999", "1e308", "-1", "Mon, 99 Foo", "9" * 5000)


@pytest.mark.parametrize("value", RETRY_AFTER)
async def test_attempt_is_recorded_when_retry_after_is_odd(post: DeliveryContext, value: str) -> None:
    """An answer with an unreadable Retry-After is recorded, and retried by the schedule."""
    async with Receiver(Reply(status=503, headers={"Retry-After": value})) as receiver:
        delivery = await settle_with_delivery(post, receiver)
        with pytest.raises(Park):
            await deliver({"context": post}, f"deliver:{delivery}")
    [listed] = await webhooks.list_deliveries(post.store, delivery.partition(":")[2], 10)
    assert [503] == [attempt.status for attempt in listed.attempts]


async def test_answer_is_recorded_without_control_characters(post: DeliveryContext) -> None:
    """Escape sequences, separators and broken UTF-8 of an answer do not reach the log of deliveries."""
    body = "a\x1b[31mb\u2028c\u202ed\x00".encode() + b"\xff\xed\xa0\x80" + b"x" * 500
    async with Receiver(Reply(status=500, body=body)) as receiver:
        delivery = await settle_with_delivery(post, receiver)
        with pytest.raises(Park):
            await deliver({"context": post}, f"deliver:{delivery}")
    [listed] = await webhooks.list_deliveries(post.store, delivery.partition(":")[2], 10)
    answer = listed.attempts[0].answer or ""
    assert (200, True) == (len(answer), answer.replace("\ufffd", "").isprintable())


async def test_failed_connection_is_described_in_plain_words(post: DeliveryContext) -> None:
    """A refused connection is recorded without numbers of the system and without addresses."""
    async with Receiver() as receiver:
        delivery = await settle_with_delivery(post, receiver)
    with pytest.raises(Park):
        await deliver({"context": post}, f"deliver:{delivery}")
    [listed] = await webhooks.list_deliveries(post.store, delivery.partition(":")[2], 10)
    assert "connect_failed: no connection: the connection was refused" == listed.attempts[0].error


@pytest.mark.parametrize("field", ["created_ms", "attempts", "event"])
async def test_delivery_with_an_unreadable_record_ends(post: DeliveryContext, field: str) -> None:
    """A delivery that cannot be read is dead at once, and nothing is posted."""
    async with Receiver() as receiver:
        delivery = await settle_with_delivery(post, receiver)
        await post.store.call("HSET", keys.delivery(delivery), field, b"\xff" if field == "event" else "no number")
        await deliver({"context": post}, f"deliver:{delivery}")
        assert [] == receiver.received
    assert "dead" == await read_state(post, delivery)
    assert 0 == await post.store.call("ZCARD", keys.queue("webhooks"))


@pytest.mark.parametrize("damage", ["endpoint", "generation"])
async def test_delivery_without_a_readable_endpoint_or_generation_ends(post: DeliveryContext, damage: str) -> None:
    """A delivery whose endpoint or generation cannot be read ends like one whose was deleted."""
    async with Receiver() as receiver:
        delivery = await settle_with_delivery(post, receiver)
        generation, _, endpoint = delivery.removeprefix("evt_").partition(":")
        key = keys.endpoint(endpoint) if damage == "endpoint" else keys.generation(generation)
        await post.store.call("HSET", key, "created_ms" if damage == "endpoint" else "spec", "bad")
        await deliver({"context": post}, f"deliver:{delivery}")
        assert [] == receiver.received
    assert "dead" == await read_state(post, delivery)
