"""The local provider: the contract over real processes, and what happens when they die."""

import asyncio
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from PIL import Image

from workers.adapters.contract import Blob, Call, Done, Rejected, Setup, load
from workers.providers.local import Adapter

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def adapter() -> Iterator[Adapter]:
    made = Adapter(Setup(name="local"))
    yield made
    asyncio.run(made.close())


def a_call(**changes: object) -> Call:
    """A small picture; name only what the test is about."""
    fields: dict[str, object] = {
        "generation_id": "0190a0a0-0000-7000-8000-000000000001",
        "kind": "image",
        "model": "artist",
        "prompt": "calm lake at dawn",
        "input": {"width": 96, "height": 64},
        "deadline_ms": 0,
    }
    return Call(**(fields | changes))  # type: ignore[arg-type]


async def painted(adapter: Adapter, **changes: object) -> tuple[Blob, dict[str, object]]:
    done = await adapter.submit(a_call(**changes))
    assert isinstance(done, Done)
    (blob,) = done.outputs
    assert isinstance(blob, Blob)
    return blob, done.facts


def test_it_is_loaded_by_its_name() -> None:
    """The catalogue's provider `local` is this adapter, which may be repeated."""
    assert Adapter is load("local")
    assert Adapter.repeatable
    assert Adapter.submit_limit_s > 60


@pytest.mark.parametrize("size", [(64, 64), (101, 77), (2048, 64), (64, 2048)])
async def test_a_picture_is_a_png_of_the_exact_size(adapter: Adapter, size: tuple[int, int]) -> None:
    """Odd and extreme sizes come back as asked, with the facts that describe them."""
    blob, facts = await painted(adapter, input={"width": size[0], "height": size[1], "seed": 5})
    with Image.open(io.BytesIO(blob.data)) as image:
        image.load()
        assert ("PNG", size) == (image.format, image.size)
    assert "image/png" == blob.media_type
    assert {"width": size[0], "height": size[1], "seed": 5} == facts


@pytest.mark.parametrize("seed", [0, -7, 2**64 + 1, -(10**30)])
async def test_any_seed_is_kept_and_repeatable(adapter: Adapter, seed: int) -> None:
    """Two generations with the same prompt, seed and size get the same bytes."""
    one, facts = await painted(adapter, input={"width": 64, "height": 64, "seed": seed})
    two, _ = await painted(adapter, input={"width": 64, "height": 64, "seed": seed}, generation_id="another")
    assert seed == facts["seed"]
    assert one == two


async def test_without_a_seed_the_generation_decides(adapter: Adapter) -> None:
    """A generation repeats its own picture; another one gets another, and is told the seed to ask for it again."""
    one, facts = await painted(adapter)
    again, _ = await painted(adapter)
    other, _ = await painted(adapter, generation_id="another")
    named, _ = await painted(adapter, input={"width": 96, "height": 64, "seed": facts["seed"]})
    assert one == again == named
    assert one != other


async def test_mode_and_style_steer_and_the_negative_prompt_does_not(adapter: Adapter) -> None:
    """`mode: pixel` paints few colours; what should not be in the picture is ignored."""
    size = {"width": 128, "height": 128, "seed": 1}
    pixel, _ = await painted(adapter, input=size | {"mode": "pixel"})
    plain, _ = await painted(adapter, input=size)
    negative, _ = await painted(adapter, input=size | {"negative_prompt": "blurry", "style": None})
    with Image.open(io.BytesIO(pixel.data)) as image:
        assert len(image.getcolors(100_000) or []) <= 32
    assert plain == negative != pixel


async def test_a_film_is_an_mp4_of_about_the_asked_length(adapter: Adapter) -> None:
    """The facts tell the size and length of what is in the file."""
    blob, facts = await painted(adapter, kind="video", input={"width": 129, "height": 96, "seconds": 2, "seed": 3})
    with av.open(io.BytesIO(blob.data)) as container:
        stream = container.streams.video[0]
        assert (128, 96) == (stream.codec_context.width, stream.codec_context.height)
        assert 48 == sum(1 for _ in container.decode(stream))
    assert "video/mp4" == blob.media_type
    assert {"width": 128, "height": 96, "seed": 3, "duration_ms": 2000} == facts


async def test_the_event_loop_keeps_ticking(adapter: Adapter) -> None:
    """A task on the loop is never kept waiting for more than a part of the time that one picture takes."""
    await painted(adapter)
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            started = time.monotonic()
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - started)

    ticking = asyncio.create_task(tick())
    started = time.monotonic()
    await painted(adapter, input={"width": 1600, "height": 1600}, prompt="misty forest")
    took = time.monotonic() - started
    ticking.cancel()
    assert max(gaps) < took / 3


@pytest.mark.parametrize("kind", ["image", "video", "text"])
async def test_refuse_always_refuses(adapter: Adapter, kind: str) -> None:
    """Model `refuse` is a final no about content."""
    with pytest.raises(Rejected) as caught:
        await adapter.submit(a_call(model="refuse", kind=kind))
    assert "content_policy" == caught.value.code


async def test_slow_sleeps_first(adapter: Adapter) -> None:
    """Model `slow` takes the asked time, leaves the loop free, and then paints."""
    started = time.monotonic()
    await painted(adapter, model="slow", input={"width": 64, "height": 64, "seconds": 0.4})
    assert time.monotonic() - started >= 0.4


