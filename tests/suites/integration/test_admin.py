"""The admin API: each call does the same as its command, as documented, and only for an operator's key."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import click
import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.api.admin.caller import FAILURES
from gateway.api.admin.failures import WAITING_MAX, WINDOW_S, KeyFailures
from gateway.api.admin.handlers import CHECK_LOCK
from gateway.api.admin.operations import OPERATIONS
from gateway.app import build_admin_app, build_app
from gateway.context import CONTEXT
from operate.cli.main import wokflow
from shared.domain.errors import Refused
from shared.domain.ids import is_admin_key, is_key, key_hash, new_key
from shared.domain.roles import ALLOWED, ROLES, Role, may
from shared.ops import metrics
from shared.ops.settings import Settings
from shared.store import admin_keys, keys, webhooks
from shared.store.webhooks import DeliveryAttempt
from tests.harness.factories import CENTS, Customer, create_customer, write_catalogue
from tests.suites.integration.test_docs import Client, Reader
from tests.suites.integration.test_operators import make_uncertain, settle, submit

ADMIN = "/api/admin"
NAMES = ("account", "batch", "key", "id", "provider")
ONE, MADE = "/accounts/{account}", "/generations/{id}"
# Commands without a call, each with its reason.
ELSEWHERE = {
    "admin": "admin keys are created at the shell",
    "webhook": "an account's own API has it, and dead letters are here",
    "statement": "an account's own API has it",
    "export": "writes files",
    "payment": "an account's own API lists its transactions",
    "receipt": "an account's own API has receipts, and the key is made at the shell",
    "account erase": "cannot be undone",
    "account export": "writes a file",
    "catalogue check": "reads a file",
    "catalogue import": "writes files",
    "provider": "needs the providers' keys",
    "reconcile": "reads a bill",
    "doctor": "checks the machine it runs on",
    "secret": "needs the keys of the shell",
    "store": "reads and writes files",
    "records": "reads and writes files",
    "hello": "for the first minutes",
    "demo": "for the first minutes",
}


class Office(Reader):
    """An operator who checks every answer against the document, and a customer with a dollar."""

    customer: Customer
    public: Client

    async def get(self, path: str, status: int = 200, query: str = "", **names: str) -> Any:
        """GET a path below the admin API."""
        return await self.call("get", ADMIN + path, status=status, query=query, names=names)

    async def post(self, path: str, body: object = None, status: int = 200, **names: str) -> Any:
        """POST to a path below the admin API."""
        return await self.call("post", ADMIN + path, status=status, json=body, names=names)


@pytest.fixture
async def office(store_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """Run a gateway with an operator's key and a customer."""
    settings = Settings(redis_url=store_url, data_dir=str(tmp_path), catalogue=str(write_catalogue(tmp_path)))
    app = build_app(settings)
    admin = build_admin_app(app, settings)
    async with TestClient(TestServer(app)) as public, TestClient(TestServer(admin)) as client:
        store = app[CONTEXT].store
        admin[FAILURES].delay_max_s = 0
        _, key = await admin_keys.create(store, "Grace")
        office = Office(client, "", key)
        office.public = public
        office.customer = await create_customer(store)
        office.account = office.customer.account
        await office.load_document()
        yield office


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    """Return every command below a group."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name)


def test_every_command_has_its_call() -> None:
    """For each command of operators the document has the call of its name, and no other calls."""
    paths = {path for path in commands(wokflow) if path[0] not in ELSEWHERE and " ".join(path) not in ELSEWHERE}
    named = {"admin" + "".join(part.capitalize() for word in path for part in word.split("-")) for path in paths}
    assert named == {operation.id for operation in OPERATIONS}


async def test_accounts_and_keys_by_call(office: Office) -> None:
    """Accounts and keys can be created, listed, read, topped up once, warned and revoked by call."""
    made = await office.post("/accounts", {"name": "Bob", "plan": "pro", "top_up_micros": 5 * CENTS}, 201)
    names = {"account": made["account"]}
    assert all(is_key(key) for key in made["keys"].values())
    shown = await office.get(ONE, **names)
    assert (5 * CENTS, 2) == (shown["balance_micros"], shown["keys"])
    assert [office.account, made["account"]] == [one["account"] for one in (await office.get("/accounts"))["data"]]
    assert [made["account"]] == [one["account"] for one in (await office.get("/accounts", query="?first=1"))["data"]]
    for done in (True, False):
        paid = await office.post(f"{ONE}/top-up", {"amount_micros": CENTS, "reference": "inv-1"}, **names)
        assert (done, 6 * CENTS) == (paid["topped_up"], paid["balance_micros"])
    assert 7 == (await office.post(f"{ONE}/warn-below", {"low_micros": 7}, **names))["low_micros"]
    key = await office.post(f"{ONE}/keys", {"kind": "wokgen"}, 201, **names)
    assert key["id"] in [one["id"] for one in (await office.get(f"{ONE}/keys", **names))["data"]]
    path = f"{ADMIN}{ONE}/keys/{{key}}"
    for status in (200, 404):
        await office.call("delete", path, status=status, names={**names, "key": key["id"]})
    lines = (await office.get(f"{ONE}/ledger", **names))["data"]
    assert [("top_up", "inv-1"), ("top_up", "opening")] == [(line["kind"], line["reference"]) for line in lines]
    for path, body in ((f"{ONE}/top-up", {"amount_micros": 1}), (f"{ONE}/warn-below", {"low_micros": 1})):
        await office.post(path, body, 404, account="acct_x")
    for path in (ONE, f"{ONE}/keys", f"{ONE}/ledger"):
        await office.get(path, 404, account="acct_x")
    await office.post("/accounts", {"name": "Bob", "plan": "gold"}, 400)
    await office.post("/accounts", {"name": "\n", "plan": "pro"}, 400)


async def test_generations_by_call(office: Office) -> None:
    """A generation can be read, explained, retried, refunded and credited by call, and an uncertain one resolved."""
    store = office.context.store
    waiting, done, doubt = [await make(store, office.customer) for make in (submit, submit, make_uncertain)]
    await settle(store, done)
    assert "a red boat" == (await office.get(MADE, id=waiting))["prompt"]
    assert "accepted" == (await office.get(f"{MADE}/explain", id=waiting))["moments"][0]["what"]
    assert "due" == (await office.post(f"{MADE}/retry", id=waiting))["done"]
    assert [doubt] == [one["id"] for one in (await office.get("/uncertain"))["data"]]
    assert [] == (await office.get("/uncertain", query="?refunded=true"))["data"]
    await office.get("/uncertain", 400, query="?refunded=perhaps")
    for name in (done, doubt):
        await office.post(f"{MADE}/retry", None, 409, id=name)
    assert "refund" == (await office.post(f"{MADE}/refund", {"reason": "ticket"}, id=waiting))["kind"]
    assert "credit" == (await office.post(f"{MADE}/refund", {"amount_micros": 1}, id=done))["kind"]
    for name in (waiting, done):
        await office.post(f"{MADE}/refund", {}, 409, id=name)
    resolve = "/uncertain/{id}/resolve"
    await office.post(resolve, {}, 400, id=doubt)
    await office.post(resolve, {"failed": True}, 409, id=done)
    assert "completed" == (await office.post(resolve, {"completed": ["https://a.example/x.png"]}, id=doubt))["state"]
    assert "https://a.example/x.png" == (await office.get(MADE, id=doubt))["outputs"][0]["url"]
    for path in (MADE, f"{MADE}/explain"):
        await office.get(path, 404, id="nothing")
    assert 80 * CENTS + 1 == (await office.get(ONE, account=office.account))["balance_micros"]


async def test_fleet_by_call(office: Office) -> None:
    """Queues, processes, dead letters and the overview can be read by call, and a provider paused."""
    store = office.context.store
    endpoint = await webhooks.create_endpoint(store, office.account, "https://example.com/hook")
    name, waiting = await submit(store, office.customer), await submit(store, office.customer)
    await settle(store, name)
    delivery, refused = f"evt_{name}:{endpoint.id}", DeliveryAttempt(at_ms=1, duration_ms=5, status=500)
    await webhooks.record_attempt(store, delivery, 1, "dead", refused, keep_ms=60_000, health="ill")
    seen = await office.get("/overview")
    assert (1, 1) == (seen["totals"]["open"], seen["totals"]["dead_letters"])
    assert (20 * CENTS, 10 * CENTS) == (seen["money"]["reserved_micros"], seen["money"]["settled_micros"])
    assert [waiting] == [one["id"] for one in seen["slowest"]]
    assert [endpoint.id] == [one["id"] for one in seen["failing_endpoints"]]
    assert ["gateway"] == [one["role"] for one in (await office.get("/workers"))["data"]]
    held = []
    for act in ("pause", "drain", "resume"):
        await office.post(f"/queues/{{provider}}/{act}", None, 404, provider="nobody")
        held.append((await office.post(f"/queues/{{provider}}/{act}", provider="noop"))["held"])
        assert held[-1] in [one["held"] for one in (await office.get("/queues"))["data"] if one["name"] == "noop"]
    assert ["pause", "drain", None] == held
    assert [delivery] == [one["id"] for one in (await office.get("/dead-letters"))["data"]]
    await office.post("/dead-letters/replay", {"deliveries": ["evt_1"]}, 404)
    assert 1 == (await office.post("/dead-letters/replay", {}, 202))["queued"]
    lines = (await office.get("/audit"))["data"]
    assert ["deadletter replay", "queue resume", "queue drain", "queue pause"] == [line["what"] for line in lines]
    assert all(line["who"].endswith(" Grace") and line["who"].startswith("api:adm_") for line in lines)


async def test_catalogue_is_reloaded_by_call(office: Office) -> None:
    """A changed file is taken and audited; a broken one is refused with its line, and the old one stays in force."""
    path = Path(office.context.settings.catalogue)
    before, text = office.context.catalogue.version, path.read_text()
    path.write_text(text.replace('name = "Noop"', 'name = "Nothing"'))
    done = await office.post("/catalogue/reload")
    assert (True, 1) == (done["complete"], len(done["processes"]))
    assert before != done["version"] == done["processes"][0]["catalogue"]
    broken = text.replace("price_cents = 10", "price_cents = -1", 1)
    path.write_text(broken)
    refused = await office.post("/catalogue/reload", None, 409)
    line_number = broken[: broken.index("price_cents = -1")].count("\n") + 1
    assert f"line {line_number}: " in refused["error"]["message"]
    assert "Nothing" == office.context.catalogue.models["test/noop"].name
    lines = (await office.get("/audit"))["data"]
    assert [("catalogue reload", "refused"), ("catalogue reload", "announced")] == [
        (line["what"], line["outcome"]) for line in lines
    ]
    [process] = (await office.get("/workers"))["data"]
    assert done["version"] == process["catalogue"]


async def test_ledger_checks_run_one_at_a_time(office: Office) -> None:
    """A check by call counts the checked objects, and a second one meanwhile is refused."""
    await submit(office.context.store, office.customer)
    checked = await office.post("/ledger/check")
    assert (1, 1, [], True) == (checked["accounts"], checked["generations"], checked["findings"], checked["complete"])
    async with office.client.app[CHECK_LOCK]:
        await office.post("/ledger/check", None, 409)
    await office.post("/ledger/check")


async def test_admin_calls_refuse_an_accounts_key(office: Office) -> None:
    """Every call refuses an account's key, a missing key, a revoked key and junk, and does nothing."""
    store = office.context.store
    key_id, revoked = await admin_keys.create(store, "Eve")
    assert is_admin_key(revoked)
    assert not is_key(revoked)
    await admin_keys.revoke(store, key_id)
    for key in (office.customer.key, "", revoked, "wok_admin_x", revoked[:-1] + "?"):
        office.headers = {"Authorization": f"Bearer {key}"} if key else {}
        calls = [
            office.call(operation.method, operation.path, status=401, names=dict.fromkeys(NAMES, "x"), json={})
            for operation in OPERATIONS
        ]
        codes = {answer["error"]["code"] for answer in await asyncio.gather(*calls)}
        assert {"invalid_api_key" if key else "missing_api_key"} == codes


