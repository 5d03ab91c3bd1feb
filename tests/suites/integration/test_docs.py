import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from jsonschema import Draft202012Validator
from msgspec import structs

from gateway.api.receipts.operations import DAY
from gateway.api.service.operations import CALLBACK_TOKEN
from gateway.api.uploads.operations import UPLOAD_ID
from gateway.api.vouchers.operations import VOUCHER
from gateway.app import build_app
from gateway.context import CONTEXT
from gateway.dialects.wokgen.examples import JOB_ID
from gateway.dialects.wokgen_v1.operations import IMAGE_JOB_ID
from gateway.examples import ACCOUNT_ID, ENDPOINT_ID, GENERATION_ID, KEY_ID
from shared.domain import callback_token
from shared.domain.events import EVENT_TYPES
from shared.domain.generation import Outcome, Output
from shared.domain.ids import job_id
from shared.domain.times import DAY_MS
from shared.ops.clock import CLOCK
from shared.ops.settings import Settings
from shared.records.close_day import Signer, close_days
from shared.records.opening import open_records
from shared.store import accounts, generations, keys, ledger, vouchers
from shared.store.accounts import KEYS_ACTIVE_MAX
from shared.store.receipt_keys import ensure_signing_key
from workers.archive.archiver import Archiver

PLACE = "2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.png"
OF_ACCOUNT = ("gallery", "usage", "billing", "api-keys", "webhooks", "team", "settings")
PAGES = {"/docs": "docs.js", "/playground": "playground.js"} | {f"/account/{name}": f"{name}.js" for name in OF_ACCOUNT}
IMPORTED = {"account.js", "elements.js", "order-form.js", "outputs.js", "schemas.js"}
PARTS = {
    **{f"/pages/{name}": "text/javascript" for name in (*PAGES.values(), *IMPORTED)},
    **{f"/pages/{name}": "text/css" for name in ("docs.css", "account.css")},
    "/pages/docs.svg": "image/svg+xml",
}
REFUSED = Outcome(error="The prompt was refused.", error_code="content_policy")
TOO_LARGE = {"Content-Type": "application/json", "Content-Length": "13000001"}
DRAWN = Outcome(provider="local", outputs=(Output(PLACE, "image/png", 3),))
SAMPLES_S = 30.0
NOT_RUN = (  # samples of operators, and those that need more than a gateway
    "/api/admin/",
    "/v1/",  # calls of OpenAI wait for workers: see test_openai_api.py
    *(f"/api/v1/account/{call}" for call in ("checkout", "subscription", "portal")),  # need Stripe: see test_stripe.py
    "/sdk/",  # needs the packages of `make dist`
)
Client = TestClient[web.Request, web.Application]


class Reader:
    """A client that checks every answer against the document."""

    def __init__(self, client: Client, account: str, key: str) -> None:
        self.client, self.account = client, account
        self.headers = {"Authorization": f"Bearer {key}"}
        self.document: dict[str, Any] = {}

    @property
    def context(self) -> Any:
        return self.client.app[CONTEXT]

    async def load_document(self) -> None:
        """Fetch the document and close its schemas, so that a response can have no undocumented field."""
        async with self.client.get("/openapi.json") as response:
            self.document = await response.json()
        for schema in self.document["components"]["schemas"].values():
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)

    async def call(self, method: str, path: str, *, status: int, query: str = "", **options: Any) -> Any:
        """Make a documented call, check its response against the document, and return it decoded."""
        options["headers"] = self.headers | options.get("headers", {})
        url = path.format(**options.pop("names", {})) + query
        async with self.client.request(method, url, **options) as response:
            assert status == response.status, await response.text()
            return await self.check_response(response, self.document["paths"][path][method]["responses"][str(status)])

    async def check_response(self, response: ClientResponse, told: dict[str, Any]) -> Any:
        assert "X-Request-Id" in response.headers
        if "content" not in told:
            assert b"" == await response.read()
            return response.headers
        (media_type, content), *_ = told["content"].items()
        assert media_type.partition(";")[0] in ("*/*", response.content_type)
        if "schema" not in content:
            return await response.read()
        checker = Draft202012Validator.FORMAT_CHECKER
        schema = {**content["schema"], "components": self.document["components"]}
        body = await response.json()
        assert [] == [error.message for error in Draft202012Validator(schema, format_checker=checker).iter_errors(body)]
        return body

    async def order(self, *, status: int = 201, headers: dict[str, str] | None = None, **body: object) -> Any:
        given = {"model": "local/artist", "prompt": "a dragon", **body}
        return await self.call("post", "/api/v1/generations", status=status, json=given, headers=headers or {})

    async def settle(self, generation_id: str, state: str, outcome: Outcome) -> None:
        cost_micros = 10_500 if state == "completed" else 0
        await ledger.settle(self.context.store, generation_id, state, cost_micros=cost_micros, outcome=outcome)


