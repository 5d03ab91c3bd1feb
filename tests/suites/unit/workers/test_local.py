"""The local provider: the adapter's contract over real processes, and the death of those processes."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import av
import pytest
import pytest_asyncio
from PIL import Image

from shared.sandbox.pool import Busy
from workers.adapters.contract import Blob, Call, Done, Rejected, Retry, Setup, load
from workers.providers.local import Adapter, craft

ROOT = Path(__file__).resolve().parents[4]
pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]
TICKS_MIN = 5  # of an event loop that runs while another process paints for half a second
EXIT_WAIT_S = 30


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def adapter() -> AsyncIterator[Adapter]:
    adapter = Adapter(Setup(name="local"))
    yield adapter
    await adapter.close()


def a_call(**changes: object) -> Call:
    """Return a call for a small image, with the fields that the test is about."""
    fields: dict[str, object] = {
        "generation_id": "0190a0a0-0000-7000-8000-000000000001",
        "kind": "image",
        "model": "artist",
        "prompt": "calm lake at dawn",
        "input": {"width": 96, "height": 64},
        "deadline_ms": 0,
    }
    return Call(**(fields | changes))  # type: ignore[arg-type]


async def paint(adapter: Adapter, **changes: object) -> tuple[Blob, dict[str, object]]:
    done = await adapter.submit(a_call(**changes))
    assert isinstance(done, Done)
    (blob,) = done.outputs
    assert isinstance(blob, Blob)
    return blob, done.facts


async def test_adapter_is_loaded_by_provider_name() -> None:
    """The provider `local` loads this adapter, whose submit may be repeated."""
    assert Adapter is load("local")
    assert Adapter.repeatable
    assert Adapter.submit_limit_s > 60


@pytest.mark.parametrize("size", [(64, 64), (101, 77), (2048, 64), (64, 2048)])
async def test_image_is_a_png_of_the_exact_size(adapter: Adapter, size: tuple[int, int]) -> None:
    """Odd and extreme sizes come back as requested, with the facts that describe them."""
    blob, facts = await paint(adapter, input={"width": size[0], "height": size[1], "seed": 5})
    with Image.open(io.BytesIO(blob.data)) as image:
        image.load()
        assert ("PNG", size) == (image.format, image.size)
    assert "image/png" == blob.media_type
    assert {"width": size[0], "height": size[1], "seed": 5} == facts


@pytest.mark.parametrize("seed", [0, -7, 2**64 + 1, -(10**30)])
async def test_any_seed_is_reported_and_repeatable(adapter: Adapter, seed: int) -> None:
    """Two generations with the same prompt, seed and size get the same bytes."""
    one, facts = await paint(adapter, input={"width": 64, "height": 64, "seed": seed})
    two, _ = await paint(adapter, input={"width": 64, "height": 64, "seed": seed}, generation_id="another")
    assert seed == facts["seed"]
    assert one == two


async def test_generation_id_decides_without_a_seed(adapter: Adapter) -> None:
    """A generation repeats its own image, another generation differs, and the reported seed repeats the image."""
    one, facts = await paint(adapter)
    again, _ = await paint(adapter)
    other, _ = await paint(adapter, generation_id="another")
    named, _ = await paint(adapter, input={"width": 96, "height": 64, "seed": facts["seed"]})
    assert one == again == named
    assert one != other


async def test_mode_changes_the_image_and_negative_prompt_does_not(adapter: Adapter) -> None:
    """The mode `pixel` paints few colours, and a negative prompt changes nothing."""
    size = {"width": 128, "height": 128, "seed": 1}
    pixel, _ = await paint(adapter, input=size | {"mode": "pixel"})
    plain, _ = await paint(adapter, input=size)
    negative, _ = await paint(adapter, input=size | {"negative_prompt": "blurry", "style": None})
    with Image.open(io.BytesIO(pixel.data)) as image:
        assert len(image.getcolors(100_000) or []) <= 32
    assert plain == negative != pixel


async def test_video_is_an_mp4_of_the_requested_length(adapter: Adapter) -> None:
    """The facts state the size and length of the file."""
    blob, facts = await paint(adapter, kind="video", input={"width": 129, "height": 96, "seconds": 2, "seed": 3})
    with av.open(io.BytesIO(blob.data)) as container:
        stream = container.streams.video[0]
        assert (128, 96) == (stream.codec_context.width, stream.codec_context.height)
        assert 48 == sum(1 for _ in container.decode(stream))
    assert "video/mp4" == blob.media_type
    assert {"width": 128, "height": 96, "seed": 3, "duration_ms": 2000} == facts


async def test_work_runs_outside_the_event_loop_process(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image is painted in another process while tasks of the event loop run."""
    monkeypatch.setattr(craft, "paint", Mock(side_effect=AssertionError("painted in the event loop's process")))
    ticks = 0

    async def count_ticks() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(count_ticks())
    await paint(adapter, input={"width": 800, "height": 800}, prompt="misty forest")
    ticking.cancel()
    assert ticks > TICKS_MIN


