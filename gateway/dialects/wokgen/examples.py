"""Example jobs of the WokGen API."""

from typing import Any

from msgspec import structs

from gateway.dialects.wokgen.bodies import (
    EnhanceRequest,
    ImageRequest,
    InterrogateRequest,
    MusicRequest,
    TextRequest,
    UpscaleRequest,
    VoiceRequest,
)
from gateway.dialects.wokgen.jobs import JOBS, Job, Jobs
from gateway.examples import ASSET_URL, COMPLETED_AT, CREATED_AT, GENERATION_ID, IMAGE_URL
from shared.domain.ids import job_id

JOB_ID = job_id(GENERATION_ID)
SWORD = "pixel art sword glowing red"
PRODUCT = "Write a product description for..."
WELCOME = "Hello, welcome to WokGen!"
THEME = "upbeat 8-bit chiptune adventure theme"
WRITTEN = "Meet the bottle that keeps up with you."
TAGS = ("pixel art sword", "glowing red", "dark background", "32x32")
DRAGONS = ("dragon, pixel art, 16 colours, hard edges", "a dragon at dusk, pixel art, limited palette")


def _completed(kind: str, prompt: str, model: str, **fields: Any) -> Job:
    return JOBS[kind](
        job_id=JOB_ID,
        status="completed",
        kind=kind,
        prompt=prompt,
        provider="local",
        model=model,
        created_at=CREATED_AT,
        completed_at=COMPLETED_AT,
        **fields,
    )


IMAGE_REQUEST = ImageRequest(
    prompt=SWORD, mode="pixel", tool="generate", width=512, height=512, seed=42, quality="standard", provider="auto"
)
TEXT_REQUEST = TextRequest(prompt=PRODUCT, type="product-desc", tone="professional", length="medium")
VOICE_REQUEST = VoiceRequest(text=WELCOME, voice_id="default", speed=1.0)
MUSIC_REQUEST = MusicRequest(prompt=THEME, duration=30, guidance=3.5)
UPSCALE_REQUEST = UpscaleRequest(image_url=IMAGE_URL, scale=4, model="real-esrgan")
INTERROGATE_REQUEST = InterrogateRequest(image_url=IMAGE_URL)
ENHANCE_REQUEST = EnhanceRequest(prompt="dragon", mode="pixel", provider="auto")

_URL = f"{ASSET_URL}.png"
_SIZE = {"width": 512, "height": 512}
_AUDIO = {"audio_url": f"{ASSET_URL}.wav", "format": "wav"}
_SIZES = {"width": 2048, "height": 2048, "original_width": 512, "original_height": 512, "scale": 4}
IMAGE = _completed("image", SWORD, "local/artist", image_url=_URL, image_urls=(_URL,), seed=42, **_SIZE)
TEXT = _completed("text", PRODUCT, "local/writer", content=WRITTEN, word_count=8, char_count=len(WRITTEN))
VOICE = _completed("voice", WELCOME, "local/voice", duration_ms=1850, voice_id="default", **_AUDIO)
MUSIC = _completed("music", THEME, "local/band", duration=30.0, **_AUDIO)
UPSCALE = _completed("upscale", "", "local/enlarger", image_url=_URL, **_SIZES)
INTERROGATE = _completed("interrogate", ", ".join(TAGS), "local/eye", caption="A sword that glows red.", tags=TAGS)
ENHANCE = _completed("enhance", "dragon", "local/enhancer", enhanced=DRAGONS[0], variations=DRAGONS)
FAILED = JOBS["image"](
    job_id=JOB_ID,
    status="failed",
    kind="image",
    prompt=SWORD,
    provider="local",
    model="local/artist",
    created_at=CREATED_AT,
    completed_at=COMPLETED_AT,
    error="The provider rejected the prompt.",
    code="CONTENT_POLICY",
)
CANCELED = structs.replace(FAILED, error="Canceled by its owner.", code="CANCELED")
LIST = Jobs((IMAGE, FAILED))


def processing(completed: Job, prompt: str) -> Job:
    """Return the job as it was while it waited."""
    return type(completed)(
        job_id=JOB_ID,
        status="processing",
        kind=completed.kind,
        prompt=prompt,
        provider=completed.provider,
        model=completed.model,
        created_at=CREATED_AT,
        queue_position=0,
    )
