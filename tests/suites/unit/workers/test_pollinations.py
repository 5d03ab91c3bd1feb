"""The requests that Pollinations receives for each kind, and the identity of repeated requests."""

from collections.abc import AsyncIterator

import pytest
from msgspec import structs

from tests.harness.doubles.double import Fault, Response
from tests.harness.doubles.pollinations import Describer, Double
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.chat import INTERROGATE
from workers.adapters.contract import Blob, Call, Done, Down, Rejected, Setup, Unknown
from workers.adapters.media import data_url
from workers.providers.pollinations import SEEDS, Adapter, seed

FOX, DEN = "https://example.com/fox.png?a=1&b=2", "https://example.com/den.png"
DATA_URL = data_url(Blob(a_png(), "image/png"))
SEED = seed(a_call("image", "flux"))
B64 = {"response_format": "b64_json"}


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Yield a running double."""
    async with Double() as double:
        yield double


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter that calls the double."""
    adapter = Adapter(Setup(name="pollinations", base_url=double.base_url, key="sk_key", fetch=fetch_image))
    yield adapter
    await adapter.close()


@pytest.mark.parametrize(
    ("call", "path", "sent"),
    [
        (
            a_call("image", "flux", width=1024, height=768, seed=7, style="ink", quality="standard", count=1),
            "/v1/images/generations",
            {
                "model": "flux",
                "prompt": "a red fox, ink",
                "seed": 7,
                "size": "1024x768",
                "quality": "medium",
                **B64,
            },
        ),
        (
            a_call("image", "gptimage", aspect_ratio="16:9", quality="hd"),
            "/v1/images/generations",
            {"model": "gptimage", "prompt": "a red fox", "seed": SEED, "size": "1344x768", "quality": "hd", **B64},
        ),
        (
            a_call("image", "flux"),
            "/v1/images/generations",
            {"model": "flux", "prompt": "a red fox", "seed": SEED, **B64},
        ),
        (
            a_call("image", "kontext", image_urls=[FOX, "asset:a.png"], seed=-1),
            "/v1/images/edits",
            {
                "model": "kontext",
                "prompt": "a red fox",
                "seed": SEEDS - 1,
                "image": [{"image_url": FOX}, {"image_url": DATA_URL}],
                **B64,
            },
        ),
        (
            a_call("voice", "elevenlabs", "Hi.", voice_id="nova", speed=1.5, format="wav"),
            "/v1/audio/speech",
            {"model": "elevenlabs", "input": "Hi.", "voice": "nova", "response_format": "wav", "seed": SEED},
        ),
        (
            a_call("voice", "elevenlabs", "Hi.", voice_id="default"),
            "/v1/audio/speech",
            {"model": "elevenlabs", "input": "Hi.", "seed": SEED},
        ),
        (
            a_call("music", "elevenmusic", seconds=12.5),
            "/v1/audio/speech",
            {"model": "elevenmusic", "input": "a red fox", "duration": 12.5, "seed": SEED},
        ),
        (
            a_call("text", "openai/gpt-5.4-nano", seed=7),
            "/v1/chat/completions",
            {
                "model": "openai/gpt-5.4-nano",
                "messages": [{"role": "user", "content": "a red fox"}],
                "max_tokens": 4096,
                "seed": 7,
                "stream": False,
            },
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_call_becomes_the_documented_request(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind has its path and the fields that this path knows, and always a seed."""
    assert isinstance(await adapter.submit(call), Done)
    [request] = double.requests
    assert ("POST", path, sent) == (request.method, request.path, request.json)
    assert ("Bearer sk_key", "application/json") == (request.headers["authorization"], request.headers["content-type"])


@pytest.mark.parametrize("prompt", ["a red fox", "50% off / a?b#c&d=e+f", "ein Fuchs im Schnee: Füchse 狐", "a\nb\\c"])
async def test_video_prompt_survives_its_url(double: Double, adapter: Adapter, prompt: str) -> None:
    """A video is requested by URL, and any prompt and input image URL arrive unchanged."""
    call = a_call("video", "veo", prompt, seconds=4, width=1280, height=720, image_url=FOX, seed=3)
    done = await adapter.submit(call)
    [request] = double.requests
    assert ("GET", prompt, b"") == (request.method, request.match["prompt"], request.body)
    expected = {"model": "veo", "seed": "3", "image": FOX, "duration": "4", "aspectRatio": "16:9"}
    assert expected == request.query
    assert isinstance(done, Done)
    assert ("video/mp4", {"seed": 3}) == (done.outputs[0].media_type, done.facts)


async def test_image_to_describe_is_sent_as_a_data_url() -> None:
    """An image to be described is sent as a data: URL, whatever its source."""
    async with Describer() as double:
        adapter = Adapter(Setup(name="pollinations", base_url=double.base_url, key="sk_key", fetch=fetch_image))
        await adapter.submit(a_call("interrogate", "openai", "", image_url=FOX))
        await adapter.close()
        [message] = double.requests[0].json["messages"]
        image = {"type": "image_url", "image_url": {"url": DATA_URL}}
        assert {"role": "user", "content": [{"type": "text", "text": INTERROGATE}, image]} == message


@pytest.mark.parametrize(
    "call",
    [
        a_call("image", "flux"),
        a_call("image", "kontext", image_urls=["asset:a.png"]),
        a_call("voice", "elevenlabs", "Hi."),
        a_call("text", "openai"),
    ],
    ids=lambda call: f"{call.kind}-{call.model}",
)
async def test_repeated_request_is_billed_once(double: Double, adapter: Adapter, call: Call) -> None:
    """After a lost answer the same generation repeats its request byte for byte, and another generation does not."""
    double.overrides["submit"].append(Fault.LOST_AFTER)
    with pytest.raises(Unknown):
        await adapter.submit(call)
    assert isinstance(await adapter.submit(call), Done)
    assert (2, 1) == (double.counts["submit"], len(double.billed))
    await adapter.submit(structs.replace(call, generation_id="3f2a1c5e-0000-4000-8000-000000000002"))
    assert 2 == len(double.billed)


@pytest.mark.parametrize("requested", [0, 7, -1, 2**31, -(2**63), 2**63 - 1])
async def test_every_accepted_seed_is_mapped_into_range(double: Double, adapter: Adapter, requested: int) -> None:
    """Pollinations accepts seeds of 31 bits, and each of our seeds always maps to the same one."""
    assert isinstance(await adapter.submit(a_call("image", "flux", seed=requested)), Done)
    assert requested % 2**31 == double.requests[0].json["seed"]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (a_call("image", "flux", count=2), "count"),
        (a_call("video", "veo", image_url="asset:a.png"), "https URL"),
        (a_call("video", "veo", image_url=DATA_URL), "https URL"),
        (a_call("video", "veo", "狐" * 1_000), "too long"),
        (a_call("video", "veo", ".."), "no words"),
    ],
)
async def test_unsupported_input_is_rejected_without_a_request(
    double: Double, adapter: Adapter, call: Call, word: str
) -> None:
    """Input that would be ignored, or billed twice when repeated, is refused without a request."""
    with pytest.raises(Rejected, match=word):
        await adapter.submit(call)
    assert [] == double.requests


async def test_unserved_kind_is_down_without_a_request(double: Double, adapter: Adapter) -> None:
    """Upscaling is not served: it raises Down and sends nothing."""
    with pytest.raises(Down):
        await adapter.submit(a_call("upscale", "x", "", image_url=FOX))
    assert [] == double.requests


@pytest.mark.parametrize(
    ("pollen", "micros", "cost"),
    [("0.002000000", 1_000_000, 2_000), ("0.0021", None, None), (None, 1_000_000, None), ("much", 1_000_000, None)],
)
async def test_pollen_become_a_cost_when_their_price_is_known(
    double: Double, pollen: str | None, micros: int | None, cost: int | None
) -> None:
    """The cost is the pollen of the answer times their price in the catalogue, and never a guess."""
    double.pollen = pollen
    adapter = Adapter(Setup(name="pollinations", base_url=double.base_url, key="sk_key", credit_micros=micros))
    for call in (a_call("image", "flux"), a_call("text", "openai")):
        done = await adapter.submit(call)
        assert isinstance(done, Done)
        assert cost == done.cost_micros
    await adapter.close()


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (a_call("video", "veo"), Response(200, a_png(), {"Content-Type": "image/png"})),
        (a_call("voice", "elevenlabs", "Hi."), Response(200, "Hi.", {"Content-Type": "text/plain"})),
        (a_call("music", "elevenmusic"), Response(200, b"", {"Content-Type": "audio/mpeg"})),
    ],
)
async def test_submit_is_unknown_when_the_answer_has_the_wrong_type(
    double: Double, adapter: Adapter, call: Call, answer: Response
) -> None:
    """An answer of another media type or without data leaves the submit Unknown, because a retry may succeed."""
    double.overrides["submit"].append(answer)
    with pytest.raises(Unknown):
        await adapter.submit(call)