async def test_account_calls_refuse_an_operators_key(office: Office) -> None:
    """The APIs of accounts refuse an operator's key."""
    for path in ("/api/v1/balance", "/api/v1/account", "/api/v1/webhooks", "/api/v1/me"):
        async with office.public.get(path, headers=office.headers) as response:
            assert 401 == response.status
    async with office.public.post("/api/generate", headers=office.headers, json={"prompt": "a"}) as response:
        assert 401 == response.status


async def test_public_address_has_no_admin_api(office: Office) -> None:
    """The gateway's public address answers 404 to every admin call, even with an operator's key."""
    for operation in OPERATIONS:
        path = operation.path.format(**dict.fromkeys(NAMES, "x"))
        async with office.public.request(operation.method, path, headers=office.headers, json={}) as response:
            assert (404, "not_found") == (response.status, (await response.json())["error"]["code"]), path


def test_every_call_is_in_the_table_of_roles() -> None:
    """The table names every call, and nothing else; an owner may do everything, and a reader changes nothing."""
    words = [command.replace("-", " ").split() for command in ALLOWED["owner"]]
    assert {operation.id for operation in OPERATIONS} == {"admin" + "".join(map(str.capitalize, one)) for one in words}
    assert ALLOWED["read"] == ALLOWED["support"] & ALLOWED["money"]
    reading = {one.id for one in OPERATIONS if one.method == "get"} | {"adminLedgerCheck"}
    assert len(reading) == len(ALLOWED["read"])
    assert not may("admin", "top")


