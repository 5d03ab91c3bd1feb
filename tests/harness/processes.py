"""Real processes for tests: a clean environment, output in a file, every wait bounded, none left behind.

`Process` is one process, `Stack` a whole deployment. Both work under any event loop, so that a fixture of a wider
scope may hold them. When a test fails, conftest.py adds their output to its report.
"""

import asyncio
import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from itertools import count
from pathlib import Path
from random import SystemRandom
from typing import Any, Self

import aiohttp
import msgspec

from shared.ops.parent import bind_to_parent
from shared.ops.settings import ROOT, Settings, load
from shared.store.embedded import command_line
from tests.harness import fork_server
from tests.harness.fork_server import SHIFT, SHIFTED_PATH, ForkedProcess

CARRIED = ("PATH", "HOME", "LANG", "TMPDIR")  # no other variable of the developer reaches a child
BARE = {
    "PYTHONPATH": str(ROOT),
    "PYTHONUNBUFFERED": "1",
    "SSL_CERT_FILE": os.devnull,  # reading the machine's certificates takes 0.1 s of CPU, and no child needs them
}
START_S = 60.0
STOP_S = 30.0
CLI_S = 60.0
POLL_EVERY_S = 0.03
PORTS = range(15_000, 31_000)  # below the ports of outgoing connections, also a thousand higher
OUTPUT_CHARS_MAX = 20_000

STARTED: "list[Process]" = []
FORKS: list[bool] = []  # not empty: our programs start from the fork server
_numbers = count(1)


def scratch_folder() -> Path:
    """Return this process's folder, whose path is short enough for unix sockets; it is removed at the end."""
    return _create_scratch_folder(os.getpid())


@cache
def _create_scratch_folder(owner: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="wok-", dir="/tmp"))
    atexit.register(_clean_up, folder, owner)
    return folder


def _clean_up(folder: Path, owner: int) -> None:
    if os.getpid() != owner:  # this process was forked from the owner
        return
    for process in STARTED:
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def make_folder(name: str) -> Path:
    """Create an empty folder with a short path that ends in `name`."""
    folder = scratch_folder() / f"{next(_numbers)}-{name}"
    folder.mkdir()
    return folder


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that no process listens on, and that no outgoing connection gets."""
    while True:
        port = SystemRandom().choice(PORTS)
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port


def shift_clock(seconds: float) -> dict[str, str]:
    """Return the environment of a Python process whose clock is wrong by that much."""
    return {"PYTHONPATH": SHIFTED_PATH, SHIFT: str(seconds)}


def socket_answers(path: str) -> bool:
    """Return whether a Redis-protocol server on that unix socket has loaded its data."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(10)
        try:
            probe.connect(path)
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def store_command(settings: Settings) -> list[str]:
    """Return the command of a bare server: the embedded Valkey, or Debian's Redis if TEST_STORE=redis."""
    command, chosen = command_line(settings), os.environ.get("TEST_STORE", "valkey")
    if chosen == "redis":
        binary = shutil.which("redis-server")
        assert binary is not None, "TEST_STORE=redis needs redis-server: apt-get install redis-server"
        command[0] = binary
    else:
        assert "valkey" == chosen, f"TEST_STORE is valkey or redis, not {chosen}"
    return command


def _prepare(parent: int) -> None:
    """Bind a child to its parent, and undo what `nohup` does to signals."""
    bind_to_parent(parent)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Process:
    """A child process, which dies with the test run at the latest. It may be started again after its end."""

    def __init__(self, name: str, *command: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
        self.name = name
        self.command = command
        self.cwd = cwd
        carried = {name: os.environ[name] for name in CARRIED if name in os.environ}
        self.env = {**carried, **BARE, **(env or {})}
        self.log = scratch_folder() / f"{next(_numbers)}-{name}.log"
        self._child: subprocess.Popen[bytes] | ForkedProcess | None = None

    @property
    def child(self) -> subprocess.Popen[bytes] | ForkedProcess:
        """Return the latest start as `subprocess` knows it."""
        assert self._child is not None, f"{self.name} was never started"
        return self._child

    @property
    def pid(self) -> int:
        """Return its process id, which is also that of its process group."""
        return self.child.pid

    @property
    def running(self) -> bool:
        """Return whether it was started and has not ended; a paused process counts as running."""
        return self._child is not None and self._child.poll() is None

    @property
    def output(self) -> str:
        """Return the end of its stdout and stderr, over all its starts."""
        return self.log.read_text(errors="replace")[-OUTPUT_CHARS_MAX:] if self.log.exists() else ""

    def start(self) -> Self:
        """Start it, also again after its end."""
        assert not self.running, f"{self.name} runs already"
        if FORKS and fork_server.can_start(self.command, self.env, self.cwd):
            self._child = fork_server.start(self.command, self.env, self.log)
        else:
            self._child = self._spawn()
        if self not in STARTED:
            STARTED.append(self)
        return self

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(_prepare, os.getpid()),  # noqa: PLW1509  # two system calls, no lock
            )

    async def wait_until(self, condition: Callable[[], bool], event: str, limit_s: float = START_S) -> None:
        """Wait for a condition, called `event` in errors; fail if the process ends or `limit_s` passes first."""
        end = time.monotonic() + limit_s
        while not condition():
            assert self.running, f"{self.name} ended with {self.child.returncode} before {event}:\n{self.output}"
            assert time.monotonic() < end, f"{self.name}: no {event} within {limit_s} s:\n{self.output}"
            await asyncio.sleep(POLL_EVERY_S)

    async def wait_for_log(self, text: str, limit_s: float = START_S) -> None:
        """Wait until its output contains a text."""
        await self.wait_until(lambda: text in self.log.read_text(errors="replace"), f"{text!r} in its output", limit_s)

    async def wait_for_status(self, url: str, status: int = 200, limit_s: float = START_S) -> None:
        """Wait until the response to GET `url` has a status."""
        end = time.monotonic() + limit_s
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            last: object = "nothing"
            while last != status:
                assert self.running, f"{self.name} ended with {self.child.returncode}:\n{self.output}"
                assert time.monotonic() < end, f"{self.name}: {url} is {last} after {limit_s} s:\n{self.output}"
                try:
                    async with session.get(url) as response:
                        last = response.status
                except (aiohttp.ClientError, TimeoutError) as error:
                    last = error
                await asyncio.sleep(POLL_EVERY_S)

    async def wait_for_exit(self, limit_s: float = STOP_S) -> int:
        """Wait until it ends by itself and return its exit code, which is -n after signal n."""
        end = time.monotonic() + limit_s
        while self.running:
            assert time.monotonic() < end, f"{self.name} still runs after {limit_s} s:\n{self.output}"
            await asyncio.sleep(POLL_EVERY_S)
        return int(self.child.returncode)

    async def stop(self, limit_s: float = STOP_S) -> int:
        """Send SIGTERM and return its exit code; fail if it still runs after `limit_s`."""
        self.send(signal.SIGTERM)
        self.resume()
        return await self.wait_for_exit(limit_s)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill its process group with SIGKILL and wait for its end."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.killpg(self.pid, signal.SIGKILL)
            self.child.wait(STOP_S)

    def pause(self) -> None:
        """Pause it with SIGSTOP, as a stalled machine would."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Resume it after a pause."""
        self.send(signal.SIGCONT)


