"""The double of Replicate, checked with Replicate's own client."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from replicate import Client
from replicate.exceptions import ModelError, ReplicateError
from replicate.webhook import InvalidSignatureError, Webhooks, WebhookSigningSecret

from tests.harness.doubles.double import Response
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.replicate import VERSION, Double
from tests.suites.conformance.case import SECRET

MODEL = "black-forest-labs/flux-schnell"


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Run a double of the provider."""
    async with Double() as one:
        yield one


@pytest.fixture
async def client(double: Double) -> AsyncIterator[Client]:
    """Open Replicate's client for the double. Its base URL omits the version."""
    one = Client(api_token="a-key", base_url=double.url)
    yield one
    await one._async_client.aclose()  # the client has no close method


async def test_client_runs_a_model(double: Double, client: Client) -> None:
    """A run is one create that waits for the result, and its output is the double's link."""
    double.wait = True
    assert [double.link()] == await client.async_run(MODEL, input={"prompt": "a fox"})
    assert {"submit": 1} == double.counts


async def test_client_runs_a_version(double: Double, client: Client) -> None:
    """A run of a version reads the version first."""
    double.wait, double.output = True, double.link()
    assert double.link() == await client.async_run(f"someone/interrogator:{VERSION}", input={"mode": "fast"})
    assert {"submit": 1, "other": 1} == double.counts


async def test_client_polls_to_the_end(double: Double, client: Client) -> None:
    """A prediction passes through its states, each of which the client can read."""
    prediction = await client.models.predictions.async_create(MODEL, input={"prompt": "a fox"})
    double.states.extend(["starting", "processing"])
    seen = [prediction.status]
    while prediction.status not in ("succeeded", "failed", "canceled"):
        await prediction.async_reload()
        seen.append(prediction.status)
    assert ["starting", "starting", "processing", "succeeded"] == seen
    assert [double.link()] == prediction.output


async def test_client_sees_a_failure(double: Double, client: Client) -> None:
    """A failed prediction is a ModelError with the error's text."""
    double.wait, double.error = True, "NSFW content detected."
    double.states.append("failed")
    with pytest.raises(ModelError, match="NSFW"):
        await client.async_run(MODEL, input={"prompt": "a fox"})


async def test_client_cancels(double: Double, client: Client) -> None:
    """A running prediction is canceled and stays canceled."""
    prediction = await client.predictions.async_create(version=VERSION, input={"prompt": "a fox"})
    double.states.extend(["processing"] * 2)
    await prediction.async_cancel()
    await prediction.async_reload()
    assert "canceled" == prediction.status


async def test_client_breaks_on_aborted(double: Double, client: Client) -> None:
    """The client breaks on the newest state, so our adapter does not use the client."""
    prediction = await client.predictions.async_create(version=VERSION, input={"prompt": "a fox"})
    double.states.append("aborted")
    with pytest.raises(ValueError, match="given=aborted"):
        await prediction.async_reload()


async def test_client_reads_an_error(double: Double, client: Client) -> None:
    """A refusal in Replicate's problem format becomes the client's error with its status and detail."""
    double.overrides["submit"].append(
        Response(402, {"title": "Insufficient credit", "detail": "Top up.", "status": 402})
    )
    with pytest.raises(ReplicateError) as caught:
        await client.predictions.async_create(version=VERSION, input={"prompt": "a fox"})
    assert (402, "Top up.") == (caught.value.status, caught.value.detail)


async def test_client_stores_a_file(double: Double, client: Client, tmp_path: Path) -> None:
    """A file is stored at a URL from which it can be downloaded."""
    (tmp_path / "a.png").write_bytes(a_png())
    stored = await client.files.async_create(tmp_path / "a.png")
    assert a_png() == double.files["upload.png"][0]
    assert double.link("upload.png") == stored.urls["get"]


def test_client_verifies_the_webhook() -> None:
    """The client verifies the double's signature, but not with another secret."""
    request = Double().webhook("ref1", SECRET, int(time.time()))
    body = request.body.decode()
    Webhooks.validate(headers=request.headers, body=body, secret=WebhookSigningSecret(key=SECRET), tolerance=60)
    other = WebhookSigningSecret(key="whsec_YmJiYmJiYmJiYmJi")
    with pytest.raises(InvalidSignatureError):
        Webhooks.validate(headers=request.headers, body=body, secret=other, tolerance=60)
