"""The Python SDK's two clients, against a deployment with the doubles, over real HTTP."""

import asyncio
import io
import itertools
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiohttp import web

import wokflow
from shared.ops.settings import ROOT
from tests.harness.bounds import WAIT_S, within
from tests.harness.doubles.provider import a_png
from tests.harness.processes import Process
from tests.harness.proxy import Proxy
from tests.suites.e2e.caller import Caller, Place, deploy
from wokflow import AsyncWokflow, SpendCaps, Wokflow

pytestmark = pytest.mark.asyncio(loop_scope="module")

READERS = 3
SDK = ROOT / "sdk/python"
MODEL = re.compile(r'"([\w-]+/[\w.-]+)", (f?)"')
DOUBLES = {"recraft/crisp-upscale": "test/upscale", "openai/gpt-5.4-mini": "test/text"}
SAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a deployment."""
    env = {"EVENT_READERS_PER_KEY": str(READERS)}
    async with deploy(workers=("noop", "kinds"), deliver=0, sweep=0, env=env) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with a dollar."""
    return await place.create_caller(cents=100)


class Either:
    """One of the two clients, called in the same way."""

    def __init__(self, kind: str, url: str, key: str, **options: Any) -> None:
        self.kind = kind
        self.http = httpx.AsyncClient(verify=False) if kind == "async" else httpx.Client(verify=False)
        options |= {"api_key": key, "base_url": url, "http": self.http}  # reading certificates takes 0.1 s of CPU
        self.asynchronous = AsyncWokflow(**options) if kind == "async" else None
        self.synchronous = Wokflow(**options) if kind == "sync" else None

    async def call(self, name: str, /, *arguments: Any, **options: Any) -> Any:
        """Call a method."""
        async with within(WAIT_S):
            if self.asynchronous is not None:
                return await getattr(self.asynchronous, name)(*arguments, **options)
            return await asyncio.to_thread(getattr(self.synchronous, name), *arguments, **options)

    async def collect(self, name: str, *arguments: Any, on_first: Callable[[], object] = lambda: None) -> list[Any]:
        """Return what an iterator yields until its end. `on_first` runs in the test's loop after the first."""
        loop, found = asyncio.get_running_loop(), []

        def take(one: Any) -> None:
            if not found:
                loop.call_soon_threadsafe(on_first)
            found.append(one)

        def take_all() -> None:
            for one in getattr(self.synchronous, name)(*arguments):
                take(one)

        async with within(WAIT_S):
            if self.asynchronous is None:
                await asyncio.to_thread(take_all)
            else:
                async for one in getattr(self.asynchronous, name)(*arguments):
                    take(one)
        return found

    async def close(self) -> None:
        """Close the connections."""
        if isinstance(self.http, httpx.AsyncClient):
            await self.http.aclose()
        else:
            self.http.close()


@asynccontextmanager
async def connect(kind: str, url: str, key: str, **options: Any) -> AsyncIterator[Either]:
    """Open a client."""
    client = Either(kind, url, key, **options)
    try:
        yield client
    finally:
        await client.close()


@pytest_asyncio.fixture(params=["sync", "async"], loop_scope="module")
async def client(request: pytest.FixtureRequest, caller: Caller) -> AsyncIterator[Either]:
    """Open each of the clients with the customer's key."""
    async with connect(request.param, caller.place.stack.url, caller.customer.key) as client:
        yield client


