"""The double of Runway, checked with Runway's own client in its strict mode."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import runwayml
from runwayml import AsyncRunwayML
from runwayml.lib import polling

from tests.harness.doubles.double import Response
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.runway import CREDITS, Double

FOX = "https://example.com/fox.png"
VOICE: Any = {"type": "runway-preset", "preset_id": "Maya"}
VIDEO: Any = {"model": "gen4.5", "prompt_text": "a fox", "ratio": "1280:720", "duration": 5}


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Run a double of the provider."""
    async with Double() as one:
        yield one


@pytest.fixture
async def client(double: Double, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncRunwayML]:
    """Open Runway's client, which in this mode refuses any response with a missing or mistyped field."""
    monkeypatch.setattr(polling, "POLL_TIME", 0.001)  # its own is 6 s
    monkeypatch.setattr(polling, "POLL_JITTER", 0)
    async with AsyncRunwayML(
        api_key="a-key", base_url=double.url, max_retries=0, _strict_response_validation=True
    ) as one:
        yield one


@pytest.mark.parametrize(
    ("resource", "fields", "file"),
    [
        ("text_to_video", VIDEO, "out.mp4"),
        ("image_to_video", {**VIDEO, "prompt_image": FOX, "ratio": "960:960"}, "out.mp4"),
        ("text_to_image", {"model": "gen4_image", "prompt_text": "a fox", "ratio": "1280:720"}, "out.png"),
        ("text_to_speech", {"model": "eleven_v3", "prompt_text": "Hi.", "voice": VOICE}, "out.mp3"),
        ("sound_effect", {"model": "eleven_text_to_sound_v2", "prompt_text": "a drum", "duration": 4}, "out.mp3"),
        ("image_upscale", {"model": "magnific_precision_upscaler_v2", "image_uri": FOX}, "out.png"),
    ],
)
async def test_client_waits_for_every_kind(
    double: Double, client: AsyncRunwayML, resource: str, fields: dict[str, Any], file: str
) -> None:
    """A task passes through all its states, each of which the client can read, to its output and cost."""
    task = await getattr(client, resource).create(**fields)
    assert CREDITS == task.estimated_cost.credits
    double.states.extend(["PENDING", "THROTTLED", "RUNNING"])
    seen = [await client.tasks.retrieve(task.id) for _ in range(3)]
    assert ["PENDING", "THROTTLED", "RUNNING"] == [state.status for state in seen]
    done = await task.wait_for_task_output()
    assert ("SUCCEEDED", [double.link(file)], CREDITS) == (done.status, done.output, done.cost.credits)
    assert 1 == double.counts["submit"]


async def test_client_sees_a_failure(double: Double, client: AsyncRunwayML) -> None:
    """A failed task has its message and code."""
    task = await client.text_to_video.create(**VIDEO)
    double.states.append("FAILED")
    double.failed = {"failure": "The prompt was refused.", "failureCode": "SAFETY.INPUT.TEXT"}
    with pytest.raises(polling.TaskFailedError) as caught:
        await task.wait_for_task_output()
    details: Any = caught.value.task_details
    assert ("The prompt was refused.", "SAFETY.INPUT.TEXT") == (details.failure, details.failure_code)


async def test_client_breaks_on_an_unknown_state(double: Double, client: AsyncRunwayML) -> None:
    """The client breaks on an unknown state, so the states that it reads here are documented."""
    task = await client.text_to_video.create(**VIDEO)
    double.states.append("OF_TOMORROW")
    with pytest.raises(runwayml.APIResponseValidationError):
        await client.tasks.retrieve(task.id)


async def test_client_cancels_a_task(double: Double, client: AsyncRunwayML) -> None:
    """A waiting task is cancelled and reports its cost."""
    task = await client.text_to_video.create(**VIDEO)
    double.states.extend(["PENDING"] * 2)
    await client.tasks.delete(task.id)
    stopped: Any = await client.tasks.retrieve(task.id)
    assert ("CANCELLED", 0) == (stopped.status, stopped.cost.credits)


async def test_client_deletes_a_finished_task(double: Double, client: AsyncRunwayML) -> None:
    """A finished task and its output are gone after a delete."""
    task = await client.text_to_video.create(**VIDEO)
    await client.tasks.retrieve(task.id)
    await client.tasks.delete(task.id)
    with pytest.raises(runwayml.NotFoundError):
        await client.tasks.retrieve(task.id)


async def test_client_uploads(double: Double, client: AsyncRunwayML) -> None:
    """A file is stored under a URI that a task may use."""
    stored = await client.uploads.create_ephemeral(file=("a.png", a_png(), "image/png"))
    assert {stored.uri: a_png()} == double.uploads
    assert (await client.image_to_video.create(**VIDEO, prompt_image=stored.uri)).id in double.tasks


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Response(400, {"error": "You do not have enough credits to run this task."}), runwayml.BadRequestError),
        (Response(401, {"error": "Unauthorized"}), runwayml.AuthenticationError),
        (Response(404, {"error": "Not found"}), runwayml.NotFoundError),
        (Response(429, {"error": "Too many requests"}), runwayml.RateLimitError),
        (Response(502, {"error": "Bad gateway"}), runwayml.InternalServerError),
    ],
)
async def test_client_reads_an_error(
    double: Double, client: AsyncRunwayML, answer: Response, kind: type[runwayml.APIStatusError]
) -> None:
    """Each error has the client's class and its message."""
    double.overrides["submit"].append(answer)
    with pytest.raises(runwayml.APIStatusError) as caught:
        await client.text_to_video.create(**VIDEO)
    assert (kind, answer.body) == (type(caught.value), caught.value.body)


async def test_double_refuses_invalid_requests(client: AsyncRunwayML) -> None:
    """An unsupported size, a prompt that is too long and an unknown field are faults."""
    wrong = {**VIDEO, "ratio": "1:1", "prompt_text": "🦊" * 501}
    with pytest.raises(runwayml.BadRequestError) as caught:
        await client.text_to_video.create(**wrong, extra_body={"fps": 24})
    body: Any = caught.value.body
    assert [["ratio"], ["fps"], ["promptText"]] == [issue["path"] for issue in body["issues"]]


async def test_double_requires_the_version(double: Double, client: AsyncRunwayML) -> None:
    """A request without the API's version is refused."""
    with pytest.raises(runwayml.BadRequestError, match="X-Runway-Version"):
        await client.text_to_video.create(**VIDEO, extra_headers={"X-Runway-Version": "2020-01-01"})
    assert 0 == double.accepted
