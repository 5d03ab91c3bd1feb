"""The local provider's models, each in one call on one core: upscaling, painting, playing."""

import asyncio
import io
import time
from collections.abc import Callable

from offline.artist.still import paint
from offline.band.performance import play
from offline.vision.upscaling import upscale
from tests.programs.bench.row import ReportProgress, Row, Size, median

SCENE = "a misty forest at dawn, soft light, cinematic"
MUSIC = "epic orchestral boss battle with choir"
MUSIC_S = 5.0


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Measure the processor time of an upscale from 512 to 2048, an image of 1024 pixels, and 5 s of music."""
    buffer = io.BytesIO()
    paint(SCENE, 7, 512, 512).save(buffer, "PNG")
    image = buffer.getvalue()
    tasks: dict[str, tuple[Callable[[], object], float]] = {
        "upscale 512 x 512 to 2048 x 2048": (lambda: upscale(image, 4), 3.0),
        "paint 1024 x 1024": (lambda: paint(SCENE, 7, 1024, 1024), 1.5),
        f"play {MUSIC_S:g} s of orchestra": (
            lambda: play(MUSIC, seed=3, seconds=MUSIC_S, guidance=3.5, format="wav"),
            0.6,
        ),
    }
    rows = []
    for name, (work, target_s) in tasks.items():
        report(name)
        seconds = median([await asyncio.to_thread(processor_time_s, work) for _ in range(size.runs)])
        rows.append(Row(name=name, value=seconds, unit="s", target=target_s, at_most=True, detail="processor time"))
    return rows


def processor_time_s(work: Callable[[], object]) -> float:
    """Return the processor time of one call in this process."""
    started_s = time.process_time()
    work()
    return time.process_time() - started_s
