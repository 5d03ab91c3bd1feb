"""Keys that can be given away: their limits hold in every call, and a cap is never passed."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from msgspec import Struct

from gateway import routes
from gateway.app import build_app
from gateway.context import CONTEXT
from gateway.operation import Operation
from shared.domain.generation import FAILED, Outcome
from shared.domain.ids import key_hash
from shared.domain.key_limits import SCOPES, KeyLimits
from shared.ops.settings import Settings
from shared.store import accounts, keys, ledger
from shared.store.connect import Store
from shared.store.generations import list_newest
from tests.harness.factories import CENTS, Customer, create_customer, load_catalogue, write_catalogue

pytestmark = pytest.mark.asyncio(loop_scope="module")

GENERATIONS, KEYS, ACCOUNT = "/api/v1/generations", "/api/v1/keys", "/api/v1/account"
IMAGE, NOOP = ({"model": model, "prompt": "a boat"} for model in ("test/image", "test/noop"))
CAP_CENTS, PRICE_CENTS = 20, 2
ORDERS: dict[str, dict[str, object]] = {  # of models that the tests' catalogue has
    "createGeneration": IMAGE,
    "openaiCreateImages": IMAGE,
    "openaiCreateCompletion": {"model": "test/text", "messages": [{"role": "user", "content": "a boat"}]},
    "openaiCreateResponse": {"model": "test/text", "input": "a boat"},
    "openaiCreateSpeech": {"model": "test/voice", "input": "a boat", "voice": "default"},
    "replicateCreatePrediction": {"version": "test/image", "input": {"prompt": "a boat"}},
    "replicateCreateModelPrediction": {"input": {"prompt": "a boat"}},
}
MODEL_PATH = {"{owner}": "test", "{name}": "image"}
KEYED = [one for one in routes.operations(load_catalogue()) if one.access in ("key", "optional")]


class Shop(Struct):
    """A gateway, and a customer with ten dollars."""

    client: TestClient
    store: Store
    customer: Customer

    async def call(
        self, method: str, path: str, body: object = None, key: str = "", headers: Mapping[str, str] = {}
    ) -> tuple[int, Any]:
        """Return the status and body of a call, with `key` or the customer's own."""
        sent = {"Authorization": f"Bearer {key or self.customer.key}", **headers}
        async with self.client.request(method, path, json=body, headers=sent) as response:
            return response.status, None if response.status == 204 else await response.json()

    async def make(self, key: str = "", **body: object) -> dict[str, Any]:
        """Return a new key."""
        status, made = await self.call("POST", "/api/v1/keys", body, key)
        assert 201 == status, made
        return dict(made)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shop(store_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """Run one gateway for the module, on an empty store."""
    folder = tmp_path_factory.mktemp("shop")
    limits = {"creates_per_s": 0.0, "reads_per_s": 0.0, "failed_keys_per_s": 0.0}
    async with Store(store_server) as store:
        await store.call("FLUSHALL")
    settings = Settings(redis_url=store_server, data_dir=str(folder), catalogue=str(write_catalogue(folder)), **limits)
    app = build_app(settings)
    async with TestClient(TestServer(app)) as client:
        store = app[CONTEXT].store
        yield Shop(client, store, await create_customer(store, cents=1000, backlog_max=1000))


async def test_cap_is_never_passed_by_concurrent_orders(shop: Shop) -> None:
    """Fifty orders at once with a cap of 20 cents stop at exactly the cap, and a refund can be spent again."""
    key = await shop.make(name="Workshop", spend_caps={"total_cents": CAP_CENTS})
    answers = await asyncio.gather(*(shop.call("POST", GENERATIONS, IMAGE, key["key"]) for _ in range(50)))
    accepted = [answer[1]["id"] for answer in answers if answer[0] == 201]
    refused = [code_of(answer) for answer in answers if answer[0] != 201]
    assert (CAP_CENTS // PRICE_CENTS, {(402, "key_budget_exceeded")}) == (len(accepted), set(refused))
    assert CAP_CENTS * CENTS == await read_spent(shop, key["id"])
    openai = await shop.call("POST", "/v1/images/generations", IMAGE, key["key"])
    assert (429, "insufficient_quota") == code_of(openai)
    for cost, left in ((0, 1), (CENTS, 0)):
        await ledger.settle(shop.store, accepted.pop(), "failed", cost_micros=cost, outcome=Outcome(), keep_ms=60_000)
        statuses = [(await shop.call("POST", GENERATIONS, IMAGE, key["key"]))[0] for _ in range(2)]
        assert [201] * left + [402] * (2 - left) == statuses
    assert (CAP_CENTS - 1) * CENTS == await read_spent(shop, key["id"])
    assert "credited" == (await ledger.credit(shop.store, await find_failed(shop))).outcome
    assert (CAP_CENTS - 2) * CENTS == await read_spent(shop, key["id"])


async def test_account_cap_counts_all_keys(shop: Shop) -> None:
    """The caps of an account count the orders of every key, and can be reset and removed."""
    caps = {"spend_caps": {"day_cents": 2 * PRICE_CENTS}}
    assert caps["spend_caps"]["day_cents"] == (await shop.call("PATCH", ACCOUNT, caps))[1]["spend_caps"]["day_cents"]
    other = (await shop.make())["key"]
    orders = [await shop.call("POST", GENERATIONS, IMAGE, key) for key in ("", other, "", other)]
    assert [201, 201] == [order[0] for order in orders[:2]]
    assert {(402, "spend_cap_exceeded")} == set(map(code_of, orders[2:]))
    await shop.call("PATCH", ACCOUNT, {"reset_spent": True})
    assert 201 == (await shop.call("POST", GENERATIONS, IMAGE))[0]
    assert (await shop.call("PATCH", ACCOUNT, {"spend_caps": None}))[1]["spend_caps"] is None
    assert {201} == {(await shop.call("POST", GENERATIONS, IMAGE, other))[0] for _ in range(3)}


@pytest.mark.parametrize("operation", KEYED, ids=lambda operation: operation.id)
async def test_every_call_needs_its_scope(shop: Shop, operation: Operation) -> None:
    """A key with all scopes but those of a call is refused there, in the shape of the call's API."""
    assert operation.scopes, "each call that takes a key needs a scope"
    others = [scope for scope in SCOPES if scope not in operation.scopes]
    limits = KeyLimits(scopes=tuple(others))
    key_id, key = await accounts.create_key(shop.store, shop.customer.account, "wowflow", limits=limits)
    path = path_of(operation)
    body = msgspec.to_builtins(next(iter(operation.bodies.values()), None))
    body = ORDERS.get(operation.id, body)
    answer = await shop.call(operation.method.upper(), path, body, key)
    await accounts.revoke_key(shop.store, shop.customer.account, key_id)
    assert (403, "forbidden") == (answer[0], code_of(answer)[1].lower()), answer


@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("generate", 415)])
async def test_form_needs_the_scope_generate(shop: Shop, scope: str, status: int) -> None:
    """A call whose body is a form has its scope too, at both addresses."""
    key = (await shop.make(scopes=[scope]))["key"]
    for root in ("", "/openai"):
        assert status == (await shop.call("POST", f"{root}/v1/images/edits", {}, key))[0]


