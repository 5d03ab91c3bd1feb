"""Outputs on the way to our storage: copied in time, checked, and left with the provider if our storage fails."""

import asyncio
import contextlib
import hashlib
import io
import os
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from arq.worker import Retry as Park
from msgspec import Struct, structs
from PIL import Image

from shared.domain.generation import COMPLETED, FAILED, Generation, Spec
from shared.domain.public_address import PRIVATE_NETWORKS
from shared.ops.output_writer import OutputWriter
from shared.ops.storage import BUCKET_PART_BYTES, Storage, StorageError, new_path
from shared.store import generations, keys, ledger
from shared.store.connect import Store
from tests.harness.doubles.bucket import Bucket
from tests.harness.doubles.double import Double, Response
from tests.harness.doubles.fal import Double as Fal
from tests.harness.factories import create_customer, flat_cost, make_order
from workers import run as verb
from workers.adapters import contract
from workers.adapters.contract import Blob, Call, Done, Link, Pending, Setup
from workers.context import WorkerContext
from workers.egress import BROWSER_LIKE, Egress
from workers.egress.stream import PIECE_BYTES
from workers.media import Media, inspect
from workers.media.errors import BadOutput
from workers.media.output_copy import READER_BYTES, store_blob
from workers.outputs import BAD_OUTPUT_S, RETRY_S, RETRY_S_MAX

KEEPS_S = 600.0


class Linking(contract.Adapter):
    """Finished at the first look, with two files behind links."""

    keeps_s = KEEPS_S

    async def submit(self, call: Call) -> Pending | Done:
        """Accept the work."""
        return Pending("ref", 0.01)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Return two images."""
        return Done((Link(f"{self.setup.base_url}/files/out.png", "image/png"),) * 2)


class Refusing(Storage):
    """Storage that takes nothing."""

    writer_bytes = 1

    def __init__(self) -> None:
        self.asked = 0

    async def put(self, path: str, data: bytes, media_type: str) -> None:
        """Raise StorageError."""
        self.asked += 1
        raise StorageError("access denied")


class Scene(Struct, frozen=True):
    """A worker's context and its provider."""

    context: WorkerContext
    double: Double

    async def submit(self, run_s: float = 30, kind: str = "image") -> str:
        """Accept and submit a generation, and return its id."""
        spec = Spec("wowflow", kind, "test/linking", "linking", "a boat", {})
        customer = await create_customer(self.context.store)
        order = make_order(customer, provider="linking", spec=spec, run_ms=int(run_s * 1000))
        made = (await ledger.accept(self.context.store, order)).id
        await self.step(made)
        return made

    async def step(self, made: str, storage: Storage | None = None) -> float | None:
        """Run one step. Return the seconds until the next, None if there is none."""
        context = self.context if storage is None else structs.replace(self.context, storage=storage)
        try:
            await verb.run({"context": context}, made)
        except Park as park:
            return (park.defer_score or 0) / 1000
        return None

    async def view(self, made: str) -> Generation:
        """Return the generation."""
        found = await generations.view(self.context.store, "", made)
        assert found is not None
        return found