class Stack:
    """A whole deployment: store, gateways, workers, dispatcher and sweeper. Use it as `async with Stack() as stack:`.

    Every process gets `env`; with REDIS_URL in it, no embedded store is started. Leaving kills all processes at once.
    A test of a graceful stop calls `stop()` of a process itself.
    """

    def __init__(
        self,
        *,
        gateways: int = 1,
        workers: Sequence[str] = ("local",),
        deliver: int = 1,
        sweep: int = 1,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.ports = [free_port() for _ in range(max(gateways, 1))]
        self.urls = [f"http://127.0.0.1:{port}" for port in self.ports]
        self.url = self.urls[0]
        self.admin_urls: list[str] = []
        self.processes: dict[str, Process] = {}
        self._plan = [*(f"run {provider}" for provider in workers), *["deliver"] * deliver, *["sweep"] * sweep]
        self._gateways = gateways
        self.env = {
            "DATA_DIR": str(make_folder("stack")),
            "HOST": "127.0.0.1",
            "PORT": str(self.ports[0]),
            "PUBLIC_URL": self.url,
            "DRAIN_S": "2",
            "LOG_FORMAT": "json",
            "WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
            **(env or {}),
        }
        self.data_dir = Path(self.env["DATA_DIR"])

    async def __aenter__(self) -> Self:
        try:
            await self.start_store()
            for port in self.ports[: self._gateways]:
                self.add("gateway", "-m", "gateway", env={"PORT": str(port)})
            for words in self._plan:
                self.add(words.replace(" ", "-"), "-m", "workers", *words.split())
            await self.wait_until_ready()
        except BaseException:
            self.kill()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.kill()

    async def start_store(self) -> None:
        """Start the store, also again, and wait until it responds."""
        if self.env.get("REDIS_URL"):
            return
        if "store" in self.processes:
            self.processes["store"].start()
        elif os.environ.get("TEST_STORE") == "redis":
            self._start("store", Process("store", *store_command(self.settings), env=self.env))
        else:
            self.add("store", "-m", "shared.store.embedded")
        await self.processes["store"].wait_until(
            lambda: socket_answers(self.settings.store_socket), "response of the store"
        )

    async def wait_until_ready(self) -> None:
        """Wait until every running gateway is ready."""
        for process in list(self.processes.values()):
            if process.name.startswith("gateway") and process.running:
                await process.wait_for_status(f"http://127.0.0.1:{process.env['PORT']}/readyz")

    @property
    def settings(self) -> Settings:
        """Return the settings of the processes, for tests that open the store themselves."""
        return load(self.env)

    def add(self, name: str, *arguments: str, env: Mapping[str, str] | None = None) -> Process:
        """Start one more Python process called `name`; the second of that name is `name-2`, and so on."""
        taken = sum(name == other.rpartition("-")[0] or name == other for other in self.processes)
        name = f"{name}-{taken + 1}" if taken else name
        given = {**self.env, **(env or {})}
        if arguments == ("-m", "gateway"):
            self.admin_urls.append(f"http://127.0.0.1:{given.setdefault('ADMIN_PORT', str(free_port()))}")
        return self._start(name, Process(name, sys.executable, *arguments, env=given))

    def _start(self, name: str, process: Process) -> Process:
        self.processes[name] = process.start()
        return process

    def kill(self) -> None:
        """Kill every process, the store last."""
        for process in reversed(self.processes.values()):
            process.kill()

    async def run_cli(self, *arguments: str) -> Any:
        """Run `wokflow <arguments> --json` and return its decoded output; fail unless it ended with 0."""
        process = Process("cli", sys.executable, "-m", "operate.cli.main", *arguments, "--json", env=self.env).start()
        code = await process.wait_for_exit(CLI_S)
        assert 0 == code, f"wokflow {' '.join(arguments)} ended with {code}:\n{process.output}"
        return msgspec.json.decode(process.log.read_bytes())