async def test_key_with_generate_alone_reads_what_it_makes(shop: Shop) -> None:
    """A key with the scope generate reads a generation by its id, and lists none."""
    key = (await shop.make(scopes=["generate"]))["key"]
    _, made = await shop.call("POST", GENERATIONS, IMAGE, key)
    assert 200 == (await shop.call("GET", f"{GENERATIONS}?id={made['id']}", None, key))[0]
    assert (403, "forbidden") == code_of(await shop.call("GET", GENERATIONS, None, key))


async def test_key_works_from_its_addresses_alone(shop: Shop) -> None:
    """A key for another network is refused, for orders and reads alike; one for the caller's works."""
    for network, statuses in (("192.0.2.0/24", [403, 403]), ("127.0.0.0/8", [201, 200])):
        key = (await shop.make(ip_addresses=[network]))["key"]
        calls = (("POST", GENERATIONS, IMAGE), ("GET", "/api/v1/balance", None))
        assert statuses == [(await shop.call(*call, key))[0] for call in calls]


@pytest.mark.parametrize("name", ORDERS)
async def test_every_order_has_the_address_of_its_caller(shop: Shop, name: str) -> None:
    """A key for the caller's network orders by each API, and one for another network by none."""
    [operation] = [one for one in KEYED if one.id == name]
    for network, status in (("192.0.2.0/24", 403), ("127.0.0.0/8", 202)):
        key = (await shop.make(ip_addresses=[network]))["key"]
        answer = await shop.call("POST", path_of(operation), ORDERS[name], key, {"Prefer": "respond-async"})
        assert (201 if not name.startswith("openai") and status == 202 else status) == answer[0], answer


