"""The requests that OpenAI and compatible servers receive for each kind, and their reported costs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec import structs

from tests.harness.doubles.openai import Describer, Double, Together
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.chat import INTERROGATE
from workers.adapters.contract import Blob, Call, Done, Down, Setup
from workers.adapters.media import data_url
from workers.providers.openai import BASE_URLS, Adapter

FOX = "https://example.com/fox.png"
DATA_URL = data_url(Blob(a_png(), "image/png"))
USER = [{"role": "user", "content": "a red fox"}]


@asynccontextmanager
async def open_adapter(double: Double, provider: str = "openai", key: str | None = "sk-key") -> AsyncIterator[Adapter]:
    """Open the adapter under a provider's name, with the double's base URL."""
    adapter = Adapter(Setup(name=provider, base_url=double.base_url, key=key, fetch=fetch_image))
    try:
        yield adapter
    finally:
        await adapter.close()


@pytest.mark.parametrize(
    ("provider", "call", "path", "sent"),
    [
        (
            "openai",
            a_call("image", "gpt-image-2", width=1024, height=768, seed=7, style="ink", quality="hd", count=2),
            "/images/generations",
            {"model": "gpt-image-2", "prompt": "a red fox, ink", "size": "1024x768", "quality": "high", "n": 2},
        ),
        (
            "openai",
            a_call("image", "gpt-image-2", aspect_ratio="9:16", quality="standard"),
            "/images/generations",
            {"model": "gpt-image-2", "prompt": "a red fox", "size": "768x1360", "quality": "medium"},
        ),
        (
            "openai",
            a_call("image", "gpt-image-2.5-flare:xhigh:transparent", aspect_ratio="auto", quality="standard"),
            "/images/generations",
            {
                "model": "gpt-image-2.5-flare",
                "prompt": "a red fox",
                "size": "auto",
                "quality": "xhigh",
                "background": "transparent",
            },
        ),
        (
            "openai",
            a_call("image", "gpt-image-1.5", width=2048, height=1024, quality="hd"),
            "/images/generations",
            {"model": "gpt-image-1.5", "prompt": "a red fox", "size": "1536x1024", "quality": "high"},
        ),
        (
            "deepinfra",
            a_call("image", "x/FLUX-1", width=512, height=768, quality="hd"),
            "/images/generations",
            {"model": "x/FLUX-1", "prompt": "a red fox", "size": "512x768", "response_format": "b64_json"},
        ),
        (
            "together",
            a_call("image", "x/FLUX.1", width=512, height=768, seed=7, negative_prompt="blur", image_urls=["asset:a"]),
            "/images/generations",
            {
                "model": "x/FLUX.1",
                "prompt": "a red fox",
                "width": 512,
                "height": 768,
                "seed": 7,
                "negative_prompt": "blur",
                "image_url": DATA_URL,
                "response_format": "base64",
            },
        ),
        (
            "openai",
            a_call("voice", "tts-1", "Hi.", voice_id="default", speed=1.25, format="wav"),
            "/audio/speech",
            {"model": "tts-1", "input": "Hi.", "voice": "alloy", "response_format": "wav", "speed": 1.25},
        ),
        (
            "groq",
            a_call("voice", "orpheus", "Hi.", voice_id="troy"),
            "/audio/speech",
            {"model": "orpheus", "input": "Hi.", "voice": "troy", "response_format": "wav"},
        ),
        (
            "openai",
            a_call("text", "gpt-5.4-mini", seed=7),
            "/chat/completions",
            {"model": "gpt-5.4-mini", "messages": USER, "max_completion_tokens": 4096, "seed": 7},
        ),
        (
            "local-llama",
            a_call("text", "smol", words_max=2500),
            "/chat/completions",
            {
                "model": "smol",
                "messages": [
                    {
                        "role": "system",
                        "content": "Write exactly the requested text, and nothing else. About 2500 words at most.",
                    },
                    *USER,
                ],
                "max_tokens": 6000,
            },
        ),
    ],
)
async def test_call_becomes_the_documented_request(
    provider: str, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind has its path and the fields that this provider knows."""
    async with (Together if provider == "together" else Double)() as double, open_adapter(double, provider) as adapter:
        double.strict = provider == "openai"
        assert isinstance(await adapter.submit(call), Done)
        [request] = double.requests
        assert ("POST", f"/v1{path}", sent) == (request.method, request.path, request.json)
        assert ("Bearer sk-key", "application/json") == (
            request.headers["authorization"],
            request.headers["content-type"],
        )


