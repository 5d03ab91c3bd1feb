"""The memory of a worker that copies many large videos at once."""

import time
from pathlib import Path

from msgspec import structs

from shared.store import ledger
from tests.harness.factories import SPEC, make_order
from tests.harness.processes import free_port, make_folder
from tests.programs.bench.row import ReportProgress, Row, Size
from tests.programs.bench.rows.memory import run_in_batches
from tests.programs.bench.rows.parked import CATALOGUE, RUN_MS
from tests.programs.bench.scene import check_books, run_scene, wait_until_drained

MEGABYTES = 100
RSS_MB_MAX = 400


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run one worker process as in production, and let a provider finish all videos at once."""
    folder, port = make_folder("outputs"), free_port()
    catalogue = folder / "catalogue.toml"
    catalogue.write_text(CATALOGUE.replace("PORT", str(port)).replace("parked", "linked"))
    env = {"CATALOGUE": str(catalogue), "ADAPTERS": "tests.programs.bench.adapters"}
    async with run_scene(env=env) as scene:
        scene.add("videos", "-m", "tests.programs.bench.videos", str(port), str(MEGABYTES))
        owners = [scene.customers[number % len(scene.customers)] for number in range(size.outputs)]
        spec = structs.replace(SPEC, kind="video", model="bench/linked", target="linked")
        orders = [make_order(owner, provider="linked", spec=spec, run_ms=RUN_MS) for owner in owners]
        await run_in_batches(orders, lambda order: ledger.accept(scene.store, order))
        report(f"{size.outputs} videos of {MEGABYTES} MB")
        began_s = time.monotonic()
        worker = scene.add("run-linked", "-m", "workers", "run", "linked")
        await wait_until_drained(scene)
        took_s, peak_mb = time.monotonic() - began_s, read_peak_mb(worker.pid)
        assert size.outputs == await check_books(scene)
        stored = [path.stat().st_size for path in Path(scene.stack.settings.assets).rglob("*.mp4")]
        assert size.outputs == len([count for count in stored if count > MEGABYTES * 1_000_000])
        await worker.stop()
    return [
        Row(
            name=f"memory of a worker with {size.outputs} outputs of {MEGABYTES} MB",
            value=peak_mb,
            unit="MB",
            target=RSS_MB_MAX,
            at_most=True,
            detail=f"peak resident set; {size.outputs * MEGABYTES / took_s:.0f} MB/s, start of the worker included",
        )
    ]


def read_peak_mb(pid: int) -> float:
    """Return the largest resident set that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().split("\n")
    [line] = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1000