class Losing(asyncio.StreamReader):
    """A reader of a server's responses that breaks with the first one."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        super().__init__()
        self._reader = reader

    async def read(self, n: int = -1) -> bytes:
        """Wait for the response, and lose it."""
        await self._reader.read(n)
        raise ConnectionResetError


def lose_responses(url: str, lost: int) -> Proxy:
    """Return a proxy whose first connections break once the gateway has responded."""
    host, port = url.removeprefix("http://").split(":")
    numbers = itertools.count()

    async def open_upstream() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(host, int(port))
        return (Losing(reader) if next(numbers) < lost else reader), writer

    return Proxy(open_upstream)


async def test_generation_is_waited_for(caller: Caller, client: Either) -> None:
    """A quote, an order with a limit and metadata, and the lists and the balance after it agree."""
    quote = await client.call("quote", "test/image", "a boat", input={"width": 256})
    assert (2, True) == (quote.price_cents, quote.affordable)
    made = await client.call(
        "generate", "test/image", "a boat", input={"width": 256}, metadata={"job": "7"}, max_cost_cents=2
    )
    assert ("completed", {"job": "7"}, 2) == (made.status, made.metadata, made.cost_cents)
    assert made.result_url
    assert made == await client.call("read", made.id) == await client.call("wait", made.id)
    assert [made] == await client.call(
        "list_generations", metadata={"job": "7"}, type="image", from_=datetime(2020, 1, 1, tzinfo=UTC)
    )
    lines = await client.call("list_transactions", type="spend")
    assert [(made.id, -20_000)] == [(line.generation_id, line.amount_micros) for line in lines]
    assert 98 == (await client.call("read_balance")).balance_cents == await caller.check_balance()
    assert caller.customer.account == (await client.call("read_account")).id
    assert "test/image" in [model.id for model in await client.call("list_models")]


async def test_failed_generation_raises(caller: Caller, client: Either) -> None:
    """A generation that fails during the wait raises an error that has it, and costs nothing."""
    with pytest.raises(wokflow.GenerationFailedError, match="refused this prompt") as caught:
        await client.call("generate", "test/image", "refuse")
    assert ("failed", "content_policy", 0) == (
        caught.value.generation.status,
        caught.value.code,
        caught.value.generation.cost_cents,
    )
    assert 100 == await caller.check_balance()


@pytest.mark.parametrize("lost", [1, 2])
async def test_lost_responses_never_pay_twice(caller: Caller, client: Either, lost: int) -> None:
    """An order whose responses are lost is repeated under its key, and charged once."""
    async with (
        lose_responses(caller.place.stack.url, lost) as proxy,
        connect(client.kind, f"http://127.0.0.1:{proxy.port}", caller.customer.key) as other,
    ):
        made = await other.call("generate", "test/noop", "a boat")
    assert "done" == made.result_text
    assert [made] == await client.call("list_generations")
    assert 89 == await caller.check_balance()


async def test_wait_has_a_time_limit(caller: Caller, client: Either) -> None:
    """A wait that is over names its generation, which continues until it is cancelled."""
    for progress in (False, lambda _: None):
        with pytest.raises(wokflow.WaitTimeoutError) as caught:
            await client.call("generate", "test/image", "stuck", timeout_s=1.2, progress=progress)
        made = caught.value.generation_id
        assert "processing" == (await client.call("read", made)).status
        assert made == (await client.call("cancel", made)).id


async def test_errors_have_their_classes(client: Either) -> None:
    """The API's refusals are exceptions of their codes."""
    refusals: list[tuple[type[wokflow.ApiError], int, str, tuple[object, ...], dict[str, Any]]] = [
        (wokflow.errors.UnknownModelError, 400, "create", ("no/model", "a boat"), {}),
        (wokflow.errors.MissingPromptError, 400, "quote", ("test/image", " "), {}),
        (wokflow.errors.InvalidInputError, 400, "create", ("test/image", "a boat"), {"input": {"width": -1}}),
        (wokflow.errors.OverMaxCostError, 400, "create", ("test/image", "a boat"), {"max_cost_cents": 1}),
        (wokflow.errors.NotFoundError, 404, "read", ("019e07f2-aa18-7c3e-9f21-6b1f0c9d2e47",), {}),
    ]
    for kind, status, name, arguments, options in refusals:
        with pytest.raises(kind) as caught:
            await client.call(name, *arguments, **options)
        assert (kind, status) == (type(caught.value), caught.value.status)
        assert caught.value.request_id


async def test_wrong_keys_differ_from_empty_balances(caller: Caller, client: Either) -> None:
    """A wrong key is an authentication error, and a price above the balance a payment error."""
    poor, url = await caller.place.create_caller(cents=1), caller.place.stack.url
    async with (
        connect(client.kind, url, "wf_live_wrong") as wrong,
        connect(client.kind, url, poor.customer.key) as empty,
    ):
        with pytest.raises(wokflow.errors.InvalidApiKeyError):
            await wrong.call("read_balance")
        with pytest.raises(wokflow.InsufficientBalanceError):
            await empty.call("generate", "test/noop", "a boat")


async def test_events_are_streamed_to_the_end(client: Either) -> None:
    """A stream has every stage of its generation, and one that is followed again is the same."""
    events = await client.collect("stream", "test/image", "a boat slow=0.3")
    last = events[-1]
    assert ("generation.completed", "completed") == (last.type, last.generation.status)
    assert {last.generation_id} == {event.generation_id for event in events}
    named = [event for event in events if event.type != "generation.position"]
    assert named == await client.collect("follow", last.generation)


async def test_broken_stream_is_resumed(caller: Caller, client: Either) -> None:
    """A stream whose connection breaks goes on behind its last event, without loss or repetition."""
    made = await client.call("create", "test/image", "a boat slow=0.8")
    async with (
        lose_responses(caller.place.stack.url, 0) as proxy,
        connect(client.kind, f"http://127.0.0.1:{proxy.port}", caller.customer.key) as other,
    ):
        events = await other.collect("follow", made, on_first=proxy.cut)
    assert 2 <= proxy.accepted
    assert events == await client.collect("follow", made)


async def test_progress_is_reported(client: Either) -> None:
    """Each change is reported once, and the end last."""
    seen: list[wokflow.Progress] = []
    made = await client.call("generate", "test/image", "a boat slow=0.3", progress=seen.append)
    assert ("completed", True, 1.0) == (seen[-1].stage, seen[-1].is_ended, seen[-1].fraction)
    assert len(seen) == len(set(seen)) >= 2
    assert {made.id} == {one.generation_id for one in seen}