@pytest.mark.parametrize("role", ROLES)
async def test_role_limits_the_calls_of_a_key(office: Office, role: Role) -> None:
    """A key may make the calls of its role, and every other call is refused with 403 and recorded in the audit."""
    key_id, key = await admin_keys.create(office.context.store, "Eve", role)
    owner, refused = office.headers, set()
    office.headers = {"Authorization": f"Bearer {key}"}
    for operation in OPERATIONS:
        path = operation.path.format(**dict.fromkeys(NAMES, "x"))
        async with office.client.request(operation.method, path, headers=office.headers, json={}) as response:
            if response.status == 403:
                assert "forbidden" == (await response.json())["error"]["code"]
                refused.add(operation.id)
    office.headers = owner
    lines = (await office.get("/audit", query="?limit=200"))["data"]
    recorded = [line["what"] for line in lines if line["outcome"] == "refused" and line["who"] == f"api:{key_id} Eve"]
    assert ALLOWED["owner"] - ALLOWED[role] == set(recorded)
    assert len(refused) == len(recorded)


async def test_key_from_before_roles_is_an_owners(office: Office) -> None:
    """A key that an earlier version stored without a role may do everything, and is listed as an owner's."""
    store, key = office.context.store, new_key("admin", bytes(range(24)))
    await store.call("SET", keys.admin_key(key_hash(key)), "adm_0 Old Ada")
    await store.call("HSET", keys.ADMIN_KEYS, "adm_0", f"{key_hash(key)} 7 wok_admin_...abcd Old Ada")
    office.headers = {"Authorization": f"Bearer {key}"}
    await office.post("/accounts", {"name": "Bob", "plan": "pro"}, 201)
    listed = [one for one in await admin_keys.list_active(store) if one.id == "adm_0"]
    assert [("Old Ada", "owner", "wok_admin_...abcd")] == [(one.name, one.role, one.hint) for one in listed]
    assert "api:adm_0 Old Ada" == (await office.get("/audit"))["data"][0]["who"]


