"""Sessions of people: a cookie that works like a key with the scopes of a role, and ends when it has to."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from msgspec import Struct

from gateway.app import build_app
from gateway.context import CONTEXT
from gateway.people.sessions import COOKIE, CSRF_HEADER, csrf_token, current_person, require_role
from shared.domain.people import MANAGERS, AccountRole
from shared.ops.settings import Settings
from shared.store import account_life, erase, keys, security
from shared.store.connect import Store
from shared.store.sessions import SESSIONS_EACH, Session, close_sessions, list_sessions, open_session
from tests.harness.factories import Customer, create_customer, write_catalogue

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE = {"model": "test/image", "prompt": "a boat"}
PERSON = "per_ada"


class Signed(Struct):
    """A session with what a browser of it sends."""

    session: Session
    cookie: str
    csrf: str


class House(Struct):
    """A gateway, and a customer whose people have sessions."""

    client: TestClient
    store: Store
    secret: bytes
    customer: Customer

    async def sign_in(self, role: AccountRole, account: str = "") -> Signed:
        """Open a session of a role."""
        session, token = await open_session(self.store, account or self.customer.account, PERSON, role)
        return Signed(session, f"{COOKIE}={token}", csrf_token(self.secret, session.hash))

    async def call(
        self, method: str, path: str, signed: Signed, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Return the status and body of a call of a session, with its CSRF token unless other headers are given."""
        sent = {"Cookie": signed.cookie, **({CSRF_HEADER: signed.csrf} if headers is None else headers)}
        async with self.client.request(method, path, json=body, headers=sent) as response:
            return response.status, None if response.status == 204 else await response.json()


async def show_person(request: web.Request) -> web.Response:
    """Answer who is signed in."""
    person = await current_person(request)
    return web.json_response(None if person is None else [person.id, person.account, person.role, person.csrf_token])


