"""A third-party server that speaks OpenAI's API: llama.cpp's, with a small language model."""

import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.harness.processes import Process, free_port
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWERED_S = 60.0
MODELS = """
[providers.llama]
adapter = "openai"
base_url = "http://127.0.0.1:{port}/v1"

[[models]]
id = "llama/writer"
name = "Writer"
kind = "text"
price_cents = 1
routes = [{{ provider = "llama", model = "smollm2" }}]
input.length = {{ default = "short" }}
input.words_max = {{}}
input.seed = {{}}

[[models]]
id = "llama/enhancer"
name = "Enhancer"
kind = "enhance"
price_cents = 1
routes = [{{ provider = "llama", model = "smollm2" }}]
input.count = {{}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a deployment whose only provider is that server."""
    port = free_port()
    server = Process("llama", sys.executable, "-m", "tests.suites.e2e.llama", str(port)).start()
    try:
        env = {"ADAPTERS": "workers.providers"}
        models = MODELS.format(port=port)
        async with deploy(models=models, env=env, workers=("llama",), deliver=0, sweep=0) as place:
            await server.wait_for_status(f"http://127.0.0.1:{port}/health")
            yield place
    finally:
        server.kill()


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with one dollar."""
    return await place.create_caller(cents=100)


async def test_text_is_written(caller: Caller) -> None:
    """The model's text and its tokens come back through the whole deployment, at one charge."""
    sent = {
        "model": "llama/writer",
        "prompt": "Describe a small boat on a lake.",
        "input": {"words_max": 30, "seed": 7},
    }
    made = (await caller.request("POST", "/api/v1/generations", json=sent)).body["id"]
    shown = await caller.wait_for_end(made, ANSWERED_S)
    assert ("completed", "llama", "text") == (shown["status"], shown["provider"], shown["type"]), shown
    assert 3 <= len(shown["result_text"].split()) <= 200
    shown_by_cli = await caller.place.stack.run_cli("generation", "show", made)
    assert 10 < shown_by_cli["facts"]["prompt_tokens"]
    assert 3 < shown_by_cli["facts"]["completion_tokens"]
    assert 98 == await caller.check_balance()


async def test_prompt_is_enhanced(caller: Caller) -> None:
    """An enhanced prompt differs from the original."""
    sent = {"model": "llama/enhancer", "prompt": "a red boat", "input": {"count": 1}}
    made = (await caller.request("POST", "/api/v1/generations", json=sent)).body["id"]
    shown = await caller.wait_for_end(made, ANSWERED_S)
    assert ("completed", "llama") == (shown["status"], shown["provider"]), shown
    assert "a red boat" != shown["result_text"].strip()
    assert 98 == await caller.check_balance()


async def test_prompt_beyond_the_context_is_refunded(caller: Caller) -> None:
    """A refusal by the server itself is reported with its reason and costs nothing."""
    sent = {"model": "llama/writer", "prompt": "boat " * 3_500, "input": {"words_max": 30}}
    shown = await caller.wait_for_end(
        (await caller.request("POST", "/api/v1/generations", json=sent)).body["id"], ANSWERED_S
    )
    assert ("failed", 0) == (shown["status"], shown["cost_cents"]), shown
    assert "context" in shown["error"]
    assert 100 == await caller.check_balance()