@pytest.fixture
async def reader(store_url: str, tmp_path: Path) -> AsyncIterator[Reader]:
    records_url = f"sqlite:///{tmp_path / 'records.db'}"
    settings = Settings(redis_url=store_url, database_url=records_url, simulate="on", data_dir=str(tmp_path))
    app = build_app(structs.replace(settings, wokgen_wait_s=0.1))
    async with TestClient(TestServer(app)) as client:
        store = app[CONTEXT].store
        account = await accounts.create(store, name="reader", plan="pro")
        _, key = await accounts.create_key(store, account.id, "wowflow")
        await ledger.top_up(store, account.id, 1_000_000, "invoice-1")
        reader = Reader(client, account.id, key)
        await reader.load_document()
        yield reader


async def test_generations_are_as_described(reader: Reader) -> None:
    """Every response about a generation fits the document, from its acceptance to its end."""
    accepted = await reader.order()
    keyed = {"Idempotency-Key": "k1"}
    replayed = [(await reader.order(headers=keyed))["id"] for _ in range(2)]
    assert 1 == len(set(replayed))
    waited = await reader.order(headers={"Prefer": "wait=1"})
    assert "processing" == waited["status"]
    await reader.settle(accepted["id"], "completed", DRAWN)
    await reader.settle(replayed[0], "completed", Outcome(provider="local", text="once"))
    await reader.settle(waited["id"], "failed", REFUSED)
    canceled = await reader.order()
    for named, status in ((canceled["id"], 200), (canceled["id"], 200), (accepted["id"], 409), ("nothing", 404)):
        await reader.call("delete", "/api/v1/generations", status=status, query=f"?id={named}")
    states = {}
    for made in (accepted, waited):
        seen = await reader.call("get", "/api/v1/generations", status=200, query=f"?id={made['id']}")
        states[seen["id"]] = seen["status"]
    assert {accepted["id"]: "completed", waited["id"]: "failed"} == states
    listed = await reader.call("get", "/api/v1/generations", status=200, query="?limit=1000")
    assert [canceled["id"], waited["id"], replayed[0], accepted["id"]] == [entry["id"] for entry in listed["data"]]


async def test_money_and_models_are_as_described(reader: Reader) -> None:
    """Models, balance and transactions fit the document, also after a refund."""
    made = await reader.order()
    await reader.settle(made["id"], "failed", REFUSED)
    assert 5 <= len((await reader.call("get", "/api/v1/models", status=200))["data"])
    assert 100 == (await reader.call("get", "/api/v1/balance", status=200))["balance_cents"]
    booked = await reader.call("get", "/api/v1/transactions", status=200)
    assert ["refund", "spend", "topup"] == [line["type"] for line in booked["data"]]


