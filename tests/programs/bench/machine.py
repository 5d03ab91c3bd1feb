"""Facts about the machine, and the CPU time of a process."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from shared.store.connect import Store

SYNCS = 100


def facts() -> dict[str, Any]:
    """Describe the machine and the software, for comparing two runs. A row that starts a server adds its version."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in ("aiohttp", "arq", "redis", "uvloop")},
        "load_before": round(os.getloadavg()[0], 2),
    }


def measure_sync_ms(folder: Path) -> float:
    """Return the average time of one small write to a file in `folder`, until it is on disk."""
    path = folder / "sync"
    with path.open("wb", buffering=0) as file:
        started_s = time.perf_counter()
        for _ in range(SYNCS):
            file.write(b"x" * 500)
            os.fsync(file.fileno())
        took_s = time.perf_counter() - started_s
    path.unlink()
    return round(took_s / SYNCS * 1000, 3)


async def read_server_info(store: Store) -> dict[str, str]:
    """Return the fields of the server's INFO as text."""
    raw: bytes = await store.call("INFO")
    pairs = (line.partition(":") for line in raw.decode().splitlines())
    return {name: value for name, _, value in pairs if value}


def server_name(info: dict[str, str]) -> str:
    """Return the name and version of the server from its INFO."""
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info['redis_version']}"


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has used so far, or 0 if the system does not report them."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
