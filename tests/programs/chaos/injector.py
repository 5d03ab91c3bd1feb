"""Fault injection: kill, stop, pause and partition processes, restart them like an init system, and time rescues."""

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from arq.constants import in_progress_key_prefix
from msgspec import Struct

from shared.domain.errors import StoreDown, StoreError
from shared.store import keys
from shared.store.connect import Store
from tests.harness.processes import Process, Stack
from tests.harness.proxy import Proxy
from tests.programs.chaos.plan import DATABASE, EVERYTHING, PARTITIONS, Fault

GUARD_S = 0.25
STOP_S = 20.0
READY_S = 3.0  # after a start or resume, until a process counts as ready
START_MAX_S = 20.0  # a process handles SIGTERM this long after its start and that of the store
RESCUE_POLL_S = 0.05
RESCUE_MAX_S = 15.0
DATABASE_STARTS_MAX, DATABASE_START_S = 20, 0.4


class InjectedFault(Struct, frozen=True, kw_only=True):
    """A fault that was injected. Times are seconds after the start."""

    at_s: float
    action: str
    target: str
    back_s: float


class Rescue(Struct, frozen=True, kw_only=True):
    """A generation whose worker was killed or paused, and the time until another worker had started it."""

    generation: str
    worker: str
    action: str
    took_s: float
    calm: bool  # the store and another worker were available all the time


