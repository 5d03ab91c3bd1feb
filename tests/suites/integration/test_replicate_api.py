"""Replicate's own client, unmodified, against a deployment with the local models and a provider without workers."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator
from PIL import Image
from replicate import Client
from replicate.exceptions import ModelError, ReplicateError

from shared.domain.generation import Outcome, Output
from shared.store import generations, ledger
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODELS = """
[aliases]
"flux" = "local/artist"

[providers.local]

[providers.idle]
adapter = "openai"
base_url = "http://127.0.0.1:9"

[[models]]
id = "local/artist"
name = "Artist"
kind = "image"
price_cents = 1
routes = [{ provider = "local", model = "artist" }]
input = { width = { default = 96, max = 128 }, height = { default = 96, max = 128 }, seed = {} }

[[models]]
id = "local/series"
name = "Series"
kind = "image"
price = { per = "output", cents = 1 }
routes = [{ provider = "local", model = "artist" }]
input = { width = { default = 96 }, height = { default = 96 }, count = { max = 2 } }

[[models]]
id = "idle/writer"
name = "Writer"
kind = "text"
price_cents = 1
routes = [{ provider = "idle", model = "writer" }]
input = { messages = {}, image_urls = {} }
"""
PROMPT = {"prompt": "a fox"}
DRAWN = {**PROMPT, "seed": 7}
PICTURE = Output("2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.png", "image/png", 3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a deployment whose local models have a worker, and whose other provider has none."""
    env = {"ADAPTERS": "workers.providers", "PREFER_WAIT_S": "20"}
    async with deploy(models=MODELS, env=env, workers=("local",), deliver=0, sweep=0) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with a dollar."""
    return await place.create_caller(cents=100)


@pytest_asyncio.fixture(loop_scope="module")
async def client(caller: Caller) -> AsyncIterator[Client]:
    """Open the client, which polls faster here."""
    async with open_client(caller, caller.customer.key) as client:
        yield client


@asynccontextmanager
async def open_client(caller: Caller, key: str | None = None) -> AsyncIterator[Client]:
    """Open Replicate's client with a key, and close its connections, which it does not do itself."""
    client = Client(api_token=key, base_url=key and f"{caller.place.stack.url}/replicate")
    client.poll_interval = 0.05
    yield client
    await client._async_client.aclose()


async def settle(caller: Caller, generation_id: str, state: str, outcome: Outcome) -> None:
    cost_micros = 10_500 if state == "completed" else 0
    await ledger.settle(caller.place.store, generation_id, state, cost_micros=cost_micros, outcome=outcome)


