"""The double of Luma, checked with Luma's own client in its strict mode."""

from collections.abc import AsyncIterator
from typing import Any

import lumaai
import pytest
from lumaai import AsyncLumaAI

from tests.harness.doubles.double import Response
from tests.harness.doubles.luma import Double, error

FOX = "https://example.com/fox.png"
FRAME: Any = {"frame0": {"type": "image", "url": FOX}}


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Run a double of the provider."""
    async with Double() as one:
        yield one


@pytest.fixture
async def client(double: Double) -> AsyncIterator[AsyncLumaAI]:
    """Open Luma's client, which in this mode refuses any response with a mistyped field."""
    async with AsyncLumaAI(
        auth_token="a-key", base_url=double.base_url, max_retries=0, _strict_response_validation=True
    ) as one:
        yield one


async def test_client_makes_a_video(double: Double, client: AsyncLumaAI) -> None:
    """A video passes through its states, each of which the client can read, to its URL."""
    made = await client.generations.create(
        model="ray-2", prompt="a fox", duration="5s", resolution="720p", keyframes=FRAME, callback_url="https://x/y"
    )
    double.states.extend(["queued", "dreaming"])
    assert made.id is not None
    seen = [made, *[await client.generations.get(made.id) for _ in range(3)]]
    assert ["queued", "queued", "dreaming", "completed"] == [generation.state for generation in seen]
    assert seen[-1].assets is not None
    assert double.link("out.mp4") == seen[-1].assets.video
    assert (1, 1) == (double.counts["submit"], double.accepted)


async def test_client_draws(double: Double, client: AsyncLumaAI) -> None:
    """An image has its own path, and its URL is another asset."""
    made = await client.generations.image.create(model="photon-1", prompt="a fox", image_ref=[{"url": FOX}])
    assert made.id is not None
    done = await client.generations.get(made.id)
    assert done.assets is not None
    assert ("image", double.link(), None) == (done.generation_type, done.assets.image, done.assets.video)


async def test_client_sees_a_failure(double: Double, client: AsyncLumaAI) -> None:
    """A failed generation has its reason."""
    made = await client.generations.video.create(model="ray-flash-2", prompt="a fox")
    double.states.append("failed")
    assert made.id is not None
    done = await client.generations.get(made.id)
    assert ("failed", "Job failed", None) == (done.state, done.failure_reason, done.assets)


async def test_client_breaks_on_an_unknown_state(double: Double, client: AsyncLumaAI) -> None:
    """The client breaks on an unknown state, so the states that it reads here are documented."""
    made = await client.generations.video.create(model="ray-2", prompt="a fox")
    double.states.append("of_tomorrow")
    assert made.id is not None
    with pytest.raises(lumaai.APIResponseValidationError):
        await client.generations.get(made.id)


async def test_client_lists_and_deletes(double: Double, client: AsyncLumaAI) -> None:
    """The list has the generations with their requests, page by page, without deleted ones."""
    made = [await client.generations.video.create(model="ray-2", prompt=f"fox {n}") for n in range(3)]
    page = await client.generations.list(limit=2, offset=0)
    assert (2, True) == (page.count, page.has_more)
    requests: list[Any] = [generation.request for generation in page.generations]
    assert ["fox 2", "fox 1"] == [request.prompt for request in requests]
    assert made[0].id is not None
    await client.generations.delete(made[0].id)
    with pytest.raises(lumaai.NotFoundError):
        await client.generations.get(made[0].id)
    assert 2 == (await client.generations.list(limit=10)).count


async def test_client_reads_the_balance(client: AsyncLumaAI) -> None:
    """The balance is in cents."""
    assert 1250.0 == (await client.credits.get()).credit_balance


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(400, "Prompt is required"), lumaai.BadRequestError),
        (error(401, "Invalid API key provided"), lumaai.AuthenticationError),
        (error(402, "Insufficient credits"), lumaai.APIStatusError),
        (error(429, "Too many requests"), lumaai.RateLimitError),
        (Response(500, "<html>"), lumaai.InternalServerError),
    ],
)
async def test_client_reads_an_error(
    double: Double, client: AsyncLumaAI, answer: Response, kind: type[lumaai.APIStatusError]
) -> None:
    """Each error has the client's class and its message."""
    double.overrides["submit"].append(answer)
    with pytest.raises(lumaai.APIStatusError) as caught:
        await client.generations.create(model="ray-2", prompt="a fox")
    assert (kind, answer.body) == (type(caught.value), caught.value.body)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"prompt": "a"}, "prompt: Prompt is too short, minimum length is 3 characters"),
        ({"duration": "7s"}, "duration: expected one of '5s'|'9s'"),
        ({"aspect_ratio": "2:1"}, "aspect_ratio: expected one of '1:1'"),
        ({"extra_body": {"seed": 7}}, "seed: Unknown field"),
        (
            {"keyframes": {"frame0": {"type": "image", "url": "data:image/png;base64,AA=="}}},
            "url: not a public address",
        ),
    ],
)
async def test_double_refuses_invalid_requests(client: AsyncLumaAI, wrong: dict[str, Any], message: str) -> None:
    """An invalid prompt, length or size, an unknown field and an unreachable image are refused."""
    with pytest.raises(lumaai.BadRequestError) as caught:
        await client.generations.create(**{"model": "ray-2", "prompt": "a fox", **wrong})
    body: Any = caught.value.body
    assert body["detail"].startswith(message)