async def test_key_orders_only_its_models(shop: Shop) -> None:
    """A key with a model orders it by either API, and no other model; fallback routes are of that model, too."""
    key = (await shop.make(models=["test/image"], kinds=["image"]))["key"]
    assert 201 == (await shop.call("POST", GENERATIONS, IMAGE, key))[0]
    assert (403, "forbidden") == code_of(await shop.call("POST", GENERATIONS, NOOP, key))
    assert (403, "forbidden") == code_of(await shop.call("POST", "/v1/images/generations", NOOP, key))
    assert 202 == (await shop.call("POST", "/api/generate", {"prompt": "a", "async": True}, key))[0]
    [newest] = await list_newest(shop.store, shop.customer.account, 1)
    assert {"test/image"} == {newest.spec.model, *(route.model_id for route in newest.spec.routes)}
    refused = await shop.call("POST", "/api/text/generate", {"prompt": "a", "async": True}, key)
    assert (403, "FORBIDDEN") == code_of(refused)


async def test_expired_key_is_unknown(shop: Shop) -> None:
    """A key past its expiry orders and reads nothing, and is not listed; a new expiry must be in the future."""
    made = await shop.make(expires_at="2100-01-01T00:00:00Z")
    assert made["expires_at"].startswith("2100-01-01")
    assert 201 == (await shop.call("POST", GENERATIONS, IMAGE, made["key"]))[0]
    await shop.store.call("HSET", keys.limited_key(key_hash(made["key"])), "expires_ms", 1)
    for call in (("POST", GENERATIONS, IMAGE), ("GET", "/api/v1/balance", None)):
        assert (401, "invalid_api_key") == code_of(await shop.call(*call, made["key"]))
    assert made["id"] not in [key["id"] for key in (await shop.call("GET", KEYS))[1]["data"]]
    past = await shop.call("POST", KEYS, {"expires_at": "2020-01-01T00:00:00Z"})
    assert (400, "invalid_request") == code_of(past)


async def test_key_grants_no_more_than_it_has(shop: Shop) -> None:
    """A limited key makes keys within its limits, whose orders its own budget counts, and touches no wider key."""
    own = (await shop.call("GET", KEYS))[1]["data"][0]["id"]
    maker = await shop.make(scopes=["generate", "manage"], kinds=["image"], spend_caps={"total_cents": 5})
    child = await shop.make(maker["key"], name="Child", spend_caps={"total_cents": 100})
    assert (["generate", "manage"], ["image"]) == (child["scopes"], child["kinds"])
    answers = [await shop.call("POST", GENERATIONS, IMAGE, child["key"]) for _ in range(3)]
    assert [201, 201, 402] == [answer[0] for answer in answers]
    assert 4 * CENTS == await read_spent(shop, maker["id"])
    for method, path, body in (
        ("POST", KEYS, {"scopes": ["read"]}),
        ("POST", KEYS, {"kinds": ["image", "video"]}),
        ("POST", f"{KEYS}/{own}/rotate", {}),
        ("PATCH", f"{KEYS}/{own}", {"name": "mine"}),
        ("DELETE", f"{KEYS}/{own}", None),
        ("PATCH", f"{KEYS}/{child['id']}", {"scopes": []}),
        ("PATCH", f"{KEYS}/{maker['id']}", {"spend_caps": {"total_cents": 500}}),
        ("PATCH", f"{KEYS}/{maker['id']}", {"reset_spent": True}),
        ("PATCH", ACCOUNT, {"spend_caps": None}),
    ):
        assert (403, "forbidden") == code_of(await shop.call(method, path, body, maker["key"])), (path, body)
    assert 200 == (await shop.call("PATCH", f"{KEYS}/{child['id']}", {"name": "Renamed"}, maker["key"]))[0]


