"""Requests of clients with other habits: keys in other headers, odd bodies, browsers, repeated failures, credits."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from shared.store import ledger
from tests.harness.factories import CENTS
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

GENERATIONS = "/api/v1/generations"
GOOD = {"model": "test/noop", "prompt": "a red boat"}
JSON = {"Content-Type": "application/json"}
KEY_HEADERS = ("X-API-Key", "Api-Key", "X-Goog-Api-Key", "xi-api-key")
DOCUMENTED = "Authorization, Content-Type, Idempotency-Key, Prefer, X-Request-Id, traceparent"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a gateway under an https address, and one worker, but none for provider noop."""
    env = {"PUBLIC_URL": "https://api.example.com"}
    async with deploy(workers=("paid",), deliver=0, sweep=0, env=env) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with one dollar."""
    return await place.create_caller(cents=100)


@pytest.mark.parametrize("name", KEY_HEADERS)
@pytest.mark.parametrize("path", ["/api/v1/balance", "/api/jobs", "/api/v1/me"])
async def test_key_is_read_from_the_headers_of_other_services(caller: Caller, name: str, path: str) -> None:
    """A key in another usual header counts as in Authorization, in each dialect."""
    given = {"Authorization": "", name: caller.customer.key}
    answer = await caller.request("GET", path, headers=given)
    assert 200 == answer.status
    if path == "/api/v1/me":
        assert caller.customer.account == answer.body["id"]


@pytest.mark.parametrize("name", KEY_HEADERS)
@pytest.mark.parametrize("value", ["junk", "wok_junk"])
async def test_wrong_key_in_another_header_is_not_a_guest(caller: Caller, name: str, value: str) -> None:
    """A key that is wrong is 401 wherever it is, and the message names the header to use."""
    answer = await caller.request(
        "POST", "/api/generate", json={"prompt": "x"}, headers={"Authorization": "", name: value}
    )
    assert (401, "INVALID_API_KEY") == (answer.status, answer.body["code"])
    assert "`Authorization: Bearer" in answer.body["error"]


async def test_key_in_the_url_is_not_a_guest(caller: Caller) -> None:
    """A key in the query would order as a guest without a word, so it is 401."""
    path = f"/api/generate?api_key={caller.customer.key}"
    answer = await caller.request("POST", path, json={"prompt": "x"}, headers={"Authorization": ""})
    assert (401, "MISSING_API_KEY") == (answer.status, answer.body["code"])
    assert "in a URL" in answer.body["error"]


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"seed": 7}, '`seed` is not a field of this request. It belongs in `input`: {"input": {"seed": ...}}.'),
        ({"image_url": "https://x.example/a.png"}, "It belongs in `input`"),
        (
            {"webhook": "x"},
            "`webhook` is not a field of this request. Known: model, prompt, input, native, max_cost_cents, "
            "metadata, webhook_url.",
        ),
        ({"seed": 7, "n": 1, "user": "me"}, "Unknown too: `n`, `user`."),
    ],
    ids=str,
)
async def test_unknown_field_is_refused_before_it_is_charged(caller: Caller, extra: dict[str, Any], words: str) -> None:
    """A field that would have no effect is 400, the message names it and its place, and nothing is charged."""
    answer = await caller.request("POST", GENERATIONS, json=GOOD | extra)
    assert (400, "invalid_request") == (answer.status, answer.body["error"]["code"])
    assert words in answer.body["error"]["message"]
    assert 100 == await caller.check_balance()


@pytest.mark.parametrize("path", [GENERATIONS, "/api/generate"])
async def test_byte_order_mark_is_skipped(caller: Caller, path: str) -> None:
    """A UTF-8 byte order mark before the body does not matter."""
    body = b'\xef\xbb\xbf{"model": "test/noop", "prompt": "x", "async": true}'
    body = (
        body.replace(b', "async": true', b"") if path == GENERATIONS else body.replace(b'"model": "test/noop", ', b"")
    )
    answer = await caller.request("POST", path, data=body, headers=JSON)
    assert answer.status in (201, 202)


@pytest.mark.parametrize("media_type", [None, "text/plain", "text/plain;charset=UTF-8"])
async def test_page_of_another_site_cannot_order_without_a_preflight(caller: Caller, media_type: str | None) -> None:
    """A body that a browser sends without a preflight, also one without a type, is not JSON for a guest."""
    headers = {"Authorization": "", **({"Content-Type": media_type} if media_type else {})}
    skipped = {} if media_type else {"skip_auto_headers": ["Content-Type"]}
    answer = await caller.request("POST", "/api/generate", data=b'{"prompt": "x"}', headers=headers, **skipped)
    assert (415, "UNSUPPORTED_MEDIA_TYPE") == (answer.status, answer.body["code"])


async def test_holder_of_a_key_may_leave_the_media_type_out(caller: Caller) -> None:
    """With a key, which no page has, a body without a type is read as JSON."""
    body = b'{"model": "test/noop", "prompt": "x"}'
    answer = await caller.request("POST", GENERATIONS, data=body, skip_auto_headers=["Content-Type"])
    assert 201 == answer.status


@pytest.mark.parametrize(
    "asked",
    [
        "authorization, x-stainless-lang, x-stainless-retry-count",
        "sentry-trace, baggage",
        "tracestate",
        "x-datadog-trace-id, x-datadog-origin",
        "x-requested-with",
        "cache-control, pragma",
        "ngrok-skip-browser-warning",
        "x-api-key",
    ],
)
@pytest.mark.parametrize(
    "path", ["/api/generate", "/api/v1/generations", "/assets/2026/a.png", "/openapi.json", "/sdk/wokgen.ts"]
)
async def test_preflight_allows_what_a_page_asks_for(caller: Caller, path: str, asked: str) -> None:
    """A preflight is 204 and allows every requested header, on the API and on files."""
    headers = {"Origin": "https://a.example", "Access-Control-Request-Headers": asked, "Authorization": ""}
    answer = await caller.request("OPTIONS", path, headers={**headers, "Access-Control-Request-Method": "GET"})
    assert (204, "*") == (answer.status, answer.headers["Access-Control-Allow-Origin"])
    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert {name.strip() for name in asked.split(",")} | {"authorization", "content-type"} <= allowed
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "asked",
    [
        ",".join(f"x-{number}-{'a' * 90}" for number in range(40)),
        ",".join(f"x-{number}" for number in range(100)),
        f"x-{'a' * 100}",
        "x y",
        "a\u00e9",
    ],
)
async def test_preflight_is_bounded(caller: Caller, asked: str) -> None:
    """A list of headers that is too long, or not of names, gets the documented ones."""
    headers = {"Access-Control-Request-Headers": asked, "Authorization": ""}
    answer = await caller.request("OPTIONS", "/api/generate", headers=headers)
    assert 204 == answer.status
    assert DOCUMENTED == answer.headers["Access-Control-Allow-Headers"]


async def test_admin_api_is_not_for_pages(caller: Caller) -> None:
    """The admin API answers no preflight and has no CORS headers."""
    asked = {"Access-Control-Request-Headers": "authorization", "Authorization": ""}
    for method in ("OPTIONS", "GET"):
        answer = await caller.request(method, "/api/admin/accounts", headers=asked)
        assert 400 <= answer.status < 500
        assert [] == [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "path",
    ["/api/v1/balance", "/api/v1/nothing", "/api/jobs", "/healthz", "/readyz", "/api/admin/accounts", "/nothing"],
)
async def test_json_is_neither_stored_nor_sniffed(caller: Caller, path: str) -> None:
    """Every JSON response is marked against caches and sniffing, and has HSTS if the address is https."""
    headers = (await caller.request("GET", path)).headers
    assert ("no-store", "nosniff") == (headers["Cache-Control"], headers["X-Content-Type-Options"])
    assert "max-age=" in headers["Strict-Transport-Security"]


async def test_replay_of_a_failure_is_marked(place: Place) -> None:
    """A repeated request gets the failure again, marked as a replay, and says once that it was refunded."""
    caller = await place.create_caller(cents=100)
    answers = [
        await caller.submit("please refuse", "test/paid", prefer="wait=10", idempotency_key="k-1") for _ in range(2)
    ]
    assert [502, 502] == [answer.status for answer in answers]
    assert [None, "true"] == [answer.headers.get("Idempotent-Replayed") for answer in answers]
    assert 1 == answers[1].body["error"]["message"].count("refunded")
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


async def test_wait_is_bounded_below_the_limit_of_proxies(place: Place) -> None:
    """`Prefer: wait=60` is applied as 55 s, because many proxies end a request after 60 s."""
    caller = await place.create_caller(cents=100)
    answer = await caller.submit("a red boat", "test/paid", prefer="wait=60")
    assert "wait=55" == answer.headers["Preference-Applied"]


async def test_credit_shows_on_its_generation(place: Place) -> None:
    """An operator's later credit is part of `refunded_cents`."""
    caller = await place.create_caller(cents=100)
    answer = await caller.submit("a red boat", "test/paid", prefer="wait=10")
    assert (11, 0) == (answer.body["cost_cents"], answer.body["refunded_cents"])
    await ledger.credit(place.store, answer.body["id"], 4 * CENTS)
    assert 4 == (await caller.poll(answer.body["id"]))["refunded_cents"]


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/sdk/wokgen.ts"])
async def test_static_files_are_compressed_if_accepted(caller: Caller, path: str) -> None:
    """A file is sent with gzip to a client that accepts it, plain to others, and not at all to one that has it."""
    sizes: dict[str, int] = {}
    for accepted in ("gzip", "identity", "gzip;q=0, br", "br", "*"):
        answer = await caller.request("GET", path, headers={"Accept-Encoding": accepted, "Authorization": ""})
        sizes[accepted] = int(answer.headers["Content-Length"])
        assert (accepted in ("gzip", "*")) == (answer.headers.get("Content-Encoding") == "gzip")
    assert sizes["gzip"] == sizes["*"] < sizes["identity"] == sizes["br"] == sizes["gzip;q=0, br"]
    held = {"If-None-Match": answer.headers["ETag"], "Authorization": ""}
    assert 304 == (await caller.request("GET", path, headers=held)).status