async def test_wrong_keys_leave_a_trace(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong keys are counted each, answered late, and recorded in the audit once a minute."""
    wrong, owner, delayed = new_key("admin", bytes(24)), office.headers, AsyncMock()
    monkeypatch.setattr(KeyFailures, "delay", delayed)
    before = metrics.of(metrics.ADMIN_REFUSED, "wrong_key")._value.get()
    for _ in range(5):
        office.headers = {"Authorization": f"Bearer {wrong}"}
        await office.get("/overview", 401)
    office.headers = owner
    assert 5 == delayed.await_count
    assert before + 5 == metrics.of(metrics.ADMIN_REFUSED, "wrong_key")._value.get()
    [line] = (await office.get("/audit"))["data"]
    assert ("api:unknown", "wrong admin key", "refused") == (line["who"], line["what"], line["outcome"])


async def test_wrong_keys_are_answered_late() -> None:
    """The more failures there were in a minute, the longer a refusal takes; beyond a bound it is immediate."""
    now = [100.0]
    failures = KeyFailures(lambda: now[0])
    assert [1, 2, 3] == [failures.count() for _ in range(3)]
    assert [True, False] == [failures.claim_report(), failures.claim_report()]
    now[0] += WINDOW_S + 1
    assert 1 == failures.count()
    assert failures.claim_report()
    failures.delay_max_s = 60
    waiting = [asyncio.create_task(failures.delay()) for _ in range(WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(Refused, match="Too many"):
        await failures.delay()
    for one in waiting:
        one.cancel()
