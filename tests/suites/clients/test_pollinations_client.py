"""The double of Pollinations, checked with OpenAI's client in its strict mode, as its own documentation uses it."""

from base64 import b64decode
from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI

from tests.harness.doubles.double import Response
from tests.harness.doubles.openai import MP3
from tests.harness.doubles.pollinations import Double, error, upstream
from tests.harness.doubles.provider import a_png


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Run a double of the provider."""
    async with Double() as one:
        yield one


@pytest.fixture
async def client(double: Double) -> AsyncIterator[AsyncOpenAI]:
    """Open a client that refuses any response with a missing or mistyped field."""
    url = f"{double.url}/v1"
    async with AsyncOpenAI(api_key="sk_key", base_url=url, max_retries=0, _strict_response_validation=True) as one:
        yield one


async def test_client_draws(client: AsyncOpenAI) -> None:
    """An image comes in base64 if requested, else behind a link."""
    drawn = await client.images.generate(model="flux", prompt="a fox", size="512x512", response_format="b64_json")
    linked = await client.images.generate(model="flux", prompt="a fox")
    assert drawn.data
    assert linked.data
    assert a_png() == b64decode(drawn.data[0].b64_json or "")
    assert (linked.data[0].url or "").startswith("http://127.0.0.1:")


@pytest.mark.parametrize("count", [1, 2])
async def test_client_edits(client: AsyncOpenAI, count: int) -> None:
    """The double accepts one or several images in the client's form."""
    pictures = [("a.png", a_png(), "image/png")] * count
    edited = await client.images.edit(model="kontext", prompt="a fox", image=pictures if count > 1 else pictures[0])
    assert edited.data
    assert edited.data[0].b64_json


async def test_client_speaks(client: AsyncOpenAI) -> None:
    """Speech is the audio itself."""
    spoken = await client.audio.speech.create(model="elevenlabs", voice="nova", input="Hello.", response_format="mp3")
    assert MP3 == spoken.content


async def test_client_chats(double: Double, client: AsyncOpenAI) -> None:
    """A completion has its text and its tokens."""
    messages = [{"role": "user", "content": "a fox"}]
    said = await client.chat.completions.create(model="openai", messages=messages, seed=7)
    assert double.content == said.choices[0].message.content
    assert said.usage is not None
    assert 16 == said.usage.total_tokens


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (error(401, "No."), openai.AuthenticationError, "UNAUTHORIZED"),
        (error(402, "No."), openai.APIStatusError, "PAYMENT_REQUIRED"),
        (error(400, "No.", "safety_error"), openai.BadRequestError, "BAD_REQUEST"),
        (error(429, "No."), openai.RateLimitError, "RATE_LIMITED"),
        (upstream(429, "No."), openai.InternalServerError, "BAD_GATEWAY"),
    ],
)
async def test_client_reads_an_error(
    double: Double, client: AsyncOpenAI, answer: Response, kind: type[openai.APIStatusError], code: str
) -> None:
    """The client reads the code in the envelope."""
    double.overrides["submit"].append(answer)
    with pytest.raises(openai.APIStatusError) as caught:
        await client.images.generate(model="flux", prompt="a fox")
    assert (kind, code) == (type(caught.value), caught.value.code)
