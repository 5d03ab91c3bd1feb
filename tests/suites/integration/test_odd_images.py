"""No image holds an event loop, however odd: not of the gateway, of a worker, or of the local provider."""

import asyncio
import base64
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator
from functools import cache

import pytest
import pytest_asyncio
from msgspec import Struct

from gateway.admission.images import RequestImages
from shared.domain.errors import Refused
from shared.ops.memory_budget import MemoryBudget
from shared.ops.storage import Storage
from tests.harness.loop_lag import LAG_S_MAX, find_longest_callback
from tests.harness.odd_images import ODD_IMAGES
from workers.adapters.contract import Blob, Call, Done, Rejected, Retry, Setup
from workers.egress import Egress
from workers.media.errors import OutputError
from workers.media.input_media import InputMedia
from workers.media.output_copy import Copier, copy_output
from workers.media.pictures import Pictures
from workers.providers import local

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIMIT_S = 4.0  # of a task, so that the test of those that never end is short
odd_image = cache(lambda name: ODD_IMAGES[name]())


class Scene(Struct, frozen=True):
    """The places that take images."""

    images: InputMedia
    copier: Copier
    adapter: local.Adapter
    storage: Storage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """Provide a worker's parts and the local provider."""
    storage = Storage.open(str(tmp_path_factory.mktemp("assets")), synced=False)
    async with Egress() as egress:
        pictures = Pictures()
        images = InputMedia(storage, egress, pictures)
        adapter = local.Adapter(Setup(name="local", fetch=images.fetch))
        yield Scene(images, Copier(storage=storage, egress=egress, budget=MemoryBudget(1 << 30)), adapter, storage)
        await adapter.close()
        await pictures.close()


async def store(scene: Scene, name: str) -> str:
    """Store an image as a client's upload, and return its URL."""
    data = odd_image(name)
    path = f"2026/01/01/{hashlib.sha256(data).hexdigest()[:32]}-0.png"
    await scene.storage.put(path, data, "image/png")
    return f"asset:{path}"


async def order(scene: Scene, kind: str, url: str) -> Done | Exception:
    """Order work on an image from the local provider."""
    call = Call(generation_id="g", kind=kind, model="m", prompt="", input={"image_url": url}, deadline_ms=0)
    try:
        done = await scene.adapter.submit(call)
    except (Rejected, Retry) as refusal:
        return refusal
    assert isinstance(done, Done)
    return done


async def take_everywhere(scene: Scene, name: str) -> None:
    """Send an image to each place that takes one."""
    data = odd_image(name)
    try:
        text = "data:image/png;base64," + await asyncio.to_thread(lambda: base64.b64encode(data).decode())
        await RequestImages("http://gateway").take(text, "imageUrl")
    except Refused as refusal:
        assert "invalid_input" == refusal.code
    with contextlib.suppress(OutputError):
        await copy_output(scene.copier, Blob(data, ""), "image", lambda media_type: "2026/01/01/" + "a" * 32 + "-0.png")
    url = await store(scene, name)
    await asyncio.gather(order(scene, "upscale", url), order(scene, "interrogate", url))


@pytest.mark.parametrize("name", ODD_IMAGES)
async def test_odd_image_does_not_hold_an_event_loop(scene: Scene, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No callback takes longer than a tenth of a second, whatever the image, and the next order is served."""
    monkeypatch.setattr(local, "LIMIT_S", LIMIT_S)
    odd_image(name)  # built before anything is measured
    longest = await find_longest_callback(lambda: take_everywhere(scene, name))
    assert longest.seconds <= LAG_S_MAX, longest.callback
    good = await order(scene, "interrogate", await store(scene, "jpeg in four inks"))
    assert isinstance(good, Done)


async def test_held_loop_is_noticed() -> None:
    """Work on the loop itself is noticed every time."""

    async def work() -> None:
        end_s = time.thread_time() + 2 * LAG_S_MAX
        while time.thread_time() < end_s:
            pass

    longest = await find_longest_callback(work)
    assert longest.seconds > LAG_S_MAX


async def test_corpus_has_every_odd_image() -> None:
    """The corpus is built without an error, and its largest file is as large as an input image may be."""
    assert 19_000_000 < max(len(odd_image(name)) for name in ODD_IMAGES) < 20_000_000
