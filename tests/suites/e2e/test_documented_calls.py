"""The documented WokGen calls with their documented bodies, on a deployment as shipped. Every output is opened."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import av
import numpy as np
import pytest
import pytest_asyncio
import trustme
from PIL import Image, ImageChops, ImageDraw, ImageStat

from shared.store import accounts
from tests.harness.doubles.receiver import Receiver, Reply
from tests.harness.factories import load_shipped_catalogue
from tests.harness.processes import make_folder
from tests.suites.e2e.test_samples import SHIPPED
from tests.suites.e2e.visitor import Hall, Visitor, open_hall

pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.asyncio(loop_scope="module")]

LIMIT_S = 90.0  # of a call; local models get a quarter of a busy core
SIZE = (96, 64)
IMAGE: dict[str, Any] = {
    "prompt": "pixel art sword glowing red",
    "mode": "pixel",
    "tool": "generate",
    "width": 512,
    "height": 512,
    "seed": 42,
    "quality": "standard",
    "provider": "auto",
}
TEXT: dict[str, Any] = {
    "prompt": "Write a product description for...",
    "type": "product-desc",
    "tone": "professional",
    "length": "medium",
}
VOICE: dict[str, Any] = {"text": "Hello, welcome to WokGen!", "voiceId": "default", "speed": 1.0}
MUSIC: dict[str, Any] = {"prompt": "upbeat 8-bit chiptune adventure theme", "duration": 30, "guidance": 3.5}
UPSCALE: dict[str, Any] = {"imageUrl": "https://example.com/image.png", "scale": 4, "model": "real-esrgan"}
INTERROGATE: dict[str, Any] = {"imageUrl": "https://example.com/image.png"}
ENHANCE: dict[str, Any] = {"prompt": "dragon", "mode": "pixel", "provider": "groq"}


def sample_image() -> Image.Image:
    """Draw a small red disc on blue."""
    image = Image.new("RGB", SIZE, (30, 60, 200))
    ImageDraw.Draw(image).ellipse((30, 10, 66, 54), fill=(230, 30, 30))
    return image


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall() -> AsyncIterator[Hall]:
    """Deploy as shipped, with an image at https://example.com/image.png."""
    authority, certificates = trustme.CA(), make_folder("certificates") / "authority.pem"
    authority.cert_pem.write_to_path(str(certificates))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("example.com").configure_cert(tls)
    data = io.BytesIO()
    sample_image().save(data, "PNG")
    env = {**SHIPPED, "IMAGES_ALLOW_NETWORKS": "127.0.0.0/8", "SSL_CERT_FILE": str(certificates)}
    async with Receiver(tls=tls) as images, open_hall(env=env, workers=(), sweep=0, deliver=0) as hall:
        images.default = Reply(body=data.getvalue(), headers={"Content-Type": "image/png"})
        hall.place.stack.add("run-local", "-m", "tests.harness.doubles.elsewhere", str(images.port), "run", "local")
        yield hall


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def visitor(hall: Hall) -> Visitor:
    """Create a holder of a key without a daily quota."""
    return await hall.create_holder(daily_quota=None)


