"""A bounded number of locked-down children, one task at a time in each, ended with the task's time limit.

SandboxError
├── InputRefused  the task refuses its input; the message is a sentence for the caller
├── Unavailable   a part of this installation is missing
├── Busy          no child was free in time: come back after a while
├── TookTooLong   the task was ended at its time limit
└── Crashed       the child died or answered nonsense
"""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import structlog
from msgspec import structs

from shared.ops.settings import ROOT, child_environment
from shared.sandbox.frames import ChildSetup, FrameTooLarge, Hello, Reply, Request, pack, receive

# The environment of a child holds nothing else: no key, no address, no path of ours.
CARRIED = ("LANG", "LC_ALL", "OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "TZ")
START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from shared.sandbox.child import serve; serve(*sys.argv[1:])"
START_S = 60.0  # the imports of a child on a machine that has other things to do
MEMORY_BYTES_MAX = 2 << 30
REPLY_BYTES_MAX = 64 << 20
WAITING_MAX = 64  # heavy tasks, and as many others
IDLE_S = 300.0  # until a child without tasks gives its memory back

log = structlog.get_logger()


class SandboxError(Exception):
    """Base of what a sandbox raises."""


class InputRefused(SandboxError):
    """The task refuses its input."""


class Unavailable(SandboxError):
    """A part of this installation is missing."""


class Busy(SandboxError):
    """No child was free in time."""


class TookTooLong(SandboxError):
    """The task was ended at its time limit."""


class Crashed(SandboxError):
    """The child died, or its answer was not one."""


class Sandbox:
    """Runs the TASKS of `module` in at most `children` processes.

    A child starts with the first task that finds none free, and ends after `idle_s` without a task. All but one child
    take heavy tasks, and those leave the others a child that has started: nobody waits behind them.
    With `file_bytes_max`, each child has a scratch folder for files up to that size; without, it cannot write any.
    `listens` is for a library that opens a unix socket there.
    """

    def __init__(
        self,
        module: str,
        *,
        children: int,
        memory_bytes_max: int = MEMORY_BYTES_MAX,
        reply_bytes_max: int = REPLY_BYTES_MAX,
        waiting_max: int = WAITING_MAX,
        file_bytes_max: int = 0,
        listens: bool = False,
        idle_s: float | None = IDLE_S,
    ) -> None:
        self._module = module
        self._setup = ChildSetup(module, memory_bytes_max, file_bytes_max, "", listens)
        self._scratch: dict[Process, TemporaryDirectory[str]] = {}
        self._reply_bytes_max = reply_bytes_max
        self._waiting_max = waiting_max
        self._children, self._closed = children, False
        self._free = asyncio.Semaphore(children)
        self._heavy = asyncio.Semaphore(max(children - 1, 1))
        self._waiting = {True: 0, False: 0}  # of heavy tasks, and of the others
        self._idle_s = idle_s
        self._idle_since: dict[Process, float] = {}
        self._retiring: asyncio.Task[None] | None = None
        self._idle: list[Process] = []
        self._running: set[Process] = set()
        self.layers: list[str] | None = None  # the protections in force, once a child has started

    async def run(
        self, task: str, *arguments: Any, limit_s: float, wait_s: float | None = None, heavy: bool = False
    ) -> Any:
        """Return what a task returns. Its child is killed after `limit_s` seconds, and takes no other task with it.

        Wait up to `wait_s` (default: `limit_s`) for a free child. Raises SandboxError.
        """
        lanes = [self._heavy, self._free] if heavy else [self._free]
        async with contextlib.AsyncExitStack() as taken:
            await self._wait_for_child(lanes, taken, limit_s if wait_s is None else wait_s, heavy=heavy)
            return await self._run(Request(task, list(arguments), int(limit_s) + 1), limit_s, heavy=heavy)

    @property
    def pids(self) -> set[int]:
        """Return the process ids of the children that live."""
        return {child.pid for child in (*self._idle, *self._running) if child.returncode is None}

    async def close(self) -> None:
        """End every child at once. Further tasks raise Unavailable."""
        self._closed = True
        if self._retiring is not None:
            self._retiring.cancel()
        for child in (*self._idle, *self._running):
            await self._end(child)
        self._idle.clear()

    async def _wait_for_child(
        self, lanes: list[asyncio.Semaphore], taken: contextlib.AsyncExitStack, wait_s: float, *, heavy: bool
    ) -> None:
        if self._waiting[heavy] >= self._waiting_max:
            raise Busy(f"{self._waiting[heavy]} tasks are waiting already")
        self._waiting[heavy] += 1
        try:
            async with asyncio.timeout(wait_s):
                for lane in lanes:
                    await taken.enter_async_context(lane)
        except TimeoutError:
            raise Busy(f"no process was free within {wait_s:g} s") from None
        finally:
            self._waiting[heavy] -= 1

    async def _run(self, request: Request, limit_s: float, *, heavy: bool) -> Any:
        child = await self._take_child(left=1 if heavy and len(self._running) < self._children - 1 else 0)
        finished = False
        try:
            async with asyncio.timeout(limit_s):
                reply = await self._send(child, request)
            finished = True
        except TimeoutError:
            log.warning("sandbox.task_ended", task=request.task, limit_s=limit_s)
            raise TookTooLong(f"{request.task} was ended after {limit_s:g} s") from None
        finally:
            self._running.discard(child)
            if finished:
                self._release(child)
            else:
                await self._end(child)
        return _value(reply, request.task)

    async def _send(self, child: Process, request: Request) -> Reply:
        assert child.stdin is not None and child.stdout is not None  # noqa: S101  # we opened both pipes
        try:
            child.stdin.write(pack(request))
            await child.stdin.drain()
            body = await receive(child.stdout, bytes_max=self._reply_bytes_max)
            return msgspec.msgpack.decode(body, type=Reply)
        except (
            OSError,
            asyncio.IncompleteReadError,
            FrameTooLarge,
            msgspec.DecodeError,
            msgspec.ValidationError,
        ) as error:
            log.warning("sandbox.child_died", task=request.task, error=type(error).__name__)
            raise Crashed(f"the process of {request.task} died") from None

    def _release(self, child: Process) -> None:
        self._idle.append(child)
        self._idle_since[child] = asyncio.get_running_loop().time()
        if self._idle_s is not None and (self._retiring is None or self._retiring.done()):
            self._retiring = asyncio.create_task(self._retire(self._idle_s))

    async def _retire(self, idle_s: float) -> None:
        """End each child once it has been idle for so long."""
        while self._idle:
            await asyncio.sleep(idle_s / 2)
            before_s = asyncio.get_running_loop().time() - idle_s
            for child in [child for child in self._idle if self._idle_since[child] < before_s]:
                if child in self._idle:  # nobody took it while another one ended
                    self._idle.remove(child)
                    self._running.add(child)
                    await self._end(child)

    async def _take_child(self, left: int) -> Process:
        """Return an idle child, or a new one if no more than `left` are idle."""
        while len(self._idle) > left:
            child = self._idle.pop()
            self._running.add(child)
            if child.returncode is None:
                return child
            await self._end(child)
        try:
            return await self._start()
        except Unavailable:
            return await self._start()  # a full machine may have ended the first one

    async def _start(self) -> Process:
        if self._closed:
            raise Unavailable(f"the sandbox of {self._module} is closed")
        scratch = TemporaryDirectory(prefix="wokflow-") if self._setup.file_bytes_max else None
        setup = structs.replace(self._setup, scratch=scratch.name if scratch else "")
        command = [sys.executable, "-I", "-c", START, str(ROOT), msgspec.json.encode(setup).decode()]
        environment = child_environment(CARRIED) | ({"TMPDIR": scratch.name} if scratch else {})
        child = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, cwd="/", start_new_session=True
        )
        self._running.add(child)
        if scratch:
            self._scratch[child] = scratch
        try:
            async with asyncio.timeout(START_S):
                assert child.stdout is not None  # noqa: S101  # we opened the pipe
                hello = msgspec.msgpack.decode(await receive(child.stdout, bytes_max=65_536), type=Hello)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, FrameTooLarge, msgspec.DecodeError) as error:
            await self._end(child)
            raise Unavailable(f"a process for {self._module} did not start: {type(error).__name__}") from None
        except BaseException:
            await self._end(child)
            raise
        if self.layers is None:
            self.layers = hello.layers
            log.info("sandbox.started", module=self._module, layers=hello.layers)
        return child

    async def _end(self, child: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        if child.stdin is not None and child.stdout is not None:
            child.stdin.close()
            with contextlib.suppress(RuntimeError):  # a task of this child is reading already
                await child.stdout.read()  # a full pipe would hold its transport open
        await child.wait()
        self._running.discard(child)
        self._idle_since.pop(child, None)
        scratch = self._scratch.pop(child, None)
        if scratch is not None:
            await asyncio.to_thread(scratch.cleanup)


def _value(reply: Reply, task: str) -> Any:
    match reply.status:
        case "done":
            return reply.value
        case "invalid":
            raise InputRefused(str(reply.value))
        case "unavailable":
            raise Unavailable(str(reply.value))
        case "failed":
            raise Crashed(f"{task} failed with {reply.value}")
