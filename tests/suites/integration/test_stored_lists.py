"""A record that cannot be read is shown as such, and the rest of its list is shown all the same."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from msgspec import Struct

from operate.dead_letters import list_dead_letters, redeliver_dead_letters
from operate.operator import Operator
from shared.domain.generation import COMPLETED, Outcome
from shared.store import accounts, admin_keys, audit, generations, keys, ledger, processes, webhooks
from shared.store.connect import Store
from shared.store.stored_lists import UNREADABLE
from shared.store.webhooks import DeliveryAttempt
from tests.harness.factories import Customer, create_customer, make_order

SEPARATORS = "one\u2028two\u2029three\x85four\x0bfive\x0csix\x1cseven"
BAD = "not a record"
CANNOT_BE_READ = "the record of this attempt cannot be read"


class Books(Struct, frozen=True):
    """A customer with an endpoint and two ended generations, whose deliveries failed."""

    store: Store
    operator: Operator
    customer: Customer
    endpoint: str
    deliveries: list[str]


@pytest.fixture
async def books(store_url: str) -> AsyncIterator[Books]:
    """Yield a store with two records in every list."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        endpoint = await webhooks.create_endpoint(
            store, customer.account, "https://example.com/hook", ["generation.completed"]
        )
        await webhooks.create_endpoint(store, customer.account, "https://example.com/other", ["balance.low"])
        deliveries = []
        for _ in range(2):
            accepted = await ledger.accept(store, make_order(customer))
            await ledger.settle(store, accepted.id, COMPLETED, cost_micros=0, outcome=Outcome())
            deliveries.append(f"evt_{accepted.id}:{endpoint.id}")
            refused = DeliveryAttempt(at_ms=1, duration_ms=5, status=500, answer=SEPARATORS)
            await webhooks.record_attempt(store, deliveries[-1], 1, "dead", refused, keep_ms=60_000, health="ill")
        yield Books(
            store,
            Operator(store=store, who="test", providers=("noop",), plans={}, base_url=""),
            customer,
            endpoint.id,
            deliveries,
        )


async def test_foreign_separators_do_not_break_a_delivery_log(books: Books) -> None:
    """An answer with U+2028 and its siblings is listed as it came, and its dead letter is redelivered."""
    listed = await webhooks.list_deliveries(books.store, books.endpoint, 10)
    assert {SEPARATORS} == {attempt.answer for delivery in listed for attempt in delivery.attempts}
    assert {f"500 {SEPARATORS}"} == {one.last for one in await list_dead_letters(books.operator, 10)}
    assert 2 == (await redeliver_dead_letters(books.operator, [])).queued


@pytest.mark.parametrize("field", ["log", "created_ms", "state", "event"])
async def test_one_unreadable_delivery_is_shown_next_to_the_others(books: Books, field: str) -> None:
    """A delivery with a damaged field is listed as unreadable, for its owner and for operators."""
    await books.store.call("HSET", keys.delivery(books.deliveries[0]), field, b"\xff" if field == "event" else BAD)
    listed = await webhooks.list_deliveries(books.store, books.endpoint, 10)
    assert books.deliveries[::-1] == [one.id for one in listed]
    assert [None, CANNOT_BE_READ] == [one.attempts[-1].error for one in listed]
    letters = {one.id: one.last for one in await list_dead_letters(books.operator, 10)}
    assert {books.deliveries[0]: CANNOT_BE_READ, books.deliveries[1]: f"500 {SEPARATORS}"} == letters
    replayed = await redeliver_dead_letters(books.operator, [])
    assert 2 == replayed.queued + len(replayed.left)


async def write_bad_audit(books: Books) -> None:
    """Write an audit entry, then a bad line."""
    await redeliver_dead_letters(books.operator, books.deliveries[:1])
    await books.store.call("RPUSH", keys.AUDIT, BAD)


async def send_bad_heartbeat(books: Books) -> None:
    """Send a heartbeat, and a bad one."""
    store = books.store
    fine = processes.Process(id="a", role="worker", version="1", host="h", pid=1, since_ms=1)
    await processes.send_heartbeat(store, fine)
    await store.run("beat", "b", BAD, 60_000)


async def write_bad_generation(books: Books) -> None:
    """Write a bad order of one generation."""
    generation = books.deliveries[0].removeprefix("evt_").partition(":")[0]
    await books.store.call("HSET", keys.generation(generation), "spec", BAD)


async def write_bad_endpoint(books: Books) -> None:
    """Write a bad time of one endpoint."""
    await books.store.call("HSET", keys.endpoint(books.endpoint), "created_ms", BAD)


async def write_bad_admin_key(books: Books) -> None:
    """Create an operator's key, and write a bad one."""
    await admin_keys.create(books.store, "Ada")
    await books.store.call("HSET", keys.ADMIN_KEYS, "adm_1", BAD)


async def write_bad_key(books: Books) -> None:
    """Create a key of an account, and write a bad one."""
    await accounts.create_key(books.store, books.customer.account, "wokgen")
    await books.store.call("HSET", keys.account_keys(books.customer.account), "key_1", BAD)


async def write_bad_entry(books: Books) -> None:
    """Append a line that is not an entry to a ledger."""
    await books.store.call("RPUSH", keys.ledger(books.customer.account), BAD)


DAMAGES: list[tuple[Callable[[Books], Awaitable[None]], Callable[[Books], Awaitable[Any]]]] = [
    (write_bad_audit, lambda books: audit.list_records(books.store, 10)),
    (send_bad_heartbeat, lambda books: processes.list_processes(books.store)),
    (write_bad_generation, lambda books: generations.list_newest(books.store, books.customer.account, 10)),
    (write_bad_endpoint, lambda books: webhooks.list_endpoints(books.store, books.customer.account)),
    (write_bad_admin_key, lambda books: admin_keys.list_active(books.store)),
    (write_bad_key, lambda books: accounts.list_keys(books.store, books.customer.account)),
    (write_bad_entry, lambda books: ledger.list_entries(books.store, books.customer.account)),
]


@pytest.mark.parametrize(("damage", "read_list"), DAMAGES, ids=lambda function: function.__name__)
async def test_list_shows_an_unreadable_record_and_the_others(
    books: Books, damage: Callable[[Books], Awaitable[None]], read_list: Callable[[Books], Awaitable[Any]]
) -> None:
    """Exactly one record of the list is unreadable, and at least one other is shown."""
    await damage(books)
    found = await asyncio.wait_for(read_list(books), 5)
    assert 1 == sum(UNREADABLE in repr(record) for record in found)
    assert 1 < len(found)
