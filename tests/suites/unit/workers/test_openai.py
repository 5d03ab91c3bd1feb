"""What exactly OpenAI and its imitators are sent for each kind, and what they charged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec import structs

from tests.harness.doubles.openai import Describer, Double, Together
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.chat import INTERROGATE
from workers.adapters.contract import Blob, Call, Done, Down, Setup
from workers.adapters.inputs import data_url
from workers.providers.openai import BASE_URLS, Adapter

FOX = "https://example.com/fox.png"
OURS = data_url(Blob(a_png(), "image/png"))
USER = [{"role": "user", "content": "a red fox"}]


@asynccontextmanager
async def asking(double: Double, provider: str = "openai", key: str | None = "sk-key") -> AsyncIterator[Adapter]:
    """The adapter under a provider's name, talking to a double that is open."""
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
            {"model": "gpt-image-2", "prompt": "a red fox, ink", "size": "1536x1024", "quality": "high", "n": 2},
        ),
        (
            "openai",
            a_call("image", "gpt-image-2", aspect_ratio="9:16", quality="standard"),
            "/images/generations",
            {"model": "gpt-image-2", "prompt": "a red fox", "size": "1024x1536", "quality": "medium"},
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
                "image_url": OURS,
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
            a_call("text", "gpt-5-mini", seed=7),
            "/chat/completions",
            {"model": "gpt-5-mini", "messages": USER, "max_completion_tokens": 4096, "seed": 7},
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
async def test_a_call_becomes_the_request_that_is_documented(
    provider: str, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind has its path and the fields that this provider knows."""
    async with (Together if provider == "together" else Double)() as double, asking(double, provider) as adapter:
        double.strict = provider == "openai"
        assert isinstance(await adapter.submit(call), Done)
        [request] = double.requests
        assert ("POST", f"/v1{path}", sent) == (request.method, request.path, request.json)
        assert ("Bearer sk-key", "application/json") == (
            request.headers["authorization"],
            request.headers["content-type"],
        )


async def test_pictures_to_be_changed_are_sent_along() -> None:
    """With input pictures it is an edit: a multipart body with each of them."""
    call = a_call("image", "gpt-image-2", image_urls=["asset:a.png", FOX], width=512, height=512, count=1)
    async with Double() as double, asking(double) as adapter:
        await adapter.submit(call)
        [request] = double.requests
        assert "/v1/images/edits" == request.path
        sent = [(part.name, part.filename, part.data) for part in request.form]
        fields = {"model": "gpt-image-2", "prompt": "a red fox", "n": "1", "size": "1024x1024"}
        assert fields == {name: data.decode() for name, filename, data in sent if not filename}
        shown = [(name, filename, data) for name, filename, data in sent if filename]
        assert [("image[]", "0.png", a_png()), ("image[]", "1.png", a_png())] == shown


async def test_a_picture_is_shown_by_value() -> None:
    """A picture to be described goes along as a data: URL, wherever it was."""
    async with Describer() as double, asking(double) as adapter:
        await adapter.submit(a_call("interrogate", "gpt-5-mini", "", image_url=FOX))
        [message] = double.requests[0].json["messages"]
        shown = {"type": "image_url", "image_url": {"url": OURS}}
        assert {"role": "user", "content": [{"type": "text", "text": INTERROGATE}, shown]} == message


async def test_a_server_without_a_key_is_sent_none() -> None:
    """A server of our own needs no key, and gets no header for one."""
    async with Double() as double, asking(double, "local-llama", key=None) as adapter:
        await adapter.submit(a_call("text", "smol"))
        assert "authorization" not in double.requests[0].headers


async def test_what_openrouter_charged_is_told() -> None:
    """The cost in USD that comes with the usage is kept in micro-USD, and the tokens as facts."""
    async with Double() as double, asking(double, "openrouter") as adapter:
        double.usage = {"prompt_tokens": 9, "completion_tokens": 7, "cost": 0.00095}
        done = await adapter.submit(a_call("text", "x/y"))
        assert isinstance(done, Done)
        assert (950, {"prompt_tokens": 9, "completion_tokens": 7}) == (done.cost_micros, done.facts)


async def test_a_text_that_was_cut_off_says_so() -> None:
    """An answer that reached its bound is delivered, marked as truncated."""
    async with Double() as double, asking(double) as adapter:
        double.finish = "length"
        done = await adapter.submit(a_call("text", "gpt-5-mini"))
        assert isinstance(done, Done)
        assert (double.content, True) == (done.text, done.facts["truncated"])


async def test_a_kind_that_is_not_served_is_left_to_the_next_route() -> None:
    """A kind that this API does not have asks nothing and is Down."""
    async with Double() as double, asking(double) as adapter:
        with pytest.raises(Down):
            await adapter.submit(a_call("music", "x"))
        assert [] == double.requests


@pytest.mark.parametrize("name", BASE_URLS)
async def test_a_known_provider_has_its_address(name: str) -> None:
    """A provider that is known by name needs no base URL, and any other is OpenAI unless it has one."""
    setup = Setup(name=name)
    assert BASE_URLS[name] == Adapter(setup)._http.base_url
    assert (
        "http://127.0.0.1:8080/v1"
        == Adapter(structs.replace(setup, base_url="http://127.0.0.1:8080/v1/"))._http.base_url
    )