@pytest.mark.parametrize(
    "size",
    [
        *({"width": width, "height": height} for width in (64, 100, 700, 2048) for height in (64, 333, 1024, 2048)),
        *({"aspect_ratio": ratio} for ratio in ("1:1", "auto", "16:9", "9:21", "1:4", "5:1", "3:1")),
    ],
    ids=str,
)
async def test_every_size_is_one_that_the_model_draws(size: dict[str, object]) -> None:
    """Any size and shape of a caller becomes one within OpenAI's limits."""
    async with Double() as double, open_adapter(double) as adapter:
        assert isinstance(await adapter.submit(a_call("image", "gpt-image-2", **size)), Done)


async def test_input_images_are_sent_as_a_multipart_edit() -> None:
    """A call with input images is an edit, with a multipart body that contains each of them."""
    call = a_call("image", "gpt-image-2", image_urls=["asset:a.png", FOX], width=512, height=512, count=1)
    async with Double() as double, open_adapter(double) as adapter:
        await adapter.submit(call)
        [request] = double.requests
        assert "/v1/images/edits" == request.path
        sent = [(part.name, part.filename, part.data) for part in request.form]
        fields = {"model": "gpt-image-2", "prompt": "a red fox", "n": "1", "size": "832x832"}
        assert fields == {name: data.decode() for name, filename, data in sent if not filename}
        images = [(name, filename, data) for name, filename, data in sent if filename]
        assert [("image[]", "0.png", a_png()), ("image[]", "1.png", a_png())] == images


async def test_image_to_describe_is_sent_as_a_data_url() -> None:
    """An image to be described is sent as a data: URL, whatever its source."""
    async with Describer() as double, open_adapter(double) as adapter:
        await adapter.submit(a_call("interrogate", "gpt-5.4-mini", "", image_url=FOX))
        [message] = double.requests[0].json["messages"]
        image = {"type": "image_url", "image_url": {"url": DATA_URL}}
        assert {"role": "user", "content": [{"type": "text", "text": INTERROGATE}, image]} == message


async def test_request_has_no_authorization_without_a_key() -> None:
    """A self-hosted server needs no key, so its requests have no Authorization header."""
    async with Double() as double, open_adapter(double, "local-llama", key=None) as adapter:
        await adapter.submit(a_call("text", "smol"))
        assert "authorization" not in double.requests[0].headers


async def test_openrouter_cost_is_reported() -> None:
    """The cost in USD of a usage report becomes micro-USD, and the tokens become facts."""
    async with Double() as double, open_adapter(double, "openrouter") as adapter:
        double.usage = {"prompt_tokens": 9, "completion_tokens": 7, "cost": 0.00095}
        done = await adapter.submit(a_call("text", "x/y"))
        assert isinstance(done, Done)
        assert (950, {"prompt_tokens": 9, "completion_tokens": 7}) == (done.cost_micros, done.facts)


async def test_text_is_marked_as_truncated_when_cut_off() -> None:
    """An answer that reached its token limit is delivered and marked as truncated."""
    async with Double() as double, open_adapter(double) as adapter:
        double.finish = "length"
        done = await adapter.submit(a_call("text", "gpt-5.4-mini"))
        assert isinstance(done, Done)
        assert (double.content, True) == (done.text, done.facts["truncated"])


async def test_unserved_kind_is_down_without_a_request() -> None:
    """A kind that this API lacks raises Down and sends nothing."""
    async with Double() as double, open_adapter(double) as adapter:
        with pytest.raises(Down):
            await adapter.submit(a_call("music", "x"))
        assert [] == double.requests


@pytest.mark.parametrize("name", BASE_URLS)
async def test_known_provider_has_a_base_url(name: str) -> None:
    """A provider known by name needs no base URL, and a configured base URL takes precedence."""
    setup = Setup(name=name)
    assert BASE_URLS[name] == Adapter(setup)._http.base_url
    assert (
        "http://127.0.0.1:8080/v1"
        == Adapter(structs.replace(setup, base_url="http://127.0.0.1:8080/v1/"))._http.base_url
    )