async def test_slow_can_be_cancelled(adapter: Adapter) -> None:
    """A stopping worker does not wait for a sleeping model."""
    sleeping = asyncio.create_task(
        adapter.submit(a_call(model="slow", input={"width": 64, "height": 64, "seconds": 60}))
    )
    await asyncio.sleep(0.05)
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(sleeping, 1)


async def test_an_unknown_kind_is_unavailable(adapter: Adapter) -> None:
    """What it does not serve is refused for this call alone: the provider is not down for the others."""
    with pytest.raises(Rejected, match="does not serve dance") as caught:
        await adapter.submit(a_call(kind="dance"))
    assert "provider_unavailable" == caught.value.code


async def made(adapter: Adapter, kind: str, prompt: str = "", **given: object) -> Done:
    """What it makes of a call."""
    answer = await adapter.submit(a_call(kind=kind, prompt=prompt, input=given))
    assert isinstance(answer, Done)
    return answer


async def test_every_kind_is_served() -> None:
    """Text, prompts, speech, music, a larger picture and words for one: all made here, each of its kind."""

    async def fetch(url: str) -> Blob:
        return picture.outputs[0] if url == "asset:boat" else Blob(b"", "")

    adapter = Adapter(Setup(name="local", fetch=fetch))
    try:
        picture = await made(adapter, "image", "a red boat", width=96, height=64, count=2)
        assert 2 == len({blob.data for blob in picture.outputs})
        text = await made(adapter, "text", "a bicycle bell", type="product-desc", tone="professional", length="short")
        assert text.text
        better = await made(adapter, "enhance", "dragon", mode="pixel", count=2)
        assert 2 == len(better.facts["variations"])
        for kind, words in (("voice", "Hello, welcome!"), ("music", "upbeat 8-bit chiptune")):
            sound = await made(adapter, kind, words, **({"seconds": 2} if kind == "music" else {}))
            with av.open(io.BytesIO(sound.outputs[0].data)) as container:
                assert 300 < container.duration / 1000
        large = await made(adapter, "upscale", image_url="asset:boat", scale=4)
        assert (384, 256) == Image.open(io.BytesIO(large.outputs[0].data)).size
        assert (96, 64) == (large.facts["original_width"], large.facts["original_height"])
        words = await made(adapter, "interrogate", image_url="asset:boat")
        assert words.text
        assert words.facts["tags"]
    finally:
        await adapter.close()


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("image", {"width": 63, "height": 64}),
        ("image", {"width": 64, "height": 4096}),
        ("image", {"height": 64}),
        ("video", {"width": 64, "height": 64, "seconds": 60}),
        ("video", {"width": 64, "height": 64, "seconds": "long"}),
    ],
)
async def test_what_cannot_be_painted_is_rejected(adapter: Adapter, kind: str, given: dict[str, object]) -> None:
    """A size or length out of bounds is the caller's mistake, told as such."""
    with pytest.raises(Rejected) as caught:
        await adapter.submit(a_call(kind=kind, input=given))
    assert "invalid_input" == caught.value.code


async def test_check_paints_again(adapter: Adapter) -> None:
    """Nothing is ever pending, so looking again gives the same result."""
    assert await adapter.submit(a_call()) == await adapter.poll(a_call(), "ref")


async def test_a_killed_process_is_replaced() -> None:
    """Calls under way when a painting process is killed are painted by new ones."""
    adapter = Adapter(Setup(name="local"))
    try:
        await painted(adapter)
        old = {child.pid for child in multiprocessing.active_children()}
        under_way = [asyncio.create_task(painted(adapter, input={"width": 600, "height": 600})) for _ in range(3)]
        await asyncio.sleep(0.05)
        for child in multiprocessing.active_children():
            child.kill()
        assert 3 == len(await asyncio.gather(*under_way))
        assert not old & {child.pid for child in multiprocessing.active_children()}
    finally:
        await adapter.close()


async def test_ctrl_c_is_left_to_the_parent() -> None:
    """A process finishes its picture though SIGINT reaches it, as from a terminal, and close() ends it."""
    adapter = Adapter(Setup(name="local"))
    before = set(multiprocessing.active_children())
    await painted(adapter)
    children = set(multiprocessing.active_children()) - before
    assert children
    under_way = asyncio.create_task(painted(adapter, input={"width": 1600, "height": 1600}))
    while not under_way.done():
        await asyncio.sleep(0.05)
        for child in children:
            os.kill(child.pid or 0, signal.SIGINT)
    await under_way
    assert children <= set(multiprocessing.active_children())
    await adapter.close()
    assert not children & set(multiprocessing.active_children())


ORPHAN = """
import asyncio, multiprocessing, os, signal
from workers.adapters.contract import Call, Setup
from workers.providers.local import Adapter

async def main():
    size = {"width": 64, "height": 64}
    call = Call(generation_id="g", kind="image", model="m", prompt="p", input=size, deadline_ms=0)
    await Adapter(Setup(name="local")).submit(call)
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_painting_processes_end_with_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL leaves the worker no time to say goodbye; its painters notice and go."""
    path = tmp_path / "orphan.py"
    path.write_text(ORPHAN)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(path)], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert -signal.SIGKILL == done.returncode, done.stderr
    pids = [int(pid) for pid in done.stdout.split()]
    assert pids
    deadline = time.monotonic() + 5
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [] == [pid for pid in pids if _alive(pid)]


def _alive(pid: int) -> bool:
    """Running, and not a zombie that nobody has collected yet."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return "Z" != stat.read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
