"""Bytes in the store per finished generation: from a prompt alone, an image in a `data:` URL, and an upload."""

import asyncio
import base64
import struct
import zlib
from random import Random

import aiohttp

from tests.harness.doubles.provider import a_png
from tests.harness.processes import make_folder
from tests.programs.bench.row import ReportProgress, Row, Size
from tests.programs.bench.rows.memory import PROMPT, measure_used_bytes
from tests.programs.bench.scene import check_books, run_scene, wait_until_drained

IMAGE_BYTES = 700_000
HEADER_BYTES = 33  # of a PNG: its signature and its first chunk
SHARE = 20  # of the generations of other rows: each sends a megabyte
AT_A_TIME = 8
BYTES_MAX, RATIO_MAX = 2_000, 1.5
CATALOGUE = """
[plans.guest]
daily_quota = 0
concurrency = 1
backlog_max = 1
[plans.pro]
daily_quota = "unlimited"
concurrency = 10000
backlog_max = 10000
[providers.noop]
[[models]]
id = "bench/clip"
name = "Clip"
kind = "video"
price_cents = 10
routes = [{ provider = "noop", model = "noop" }]
[models.input]
image_url = {}
"""


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Send orders over HTTP, let a worker finish them, and read the memory of the store before and after."""
    catalogue = make_folder("inputs") / "catalogue.toml"
    catalogue.write_text(CATALOGUE)
    image = large_png()
    number = size.stored // SHARE
    rows: list[Row] = []
    async with (
        run_scene(gateways=1, workers=("noop",), env={"CATALOGUE": str(catalogue)}) as scene,
        aiohttp.ClientSession(f"http://127.0.0.1:{scene.port}") as session,
    ):
        session.headers["Authorization"] = f"Bearer {scene.api_keys[0]}"
        in_body = "data:image/png;base64," + base64.b64encode(image).decode()
        uploaded = await upload(session, image)
        await order(session, number, {"image_url": uploaded})  # the first orders make the store grow
        await wait_until_drained(scene)
        for name, given in (
            ("a prompt", {}),
            ("an image of 700 kB in a data: URL", {"image_url": in_body}),
            ("an upload", {"image_url": uploaded}),
        ):
            report(f"{number} generations from {name}")
            before = await measure_used_bytes(scene)
            await order(session, number, given)
            await wait_until_drained(scene)
            used = (await measure_used_bytes(scene) - before) / number
            ratios = (used / rows[0].value,) if rows else ()
            rows.append(
                Row(
                    name=f"memory per finished generation from {name}",
                    value=used,
                    unit="bytes",
                    ratios=ratios,
                    target=RATIO_MAX if rows else BYTES_MAX,
                    at_most=True,
                    detail="of a prompt alone" if rows else "over HTTP",
                )
            )
        await check_books(scene)
    return rows


def large_png() -> bytes:
    """Return an image with a large chunk that no reader knows, after its header."""
    whole, noise = a_png(), b"noIs" + Random(1).randbytes(IMAGE_BYTES)
    chunk = struct.pack(">I", IMAGE_BYTES) + noise + struct.pack(">I", zlib.crc32(noise))
    return whole[:HEADER_BYTES] + chunk + whole[HEADER_BYTES:]


async def upload(session: aiohttp.ClientSession, image: bytes) -> str:
    """Upload an image, and return its URL for orders."""
    async with session.post("/api/v1/uploads", json={}) as answer:
        announced = await answer.json()
    async with session.put(announced["upload_url"], data=image) as sent:
        sent.raise_for_status()
    return str(announced["url"])


async def order(session: aiohttp.ClientSession, number: int, given: dict[str, str]) -> None:
    """Send orders, some at a time."""
    slots = asyncio.Semaphore(AT_A_TIME)

    async def send() -> None:
        body = {"model": "bench/clip", "prompt": PROMPT, "input": given}
        async with slots, session.post("/api/v1/generations", json=body) as answer:
            assert 201 == answer.status, await answer.text()

    await asyncio.gather(*(send() for _ in range(number)))
