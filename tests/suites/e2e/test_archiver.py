"""The archiver as a process, and a PostgreSQL that dies under it."""

import asyncio
import signal

from sqlalchemy import select

from shared.domain.generation import COMPLETED, Outcome
from shared.records import schema
from shared.records.opening import open_records
from shared.store import keys, ledger
from shared.store.connect import Store
from tests.harness.factories import CENTS, Customer, create_customer, make_order
from tests.harness.postgres import Postgres, empty_database
from tests.harness.processes import Stack

LIMIT_S = 60.0


async def finish(store: Store, customer: Customer, count: int) -> list[str]:
    """Order and settle generations; return their ids."""
    orders = [make_order(customer) for _ in range(count)]
    for order in orders:
        await ledger.accept(store, order)
        await ledger.settle(store, order.id, COMPLETED, cost_micros=8 * CENTS, outcome=Outcome("noop"))
    return [order.id for order in orders]


async def test_killed_archiver_and_database_lose_and_double_nothing(postgres: Postgres) -> None:
    """Orders continue while both are dead, and afterwards the database has each generation once."""
    await empty_database(postgres.url)
    env = {"DATABASE_URL": postgres.url}
    async with (
        Stack(gateways=0, workers=(), deliver=0, sweep=0, env=env) as stack,
        Store(stack.settings.store_url) as store,
    ):
        archiver = stack.add("archive", "-m", "workers", "archive")
        await archiver.wait_for_log("archiver.started")
        customer = await create_customer(store, cents=2000)
        names = await finish(store, customer, 20)
        archiver.kill()
        archiver.start()
        names += await finish(store, customer, 10)
        postgres.kill()
        names += await finish(store, customer, 10)
        await archiver.wait_for_log("records.away")
        postgres.start()
        async with asyncio.timeout(LIMIT_S):
            while await store.call("XLEN", keys.RECORDS):
                await asyncio.sleep(0.1)
        async with open_records(postgres.url) as records, records.read() as connection:
            archived = (await connection.scalars(select(schema.generations.c.id))).all()
            [account] = (await connection.execute(select(schema.accounts))).all()
            [used] = (await connection.execute(select(schema.usage))).all()
        assert sorted(names) == sorted(archived)
        assert (81, (2000 - 40 * 8) * CENTS) == (account.ledger_sequence, account.ledger_balance)
        assert (40, 320 * CENTS) == (used.count, used.charged)
        archiver.send(signal.SIGTERM)
        assert 0 == await archiver.wait_for_exit()


async def test_archiver_without_a_database_waits_for_the_signal() -> None:
    """A deployment without a database may run the role: it does nothing, and the store is as before."""
    env = {"DATABASE_URL": "off"}
    async with (
        Stack(gateways=0, workers=(), deliver=0, sweep=0, env=env) as stack,
        Store(stack.settings.store_url) as store,
    ):
        archiver = stack.add("archive", "-m", "workers", "archive")
        await archiver.wait_for_log("records.off")
        [name] = await finish(store, await create_customer(store), 1)
        assert 0 < await store.call("PTTL", keys.generation(name))
        assert 0 == await archiver.stop()
