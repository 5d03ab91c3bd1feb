"""A provider of every kind, with tiny real outputs. Words in the prompt control it.

`refuse` refuses, `stuck` never finishes, `slow=S` finishes after S seconds.
"""

import io
import re
import time
import wave
from typing import ClassVar

import av
import numpy as np
from PIL import Image

from tests.harness.doubles.provider import a_png
from workers.adapters import contract
from workers.adapters.contract import Blob, Call, Done, Pending, Rejected

POLL_S = 0.05
AUDIO_MS = 250
VIDEO_PX, VIDEO_FPS, VIDEO_FRAMES = 64, 10, 5


def a_wav() -> bytes:
    """Return a WAV file with a quarter of a second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(8000)
        audio.writeframes(bytes(2 * 8000 * AUDIO_MS // 1000))
    return file.getvalue()


def a_video() -> bytes:
    """Return an MP4 file with half a second of grey."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as video:
        stream = video.add_stream("mpeg4", rate=VIDEO_FPS)
        stream.width = stream.height = VIDEO_PX
        stream.pix_fmt = "yuv420p"
        grey = av.VideoFrame.from_ndarray(np.full((VIDEO_PX, VIDEO_PX, 3), 128, np.uint8), format="rgb24")
        for packet in [*(packet for _ in range(VIDEO_FRAMES) for packet in stream.encode(grey)), *stream.encode()]:
            video.mux(packet)
    return file.getvalue()


class Adapter(contract.Adapter):
    """Finishes every submit at once, unless the prompt says otherwise."""

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = 10.0

    async def submit(self, call: Call) -> Pending | Done:
        """Return the result, or a reference: the time at which the result is there, in Unix seconds."""
        if "refuse" in call.prompt:
            raise Rejected("content_policy", "The provider refused this prompt.")
        if "stuck" in call.prompt:
            return Pending("inf", POLL_S)
        slow = re.search(r"slow=([0-9.]+)", call.prompt)
        if slow:
            return Pending(str(time.time() + float(slow[1])), POLL_S)
        return await self.make(call)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Return the result once its time has come."""
        return Pending(ref, POLL_S) if time.time() < float(ref) else await self.make(call)

    async def make(self, call: Call) -> Done:
        """Return a result of the call's kind."""
        match call.kind:
            case "image":
                count = int(str(call.input.get("count", 1)))
                return Done((Blob(a_png(), "image/png"),) * count, facts={"seed": call.input.get("seed", 7)})
            case "video":
                facts: dict[str, object] = {"duration_ms": VIDEO_FRAMES * 1000 / VIDEO_FPS}
                return Done((Blob(a_video(), "video/mp4"),), facts=facts)
            case "voice" | "music":
                return Done((Blob(a_wav(), "audio/wav"),), facts={"duration_ms": AUDIO_MS})
            case "text":
                return Done(text=f"Two words about {call.prompt}.")
            case "enhance":
                prompts = [f"{call.prompt}, {detail}" for detail in ("finely drawn", "in soft light", "from above")]
                return Done(text=prompts[0], facts={"variations": prompts[: int(str(call.input.get("count", 3)))]})
            case _:
                return await self.transform_image(call)

    async def transform_image(self, call: Call) -> Done:
        """Upscale the input image, or describe it."""
        image = await self.setup.fetch(str(call.input["image_url"]))
        width, height = Image.open(io.BytesIO(image.data)).size
        if call.kind == "interrogate":
            words = ["teal", "flat", f"{width}x{height}"]
            return Done(text=", ".join(words), facts={"caption": "A teal square.", "tags": words})
        scale = int(str(call.input["scale"]))
        facts: dict[str, object] = {"original_width": width, "original_height": height}
        return Done((Blob(a_png(width * scale, height * scale), "image/png"),), facts=facts)
