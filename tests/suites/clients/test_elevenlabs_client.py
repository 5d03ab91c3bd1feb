"""The double of ElevenLabs checked with its own client, and the adapter's requests with that client's types."""

import typing
from collections.abc import AsyncIterator, Iterator

import pydantic
import pytest
from elevenlabs import (
    AsyncElevenLabs,
    ImageGenerationRequest,
    MediaGenerationCreateResponse,
    MediaGenerationResponse,
    VideoGenerationRequest,
)
from elevenlabs.core.api_error import ApiError
from elevenlabs.errors import BadRequestError

from tests.harness.doubles.elevenlabs import MODEL_FIELDS, VOICES, Double
from tests.harness.doubles.openai import MP3
from tests.suites.conformance.adapters.elevenlabs import REFUSALS
from tests.suites.conformance.case import SECRET, a_call, fetch_image
from workers.adapters.contract import Setup
from workers.providers.elevenlabs import Adapter

REQUESTS = {"image": ImageGenerationRequest, "video": VideoGenerationRequest}
NO_RETRY = {"max_retries": 0}


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Run a double of the provider."""
    async with Double() as one:
        yield one


@pytest.fixture
async def client(double: Double) -> AsyncIterator[AsyncElevenLabs]:
    """Open ElevenLabs' client for the double."""
    one = AsyncElevenLabs(api_key="a-key", base_url=double.base_url)
    yield one
    await one._client_wrapper.httpx_client.httpx_client.aclose()  # the client has no close method


def members(union: object) -> Iterator[type[pydantic.BaseModel]]:
    """Yield the classes of an annotated union."""
    yield from typing.get_args(typing.get_args(union)[0])


def requests_of(kind: str) -> dict[str, type[pydantic.BaseModel]]:
    """Return the client's request class for each model."""
    return {member.model_fields["model_id"].default: member for member in members(REQUESTS[kind])}


async def test_client_lists_the_voices(double: Double, client: AsyncElevenLabs) -> None:
    """The account's voices have ids and categories."""
    listed = await client.voices.search(page_size=1)
    assert ([VOICES[0]], True) == ([voice.voice_id for voice in listed.voices], listed.has_more)
    assert "premade" == listed.voices[0].category


async def test_client_speaks(double: Double, client: AsyncElevenLabs) -> None:
    """Speech is the audio itself in the requested format, and its headers have the cost."""
    async with client.text_to_speech.with_raw_response.convert(
        VOICES[0], text="Hello.", model_id="eleven_v3", output_format="mp3_44100_128", voice_settings={"speed": 1.1}
    ) as spoken:
        assert MP3 == b"".join([chunk async for chunk in spoken.data])
        assert "10" == spoken.headers["character-cost"]
    assert 1 == double.accepted


async def test_client_composes(client: AsyncElevenLabs) -> None:
    """Music and sounds are the audio itself too."""
    music = client.music.compose(prompt="a waltz", music_length_ms=3_000, model_id="music_v1")
    assert MP3 == b"".join([chunk async for chunk in music])
    sound = client.text_to_sound_effects.convert(text="rain", duration_seconds=1)
    assert MP3 == b"".join([chunk async for chunk in sound])


@pytest.mark.parametrize("kind", REQUESTS)
async def test_client_waits_for_a_generation(double: Double, client: AsyncElevenLabs, kind: str) -> None:
    """Images and videos pass through their states, each of which is strictly one of the client's types."""
    model = next(iter(MODEL_FIELDS[kind]))
    flow = getattr(client.flows, kind)
    made = await flow.create(request=requests_of(kind)[model](prompt="a fox"))
    MediaGenerationCreateResponse.model_validate(made.model_dump(), strict=True)
    double.states.extend(["pending", "generating", "failed"])
    seen = [await flow.get(made.id) for _ in range(4)]
    assert ["pending", "generating", "failed", "completed"] == [state.status for state in seen]
    assert (double.failure[1], double.link()) == (seen[2].error_message, seen[3].content_url)
    for state in seen:
        pydantic.TypeAdapter(MediaGenerationResponse).validate_python(state.model_dump(), strict=True)


@pytest.mark.parametrize(("kind", "model"), [(kind, name) for kind, names in MODEL_FIELDS.items() for name in names])
async def test_adapter_sends_what_the_client_would(double: Double, kind: str, model: str) -> None:
    """The adapter's request has the fields, types and values that the client and the double have for the model."""
    known = requests_of(kind)[model]
    own = {field.alias or name for name, field in known.model_fields.items()}
    assert MODEL_FIELDS[kind][model] == own
    extras = {"image_url": "asset:a"} if kind == "video" else {"image_urls": ["asset:a"], "quality": "hd"}
    call = a_call(kind, model, width=1280, height=720, seconds=8, seed=7, negative_prompt="rain", **extras)
    adapter = Adapter(Setup(name="elevenlabs", base_url=double.base_url, key="a-key", fetch=fetch_image))
    await adapter.submit(call)
    await adapter.close()
    sent = double.requests[0].json
    assert sent.keys() <= own
    known.model_validate(sent, strict=True)
    for name in sent.keys() & {"aspect_ratio", "quality"}:
        assert sent[name] in literals_of(known.model_fields[name].annotation)


@pytest.mark.parametrize("kind", REQUESTS)
def test_double_serves_the_models_of_the_client(kind: str) -> None:
    """Every model of the client is served, except one without a prompt and one that OpenAI shut down in 2026-10."""
    assert MODEL_FIELDS[kind].keys() == requests_of(kind).keys() - {"creatify-aurora", "gpt-image-1"}


def literals_of(annotation: object) -> set[object]:
    """Return the values of the first Literal in a type."""
    if typing.get_origin(annotation) is typing.Literal:
        return set(typing.get_args(annotation))
    return next((found for part in typing.get_args(annotation) if (found := literals_of(part))), set())


@pytest.mark.parametrize("name", [name for name, refusal in REFUSALS.items() if 400 <= refusal.response.status < 500])
async def test_client_reads_an_error(double: Double, client: AsyncElevenLabs, name: str) -> None:
    """Each documented refusal reaches the caller with its status and its detail."""
    answer = REFUSALS[name].response
    double.overrides["submit"].append(answer)
    with pytest.raises(ApiError) as caught:
        await anext(aiter(client.text_to_speech.convert(VOICES[0], text="Hi.", request_options=NO_RETRY)))
    assert (answer.status, answer.body) == (caught.value.status_code, caught.value.body)


def test_client_verifies_the_webhook() -> None:
    """The client verifies the double's signature, but not with another secret."""
    one = AsyncElevenLabs(api_key="a-key").webhooks
    request = Double().webhook("r1", SECRET)
    body, header = request.body.decode(), request.headers["elevenlabs-signature"]
    assert "r1" == one.construct_event(body, header, SECRET)["id"]
    with pytest.raises(BadRequestError):
        one.construct_event(body, header, "another")