async def run_call(visitor: Visitor, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the finished job of a call. The gateway responds with 202 if a busy machine takes longer than it waits."""
    answer = await visitor.request("POST", path, json=body, timeout=aiohttp.ClientTimeout(total=LIMIT_S))
    assert answer.status in (200, 202), answer
    job = answer.body if answer.status == 200 else await visitor.wait_for_end(answer.body["jobId"], LIMIT_S)
    assert ("completed", "local") == (job["status"], job["provider"])
    assert job["jobId"].startswith("job_")
    return job


async def fetch_file(visitor: Visitor, url: str, media_type: str) -> bytes:
    """Fetch an output without a key."""
    async with visitor.place.session.get(url) as response:
        assert (200, media_type) == (response.status, response.content_type)
        return await response.read()


async def decode_sound(visitor: Visitor, url: str, media_type: str) -> tuple[float, np.ndarray]:
    """Return the seconds and the samples (-1 to 1) of a sound."""
    data = await fetch_file(visitor, url, media_type)
    with av.open(io.BytesIO(data)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
        frames = [frame for fast_samples in container.decode(audio=0) for frame in resampler.resample(fast_samples)]
        frames += resampler.resample(None)
    samples = np.concatenate([frame.to_ndarray().ravel() for frame in frames])
    return len(samples) / 16_000, samples


async def test_generate_returns_pixel_art(visitor: Visitor) -> None:
    """The output is a transparent PNG of 512 x 512 in a few colours, and its seed alone decides its bytes."""
    one, same, other = await asyncio.gather(
        *(run_call(visitor, "/api/generate", IMAGE | seed) for seed in ({}, {}, {"seed": 43}))
    )
    assert (IMAGE["prompt"], 512, 512, 42) == (one["prompt"], one["width"], one["height"], one["seed"])
    assert one["createdAt"].endswith("Z")
    images = [await fetch_file(visitor, job["imageUrl"], "image/png") for job in (one, same, other)]
    assert images[0] == images[1] != images[2]
    with Image.open(io.BytesIO(images[0])) as image:
        image.load()
        assert ("PNG", (512, 512)) == (image.format, image.size)
        assert 5 < len(image.convert("RGBA").getcolors(100_000) or []) <= 32
        assert {0, 255} == {alpha for _, alpha in image.getchannel("A").getcolors() or []}


async def test_text_has_the_requested_length_and_tone(visitor: Visitor) -> None:
    """A longer length gives more words, and another tone gives another text."""
    short = {"length": "short", "seed": 7}
    changes: list[dict[str, Any]] = [{"seed": 7}, short, short | {"tone": "playful"}, {"length": "long", "seed": 7}]
    texts = [await run_call(visitor, "/api/text/generate", TEXT | change) for change in changes]
    for text in texts:
        assert text["content"].strip()
        assert (len(text["content"]), len(text["content"].split())) == (text["charCount"], text["wordCount"])
    medium, plain, playful, long = texts
    assert plain["content"] != playful["content"]
    assert plain["wordCount"] < medium["wordCount"] < long["wordCount"]


async def test_voice_speaks_the_text(visitor: Visitor) -> None:
    """Four words take one to three seconds with the rhythm of speech; a higher speed is shorter, and MP3 works."""
    job = await run_call(visitor, "/api/voice/generate", VOICE)
    assert ("wav", "default") == (job["format"], job["voiceId"])
    seconds, samples = await decode_sound(visitor, job["audioUrl"], "audio/wav")
    assert 1 < seconds < 3
    assert abs(seconds * 1000 - job["durationMs"]) < 50
    loudness = [float(np.abs(part).mean()) for part in np.array_split(samples, 40)]
    assert max(loudness) > 0.02
    assert max(loudness) > 5 * min(loudness)
    fast = await run_call(visitor, "/api/voice/generate", VOICE | {"speed": 2.0, "format": "mp3"})
    assert "mp3" == fast["format"]
    fast_seconds, fast_samples = await decode_sound(visitor, fast["audioUrl"], "audio/mpeg")
    assert 0.35 * seconds < fast_seconds < 0.75 * seconds
    assert float(np.abs(fast_samples).max()) > 0.1


async def test_music_has_the_requested_length(visitor: Visitor) -> None:
    """Thirty seconds of music are audible to the end and vary in tone."""
    job = await run_call(visitor, "/api/music/generate", MUSIC)
    assert (MUSIC["prompt"], 30) == (job["prompt"], job["duration"])
    seconds, samples = await decode_sound(visitor, job["audioUrl"], "audio/wav")
    assert abs(30 - seconds) <= 0.5
    parts = np.array_split(samples, 10)
    assert all(float(np.abs(part).mean()) > 0.005 for part in parts)
    loudest = {int(np.abs(np.fft.rfft(part[:16_000])).argmax()) for part in parts}
    assert len(loudest) > 2
    short = await run_call(visitor, "/api/music/generate", MUSIC | {"duration": 3, "format": "mp3"})
    seconds, _ = await decode_sound(visitor, short["audioUrl"], "audio/mpeg")
    assert abs(3 - seconds) <= 0.5


async def test_upscale_enlarges_the_image(visitor: Visitor) -> None:
    """The output is four times as wide and high, and still shows the same image."""
    job = await run_call(visitor, "/api/tools/upscale", UPSCALE)
    assert (384, 256, 96, 64, 4) == tuple(
        job[name] for name in ("width", "height", "originalWidth", "originalHeight", "scale")
    )
    data = await fetch_file(visitor, job["imageUrl"], "image/png")
    with Image.open(io.BytesIO(data)) as image:
        assert (384, 256) == image.size
        back = image.convert("RGB").resize(SIZE, Image.Resampling.BOX)
    difference = ImageStat.Stat(ImageChops.difference(back, sample_image())).mean
    assert max(difference) < 8


async def test_interrogate_describes_the_image(visitor: Visitor) -> None:
    """The description names the two colours and the size of the image, and forms a prompt."""
    job = await run_call(visitor, "/api/tools/interrogate", INTERROGATE)
    assert {"red", "blue"} <= set(job["prompt"].replace(",", " ").split())
    assert {"red", "blue", "96x64"} <= set(job["tags"])
    assert "96 x 64" in job["caption"]


async def test_enhance_extends_the_prompt(visitor: Visitor) -> None:
    """Without the preferred provider, the local one extends the prompt for pixel art."""
    job = await run_call(visitor, "/api/prompt/enhance", ENHANCE)
    assert "dragon" == job["prompt"]
    assert job["enhanced"] == job["variations"][0]
    for variation in job["variations"]:
        assert "dragon" in variation.lower()
        assert "pixel" in variation.lower()
        assert len(variation.split()) > 5


async def test_upscale_accepts_the_url_of_an_output(visitor: Visitor) -> None:
    """The output URL of one call is a valid input of another, as in the documented sample."""
    image = await run_call(visitor, "/api/generate", {"prompt": "pixel art dragon", "width": 64, "height": 96})
    job = await run_call(visitor, "/api/tools/upscale", {"imageUrl": image["imageUrl"], "scale": 4})
    with Image.open(io.BytesIO(await fetch_file(visitor, job["imageUrl"], "image/png"))) as enlarged:
        assert (256, 384) == enlarged.size


async def test_guest_quota_allows_ten_of_a_hundred_concurrent_calls(hall: Hall) -> None:
    """On the shipped plan exactly ten of a hundred concurrent calls pass, and none is refused for its rate."""
    plans = load_shipped_catalogue().plans
    await accounts.publish_plans(hall.place.store, plans.values())
    guest, body = hall.guest(), {"prompt": "a red boat", "width": 64, "height": 64}
    answers = await asyncio.gather(*(guest.request("POST", "/api/generate", json=body) for _ in range(100)))
    assert 10 == sum(answer.status == 200 for answer in answers)
    rejected = [answer for answer in answers if answer.status != 200]
    assert {(429, "QUOTA_EXCEEDED")} == {(answer.status, answer.body["code"]) for answer in rejected}
    assert all(0 < int(answer.headers["Retry-After"]) <= 86_400 for answer in rejected)
