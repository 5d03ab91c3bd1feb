"""A short video of a prompt: parallax layers pass at their own pace while mist, water and stars move."""

from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from av.video.reformatter import Colorspace
from PIL import Image

from offline.artist.pixelation import palette_of, pixel_factor, pixelate
from offline.artist.scene import elements, set_stage
from offline.artist.slide import Shot, Slide
from offline.artist.stage import Element, Moment, Stage
from offline.artist.still import check_size
from offline.artist.tone_mapping import map_tones

PAINTED_PIXELS_MAX = 640 * 360  # a larger frame is painted at this size and scaled up
SECONDS_MAX = 10.0
FPS_MAX = 30
_BT709, _STUDIO_RANGE = 1, 1  # numbers of H.264, so that players show the painted colours
# Without mbtree=0 libx264 reads memory that it has not written, and the same frames give different files.
_ENCODING = {"preset": "veryfast", "crf": "19", "x264-params": "mbtree=0"}
_TRAVEL = 0.045  # of the frame's width, to each side of the middle


def render_video(prompt: str, seed: int, width: int, height: int, seconds: float, fps: int) -> bytes:  # noqa: PLR0917, as PLR0913 in pyproject.toml
    """Return an MP4 (H.264, yuv420p). An odd side loses its last row or column.

    The pixel format stores colour for blocks of 2 x 2. Raises ValueError for a size, length or rate out of bounds.

    """
    _check(width, height, seconds, fps)
    return _write(_Shot(prompt, seed, width - width % 2, height - height % 2), fps, seconds)


def render_slide(data: bytes, width: int, height: int, seconds: float, fps: int) -> bytes:
    """Return an MP4 of an image. Raises ValueError for one that cannot be read, and as `render_video` does."""
    _check(width, height, seconds, fps)
    return _write(Slide(data, width - width % 2, height - height % 2), fps, seconds)


def _write(shot: Shot, fps: int, seconds: float) -> bytes:
    # A file, not a buffer: the muxer reads it again to move the index to the front, so that players start at once.
    with TemporaryDirectory(prefix="video-") as folder:
        path = Path(folder) / "video.mp4"
        _encode(path, shot, fps, frame_count(seconds, fps))
        return path.read_bytes()


def _check(width: int, height: int, seconds: float, fps: int) -> None:
    check_size(width, height)
    if not (0 < seconds <= SECONDS_MAX and 1 <= fps <= FPS_MAX):
        raise ValueError(f"A video must be at most {SECONDS_MAX:g} s long, at 1 to {FPS_MAX} frames a second.")


def frame_count(seconds: float, fps: int) -> int:
    """Return the number of frames in a video of this length, at least one."""
    return max(round(seconds * fps), 1)


def _encode(path: Path, shot: Shot, fps: int, frames: int) -> None:
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options=_ENCODING)
        stream.width, stream.height, stream.pix_fmt = shot.width, shot.height, "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range, context.thread_count = _STUDIO_RANGE, 1
        for index in range(frames):
            travel = 2 * index / max(frames - 1, 1) - 1
            image = shot.render(Moment(time_s=index / fps, travel=travel))
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)))
        container.mux(stream.encode(None))


class _Shot:
    """The scene, built once and drawn at many moments."""

    def __init__(self, prompt: str, seed: int, width: int, height: int) -> None:
        self.width, self.height = width, height
        pixel = set_stage(prompt, seed, width, height).reading.style == "pixel"
        shrink = max((width * height / PAINTED_PIXELS_MAX) ** 0.5, 1.0)
        self.factor = pixel_factor(width, height) if pixel else 0
        small_w, small_h = (
            -(-side // self.factor) if pixel else max(round(side / shrink), 2) for side in (width, height)
        )
        self.stage: Stage = set_stage(prompt, seed, small_w, small_h, reach=small_w * _TRAVEL)
        self.elements: list[Element] = list(elements(self.stage))
        self.canvas = np.zeros((small_h, small_w, 3), np.float32)
        self.palette: Image.Image | None = None

    def render(self, moment: Moment) -> Image.Image:
        """Return the frame at full size."""
        for element in self.elements:
            element.draw(self.canvas, moment)
        image = Image.fromarray(map_tones(self.canvas, self.stage))
        if self.factor:
            self.palette = self.palette or palette_of(image)
            return pixelate(image, self.palette, self.factor, self.width, self.height)
        return image.resize((self.width, self.height), Image.Resampling.BICUBIC)
