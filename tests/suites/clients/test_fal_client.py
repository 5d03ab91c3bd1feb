"""The double of fal, checked with fal's own client."""

from collections.abc import AsyncIterator

import fal_client
import pytest
from fal_client import client as internals

from tests.harness.doubles.double import Response
from tests.harness.doubles.fal import Double

APP = "fal-ai/flux/dev"


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Run a double of the provider."""
    async with Double() as one:
        yield one


@pytest.fixture
async def client(double: Double, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[fal_client.AsyncClient]:
    """Open fal's client for the double. Its hosts are constants of a module."""
    monkeypatch.setattr(internals, "QUEUE_URL_FORMAT", f"{double.url}/")
    one = fal_client.AsyncClient(key="a:key")
    yield one
    await (await one._client).aclose()  # the client has no close method


async def test_client_waits_in_the_queue(double: Double, client: fal_client.AsyncClient) -> None:
    """A request passes through its states, each of which the client can read, to its result."""
    handle = await client.submit(APP, {"prompt": "a fox"})
    double.states.extend(["IN_QUEUE", "IN_PROGRESS"])
    seen = [await handle.status(with_logs=True) for _ in range(3)]
    assert [fal_client.Queued, fal_client.InProgress, fal_client.Completed] == [type(state) for state in seen]
    assert double.link() == (await handle.get())["images"][0]["url"]
    assert 1 == double.counts["submit"]


async def test_client_builds_the_same_urls(double: Double, client: fal_client.AsyncClient) -> None:
    """A request is found by its id without the path of its app."""
    handle = await client.submit(APP, {"prompt": "a fox"})
    assert isinstance(await client.status(APP, handle.request_id), fal_client.Completed)
    assert (await client.get_handle(APP, handle.request_id)).status_url == handle.status_url


async def test_client_sees_a_failure_in_the_result(double: Double, client: fal_client.AsyncClient) -> None:
    """A completed request may have failed: its result has the model's status and list of faults."""
    faults = [{"loc": ["body", "prompt"], "msg": "It is unsafe.", "type": "content_policy_violation"}]
    double.result = Response(422, {"detail": faults})
    handle = await client.submit(APP, {"prompt": "a fox"})
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        await handle.get()
    assert 422 == caught.value.status_code
    assert "content_policy_violation" in str(caught.value.response.text)


async def test_client_cancels(double: Double, client: fal_client.AsyncClient) -> None:
    """A running request is cancelled, as its result shows."""
    handle = await client.submit(APP, {"prompt": "a fox"})
    double.states.extend(["IN_PROGRESS"] * 2)
    await handle.cancel()
    assert isinstance(await handle.status(), fal_client.Completed)
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        await handle.get()
    assert (499, "client_cancelled") == (caught.value.status_code, caught.value.error_type)


async def test_client_reads_a_refusal(double: Double, client: fal_client.AsyncClient) -> None:
    """The refusal of an account without credit reaches the caller."""
    double.overrides["submit"].append(Response(403, {"detail": "User is locked. Reason: Exhausted balance."}))
    with pytest.raises(fal_client.FalClientHTTPError, match="Exhausted balance"):
        await client.submit(APP, {"prompt": "a fox"})