async def test_key_is_changed_and_rotated(shop: Shop) -> None:
    """A change applies at once; a rotated key keeps name and budget, and the old one works for the overlap."""
    made = await shop.make(name="App")
    assert 201 == (await shop.call("POST", GENERATIONS, IMAGE, made["key"]))[0]
    path, caps = f"{KEYS}/{made['id']}", {"total_cents": 2 * PRICE_CENTS}
    changed = (await shop.call("PATCH", path, {"spend_caps": caps, "scopes": ["generate"]}))[1]
    assert ("App", ["generate"], 0) == (changed["name"], changed["scopes"], changed["spent"]["total_micros"])
    _, fresh = await shop.call("POST", f"{path}/rotate", {"overlap_s": 60})
    assert ("App", caps["total_cents"]) == (fresh["name"], fresh["spend_caps"]["total_cents"])
    orders = [(await shop.call("POST", GENERATIONS, IMAGE, key))[0] for key in (made["key"], fresh["key"])]
    assert [201, 201] == orders
    assert (402, "key_budget_exceeded") == code_of(await shop.call("POST", GENERATIONS, IMAGE, made["key"]))
    await shop.call("PATCH", f"{KEYS}/{fresh['id']}", {"reset_spent": True})
    assert 201 == (await shop.call("POST", GENERATIONS, IMAGE, made["key"]))[0]
    plain = await shop.make()
    _, last = await shop.call("POST", f"{KEYS}/{plain['id']}/rotate", {"overlap_s": 0})
    assert [401, 201] == [(await shop.call("POST", GENERATIONS, IMAGE, key))[0] for key in (plain["key"], last["key"])]
    assert 404 == (await shop.call("POST", f"{KEYS}/key_0/rotate", {}))[0]


async def test_last_use_of_a_key_is_listed(shop: Shop) -> None:
    """A key shows when it was last used; a new one was never used."""
    made = await shop.make(name="Seldom")
    assert made["last_used_at"] is None
    await shop.call("GET", "/api/v1/balance", None, made["key"])
    [listed] = [key for key in (await shop.call("GET", KEYS))[1]["data"] if key["id"] == made["id"]]
    assert listed["last_used_at"] is not None


async def test_revoked_key_with_limits_leaves_nothing(shop: Shop) -> None:
    """A revoked key orders nothing, also if only its line is gone, and its budget goes with it."""
    made = await shop.make(spend_caps={"day_cents": 100})
    await shop.store.call("HDEL", keys.account_keys(shop.customer.account), made["id"])
    assert (401, "invalid_api_key") == code_of(await shop.call("POST", GENERATIONS, IMAGE, made["key"]))
    assert (401, "invalid_api_key") == code_of(await shop.call("GET", "/api/v1/balance", None, made["key"]))
    made = await shop.make(spend_caps={"day_cents": 100})
    assert 204 == (await shop.call("DELETE", f"{KEYS}/{made['id']}"))[0]
    hashed = key_hash(made["key"])
    names = (keys.limited_key(hashed), keys.budget(made["id"]), keys.key(hashed))
    assert 0 == await shop.store.call("EXISTS", *names)


async def read_spent(shop: Shop, key_id: str) -> int:
    """Return what the budget of a key has counted, micro-USD."""
    key = await accounts.find_key(shop.store, shop.customer.account, key_id)
    assert key is not None
    return key.spent.total


async def find_failed(shop: Shop) -> str:
    """Return the newest generation that failed at a cost."""
    found = await list_newest(shop.store, shop.customer.account, 100)
    return next(one.id for one in found if one.state == FAILED and one.cost)


def path_of(operation: Operation) -> str:
    """Return the path of a call, with a known model."""
    return re.sub(r"\{\w+\}", lambda found: MODEL_PATH.get(found[0], "1"), operation.path)


def code_of(answer: tuple[int, Any]) -> tuple[int, str]:
    """Return the status and code of an error of any API."""
    error = answer[1].get("error")
    return answer[0], error["code"] if isinstance(error, dict) else answer[1]["code"]