async def manage(request: web.Request) -> web.Response:
    """Answer a manager."""
    return web.json_response((await require_role(request, *MANAGERS)).role)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(store_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Run one gateway for the module, on an empty store and without a database."""
    folder = tmp_path_factory.mktemp("house")
    async with Store(store_server) as store:
        await store.call("FLUSHALL")
    settings = Settings(redis_url=store_server, data_dir=str(folder), catalogue=str(write_catalogue(folder)))
    app = build_app(settings)
    app.router.add_get("/who", show_person)
    app.router.add_route("*", "/manage", manage)
    async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as client:
        store = app[CONTEXT].store
        yield House(client, store, app[CONTEXT].secret, await create_customer(store, cents=1000))


async def test_role_decides_what_a_session_may_call(house: House) -> None:
    """An owner orders and makes keys, a member orders, and a person who pays reads."""
    expected = {
        "owner": (201, 201, 200),
        "admin": (201, 201, 200),
        "member": (201, 403, 200),
        "billing": (403, 403, 200),
    }
    for role, statuses in expected.items():
        signed = await house.sign_in(role)  # type: ignore[arg-type]
        order = await house.call("POST", "/api/v1/generations", signed, IMAGE)
        key = await house.call("POST", "/api/v1/keys", signed, {})
        balance = await house.call("GET", "/api/v1/balance", signed)
        assert statuses == (order[0], key[0], balance[0]), (role, order, key, balance)
    made = await house.call("POST", "/api/v1/keys", await house.sign_in("owner"), {})
    assert (None, []) == (made[1]["expires_at"], made[1]["scopes"])
    events = await security.list_events(house.store, house.customer.account, 1)
    assert PERSON == events[0].by


async def test_change_needs_the_csrf_token_of_its_session(house: House) -> None:
    """A page of another site can send the cookie but knows no token, and reading needs none."""
    signed, other = await house.sign_in("owner"), await house.sign_in("owner")
    for headers in ({}, {CSRF_HEADER: ""}, {CSRF_HEADER: other.csrf}, {CSRF_HEADER: "ü"}):
        for path in ("/api/v1/generations", "/api/v1/keys", "/api/generate", "/v1/images/generations", "/manage"):
            status, body = await house.call("POST", path, signed, IMAGE, headers)
            assert (403, True) == (status, CSRF_HEADER in str(body)), (path, headers, body)
    assert 200 == (await house.call("GET", "/api/v1/keys", signed, headers={}))[0]
    assert (200, "owner") == await house.call("POST", "/manage", signed)


async def test_session_ends(house: House) -> None:
    """A closed session, one beyond the most of a person, and all of an account that ends are refused."""
    first = await house.sign_in("owner")
    assert 200 == (await house.call("GET", "/who", first))[0]
    await close_sessions(house.store, house.customer.account, [first.session.id])
    assert (200, None) == await house.call("GET", "/who", first)
    for path in ("/manage", "/api/v1/keys", "/api/generate"):
        assert 401 == (await house.call("POST", path, first, IMAGE))[0], path
    oldest = await house.sign_in("owner")
    for _ in range(SESSIONS_EACH):
        await house.sign_in("owner")
    assert (200, None) == await house.call("GET", "/who", oldest)
    assert SESSIONS_EACH == len(await list_sessions(house.store, house.customer.account, PERSON))
    for end in (account_life.close_account, erase.revoke_all):
        gone = (await create_customer(house.store, cents=0)).account
        signed = await house.sign_in("owner", gone)
        assert gone in (await house.call("GET", "/who", signed))[1]
        await end(house.store, gone, *(["closed"] if end is account_life.close_account else []))  # type: ignore[operator]
        assert (200, None) == await house.call("GET", "/who", signed)
        assert 401 == (await house.call("POST", "/api/v1/generations", signed, IMAGE))[0]


async def test_session_works_in_its_cookie_alone(house: House) -> None:
    """A session's token is not a key, and neither its hash nor another cookie is a session."""
    signed = await house.sign_in("owner")
    token = signed.cookie.partition("=")[2]
    for header in (f"Bearer {token}", f"Session {token}", f"Session {signed.session.hash}"):
        for cookie in ("", signed.cookie):
            sent = Signed(signed.session, cookie, signed.csrf)
            answer = await house.call("GET", "/api/v1/account", sent, headers={"Authorization": header})
            assert 401 == answer[0], header
    for cookie in (f"{COOKIE}={signed.session.hash}", f"__Host-{COOKIE}={token}", f"{COOKIE}={token}x", f"{COOKIE}="):
        assert (200, None) == await house.call("GET", "/who", Signed(signed.session, cookie, signed.csrf)), cookie
    in_url = await house.call("GET", f"/api/v1/account?key={token}", Signed(signed.session, "", ""))
    assert 401 == in_url[0]
    stored = await house.store.call("KEYS", "*")
    assert not [name for name in stored if token.encode() in name]


async def test_role_of_a_person_is_required(house: House) -> None:
    """A person with another role is refused, and so is somebody who is not signed in."""
    refused = await house.call("GET", "/manage", await house.sign_in("member"))
    assert (403, True) == (refused[0], "member" in str(refused[1]))
    nobody = await house.call("GET", "/manage", Signed((await house.sign_in("owner")).session, "", ""))
    assert (401, "not_signed_in") == (nobody[0], nobody[1]["error"]["code"])
    who = await house.call("GET", "/who", signed := await house.sign_in("billing"))
    assert [PERSON, house.customer.account, "billing", signed.csrf] == who[1]


async def test_sessions_leave_nothing_behind(house: House) -> None:
    """The records and the list of an account expire, and a session that is closed leaves no trace of its use."""
    account = (await create_customer(house.store, cents=0)).account
    signed = await house.sign_in("owner", account)
    assert 200 == (await house.call("GET", "/api/v1/account", signed))[0]
    for name in (keys.sessions(account), keys.limited_key(signed.session.hash)):
        assert 0 < await house.store.call("PTTL", name)
    await close_sessions(house.store, account, [signed.session.id])
    assert not await house.store.call("HGETALL", keys.keys_used(account))
