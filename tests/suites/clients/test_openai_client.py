"""The doubles of OpenAI and compatible services, and our adapter, checked with their own clients in strict mode."""

from collections.abc import AsyncIterator
from typing import Any

import groq
import groq.types.audio
import groq.types.chat
import openai
import openai.types.audio
import openai.types.chat
import pytest
import together
import together.types.chat
from openai import AsyncOpenAI

from tests.harness.doubles.double import Response
from tests.harness.doubles.openai import MP3, Double, Groq, LinkSender, Together, error
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.typed import faults
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Call, Setup
from workers.providers.openai import Adapter

FOX = "https://example.com/fox.png"

QUOTA = error(429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota")
RATE = error(429, "Rate limit reached.", "requests", "rate_limit_exceeded")


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Run a double of the provider."""
    async with Double() as one:
        yield one


@pytest.fixture
async def client(double: Double) -> AsyncIterator[AsyncOpenAI]:
    """Open OpenAI's client, which in this mode refuses any response with a missing or mistyped field."""
    url = double.base_url
    async with AsyncOpenAI(api_key="a-key", base_url=url, max_retries=0, _strict_response_validation=True) as one:
        yield one


async def test_client_draws(client: AsyncOpenAI) -> None:
    """The requested number of images comes in base64."""
    drawn = await client.images.generate(model="gpt-image-2", prompt="a fox", n=2, size="1024x1024")
    assert drawn.data is not None
    assert (2, "png") == (len([item.b64_json for item in drawn.data if item.b64_json]), drawn.output_format)
    assert drawn.usage is not None
    assert 16 == drawn.usage.total_tokens


@pytest.mark.parametrize("count", [1, 2])
async def test_client_edits(double: Double, client: AsyncOpenAI, count: int) -> None:
    """The double accepts one image as a part `image`, and several as parts `image[]`."""
    pictures = [("a.png", a_png(), "image/png")] * count
    edited = await client.images.edit(model="gpt-image-2", prompt="a fox", image=pictures if count > 1 else pictures[0])
    assert edited.data
    parts = [part for part in double.requests[0].form if part.filename]
    assert [("image[]" if count > 1 else "image", a_png())] * count == [(part.name, part.data) for part in parts]


async def test_client_speaks(client: AsyncOpenAI) -> None:
    """Speech is the audio itself."""
    spoken = await client.audio.speech.create(model="tts-1", voice="alloy", input="Hello.", response_format="mp3")
    assert MP3 == spoken.content


async def test_client_chats(double: Double, client: AsyncOpenAI) -> None:
    """A completion has its text and its tokens."""
    messages = [{"role": "user", "content": "a fox"}]
    said = await client.chat.completions.create(model="gpt-5.4-mini", messages=messages)
    assert double.content == said.choices[0].message.content
    assert said.usage is not None
    assert 16 == said.usage.total_tokens


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (QUOTA, openai.RateLimitError, "insufficient_quota"),
        (RATE, openai.RateLimitError, "rate_limit_exceeded"),
        (error(401, "No.", None, "invalid_api_key"), openai.AuthenticationError, "invalid_api_key"),
        (error(400, "No.", None, "moderation_blocked"), openai.BadRequestError, "moderation_blocked"),
        (error(402, "No."), openai.APIStatusError, None),
        (Response(500, "<html>"), openai.InternalServerError, None),
    ],
)
async def test_client_reads_an_error(
    double: Double, client: AsyncOpenAI, answer: Response, kind: type[openai.APIStatusError], code: str | None
) -> None:
    """Each error has the client's class and code."""
    double.overrides["submit"].append(answer)
    with pytest.raises(openai.APIStatusError) as caught:
        await client.images.generate(model="gpt-image-2", prompt="a fox")
    assert (kind, code) == (type(caught.value), caught.value.code)


@pytest.mark.parametrize(("service", "strict"), [(LinkSender, True), (Groq, False)])
async def test_client_of_openai_reads_compatible_services(service: type[Double], strict: bool) -> None:
    """OpenAI's client reads a service that links to its images strictly, and Groq except for its own tier."""
    async with (
        service() as double,
        AsyncOpenAI(api_key="a-key", base_url=double.base_url, _strict_response_validation=strict) as client,
    ):
        said = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "a fox"}])
        assert double.content == said.choices[0].message.content
        drawn = await client.images.generate(model="m", prompt="a fox")
        assert drawn.data
        assert 2 == double.counts["submit"]


