"""Processor time that the local provider's image, music and upscaling take."""

import io
import time
from collections.abc import Callable
from statistics import median

from offline.artist.still import paint
from offline.band.performance import play
from offline.vision.upscaling import upscale
from tests.programs.bench.row import Row, Say, Size

PROMPT = "a misty forest at dawn, soft light, cinematic"
MUSIC = "epic orchestral boss battle with choir"


async def measure(size: Size, say: Say) -> list[Row]:
    """Measure each in this process, as often as `size` says; the median counts."""
    png = io.BytesIO()
    paint(PROMPT, 7, 512, 512).save(png, "PNG")
    tasks: dict[str, tuple[float, Callable[[], object]]] = {
        "local image, 1024 x 1024": (1.5, lambda: paint(PROMPT, 7, 1024, 1024)),
        "local music, 30 s": (2.5, lambda: play(MUSIC, seed=3, seconds=30, guidance=3.5, format="wav")),
        "local upscaling, 512 x 512 to 2048 x 2048": (3.0, lambda: upscale(png.getvalue(), 4)),
    }
    rows = []
    for name, (target_s, work) in tasks.items():
        say(name)
        cpu_s = median(cpu_seconds(work) for _ in range(size.runs))
        rows.append(Row(name=name, value=cpu_s, unit="s", target=target_s, at_most=True, detail="processor time"))
    return rows


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the processor time that a call takes."""
    started_s = time.process_time()
    work()
    return time.process_time() - started_s