async def test_run_draws(caller: Caller, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's call draws a real image by model, by version and by alias, also with the client's environment."""
    url = await client.async_run("local/artist", input=DRAWN)
    image = await caller.request("GET", str(url), headers={"Authorization": ""})
    assert (96, 96) == Image.open(io.BytesIO(image.body)).size
    monkeypatch.setenv("REPLICATE_API_TOKEN", caller.customer.key)
    monkeypatch.setenv("REPLICATE_BASE_URL", f"{caller.place.stack.url}/replicate")
    async with open_client(caller) as own:
        assert 1 == len(await own.async_run("local/series:local/series", input={**PROMPT, "count": 1}))
    made = await client.predictions.async_create(version="flux", input=PROMPT, wait=20)
    assert ("succeeded", "local/artist", "a fox") == (made.status, made.model, (made.input or {})["prompt"])
    assert (made.metrics or {})["predict_time"] >= 0
    assert 96 == await caller.check_balance()
    assert made.output == (await caller.poll(made.id))["result_url"]


async def test_prediction_without_preference_comes_at_once(caller: Caller, client: Client) -> None:
    """Without a preference the response comes at once; the client polls, and reads the text or the failure."""
    made = await client.models.predictions.async_create(("idle", "writer"), PROMPT)
    again = await client.predictions.async_create(version="idle/writer", input=PROMPT, wait=1)
    assert ("starting", None, "starting") == (made.status, made.output, again.status)
    running = asyncio.create_task(client.async_run("idle/writer", input=PROMPT, wait=1))
    await settle(caller, made.id, "completed", Outcome(provider="idle", text="Mist rises."))
    await made.async_wait()
    assert ("succeeded", "Mist rises.") == (made.status, made.output)
    async with asyncio.timeout(10):
        while len(found := await generations.list_newest(caller.place.store, caller.customer.account, 5)) < 3:
            await asyncio.sleep(0.02)
    await settle(caller, found[0].id, "failed", Outcome(error="No foxes.", error_code="content_policy"))
    with pytest.raises(ModelError, match="No foxes") as caught:
        await running
    assert "failed" == caught.value.prediction.status
    late = await client.predictions.async_get(again.id)
    await settle(caller, again.id, "completed", Outcome(provider="idle", outputs=(PICTURE, PICTURE)))
    await late.async_reload()
    assert 2 == len(late.output or ())
    assert 97 == await caller.check_balance()


async def test_cancel_refunds_a_generation_of_any_api(caller: Caller, client: Client) -> None:
    """A generation of our own API is a prediction: it is listed, read and canceled, and ends as it is."""
    made = await caller.create(model="idle/writer")
    read = await client.predictions.async_get(made)
    await read.async_cancel()
    assert ("canceled", "Canceled by its owner.") == (read.status, read.error)
    assert 100 == await caller.check_balance()
    done = await client.predictions.async_create(version="idle/writer", input=PROMPT)
    await settle(caller, done.id, "completed", Outcome(provider="idle", text="Mist rises."))
    await done.async_cancel()
    assert "succeeded" == done.status
    assert [done.id, made] == [entry.id for entry in await client.predictions.async_list()]


async def test_list_goes_on_at_its_cursor(caller: Caller, client: Client) -> None:
    """The client's pages go on where the last one ended, in both directions."""
    made = [await caller.create(model="idle/writer") for _ in range(3)]
    first = await client.predictions.async_list(f"{caller.place.stack.url}/replicate/v1/predictions?limit=2")
    assert ([made[2], made[1]], None) == ([entry.id for entry in first], first.previous)
    second = await client.predictions.async_list(first.next)
    assert ([made[0]], None) == ([entry.id for entry in second], second.next)
    assert first.results == (await client.predictions.async_list(second.previous)).results
    stranger = await caller.place.create_caller()
    async with open_client(stranger, stranger.customer.key) as other:
        assert [] == (await other.predictions.async_list()).results
        with pytest.raises(ReplicateError) as caught:
            await other.predictions.async_get(made[0])
    assert 404 == caught.value.status


async def test_models_have_a_schema_of_their_input(client: Client) -> None:
    """Each model is listed, and its schema accepts the input that it takes and no other."""
    listed = {model.id: model for model in await client.models.async_list()}
    assert {"local/artist", "local/series", "idle/writer"} <= listed.keys()
    schemas = {}
    for name in listed:
        model = await client.models.async_get(name)
        assert model.latest_version is not None
        assert name == model.latest_version.id
        version = await model.versions.async_get(name)
        assert [version.id] == [one.id for one in await model.versions.async_list()]
        schema = {**version.openapi_schema, "$ref": "#/components/schemas/Input"}
        Draft202012Validator.check_schema(schema["components"]["schemas"]["Input"])
        schemas[name] = schema
    drawing = Draft202012Validator(schemas["local/artist"])
    assert [True, False, False, False] == [
        drawing.is_valid(given) for given in (DRAWN, {"seed": 7}, {**PROMPT, "width": 999}, {**PROMPT, "colour": "red"})
    ]
    chat = Draft202012Validator(schemas["idle/writer"])
    assert chat.is_valid({**PROMPT, "messages": [{"role": "user", "content": "Hello"}]})
    assert not chat.is_valid({**PROMPT, "messages": [{"role": "nobody"}]})
    outputs = [schemas[name]["components"]["schemas"]["Output"]["type"] for name in ("local/artist", "local/series")]
    assert ["string", "array"] == outputs


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"input": PROMPT}, 422, "missing_model"),
        ({"version": "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa", "input": PROMPT}, 404, ""),
        ({"version": "local/artist"}, 422, "invalid_input"),
        ({"version": "local/artist", "input": {"prompt": 1}}, 422, "invalid_input"),
        ({"version": "local/artist", "input": {"prompt": " "}}, 422, "missing_prompt"),
        ({"version": "local/artist", "input": {**PROMPT, "width": 4}}, 422, "invalid_input"),
        ({"version": "local/artist", "input": {**PROMPT, "colour": "red"}}, 422, "invalid_input"),
        ({"version": "local/artist", "input": PROMPT, "webhook": "https://example.com/hook"}, 422, "invalid_input"),
        ({"version": "local/artist", "input": PROMPT, "colour": "red"}, 422, "invalid_request"),
    ],
)
async def test_bad_body_costs_nothing(caller: Caller, body: dict[str, Any], status: int, code: str) -> None:
    """A body that cannot be served is refused as problem details with our code."""
    answer = await caller.request("POST", "/replicate/v1/predictions", json=body)
    assert (status, status, code or "unknown_model") == (answer.status, answer.body["status"], answer.body["code"])
    assert answer.body["title"]
    assert 100 == await caller.check_balance()


async def test_each_error_is_one_of_the_client(caller: Caller, client: Client) -> None:
    """Keys, money and unknown names raise the client's error with status, title and detail."""
    poor = (await caller.place.create_caller(cents=0)).customer.key
    drawn = {"version": "local/artist", "input": PROMPT}
    expected = [
        ("r8_nothing", "async_list", {}, 401, "Unauthorized", "not an API key"),
        (poor, "async_create", drawn, 402, "Payment Required", "balance"),
    ]
    for key, name, sent, status, title, detail in expected:
        async with open_client(caller, key) as other:
            with pytest.raises(ReplicateError) as caught:
                await getattr(other.predictions, name)(**sent)
        assert (status, title) == (caught.value.status, caught.value.title)
        assert detail in (caught.value.detail or "")
    unknown = [
        (client.models.async_get("nobody/nothing"), "nobody/nothing"),
        (client.predictions.async_get("nothing"), "no generation"),
        (client.collections.async_get("anything"), "Page not found"),
    ]
    for call, detail in unknown:
        with pytest.raises(ReplicateError) as caught:
            await call
        assert (404, "Not Found") == (caught.value.status, caught.value.title)
        assert detail in (caught.value.detail or "")


async def test_copies_under_one_key_cost_once(caller: Caller) -> None:
    """Copies under one Idempotency-Key are one prediction; another model under it is refused."""
    path, headers = "/replicate/v1/models/{}/predictions", {"Idempotency-Key": "one"}
    sent = {"json": {"input": PROMPT}, "headers": headers}
    copies = await asyncio.gather(*(caller.request("POST", path.format("idle/writer"), **sent) for _ in range(9)))
    assert 1 == len({copy.body["id"] for copy in copies})
    assert 8 == len([copy for copy in copies if copy.headers.get("Idempotent-Replayed") == "true"])
    other = await caller.request("POST", path.format("local/artist"), **sent)
    assert (422, "idempotency_key_reuse") == (other.status, other.body["code"])
    assert 98 == await caller.check_balance()