async def test_webhook_endpoints_are_as_described(reader: Reader) -> None:
    """Creating, listing and deleting endpoints and reading their deliveries fit the document."""
    path, one = "/api/v1/webhooks", "/api/v1/webhooks/{id}"
    created = await reader.call("post", path, status=201, json={"url": "https://example.com/hook"})
    assert created["secret"].startswith("whsec_")
    await reader.settle((await reader.order())["id"], "completed", DRAWN)
    names = {"id": created["id"]}
    assert 1 == len((await reader.call("get", path, status=200))["data"])
    posted = await reader.call("get", one + "/deliveries", status=200, names=names)
    [delivery] = posted["data"]
    assert "generation.completed" == delivery["type"]
    assert created["secret"] != (await reader.call("post", one + "/rotate", status=200, names=names))["secret"]
    since = {"since": "2026-01-01T00:00:00Z"}
    for which, queued in (("failed", 0), ("missing", 0)):
        asked = {"json": {**since, "which": which}, "names": names}
        assert {"queued": queued} == await reader.call("post", one + "/replay", status=202, **asked)
    await reader.call("post", one + "/replay", status=400, names=names, json={"since": "today", "which": "failed"})
    again = one + "/deliveries/{delivery}/redeliver"
    await reader.call("post", again, status=202, names={**names, "delivery": delivery["id"]})
    await reader.call("post", again, status=404, names={**names, "delivery": "evt_1"})
    await reader.context.store.call("HSET", keys.endpoint(created["id"]), "disabled_ms", 1, "disabled_why", "410")
    assert "disabled_at" in (await reader.call("get", path, status=200))["data"][0]
    await reader.call("post", again, status=409, names={**names, "delivery": delivery["id"]})
    await reader.call("post", one + "/replay", status=409, names=names, json={**since, "which": "missing"})
    assert "disabled_at" not in await reader.call("post", one + "/enable", status=200, names=names)
    await reader.call("delete", one, status=204, names=names)
    await reader.call("delete", one, status=404, names=names)
    await reader.call("get", one + "/deliveries", status=404, names=names)
    for gone in ("/enable", "/rotate"):
        await reader.call("post", one + gone, status=404, names=names)


async def test_account_and_keys_are_as_described(reader: Reader) -> None:
    """Every response about the account, its alert and its keys fits the document."""
    path, one = "/api/v1/keys", "/api/v1/keys/{id}"
    account = "/api/v1/account"
    assert 50 == (await reader.call("get", account, status=200))["low_balance_cents"]
    assert 0 == (await reader.call("patch", account, status=200, json={"low_balance_cents": 0}))["low_balance_cents"]
    for bad in (-1, "5", 10**9):
        await reader.call("patch", account, status=400, json={"low_balance_cents": bad})
    made = [await reader.call("post", path, status=201, json={"kind": "wokgen"}) for _ in range(9)]
    names = {"id": made[1]["id"]}
    limits = {"name": "App", "scopes": ["generate"], "expires_at": "2100-01-01T00:00:00Z", "kinds": ["image"]}
    limits |= {"models": ["a/b"], "ip_addresses": ["192.0.2.7"], "spend_caps": {"day_cents": 5}}
    changed = await reader.call("patch", one, status=200, names=names, json=limits)
    assert (["192.0.2.7/32"], 0) == (changed["ip_addresses"], changed["spent"]["total_micros"])
    for bad in (
        {"scopes": ["all"]},
        {"ip_addresses": ["here"]},
        {"models": ["a b"]},
        {"name": "\0"},
        {"kind": "wokgen"},
    ):
        await reader.call("patch", one, status=400, names=names, json=bad)
    await reader.call("patch", one, status=404, names={"id": "key_0"}, json={})
    asked = {"names": {"id": made[8]["id"]}, "json": {"overlap_s": 0}}
    made[8] = await reader.call("post", one + "/rotate", status=201, **asked)
    capped = await reader.call("patch", account, status=200, json={"spend_caps": {"month_cents": 7}})
    assert {"day_cents": None, "month_cents": 7, "total_cents": None} == capped["spend_caps"]
    for _ in range(KEYS_ACTIVE_MAX - 10):
        await accounts.create_key(reader.context.store, reader.account, "wokgen")
    await reader.call("post", path, status=409, json={})
    await reader.call("post", path, status=400, json={"kind": "other"})
    listed = (await reader.call("get", path, status=200))["data"]
    assert {key["id"] for key in made} <= {key["id"] for key in listed[1:]}
    assert not any("key" in entry for entry in listed)
    assert all(key["key"].endswith(key["hint"].rpartition(".")[2]) for key in made)
    other = {"Authorization": f"Bearer {made[0]['key']}"}
    await reader.call("delete", one, status=204, names={"id": made[0]["id"]}, headers=other)
    await reader.call("get", account, status=401, headers=other)
    await reader.call("delete", one, status=404, names={"id": made[0]["id"]})


