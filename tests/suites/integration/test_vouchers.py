"""Vouchers: made by operators, redeemed once by accounts through the API."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from msgspec import Struct

from gateway.app import build_app
from gateway.context import CONTEXT
from operate import vouchers
from operate.operator import Operator
from shared.domain.errors import Refused
from shared.domain.ids import is_voucher, key_hash, new_key
from shared.ops.settings import Settings
from shared.store import keys, ledger
from shared.store.connect import Store
from tests.harness.factories import CENTS, Customer, create_customer, write_catalogue

pytestmark = pytest.mark.asyncio(loop_scope="module")

REDEEM = "/api/v1/vouchers/redeem"


class Counter(Struct):
    """A gateway, and an operator of its store."""

    client: TestClient
    store: Store
    operator: Operator

    async def redeem(self, customer: Customer, voucher: object) -> tuple[int, dict[str, Any]]:
        """Return the status and body of a redemption."""
        headers = {"Authorization": f"Bearer {customer.key}"}
        async with self.client.post(REDEEM, json={"voucher": voucher}, headers=headers) as response:
            return response.status, await response.json()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def counter(store_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    """Run one gateway for the module, on an empty store."""
    folder = tmp_path_factory.mktemp("vouchers")
    async with Store(store_server) as store:
        await store.call("FLUSHALL")
    app = build_app(Settings(redis_url=store_server, data_dir=str(folder), catalogue=str(write_catalogue(folder))))
    async with TestClient(TestServer(app)) as client:
        store = app[CONTEXT].store
        yield Counter(client, store, Operator(store=store, who="grace", providers=(), plans={}, base_url=""))


async def test_voucher_is_redeemed_once_by_one_account(counter: Counter) -> None:
    """Of many redemptions at once one adds the amount, and another account gets nothing."""
    made = await vouchers.create_vouchers(counter.operator, name="Launch", micros=500 * CENTS, count=2)
    first, second = made.vouchers
    ada, bob = [await create_customer(counter.store, cents=0) for _ in range(2)]
    answers = await asyncio.gather(*(counter.redeem(ada, f" {first} ") for _ in range(5)))
    assert [200] * 5 == [status for status, _ in answers]
    assert [False] * 4 + [True] == sorted(body["redeemed"] for _, body in answers)
    assert {(500, 500)} == {(body["amount_cents"], body["balance_cents"]) for _, body in answers}
    assert (404, "unknown_voucher") == code_of(await counter.redeem(bob, first))
    assert (409, "conflict") == code_of(await counter.redeem(ada, second))
    [line] = await ledger.list_entries(counter.store, ada.account)
    assert ("top_up", 500 * CENTS, f"voucher {key_hash(first)[:12]}") == (line.kind, line.amount_micros, line.reference)
    [batch] = await vouchers.list_vouchers(counter.operator, 10)
    assert ("Launch", 2, 1, False) == (batch.name, batch.count, batch.redeemed, batch.revoked)
    assert 1 == (await vouchers.revoke_vouchers(counter.operator, made.batch)).revoked
    assert (404, "unknown_voucher") == code_of(await counter.redeem(bob, second))
    with pytest.raises(Refused, match="does not exist"):
        await vouchers.revoke_vouchers(counter.operator, "batch_0")


async def test_wrong_vouchers_are_refused_alike(counter: Counter) -> None:
    """Junk, an unknown voucher and an expired one look the same; a wrong type is a wrong request."""
    ada = await create_customer(counter.store, cents=0)
    made = await vouchers.create_vouchers(counter.operator, name="", micros=1, count=1, days=-1)
    for text in ("", "wok_gift_x", made.vouchers[0], new_key("voucher", bytes(24)), "\u202e\x00<b>"):
        assert (404, "unknown_voucher") == code_of(await counter.redeem(ada, text))
    for text in (5, None, "x" * 101):
        assert (400, "invalid_request") == code_of(await counter.redeem(ada, text))
    assert is_voucher(made.vouchers[0])
    assert not is_voucher(ada.key)
    assert 0 < await counter.store.call("PTTL", keys.voucher(key_hash(made.vouchers[0])))


def code_of(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    """Return the status and code of an error."""
    return answer[0], answer[1]["error"]["code"]
