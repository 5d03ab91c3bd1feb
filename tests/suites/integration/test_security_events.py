"""Security events: changes of an account's keys and endpoints are recorded, posted and readable."""

from pathlib import Path

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.app import build_app
from gateway.context import CONTEXT
from shared.domain import events
from shared.ops import metrics
from shared.ops.settings import Settings
from shared.store import accounts, keys, security, webhooks
from shared.store.connect import Store
from shared.store.webhooks import DeliveryAttempt, Due
from tests.harness.factories import Customer, create_customer, write_catalogue
from workers.event_body import event_body

HOOK = "https://93.184.216.34/hook"


async def list_posts(store: Store, endpoint_id: str) -> list[dict[str, object]]:
    """Return the bodies of the security events to an endpoint, oldest first."""
    bodies = []
    for delivery in reversed(await webhooks.list_deliveries(store, endpoint_id, 100)):
        due = await webhooks.start_post(store, delivery.id, slow_max=100)
        assert isinstance(due, Due)
        attempt = DeliveryAttempt(at_ms=1, duration_ms=1, status=200)
        await webhooks.record_attempt(store, delivery.id, 1, "delivered", attempt, keep_ms=60_000, health="well")
        body = event_body(due, "http://here")
        assert body is not None
        bodies.append(msgspec.json.decode(body))
    return bodies


async def test_every_change_is_recorded_and_posted(store_url: str, tmp_path: Path) -> None:
    """Keys and endpoints made, changed and removed by call are events of the account, with the key that did it."""
    settings = Settings(redis_url=store_url, data_dir=str(tmp_path), catalogue=str(write_catalogue(tmp_path)))
    app = build_app(settings)
    async with TestClient(TestServer(app)) as client:
        store: Store = app[CONTEXT].store
        customer = await create_customer(store)
        [own] = await accounts.list_keys(store, customer.account)
        watching = await webhooks.create_endpoint(store, customer.account, HOOK)
        counter = metrics.of(metrics.SECURITY_EVENTS, events.KEY_CREATED)
        before = counter._value.get()

        async def call(method: str, path: str, body: object = None) -> dict[str, str]:
            headers = {"Authorization": f"Bearer {customer.key}"}
            async with client.request(method, f"/api/v1/{path}", json=body, headers=headers) as response:
                assert response.status < 300, await response.text()
                return await response.json() if response.status != 204 else {}

        key = await call("POST", "keys", {})
        await call("PATCH", f"keys/{key['id']}", {"name": "App"})
        await call("POST", f"keys/{key['id']}/rotate", {})
        await call("DELETE", f"keys/{key['id']}")
        endpoint = await call("POST", "webhooks", {"url": HOOK, "events": ["balance.low"]})
        await call("POST", f"webhooks/{endpoint['id']}/rotate")
        await store.call("HSET", keys.endpoint(endpoint["id"]), "disabled_ms", 7)
        for _ in range(2):  # an endpoint that is enabled already does not change
            await call("POST", f"webhooks/{endpoint['id']}/enable")
        await call("DELETE", f"webhooks/{endpoint['id']}")
        done = [
            ("key.created", key["id"], key["hint"]),
            ("key.changed", key["id"], key["hint"]),
            ("key.rotated", key["id"], key["hint"]),
            ("key.revoked", key["id"], key["hint"]),
            ("endpoint.created", endpoint["id"], HOOK),
            ("endpoint.rotated", endpoint["id"], HOOK),
            ("endpoint.enabled", endpoint["id"], HOOK),
            ("endpoint.deleted", endpoint["id"], HOOK),
        ]
        assert set(events.SECURITY_EVENTS) == {kind for kind, _, _ in done}
        listed = (await call("GET", "account/events"))["data"]
        assert done == [(one["type"], one["subject"], one["detail"]) for one in reversed(listed)][-len(done) :]
        assert {own.id} == {one["by"] for one in listed[: len(done)]}
        assert {"operator"} == {one["by"] for one in listed[len(done) :]}
        assert [listed[0]] == (await call("GET", "account/events?limit=1"))["data"]
        posts = await list_posts(store, watching.id)
        named = [(one.get("keyId", one.get("endpointId")), one.get("hint", one.get("url"))) for one in posts]
        assert done == [(one["type"], *names) for one, names in zip(posts, named, strict=True)]
        assert {own.id} == {one["by"] for one in posts}
        assert len(posts) == len({one["id"] for one in posts})
        assert before + 1 == counter._value.get()


async def test_key_that_revokes_itself_is_named(store_url: str) -> None:
    """The event of a key that revokes itself names it; a key of another account is unknown."""
    async with Store(store_url) as store:
        customer, other = await create_customer(store), await create_customer(store)
        [own] = await accounts.list_keys(store, customer.account)
        _, _ = await accounts.create_key(store, customer.account, "wokgen", other.hash)
        assert await accounts.revoke_key(store, customer.account, own.id, customer.hash)
        revoked, created, *_ = await security.list_events(store, customer.account, 10)
        assert ("key.revoked", own.id) == (revoked.type, revoked.by)
        assert ("key.created", "unknown") == (created.type, created.by)


async def test_events_have_a_bound(store_url: str) -> None:
    """An account keeps its newest events, however many it causes."""
    async with Store(store_url) as store:
        customer: Customer = await create_customer(store)
        name = keys.account_events(customer.account)
        await store.call("LPUSH", name, *[b"{}"] * security.EVENTS_MAX)
        await webhooks.create_endpoint(store, customer.account, HOOK)
        assert security.EVENTS_MAX == await store.call("LLEN", name)
        assert "endpoint.created" == (await security.list_events(store, customer.account, 1))[0].type


@pytest.mark.parametrize("kind", events.SECURITY_EVENTS)
def test_body_names_what_changed(kind: str) -> None:
    """The body of a security event begins as every event's, and names the key or endpoint and who did it."""
    body = msgspec.json.decode(
        events.security_body(event_type=kind, event_id="evt_sec_a_1", subject="s_1", detail="d", by="key_1", now_ms=7)
    )
    named = ["keyId", "hint"] if kind.startswith("key") else ["endpointId", "url"]
    assert ["event", "timestamp", "type", "id", *named, "by"] == list(body)