@pytest.mark.parametrize(
    ("status", "code", "options"),
    [
        (400, "missing_model", {"json": {"prompt": "a"}}),
        (400, "missing_prompt", {"json": {"model": "local/artist", "prompt": " "}}),
        (400, "unknown_model", {"json": {"model": "nobody/nothing", "prompt": "a"}}),
        (400, "invalid_input", {"json": {"model": "local/artist", "prompt": "a", "input": {"width": 1}}}),
        (400, "invalid_json", {"data": b"{", "headers": {"Content-Type": "application/json"}}),
        (400, "invalid_request", {"json": {"model": 1, "prompt": "a"}}),
        (401, "missing_api_key", {"json": {}, "headers": {"Authorization": ""}}),
        (401, "invalid_api_key", {"json": {}, "headers": {"Authorization": "Bearer wf_live_x"}}),
        (402, "insufficient_balance", {"json": {"model": "google/nano-banana-2-pro-1k", "prompt": "a"}}),
        (413, "payload_too_large", {"data": b"{}", "headers": TOO_LARGE}),
        (415, "unsupported_media_type", {"data": b"{}", "headers": {"Content-Type": "text/plain"}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_refusals_are_as_described(reader: Reader, status: int, code: str, options: dict[str, Any]) -> None:
    """Each refusal of a generation comes at its documented status with its code in the documented shape."""
    if code == "insufficient_balance":
        for _ in range(9):
            await reader.order(model="google/nano-banana-2-pro-1k")
    told = reader.document["paths"]["/api/v1/generations"]["post"]["responses"][str(status)]
    assert code in told["content"]["application/json"]["examples"]
    assert code == (await reader.call("post", "/api/v1/generations", status=status, **options))["error"]["code"]


async def test_reused_key_and_refusal_upstream_are_as_described(reader: Reader) -> None:
    """Another body under the same Idempotency-Key is a documented 422, a failure while we wait a documented 502."""
    await reader.order(headers={"Idempotency-Key": "k1"})
    await reader.order(headers={"Idempotency-Key": "k1"}, status=422, prompt="a knight")
    waiting = asyncio.create_task(reader.order(headers={"Prefer": "wait=20"}, status=502))
    async with asyncio.timeout(10):
        while len(found := await generations.list_newest(reader.context.store, reader.account, 2)) < 2:
            await asyncio.sleep(0.01)
    await reader.settle(found[0].id, "failed", REFUSED)
    assert "upstream_error" == (await waiting)["error"]["code"]


async def test_service_is_as_described(reader: Reader) -> None:
    """Probes, metrics, pages and outputs answer with the documented statuses, types and fields."""
    await reader.context.storage.put(PLACE, b"png", "image/png")
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", *PAGES):
        await reader.call("get", path, status=200)
    for status, headers in ((206, {"Range": "bytes=0-1"}), (304, {"If-None-Match": "*"}), (416, {"Range": "bytes=9-"})):
        url, told = f"/assets/{PLACE}", reader.document["paths"]["/assets/{path}"]["get"]["responses"]
        async with reader.client.get(url, headers=headers) as response:
            assert (status, True) == (response.status, str(status) in told)
            absent = [name for name in told[str(status)]["headers"] if name not in response.headers]
            assert [] == [name for name in absent if name != "X-Request-Id"]
    await reader.call("get", "/assets/{path}", status=404, names={"path": "nothing"})
    await reader.call("get", "/pages/{name}", status=404, names={"name": "nothing"})
    await reader.call("get", "/sdk/{name}", status=404, names={"name": "nothing"})


async def archive_all(reader: Reader) -> None:
    """Archive all that has ended, and sign the day before its end."""
    async with open_records(reader.context.settings.records_url) as records:
        archiver = Archiver(reader.context.store, records, hot_ms=DAY_MS)
        await archiver.start()
        while await archiver.run_once() + await archiver.sweep():
            pass
        key = await ensure_signing_key(reader.context.store)
        await close_days(records, Signer(key.key_id, key.sign), CLOCK.now_ms() + DAY_MS)


async def test_receipts_are_as_described(reader: Reader) -> None:
    """A receipt, the keys and a signed day fit the document, and so do their refusals."""
    names = {"id": (await reader.order())["id"]}
    path, keys_path = "/api/v1/generations/{id}/receipt", "/.well-known/wokflow-receipts"
    await reader.call("get", path, status=503, names=names)
    await reader.settle(names["id"], "completed", DRAWN)
    await archive_all(reader)
    receipt = await reader.call("get", path, status=200, names=names)
    keys = await reader.call("get", keys_path, status=200)
    assert "included" == receipt["status"]
    assert receipt["key_id"] == keys["keys"][0]["id"]
    signed = receipt["days"][0]["signed"]
    assert signed == await reader.call("get", f"{keys_path}/{{day}}", status=200, names={"day": signed["day"]})
    for day, status in (("1", 404), ("x", 400)):
        await reader.call("get", f"{keys_path}/{{day}}", status=status, names={"day": day})
    await reader.call("get", path, status=404, names={"id": "nothing"})
    await reader.call("get", path, status=409, names={"id": (await reader.order())["id"]})


async def make_voucher(reader: Reader) -> str:
    """Return a voucher that nobody has redeemed."""
    soon_ms, store = CLOCK.now_ms() + DAY_MS, reader.context.store
    _, [made] = await vouchers.create(store, name="", micros=1, count=1, expires_ms=soon_ms, once=False)
    return made


def runnable_samples(document: dict[str, Any]) -> list[str]:
    """Return the Python samples that need a key and this gateway alone."""
    return [
        sample["source"]
        for path, item in document["paths"].items()
        if not path.startswith(NOT_RUN)
        for method in ("get", "post", "patch", "delete")
        if method in item
        and "text/event-stream" not in str(item[method])  # never ends: see test_event_streams.py
        and item[method]["tags"] != ["People"]  # calls of a session, not of a key: see test_people.py
        for sample in item[method]["x-codeSamples"]
        if sample["label"] == "Python"
    ]


async def test_python_samples_run(reader: Reader) -> None:
    """Every Python sample for the holder of a key runs unchanged against the gateway, except for the ids in it."""
    hook = {"url": "https://example.com/hook"}
    endpoint = (await reader.call("post", "/api/v1/webhooks", status=201, json=hook))["id"]
    made = await reader.order()
    await reader.settle(made["id"], "completed", DRAWN)
    await reader.context.storage.put(PLACE, b"png", "image/png")
    await archive_all(reader)
    waiting = (await reader.order())["id"]
    key_id = (await reader.call("post", "/api/v1/keys", status=201, json={}))["id"]
    account_id = (await reader.call("get", "/api/v1/account", status=200))["id"]
    here = str(reader.client.make_url("")).rstrip("/")
    upload_id = (await reader.call("post", "/api/v1/uploads", status=201, json={}))["id"]
    voucher = await make_voucher(reader)
    samples = [
        sample.replace(reader.document["servers"][0]["url"], here)
        .replace(ENDPOINT_ID, endpoint)
        .replace(f"evt_{GENERATION_ID}", f"evt_{made['id']}")
        .replace(f"{GENERATION_ID}/receipt", f"{made['id']}/receipt")
        .replace(GENERATION_ID, waiting)
        .replace(f"wokflow-receipts/{DAY}", f"wokflow-receipts/{CLOCK.now_ms() // DAY_MS}")
        .replace(KEY_ID, key_id)
        .replace(UPLOAD_ID, upload_id)
        .replace(VOUCHER, voucher)
        .replace(ACCOUNT_ID, account_id)
        .replace(JOB_ID, job_id(waiting))
        .replace(IMAGE_JOB_ID, job_id(made["id"]))
        .replace(CALLBACK_TOKEN, callback_token.token(reader.context.secret, waiting))
        for sample in runnable_samples(reader.document)
    ]
    samples.sort(key=lambda source: ("requests.delete" in source, "confirm" in source))
    key = reader.headers["Authorization"].removeprefix("Bearer ")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import json, sys\nfor source in json.load(sys.stdin): exec(source, {})"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "WOWFLOW_KEY": key, "WOKGEN_KEY": key, "ID": made["id"]},
    )
    async with asyncio.timeout(SAMPLES_S):
        output, trouble = await process.communicate(json.dumps(samples).encode())
    assert (0, "") == (process.returncode, trouble.decode())
    assert f"/assets/{PLACE}" in output.decode()


async def test_pages_need_nothing_from_outside(reader: Reader) -> None:
    """The pages and their parts contain no foreign URL, and their policy forbids any."""
    texts = {}
    for path, media_type in (dict.fromkeys(PAGES, "text/html") | PARTS).items():
        async with reader.client.get(path) as response:
            assert (200, media_type) == (response.status, response.content_type)
            assert response.headers["Content-Security-Policy"].startswith("default-src 'self';")
            texts[path] = await response.text()
    imports = [name for text in texts.values() for name in re.findall(r'from "\./([^"]+)"', text)]
    assert IMPORTED == set(imports)
    for page, script in PAGES.items():
        links = {urljoin(page, link) for link in re.findall(r'(?:src|href)="([^"#]+)"', texts[page])}
        assert links <= {*PARTS, *PAGES, "/", "/openapi.json"}
        assert {f"/pages/{script}", "/pages/docs.css"} <= links
        assert " style=" not in texts[page]
    assert "http://www.w3.org/2000/svg" in texts.pop("/pages/docs.svg")
    foreign = re.compile(r"https?://(?!example\.com/)\S+|url\(|@import|innerHTML")
    assert [] == [address for text in texts.values() for address in foreign.findall(text)]


async def test_the_webhooks_page_knows_every_event(reader: Reader) -> None:
    """The page offers exactly the events that can be subscribed to."""
    async with reader.client.get("/pages/webhooks.js") as response:
        ticked = re.findall(r'^  "([a-z]+\.[a-z]+)": ', await response.text(), re.MULTILINE)
    assert list(EVENT_TYPES) == ticked


@pytest.mark.parametrize("page", [page for page in PAGES if page != "/docs"])
async def test_account_pages_without_scripts_name_the_api(reader: Reader, page: str) -> None:
    """Without JavaScript, a page of the account names the API to use instead."""
    async with reader.client.get(page) as response:
        said = (await response.text()).partition("<noscript>")[2]
    assert "JavaScript" in said
    assert re.search(r"<code>/api/v1/(keys|webhooks|generations|usage|transactions|account(/members)?)</code>", said)


async def test_page_without_scripts_points_to_the_document(reader: Reader) -> None:
    """Without JavaScript, the page links to the document."""
    async with reader.client.get("/docs") as response:
        text = await response.text()
    assert '<a href="openapi.json">' in text.partition("<noscript>")[0]
    assert "JavaScript" in text.partition("<noscript>")[2]


@pytest.mark.parametrize("path", ["/openapi.json", *PAGES, "/pages/docs.js"])
async def test_known_copies_are_not_sent_again(reader: Reader, path: str) -> None:
    """A client with the current copy gets 304 and no body, and gzip is used if the client accepts it."""
    async with reader.client.get(path, headers={"Accept-Encoding": "gzip"}) as response:
        tag = response.headers["ETag"]
        assert "gzip" == response.headers["Content-Encoding"]
    async with reader.client.get(path, headers={"If-None-Match": tag}) as response:
        assert (304, b"", tag) == (response.status, await response.read(), response.headers["ETag"])
    async with reader.client.get(path, headers={"If-None-Match": '"another"'}) as response:
        assert 200 == response.status
