"""What exactly Pollinations is sent for each kind, and that a request sent again is the same."""

from collections.abc import AsyncIterator

import pytest
from msgspec import structs

from tests.harness.doubles.double import Fault, Response
from tests.harness.doubles.pollinations import Describer, Double
from tests.harness.doubles.provider import a_png
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.chat import INTERROGATE
from workers.adapters.contract import Blob, Call, Done, Down, Rejected, Setup, Unknown
from workers.adapters.inputs import data_url
from workers.providers.pollinations import SEEDS, Adapter, seed

FOX, DEN = "https://example.com/fox.png?a=1&b=2", "https://example.com/den.png"
OURS = data_url(Blob(a_png(), "image/png"))
SEED = seed(a_call("image", "flux"))
B64 = {"response_format": "b64_json"}


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """A double of its own."""
    async with Double() as one:
        yield one


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """The adapter, talking to it."""
    one = Adapter(Setup(name="pollinations", base_url=double.base_url, key="sk_key", fetch=fetch_image))
    yield one
    await one.close()


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
                "image": [{"image_url": FOX}, {"image_url": OURS}],
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
async def test_a_call_becomes_the_request_that_is_documented(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind has its route and the fields that this route knows, and always a seed."""
    assert isinstance(await adapter.submit(call), Done)
    [request] = double.requests
    assert ("POST", path, sent) == (request.method, request.path, request.json)
    assert ("Bearer sk_key", "application/json") == (request.headers["authorization"], request.headers["content-type"])


@pytest.mark.parametrize("prompt", ["a red fox", "50% off / a?b#c&d=e+f", "ein Fuchs im Schnee: Füchse 狐", "a\nb\\c"])
async def test_a_prompt_in_an_address_arrives_as_it_is(double: Double, adapter: Adapter, prompt: str) -> None:
    """A film is asked for in an address, whatever the prompt has in it, and its pictures' addresses too."""
    call = a_call("video", "veo", prompt, seconds=4, width=1280, height=720, image_url=FOX, seed=3)
    done = await adapter.submit(call)
    [request] = double.requests
    assert ("GET", prompt, b"") == (request.method, request.match["prompt"], request.body)
    wanted = {"model": "veo", "seed": "3", "image": FOX, "duration": "4", "aspectRatio": "16:9"}
    assert wanted == request.query
    assert isinstance(done, Done)
    assert ("video/mp4", {"seed": 3}) == (done.outputs[0].media_type, done.facts)


async def test_a_picture_is_shown_by_value() -> None:
    """A picture to be described goes along as a data: URL, wherever it was."""
    async with Describer() as double:
        adapter = Adapter(Setup(name="pollinations", base_url=double.base_url, key="sk_key", fetch=fetch_image))
        await adapter.submit(a_call("interrogate", "openai", "", image_url=FOX))
        await adapter.close()
        [message] = double.requests[0].json["messages"]
        shown = {"type": "image_url", "image_url": {"url": OURS}}
        assert {"role": "user", "content": [{"type": "text", "text": INTERROGATE}, shown]} == message


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
async def test_a_request_sent_again_is_billed_once(double: Double, adapter: Adapter, call: Call) -> None:
    """After a lost answer the same generation asks for the same to the byte, and another one for something else."""
    double.overrides["submit"].append(Fault.LOST_AFTER)
    with pytest.raises(Unknown):
        await adapter.submit(call)
    assert isinstance(await adapter.submit(call), Done)
    assert (2, 1) == (double.counts["submit"], len(double.billed))
    await adapter.submit(structs.replace(call, generation_id="3f2a1c5e-0000-4000-8000-000000000002"))
    assert 2 == len(double.billed)


@pytest.mark.parametrize("requested", [0, 7, -1, 2**31, -(2**63), 2**63 - 1])
async def test_every_seed_that_we_take_is_in_range(double: Double, adapter: Adapter, requested: int) -> None:
    """Pollinations knows seeds of 31 bits; the same of ours is always the same of theirs."""
    assert isinstance(await adapter.submit(a_call("image", "flux", seed=requested)), Done)
    assert requested % 2**31 == double.requests[0].json["seed"]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (a_call("image", "flux", count=2), "count"),
        (a_call("video", "veo", image_url="asset:a.png"), "https URL"),
        (a_call("video", "veo", image_url=OURS), "https URL"),
        (a_call("video", "veo", "狐" * 1_000), "too long"),
        (a_call("video", "veo", ".."), "no words"),
    ],
)
async def test_what_cannot_be_asked_for_is_refused_here(
    double: Double, adapter: Adapter, call: Call, word: str
) -> None:
    """What would be ignored, or billed twice when sent again, is refused before anything is asked."""
    with pytest.raises(Rejected, match=word):
        await adapter.submit(call)
    assert [] == double.requests


async def test_a_kind_that_is_not_served_is_left_to_the_next_route(double: Double, adapter: Adapter) -> None:
    """Pictures are not enlarged there."""
    with pytest.raises(Down):
        await adapter.submit(a_call("upscale", "x", "", image_url=FOX))
    assert [] == double.requests


@pytest.mark.parametrize(
    ("pollen", "micros", "cost"),
    [("0.002000000", 1_000_000, 2_000), ("0.0021", None, None), (None, 1_000_000, None), ("much", 1_000_000, None)],
)
async def test_pollen_are_a_cost_where_their_price_is_known(
    double: Double, pollen: str | None, micros: int | None, cost: int | None
) -> None:
    """What the answer names times what the catalogue has for it; nothing is guessed."""
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
async def test_another_thing_than_was_asked_for_is_no_result(
    double: Double, adapter: Adapter, call: Call, answer: Response
) -> None:
    """A picture is no film, words are no sound, and nothing is nothing: asked again, the right one may come."""
    double.overrides["submit"].append(answer)
    with pytest.raises(Unknown):
        await adapter.submit(call)