async def test_client_of_together_draws() -> None:
    """Together's own client reads its images, which OpenAI's would not read strictly."""
    async with (
        Together() as double,
        together.AsyncTogether(
            api_key="a-key", base_url=double.url, max_retries=0, _strict_response_validation=True
        ) as client,
    ):
        drawn = await client.images.generate(model="x/FLUX.1", prompt="a fox", response_format="base64", seed=7)
        assert [("b64_json", True)] == [(item.type, bool(item.b64_json)) for item in drawn.data]
        assert {"model", "prompt", "response_format", "seed"} == double.requests[0].json.keys()
        linked = await client.images.generate(model="x/FLUX.1", prompt="a fox", n=2)
        assert [double.link()] * 2 == [item.url for item in linked.data]
        said = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "a fox"}])
        assert double.content == said.choices[0].message.content
        double.overrides["submit"].append(RATE)
        with pytest.raises(together.RateLimitError, match="Rate limit reached"):
            await client.images.generate(model="x/FLUX.1", prompt="a fox")


async def test_client_of_groq_chats() -> None:
    """Groq's client adds the path of the compatible API to the root."""
    async with (
        Groq() as double,
        groq.AsyncGroq(api_key="a-key", base_url=double.url, max_retries=0, _strict_response_validation=True) as client,
    ):
        said = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "a fox"}])
        assert double.content == said.choices[0].message.content
        sound = await client.audio.speech.create(model="m", voice="troy", input="Hello.", response_format="wav")
        assert b"RIFF" == (await sound.read())[:4]
        double.overrides["submit"].append(error(498, "Out of capacity.", "tokens", "capacity_exceeded"))
        with pytest.raises(groq.APIStatusError) as caught:
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "a fox"}])
        assert (498, "capacity_exceeded") == (caught.value.status_code, caught.value.body["error"]["code"])


DRAWING = a_call("image", "gpt-image-2", width=1024, height=768, quality="hd", count=2)
CUT_OUT = a_call("image", "gpt-image-2.5-sunburst:max:transparent", width=1280, height=720)
FLUX = a_call("image", "x/FLUX.1", width=512, height=512, seed=1, negative_prompt="blur", count=2, image_urls=[FOX] * 2)
SPEAKING = a_call("voice", "a-voice", "Hello.", voice_id="alloy", format="wav", speed=1.2)
CHATTING = (
    a_call("text", "a-model", tone="dry", length="short", seed=3),
    a_call("enhance", "a-model", count=2),
    a_call("interrogate", "a-model", "", image_url="asset:a.png"),
)
SENT: list[tuple[str, type[Double], Call, Any]] = [
    ("openai", Double, DRAWING, openai.types.ImageGenerateParams),
    ("openai", Double, CUT_OUT, openai.types.ImageGenerateParams),
    ("openai", Double, SPEAKING, openai.types.audio.SpeechCreateParams),
    *(("openai", Double, call, openai.types.chat.CompletionCreateParams) for call in CHATTING),
    ("groq", Groq, SPEAKING, groq.types.audio.SpeechCreateParams),
    *(("groq", Groq, call, groq.types.chat.CompletionCreateParams) for call in CHATTING),
    ("together", Together, FLUX, together.types.ImageGenerateParams),
    *(("together", Together, call, together.types.chat.CompletionCreateParams) for call in CHATTING),
]


@pytest.mark.parametrize(("provider", "kind_of", "call", "kind"), SENT, ids=lambda value: getattr(value, "kind", ""))
async def test_adapter_sends_what_the_client_could(provider: str, kind_of: type[Double], call: Call, kind: Any) -> None:
    """Every request of the adapter has only fields of the provider's own client, with values of their types."""
    async with kind_of() as double:
        adapter = Adapter(Setup(name=provider, base_url=double.base_url, key="a-key", fetch=fetch_image))
        await adapter.submit(call)
        await adapter.close()
        assert [] == faults(double.requests[0].json, kind)
        assert [] != faults({**double.requests[0].json, "of_tomorrow": 1}, kind)
