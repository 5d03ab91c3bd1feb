"""The double of Hugging Face checked with its own client, whose requests to router and hub are redirected to it."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import huggingface_hub
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.inference._providers import _common as providers
from huggingface_hub.inference._providers import fal_ai, hf_inference
from huggingface_hub.utils._http import default_client_factory

from tests.harness.doubles.adapters.kinds import a_wav
from tests.harness.doubles.huggingface import CAPTIONER, IMAGE_MODEL, MAPPINGS, SPEAKER, UPSCALER, VIDEO_MODEL, Double
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.adapters.huggingface import REFUSALS

HOSTS = ("router.huggingface.co", "huggingface.co")


class Redirected(httpx2.HTTPTransport):
    """Sends requests for Hugging Face's hosts to the double."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx2.URL(url)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request to the double if it is for one of the hosts."""
        if request.url.host in HOSTS:
            request.url = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        return super().handle_request(request)


@pytest.fixture
async def double(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Double]:
    """Run a double, redirect the client to it, and clear the client's cache of models."""
    monkeypatch.setattr(fal_ai, "_POLLING_INTERVAL", 0.001)
    async with Double() as one:
        huggingface_hub.set_client_factory(lambda: httpx2.Client(transport=Redirected(one.url), follow_redirects=False))
        yield one
        huggingface_hub.set_client_factory(default_client_factory)
        providers._fetch_inference_provider_mapping.cache_clear()
        hf_inference._check_supported_task.cache_clear()


def client_for(provider: str) -> InferenceClient:
    """Return the client for an inference provider."""
    return InferenceClient(provider=provider, api_key="hf_a_key")


async def test_client_draws_and_changes(double: Double) -> None:
    """Images are the response itself, and the router accepts the parameters."""
    client = client_for("hf-inference")
    drawn = await asyncio.to_thread(client.text_to_image, "a fox", model=IMAGE_MODEL, width=512, height=512, seed=7)
    assert (8, 8) == drawn.size
    changed = await asyncio.to_thread(
        client.image_to_image, a_png(), prompt="a fox", model="timbrooks/instruct-pix2pix", negative_prompt="rain"
    )
    assert (8, 8) == changed.size
    await asyncio.to_thread(client.image_to_image, a_png(), model=UPSCALER)
    assert a_png() == double.requests[-1].body
    assert 3 == double.accepted


async def test_client_speaks_and_describes(double: Double) -> None:
    """Speech is the audio itself, and a caption is a list with one text."""
    client = client_for("hf-inference")
    assert a_wav() == await asyncio.to_thread(client.text_to_speech, "Hello.", model=SPEAKER)
    seen = await asyncio.to_thread(client.image_to_text, a_png(), model=CAPTIONER)
    assert double.caption == seen.generated_text


async def test_client_waits_in_the_queue(double: Double) -> None:
    """A video of another provider is queued and polled through the router, and downloaded from its URL."""
    double.states.extend(["IN_QUEUE", "IN_PROGRESS"])
    film = await asyncio.to_thread(client_for("fal-ai").text_to_video, "a fox", model=VIDEO_MODEL)
    assert a_png() == film
    assert {"other": 1, "submit": 1, "poll": 3, "result": 1, "file": 1} == double.counts


@pytest.mark.parametrize("who", ["nscale", "together"])
async def test_client_draws_elsewhere(double: Double, who: str) -> None:
    """Providers that speak OpenAI's API are reached below their names, with their own names of the model."""
    [model] = [model for model, (server, _, _) in MAPPINGS.items() if server == who]
    drawn = await asyncio.to_thread(client_for(who).text_to_image, "a fox", model=model)
    assert ((8, 8), f"/{who}/v1/images/generations") == (drawn.size, double.requests[-1].path)


async def test_client_chats(double: Double) -> None:
    """The router's chat takes a model with its provider's name, and responds like OpenAI."""
    client = InferenceClient(api_key="hf_a_key")
    messages = [{"role": "user", "content": "a fox"}]
    said = await asyncio.to_thread(client.chat_completion, messages, model="openai/gpt-oss-120b:cerebras", max_tokens=9)
    assert (double.content, 16) == (said.choices[0].message.content, said.usage.total_tokens)
    assert ("/v1/chat/completions", "openai/gpt-oss-120b:cerebras") == (
        double.requests[0].path,
        double.requests[0].json["model"],
    )


@pytest.mark.parametrize("name", [name for name, refusal in REFUSALS.items() if refusal.response.status >= 400])
async def test_client_reads_an_error(double: Double, name: str) -> None:
    """Each documented refusal reaches the caller with its status."""
    double.overrides["submit"].append(REFUSALS[name].response)
    with pytest.raises(HfHubHTTPError) as caught:
        await asyncio.to_thread(client_for("hf-inference").text_to_image, "a fox", model=IMAGE_MODEL)
    assert REFUSALS[name].response.status == caught.value.response.status_code