@pytest.fixture
async def scene(store_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """Yield a context with a provider that links its outputs."""
    async with (
        Store(store_url) as store,
        Fal() as double,
        Egress(networks=PRIVATE_NETWORKS, user_agent=BROWSER_LIKE) as egress,
    ):
        adapter = Linking(Setup(name="linking", base_url=double.url))
        storage = Storage.open(str(tmp_path))
        yield Scene(
            WorkerContext(provider="linking", store=store, adapter=adapter, storage=storage, egress=egress), double
        )


async def test_outputs_are_all_copied_with_their_hashes(scene: Scene) -> None:
    """All outputs are stored in order with media type and hash, fetched with a browser's User-Agent."""
    made = await scene.submit()
    await scene.step(made)
    outcome = (await scene.view(made)).outcome
    assert outcome is not None
    digest = hashlib.sha256(scene.double.files["out.png"][0]).hexdigest()
    assert [("image/png", digest, None)] * 2 == [(o.media_type, o.sha256, o.expires_ms) for o in outcome.outputs]
    assert 2 == len({output.place for output in outcome.outputs})
    assert None is outcome.expires_ms
    fetched = [request.headers["user-agent"] for request in scene.double.requests if request.role == "file"]
    assert [True, True] == [agent.startswith("Mozilla/5.0 ") for agent in fetched]


async def test_failed_copy_is_retried_with_growing_pauses(scene: Scene) -> None:
    """A file that cannot be fetched yet is fetched again after a growing pause, without another submit."""
    made = await scene.submit(run_s=3600)
    scene.double.overrides["file"].extend([Response(503, "")] * 3)
    assert RETRY_S == await scene.step(made)
    await scene.context.store.call("HINCRBY", keys.generation(made), "done_ms", -80_000)
    assert 20 == round(await scene.step(made) or 0)
    await scene.context.store.call("HINCRBY", keys.generation(made), "done_ms", -3_000_000)
    assert RETRY_S_MAX == await scene.step(made)
    assert None is await scene.step(made)
    assert COMPLETED == (await scene.view(made)).state


async def test_outputs_stay_with_the_provider_when_our_storage_fails(scene: Scene) -> None:
    """Shortly before the deadline the user gets the provider's URLs and their expiry."""
    refusing = Refusing()
    made = await scene.submit(run_s=60)
    assert RETRY_S == await scene.step(made, refusing)
    since_ms = int(await scene.context.store.call("HGET", keys.generation(made), "done_ms"))
    now_ms = time.time_ns() // 1_000_000
    await scene.context.store.call("HSET", keys.generation(made), "deadline_ms", now_ms + 9_000)
    assert None is await scene.step(made, refusing)
    generation = await scene.view(made)
    assert (COMPLETED, generation.reserved) == (generation.state, generation.cost)
    assert generation.outcome is not None
    url, expires_ms = f"{scene.double.url}/files/out.png", since_ms + KEEPS_S * 1000
    assert [(url, "image/png", expires_ms)] * 2 == [
        (output.url("https://us.example"), output.media_type, output.expires_ms)
        for output in generation.outcome.outputs
    ]
    assert (2, expires_ms) == (refusing.asked, generation.outcome.expires_ms)


async def test_output_that_cannot_be_fetched_is_refunded(scene: Scene) -> None:
    """A file that cannot be fetched until the deadline is refunded, and polled for afterwards."""
    made = await scene.submit(run_s=0.5)
    scene.double.overrides["file"].extend([Response(404, "")] * 5)
    await scene.step(made)
    await asyncio.sleep(0.5)
    await scene.step(made)
    generation = await scene.view(made)
    assert generation.outcome is not None
    assert (FAILED, 0, "copy_failed") == (generation.state, generation.cost, generation.outcome.error_code)
    assert None is not await scene.context.store.call("ZSCORE", keys.LATE, made)


async def test_output_of_the_wrong_kind_fails_the_generation(scene: Scene) -> None:
    """An output of another kind than ordered fails the generation with a refund."""
    made = await scene.submit(kind="video")
    assert RETRY_S == await scene.step(made)
    await scene.context.store.call("HINCRBY", keys.generation(made), "done_ms", -int(BAD_OUTPUT_S * 1000))
    await scene.step(made)
    generation = await scene.view(made)
    assert generation.outcome is not None
    assert (FAILED, 0, "bad_output") == (generation.state, generation.cost, generation.outcome.error_code)
    assert "image/png for a generation of kind video" in (generation.outcome.error or "")


def png() -> bytes:
    """Return a large image, which arrives in several pieces."""
    Image.effect_noise((1200, 1200), 90).save(file := io.BytesIO(), "PNG")
    return file.getvalue()


PNG = png()
BAD_BODIES = {
    "empty": b"",
    "page": b"<!doctype html><title>Please wait</title>" + bytes(400_000),
    "cut": PNG[: len(PNG) // 2],
    "head": PNG[:300],
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_unusable_output_is_fetched_again(scene: Scene, name: str) -> None:
    """No bytes, a page or a part of an image, once: the next fetch gets the image, which is charged."""
    scene.double.files["out.png"] = (PNG, "image/png")
    made = await scene.submit()
    scene.double.overrides["file"].append(Response(200, BAD_BODIES[name]))
    assert RETRY_S == await scene.step(made)
    assert None is await scene.step(made)
    generation = await scene.view(made)
    assert generation.outcome is not None
    assert (COMPLETED, generation.reserved) == (generation.state, generation.cost)
    assert {(hashlib.sha256(PNG).hexdigest(), len(PNG), 1200)} == {
        (output.sha256, output.size_bytes, output.width) for output in generation.outcome.outputs
    }


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_output_that_stays_unusable_is_refunded(scene: Scene, tmp_path: Path, name: str) -> None:
    """An output that is unusable for a while is refunded, no part of it is stored, and our cost is noted."""
    scene.double.files["out.png"] = (BAD_BODIES[name], "image/png")
    context = structs.replace(scene.context, costs={("test/linking", "linking"): flat_cost(7_000)})
    made = await scene.submit()
    with pytest.raises(Park):
        await verb.run({"context": context}, made)
    await context.store.call("HINCRBY", keys.generation(made), "done_ms", -int(BAD_OUTPUT_S * 1000))
    await verb.run({"context": context}, made)
    generation = await scene.view(made)
    assert generation.outcome is not None
    assert (FAILED, 0, "bad_output") == (generation.state, generation.cost, generation.outcome.error_code)
    assert 7_000 == generation.outcome.expected_micros
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_cut_video_is_fetched_again_and_not_kept(scene: Scene, tmp_path: Path) -> None:
    """A video that ends inside one of its boxes is unusable, although its first bytes are a video's."""
    data = b"\0\0\0\x10ftypisom\0\0\2\0\0\1\0\0mdat" + bytes(1_000)
    scene.double.files["out.png"] = (data, "video/mp4")
    made = await scene.submit(kind="video")
    assert RETRY_S == await scene.step(made)
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_large_bytes_of_a_submit_are_hashed_beside_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other generations of a worker do not wait while one with a large output is inspected."""
    threads: list[threading.Thread] = []

    def note(data: bytes, kind: str) -> Media:
        threads.append(threading.current_thread())
        return inspect(data, kind)

    monkeypatch.setattr("workers.media.output_copy.inspect", note)
    for data in (PNG, PNG[:200]):
        with contextlib.suppress(BadOutput):
            await store_blob(
                Storage.open(str(tmp_path)), data, "image", lambda _: new_path("0" * 32, "image/png", 1, 0)
            )
    assert [False, True] == [thread is threading.main_thread() for thread in threads]


async def test_unusable_bytes_of_a_submit_are_final(scene: Scene) -> None:
    """Bytes that came with the submit cannot be fetched again, so they are refunded at once."""

    class Blank(Linking):
        async def submit(self, call: Call) -> Pending | Done:
            return Done((Blob(b"", "image/png"),))

    spec = Spec("wowflow", "image", "test/linking", "linking", "a boat", {})
    order = make_order(await create_customer(scene.context.store), provider="linking", spec=spec)
    made = (await ledger.accept(scene.context.store, order)).id
    await verb.run({"context": structs.replace(scene.context, adapter=Blank(Setup(name="linking")))}, made)
    assert (FAILED, 0) == ((await scene.view(made)).state, (await scene.view(made)).cost)


async def test_output_is_stored_as_it_comes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """No piece that reaches our storage is larger than the reader's, and copies wait for their memory."""
    written: list[int] = []
    reserved: list[int] = []
    write, budget = OutputWriter.write, scene.context.memory

    async def note(writer: OutputWriter, piece: bytes) -> None:
        written.append(len(piece))
        reserved.append(budget.used_bytes)
        await write(writer, piece)

    monkeypatch.setattr(OutputWriter, "write", note)
    data = b"\0\0\0\x10ftypisom\0\0\2\0\0\0\0\0mdat" + os.urandom(9_000_000)
    scene.double.files["out.png"] = (data, "video/mp4")
    made = await scene.submit(kind="video")
    await scene.step(made)
    outcome = (await scene.view(made)).outcome
    assert outcome is not None
    assert [hashlib.sha256(data).hexdigest()] * 2 == [output.sha256 for output in outcome.outputs]
    assert max(written) < 2 * PIECE_BYTES
    assert (2 * len(data), 0) == (sum(written), budget.used_bytes)
    assert {scene.context.storage.writer_bytes + READER_BYTES} == set(reserved)


@pytest.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bucket]:
    """Provide a bucket to which the variables of this process lead."""
    async with Bucket() as bucket:
        for name, value in bucket.env.items():
            monkeypatch.setenv(name, value)
        yield bucket


async def test_output_goes_to_a_bucket_in_parts(scene: Scene, bucket: Bucket) -> None:
    """A large output is one object of its type, sent in parts of 5 MB as it comes, and read back in ranges."""
    data = b"\0\0\0\x10ftypisom\0\0\2\0\0\0\0\0mdat" + os.urandom(11_000_000)
    scene.double.files["out.png"] = (data, "video/mp4")
    storage = Storage.open("s3://bucket/outputs")
    made = await scene.submit(kind="video")
    await scene.step(made, storage)
    outcome = (await scene.view(made)).outcome
    assert outcome is not None
    path = outcome.outputs[0].place
    assert [(data, "video/mp4")] * 2 == list(bucket.objects.values())
    assert f"outputs/{path}" in bucket.objects
    assert {"start": 2, "part": 6, "complete": 2} == bucket.calls
    assert BUCKET_PART_BYTES == max(bucket.bodies)
    found = await storage.find(path)
    assert found is not None
    assert data == b"".join([chunk async for chunk in storage.read(path, 0, found.size_bytes)])


async def test_output_is_not_in_a_bucket_unless_it_is_whole(scene: Scene, bucket: Bucket) -> None:
    """A bucket that refuses a part leaves no object, and the outputs stay with their provider."""
    bucket.fail_part = 2
    scene.double.files["out.png"] = (b"\0\0\0\x10ftypisom\0\0\2\0\0\0\0\0mdat" + bytes(11_000_000), "video/mp4")
    storage = Storage.open("s3://bucket/outputs")
    made = await scene.submit(run_s=6, kind="video")
    await scene.step(made, storage)
    outcome = (await scene.view(made)).outcome
    assert outcome is not None
    assert {} == bucket.objects
    assert [f"{scene.double.url}/files/out.png"] * 2 == [output.place for output in outcome.outputs]