async def test_progress_is_polled_without_a_stream(caller: Caller, client: Either) -> None:
    """A caller whose key reads as many streams as it may gets the progress from polls."""
    session, url = caller.place.session, f"{caller.place.stack.url}/api/v1/events"
    headers, seen = {"Authorization": f"Bearer {caller.customer.key}"}, []
    async with (
        AsyncExitStack() as streams,
        connect(client.kind, caller.place.stack.url, caller.customer.key, retries=0) as other,
    ):
        for _ in range(READERS):
            await streams.enter_async_context(session.get(url, headers=headers))
        with pytest.raises(wokflow.TooManyRequestsError):
            await other.collect("follow_account")
        made = await other.call("generate", "test/image", "a boat slow=0.3", progress=seen.append)
    assert ("completed", True) == (made.status, seen[-1].is_ended)


async def test_accounts_are_managed(client: Either) -> None:
    """Endpoints and keys are created, changed, rotated and removed, each secret shown once."""
    account = await client.call("change_account", low_balance_cents=50, spend_caps=SpendCaps(day_cents=500))
    assert (50, SpendCaps(day_cents=500)) == (account.low_balance_cents, account.spend_caps)
    assert (await client.call("change_account", spend_caps=None)).spend_caps is None
    until = datetime(2100, 1, 1, tzinfo=UTC)
    key = await client.call("create_api_key", name="a", scopes=["read"], expires_at=until)
    assert (until, ("read",), True) == (key.expires_at, key.scopes, key.key.startswith("wf_live_"))
    assert "b" == (await client.call("change_api_key", key.id, name="b")).name
    newer = await client.call("rotate_api_key", key.id, overlap_s=0)
    assert newer.key not in (None, key.key)
    await client.call("revoke_api_key", newer.id)
    assert key.id not in [one.id for one in await client.call("list_api_keys")]
    hook = await client.call("create_webhook", "https://127.0.0.1:9000/hook", events=["generation.failed"])
    rotated = await client.call("rotate_webhook_secret", hook.id)
    assert len({None, hook.secret, rotated.secret}) == 3
    assert [hook.id] == [one.id for one in await client.call("list_webhooks")]
    assert [] == await client.call("list_deliveries", hook.id, limit=5)
    assert 0 == await client.call("replay_webhooks", hook.id, since=until.replace(year=2020), which="missing")
    assert hook.id == (await client.call("enable_webhook", hook.id)).id
    await client.call("delete_webhook", hook.id)
    with pytest.raises(wokflow.NotFoundError):
        await client.call("redeliver_webhook", hook.id, "dlv")


async def test_uploads_serve_as_inputs(client: Either) -> None:
    """An upload of bytes or of a file is ready, serves as an input, and can be deleted."""
    for file in (a_png(), io.BytesIO(a_png())):
        upload = await client.call("upload", file)
        assert ("ready", "image/png", len(a_png())) == (upload.status, upload.content_type, upload.size_bytes)
    made = await client.call("generate", "test/upscale", "larger", input={"image_url": upload.url})
    assert made.result_url
    await client.call("delete_upload", upload)
    with pytest.raises(wokflow.NotFoundError):
        await client.call("delete_upload", upload)


async def test_retries_send_the_same_request(client: Either) -> None:
    """After 429 and 503, the same bytes are sent under the same key, and the key differs for the next order."""
    seen: list[tuple[str, bytes]] = []

    async def serve(request: web.Request) -> web.Response:
        seen.append((request.headers["Idempotency-Key"], await request.read()))
        status, code = [(429, "rate_limited"), (503, "unavailable"), (402, "insufficient_balance")][(len(seen) - 1) % 3]
        error = {"error": {"code": code, "message": "No."}}
        return web.json_response(error, status=status, headers={"Retry-After": "0.01"})

    app = web.Application()
    app.router.add_post("/api/v1/generations", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with connect(client.kind, f"http://127.0.0.1:{runner.addresses[0][1]}", "wf_live_a") as other:
            for options in ({}, {"idempotency_key": "order-17"}):
                with pytest.raises(wokflow.InsufficientBalanceError):
                    await other.call("create", "m", "a boat", **options)
    finally:
        await runner.cleanup()
    assert [seen[0]] * 3 + [("order-17", seen[0][1])] * 3 == seen
    assert "order-17" != seen[0][0]


@pytest.mark.parametrize("page", ["docs/clients.md", "sdk/python/README.md"])
async def test_samples_run(caller: Caller, page: str, tmp_path: Path) -> None:
    """Every documented sample of the SDK runs, with only its models replaced."""
    samples = [code for code in SAMPLE.findall((ROOT / page).read_text()) if "from wokflow import" in code]
    assert samples
    (tmp_path / "boat.png").write_bytes(a_png())
    ready = MODEL.sub(lambda found: f'"{DOUBLES.get(found[1], "test/image")}", {found[2]}"', "\n".join(samples))
    env = {"WOWFLOW_KEY": caller.customer.key, "WOKFLOW_URL": caller.place.stack.url, "PYTHONPATH": str(SDK)}
    sample = Process("sample", sys.executable, "-c", ready, env={**env, "SSL_CERT_FILE": ""}, cwd=tmp_path)
    assert 0 == await sample.start().wait_for_exit(WAIT_S), f"{ready}\n{sample.output}"