class Injector:
    """Injects faults into a stack, and records them."""

    def __init__(self, stack: Stack, store: Store, proxies: Mapping[str, Proxy]) -> None:
        self.stack, self.store, self.proxies = stack, store, proxies
        self.started_s = time.monotonic()
        self.injected: list[InjectedFault] = []
        self.rescues: list[Rescue] = []
        self.anomalies: list[str] = []
        self._away: set[str] = set()  # targets that are stopped or paused on purpose
        self._since_s: dict[str, float] = {}  # when a target came back
        self._rescuing: set[asyncio.Task[None]] = set()

    @property
    def now_s(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started_s

    async def run(self, faults: tuple[Fault, ...]) -> None:
        """Inject all faults; return when every process is back."""
        async with asyncio.TaskGroup() as tasks:
            for fault in faults:
                await asyncio.sleep(max(fault.at_s - self.now_s, 0))
                tasks.create_task(self._inject(fault))
        await asyncio.gather(*self._rescuing)

    async def guard(self) -> None:
        """Restart and report each process that exits without a fault."""
        while True:
            await asyncio.sleep(GUARD_S)
            for name, process in self.stack.processes.items():
                if name not in self._away and not process.running:
                    self.anomalies.append(
                        f"{name} exited unexpectedly with {process.child.returncode} at {self.now_s:.1f} s"
                    )
                    self._start(name, process)

    def calm(self, queue: str) -> bool:
        """Return whether the store and a worker of the queue have been available for a while."""
        return self._ready("store") and any(
            self._ready(name) for name in self.stack.processes if name in (queue, f"{queue}-2")
        )

    def _ready(self, name: str) -> bool:
        return name not in self._away and self.now_s - self._since_s.get(name, -READY_S) >= READY_S

    def _is_starting(self, name: str) -> bool:
        """Return whether a process may still be starting, which needs the store."""
        came_s = max(self._since_s.get(name, 0), self._since_s.get("store", 0))
        return "store" in self._away or self.now_s - came_s < START_MAX_S

    async def _inject(self, fault: Fault) -> None:
        hit = [*self.stack.processes] if fault.target == EVERYTHING else [fault.target]
        hit = [name for name in hit if name not in self._away and name in self.stack.processes]
        if not hit:
            return
        started_s = self.now_s
        self._away.update(hit)
        try:
            if fault.target == EVERYTHING:
                await self._cut_power(fault, hit)
            else:
                partitions = dict.fromkeys(PARTITIONS, self._partition)
                inject = {"kill": self._kill, "stop": self._stop, "pause": self._pause, **partitions}[fault.action]
                await inject(fault, self.stack.processes[fault.target])
        finally:
            self._since_s |= dict.fromkeys(hit, self.now_s)
            self._away.difference_update(hit)
            done = InjectedFault(at_s=started_s, action=fault.action, target=fault.target, back_s=self.now_s)
            self.injected.append(done)

    async def _cut_power(self, fault: Fault, hit: list[str]) -> None:
        """Kill everything at once, then restart the store and the rest."""
        for name in hit:
            self.stack.processes[name].kill()
        await asyncio.sleep(fault.for_s)
        for name in sorted(hit, key=lambda name: name != "store"):
            await self._restart(name, self.stack.processes[name])

    async def _kill(self, fault: Fault, process: Process) -> None:
        pid = process.pid
        process.kill()
        self._measure_rescue(fault, pid)
        await asyncio.sleep(fault.for_s)
        await self._restart(fault.target, process)

    async def _stop(self, fault: Fault, process: Process) -> None:
        starting = self._is_starting(fault.target) and not handles_sigterm(process.pid)
        try:
            exit_code = await process.stop(STOP_S)
        except AssertionError:
            self.anomalies.append(f"{fault.target} did not stop within {STOP_S} s at {self.now_s:.1f} s")
            process.kill()
            exit_code = 0
        if exit_code != 0 and not (starting and exit_code == -signal.SIGTERM):
            self.anomalies.append(f"{fault.target} exited with {exit_code} after SIGTERM at {self.now_s:.1f} s")
        await asyncio.sleep(fault.for_s)
        await self._restart(fault.target, process)

    async def _pause(self, fault: Fault, process: Process) -> None:
        pid = await self._read_server_pid() if fault.target == "store" else process.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGSTOP)
        self._measure_rescue(fault, pid)
        await asyncio.sleep(fault.for_s)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    async def _partition(self, fault: Fault, process: Process) -> None:
        """Separate a process from the store, by a proxy that falls silent."""
        proxy = self.proxies[fault.target]
        proxy.fall_silent(fresh=fault.action == "strand")
        self._measure_rescue(fault, process.pid)
        await asyncio.sleep(fault.for_s)
        if fault.action == "cut":
            proxy.cut()
        proxy.resume()

    async def _restart(self, name: str, process: Process) -> None:
        if name == "store":
            await self.stack.start_store()
        elif name == DATABASE:
            await self._start_database(process)
        else:
            self._start(name, process)

    def _start(self, name: str, process: Process) -> None:
        process.start()
        self._since_s[name] = self.now_s

    async def _start_database(self, process: Process) -> None:
        """Start PostgreSQL until it runs: it refuses while children of the killed server are still ending."""
        for _ in range(DATABASE_STARTS_MAX):
            self._start(DATABASE, process)
            await asyncio.sleep(DATABASE_START_S)
            if process.running:
                return

    async def _read_server_pid(self) -> int | None:
        """Return the process id of the store's server, which may be a child of the process we started."""
        try:
            info = (await self.store.call("INFO", "server")).decode()
        except (StoreDown, StoreError):
            return None
        return int(info.partition("process_id:")[2].split()[0])

    def _measure_rescue(self, fault: Fault, pid: int) -> None:
        if fault.target.startswith("run-"):
            task = asyncio.create_task(self._watch(fault, pid))
            self._rescuing.add(task)
            task.add_done_callback(self._rescuing.discard)

    async def _watch(self, fault: Fault, pid: int) -> None:
        """Record the time until other workers hold every generation of this worker."""
        hit_s = self.now_s
        queue = fault.target.removesuffix("-2")
        provider = queue.removeprefix("run-")
        try:
            held = await self._read_held(provider, pid)
        except (StoreDown, StoreError):
            return
        calm, limit_s = True, RESCUE_MAX_S if fault.action == "kill" else fault.for_s
        while held and self.now_s - hit_s < limit_s:
            await asyncio.sleep(RESCUE_POLL_S)
            calm = calm and self.calm(queue)
            try:
                still = await self._read_held(provider, pid, tuple(held))
            except (StoreDown, StoreError):
                calm = False
                continue
            took_s = self.now_s - hit_s
            self._record_rescues(fault, [name for name in held if name not in still], took_s, calm)
            held = still
        if fault.action == "kill":  # a paused worker continues with generations that nobody rescued
            self._record_rescues(fault, held, self.now_s - hit_s, calm)

    def _record_rescues(self, fault: Fault, names: list[str], took_s: float, calm: bool) -> None:
        self.rescues += [
            Rescue(generation=name, worker=fault.target, action=fault.action, took_s=took_s, calm=calm)
            for name in names
        ]

    async def _read_held(self, provider: str, pid: int, names: tuple[str, ...] | None = None) -> list[str]:
        """List the generations among `names` (default: all) that a process holds, or held when its lease expired."""
        leases = keys.leases(provider)
        if names is None:
            names = tuple(raw.decode() for raw in await self.store.call("ZRANGE", leases, 0, -1))
            known = False
        else:
            known = True
        scores = await asyncio.gather(*(self.store.call("ZSCORE", leases, name) for name in names))
        tokens = await asyncio.gather(*(self.store.call("GET", in_progress_key_prefix + name) for name in names))
        return [
            name
            for name, score, token in zip(names, scores, tokens, strict=True)
            if score is not None and (known if token is None else _pid(token) == pid)
        ]


def handles_sigterm(pid: int) -> bool:
    """Return whether a process has a handler of SIGTERM."""
    status = Path(f"/proc/{pid}/status")
    caught = re.search(r"^SigCgt:\s*(\w+)$", status.read_text() if status.exists() else "", re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


def _pid(token: bytes) -> int:
    """Return the process id in an engine's token, `host:pid:random`."""
    return int(token.rsplit(b":", 2)[1])
