"""The blows: processes killed, stopped and paused by plan, brought back as an init system would, and what that took."""

import asyncio
import contextlib
import os
import signal
import time

from arq.constants import in_progress_key_prefix
from msgspec import Struct

from shared.domain.errors import StoreDown, StoreError
from shared.store import keys
from shared.store.connect import Store
from tests.harness.processes import Process, Stack
from tests.programs.chaos.plan import EVERYTHING, Strike

GUARD_S = 0.25
STOP_S = 20.0
READY_S = 3.0  # a process that was started or resumed so long ago is at work
YOUNG_S = 6.0  # a process may be told to stop before it knows how
RESCUE_LOOK_S = 0.05
RESCUE_MAX_S = 15.0


class Mark(Struct, frozen=True, kw_only=True):
    """A blow that was dealt. Seconds after the start."""

    at_s: float
    action: str
    target: str
    back_s: float


class Rescue(Struct, frozen=True, kw_only=True):
    """A generation whose worker was killed or paused, and how long it took until another worker had started it."""

    generation: str
    worker: str
    action: str
    took_s: float
    calm: bool  # the store was there all the time, and another worker too


class Force:
    """Deals the blows to a stack. `say` is told of each."""

    def __init__(self, stack: Stack, store: Store) -> None:
        self.stack, self.store = stack, store
        self.started_s = time.monotonic()
        self.marks: list[Mark] = []
        self.rescues: list[Rescue] = []
        self.faults: list[str] = []
        self._away: set[str] = set()  # targets that are down or paused on purpose
        self._since_s: dict[str, float] = {}  # when a target came back
        self._rescuing: set[asyncio.Task[None]] = set()

    @property
    def now_s(self) -> float:
        """Seconds after the start."""
        return time.monotonic() - self.started_s

    async def run(self, strikes: tuple[Strike, ...]) -> None:
        """Deal all blows; done when everything is back."""
        async with asyncio.TaskGroup() as blows:
            for strike in strikes:
                await asyncio.sleep(max(strike.at_s - self.now_s, 0))
                blows.create_task(self._deal(strike))
        await asyncio.gather(*self._rescuing)

    async def guard(self) -> None:
        """Start again, and report, whatever ended by itself."""
        while True:
            await asyncio.sleep(GUARD_S)
            for name, process in self.stack.processes.items():
                if name not in self._away and not process.running:
                    self.faults.append(f"{name} ended by itself with {process.child.returncode} at {self.now_s:.1f} s")
                    self._start(name, process)

    def calm(self, queue: str) -> bool:
        """Whether the store and some worker of the queue are there and have been for a while."""
        return self._ready("store") and any(
            self._ready(name) for name in self.stack.processes if name in (queue, f"{queue}-2")
        )

    def _ready(self, name: str) -> bool:
        return name not in self._away and self.now_s - self._since_s.get(name, -READY_S) >= READY_S

    async def _deal(self, strike: Strike) -> None:
        hit = [*self.stack.processes] if strike.target == EVERYTHING else [strike.target]
        hit = [name for name in hit if name not in self._away]
        if not hit:
            return
        began_s = self.now_s
        self._away.update(hit)
        try:
            if strike.target == EVERYTHING:
                await self._cut(strike, hit)
            else:
                deal = {"kill": self._kill, "stop": self._stop, "pause": self._pause}[strike.action]
                await deal(strike, self.stack.processes[strike.target])
        finally:
            self._since_s |= dict.fromkeys(hit, self.now_s)
            self._away.difference_update(hit)
            mark = Mark(at_s=began_s, action=strike.action, target=strike.target, back_s=self.now_s)
            self.marks.append(mark)

    async def _cut(self, strike: Strike, hit: list[str]) -> None:
        """All at once, as when the power fails; then the store and everything else comes back."""
        for name in hit:
            self.stack.processes[name].kill()
        await asyncio.sleep(strike.for_s)
        for name in sorted(hit, key=lambda name: name != "store"):
            await self._back(name, self.stack.processes[name])

    async def _kill(self, strike: Strike, process: Process) -> None:
        pid = process.pid
        process.kill()
        self._rescue(strike, pid)
        await asyncio.sleep(strike.for_s)
        await self._back(strike.target, process)

    async def _stop(self, strike: Strike, process: Process) -> None:
        young = self.now_s - self._since_s.get(strike.target, 0) < YOUNG_S
        try:
            code = await process.stop(STOP_S)
        except AssertionError:
            self.faults.append(f"{strike.target} did not stop within {STOP_S} s at {self.now_s:.1f} s")
            process.kill()
            code = 0
        if code != 0 and not (young and code == -signal.SIGTERM):
            self.faults.append(f"{strike.target} was told to stop and ended with {code} at {self.now_s:.1f} s")
        await asyncio.sleep(strike.for_s)
        await self._back(strike.target, process)

    async def _pause(self, strike: Strike, process: Process) -> None:
        pid = await self._server_pid() if strike.target == "store" else process.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGSTOP)
        self._rescue(strike, pid)
        await asyncio.sleep(strike.for_s)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    async def _back(self, name: str, process: Process) -> None:
        if name == "store":
            await self.stack.start_store()
        else:
            self._start(name, process)

    def _start(self, name: str, process: Process) -> None:
        process.start()
        self._since_s[name] = self.now_s

    async def _server_pid(self) -> int | None:
        """The store's server itself: what we started may be its guardian."""
        try:
            said = (await self.store.call("INFO", "server")).decode()
        except (StoreDown, StoreError):
            return None
        return int(said.partition("process_id:")[2].split()[0])

    def _rescue(self, strike: Strike, pid: int) -> None:
        if strike.target.startswith("run-"):
            task = asyncio.create_task(self._watch(strike, pid))
            self._rescuing.add(task)
            task.add_done_callback(self._rescuing.discard)

    async def _watch(self, strike: Strike, pid: int) -> None:
        """Time until everything the worker held is in other hands."""
        struck_s = self.now_s
        queue = strike.target.removesuffix("-2")
        provider = queue.removeprefix("run-")
        try:
            held = await self._held(provider, pid)
        except (StoreDown, StoreError):
            return
        calm, limit_s = True, strike.for_s if strike.action == "pause" else RESCUE_MAX_S
        while held and self.now_s - struck_s < limit_s:
            await asyncio.sleep(RESCUE_LOOK_S)
            calm = calm and self.calm(queue)
            try:
                still = await self._held(provider, pid, tuple(held))
            except (StoreDown, StoreError):
                calm = False
                continue
            took_s = self.now_s - struck_s
            self._note(strike, [name for name in held if name not in still], took_s, calm)
            held = still
        if strike.action == "kill":  # a paused worker goes on with what nobody took over
            self._note(strike, held, self.now_s - struck_s, calm)

    def _note(self, strike: Strike, names: list[str], took_s: float, calm: bool) -> None:
        self.rescues += [
            Rescue(generation=name, worker=strike.target, action=strike.action, took_s=took_s, calm=calm)
            for name in names
        ]

    async def _held(self, provider: str, pid: int, names: tuple[str, ...] | None = None) -> list[str]:
        """Which of `names` (all, if none are given) that process has, or had when its lease ran out."""
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


def _pid(token: bytes) -> int:
    """The process id in an engine's token, `host:pid:random`."""
    return int(token.rsplit(b":", 2)[1])