@pytest.mark.parametrize("kind", ["image", "video", "text"])
async def test_model_refuse_always_rejects(adapter: Adapter, kind: str) -> None:
    """The model `refuse` raises Rejected for its content."""
    with pytest.raises(Rejected) as caught:
        await adapter.submit(a_call(model="refuse", kind=kind))
    assert "content_policy" == caught.value.code


async def test_model_slow_sleeps_before_it_paints(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model `slow` sleeps for the requested seconds on the event loop, then paints."""
    sleep = AsyncMock()
    monkeypatch.setattr("workers.providers.local.asyncio.sleep", sleep)
    await paint(adapter, model="slow", input={"width": 64, "height": 64, "seconds": 0.4})
    sleep.assert_awaited_once_with(0.4)


async def test_model_slow_can_be_cancelled(adapter: Adapter) -> None:
    """A sleeping model ends when its task is cancelled."""
    sleeping = asyncio.create_task(
        adapter.submit(a_call(model="slow", input={"width": 64, "height": 64, "seconds": 60}))
    )
    await asyncio.sleep(0.05)
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping


async def test_unknown_kind_is_unavailable(adapter: Adapter) -> None:
    """An unknown kind is rejected for this call alone, and the provider stays up."""
    with pytest.raises(Rejected, match="does not serve dance") as caught:
        await adapter.submit(a_call(kind="dance"))
    assert "provider_unavailable" == caught.value.code


async def generate(adapter: Adapter, kind: str, prompt: str = "", **fields: object) -> Done:
    """Submit a call and return its result."""
    answer = await adapter.submit(a_call(kind=kind, prompt=prompt, input=fields))
    assert isinstance(answer, Done)
    return answer


async def test_every_kind_is_served() -> None:
    """Text, prompts, speech, music, an upscaled image and a description all have their own type of result."""

    async def fetch(url: str) -> Blob:
        return images.outputs[0] if url == "asset:boat" else Blob(b"", "")

    adapter = Adapter(Setup(name="local", fetch=fetch))
    try:
        images = await generate(adapter, "image", "a red boat", width=96, height=64, count=2)
        assert 2 == len({blob.data for blob in images.outputs})
        text = await generate(adapter, "text", "a bicycle bell", type="headline", tone="professional", length="short")
        assert text.text
        better = await generate(adapter, "enhance", "dragon", mode="pixel", count=2)
        assert 2 == len(better.facts["variations"])
        for kind, words in (("voice", "Hello, welcome!"), ("music", "upbeat 8-bit chiptune")):
            sound = await generate(adapter, kind, words, **({"seconds": 2} if kind == "music" else {}))
            with av.open(io.BytesIO(sound.outputs[0].data)) as container:
                assert 300 < container.duration / 1000
        large = await generate(adapter, "upscale", image_url="asset:boat", scale=4)
        assert (384, 256) == Image.open(io.BytesIO(large.outputs[0].data)).size
        assert (96, 64) == (large.facts["original_width"], large.facts["original_height"])
        words = await generate(adapter, "interrogate", image_url="asset:boat")
        assert words.text
        assert words.facts["tags"]
    finally:
        await adapter.close()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("image", {"width": 63, "height": 64}),
        ("image", {"width": 64, "height": 4096}),
        ("image", {"height": 64}),
        ("video", {"width": 64, "height": 64, "seconds": 60}),
        ("video", {"width": 64, "height": 64, "seconds": "long"}),
        ("image", {"width": "64", "height": 64}),
    ],
)
async def test_invalid_input_is_rejected(adapter: Adapter, kind: str, fields: dict[str, object]) -> None:
    """A size, length or number out of bounds raises Rejected with `invalid_input`."""
    with pytest.raises(Rejected) as caught:
        await adapter.submit(a_call(kind=kind, input=fields))
    assert "invalid_input" == caught.value.code


def a_flat_png(width: int, height: int) -> bytes:
    """Return a PNG of one colour, a few kB at any size."""
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "size", "fields"),
    [
        ("upscale", (4096, 4096), {"scale": 2}),
        ("upscale", (4096, 1200), {"scale": 4}),
        ("upscale", (30_000, 10), {"scale": 2}),
        ("interrogate", (4097, 16), {}),
    ],
)
async def test_large_input_image_is_rejected_before_work(
    kind: str, size: tuple[int, int], fields: dict[str, object]
) -> None:
    """An input image that would keep a child busy is rejected by its header, and no child starts."""

    async def fetch(url: str) -> Blob:
        return Blob(a_flat_png(*size), "image/png")

    adapter = Adapter(Setup(name="local", fetch=fetch))
    with pytest.raises(Rejected, match="may have at most") as caught:
        await adapter.submit(a_call(kind=kind, prompt="", input={"image_url": "asset:large", **fields}))
    assert "invalid_input" == caught.value.code
    assert set() == adapter._media.pids


@pytest.mark.parametrize(
    ("kind", "fields", "heavy"),
    [
        ("image", {"width": 96, "height": 64}, False),
        ("image", {"width": 2048, "height": 2048}, True),
        ("video", {"width": 96, "height": 64, "seconds": 2}, False),
        ("video", {"width": 1280, "height": 720, "seconds": 10, "image_url": "asset:large"}, True),
        ("upscale", {"scale": 2, "image_url": "asset:small"}, False),
        ("upscale", {"scale": 4, "image_url": "asset:large"}, True),
    ],
)
async def test_order_counts_as_heavy_by_its_work(
    kind: str, fields: dict[str, object], heavy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order that keeps a child busy for seconds leaves another child to the small ones."""

    async def fetch(url: str) -> Blob:
        return Blob(a_flat_png(*(900, 900) if url == "asset:large" else (64, 64)), "image/png")

    adapter = Adapter(Setup(name="local", fetch=fetch))
    run = AsyncMock(side_effect=Busy("noted"))
    monkeypatch.setattr(adapter._media, "run", run)
    with pytest.raises(Retry):
        await adapter.submit(a_call(kind=kind, input=fields))
    assert heavy is run.call_args.kwargs["heavy"]


async def test_small_order_does_not_wait_for_large_ones() -> None:
    """While each child could be painting a large image, a small one is painted."""
    adapter = Adapter(Setup(name="local"))
    size = {"width": 2048, "height": 2048}
    try:
        large = [asyncio.create_task(paint(adapter, input=size)) for _ in range(8)]
        await paint(adapter, input={"width": 64, "height": 64})
        assert not any(task.done() for task in large)
        for task in large:
            task.cancel()
        await asyncio.gather(*large, return_exceptions=True)
    finally:
        await adapter.close()


@pytest.mark.parametrize("text", ["a.a." * 100, "I." * 400, "é\u0301" * 200])
async def test_hostile_text_is_spoken_or_rejected(adapter: Adapter, text: str) -> None:
    """A text that crashed the synthesizer when it was passed whole is spoken, and its child lives."""
    try:
        done = await adapter.submit(a_call(kind="voice", prompt=text, input={"speed": 4}))
        assert isinstance(done, Done)
    except Rejected as refusal:
        assert "invalid_input" == refusal.code
    assert adapter._voice.pids


async def test_model_slow_rejects_invalid_seconds(adapter: Adapter) -> None:
    """A sleep that is not a number raises Rejected with `invalid_input`."""
    with pytest.raises(Rejected, match="`seconds` must be a number") as caught:
        await adapter.submit(a_call(model="slow", input={"width": 64, "height": 64, "seconds": "long"}))
    assert "invalid_input" == caught.value.code


async def test_poll_repeats_the_result(adapter: Adapter) -> None:
    """A poll gives the same result as the submit."""
    assert await adapter.submit(a_call()) == await adapter.poll(a_call(), "ref")


async def test_killed_process_is_replaced() -> None:
    """Calls whose process is killed finish in new processes."""
    adapter = Adapter(Setup(name="local"))
    try:
        await paint(adapter)
        old = adapter._media.pids
        under_way = [asyncio.create_task(paint(adapter, input={"width": 400, "height": 400})) for _ in range(2)]
        await asyncio.sleep(0.05)
        for pid in adapter._media.pids:
            os.kill(pid, signal.SIGKILL)
        assert 2 == len(await asyncio.gather(*under_way))
        assert not old & adapter._media.pids
    finally:
        await adapter.close()


async def test_child_process_ignores_ctrl_c() -> None:
    """A child finishes its image while SIGINT reaches it, and close() ends it."""
    adapter = Adapter(Setup(name="local"))
    await paint(adapter)
    children = adapter._media.pids
    assert children
    under_way = asyncio.create_task(paint(adapter, input={"width": 800, "height": 800}))
    while not under_way.done():
        await asyncio.sleep(0.05)
        for pid in children:
            os.kill(pid, signal.SIGINT)
    await under_way
    assert children <= adapter._media.pids
    await adapter.close()
    assert not [pid for pid in children if _alive(pid)]


ORPHAN = """
import asyncio, os, signal
from workers.adapters.contract import Call, Setup
from workers.providers.local import Adapter

async def main():
    size = {"width": 64, "height": 64}
    call = Call(generation_id="g", kind="image", model="m", prompt="p", input=size, deadline_ms=0)
    adapter = Adapter(Setup(name="local"))
    await adapter.submit(call)
    print(*adapter._media.pids, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_child_processes_end_with_a_killed_parent(tmp_path: Path) -> None:
    """Child processes end when SIGKILL ends their parent."""
    path = tmp_path / "orphan.py"
    path.write_text(ORPHAN)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(path)]
    options = {"env": environment, "capture_output": True, "text": True, "timeout": 30, "check": False}
    done = await asyncio.to_thread(subprocess.run, command, **options)
    assert -signal.SIGKILL == done.returncode, done.stderr
    pids = [int(pid) for pid in done.stdout.splitlines()[-1].split()]
    assert pids
    deadline = time.monotonic() + EXIT_WAIT_S
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert [] == [pid for pid in pids if _alive(pid)]


def _alive(pid: int) -> bool:
    """Return whether a process runs and is not a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return "Z" != stat.read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
