"""A sandbox against tasks that try to get out of it, go wrong, or take too long."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.ops.settings import ROOT
from shared.sandbox.child import NICE
from shared.sandbox.lockdown import NOBODY, OPEN_FILES_MAX, _nobody_reads
from shared.sandbox.pool import Busy, Crashed, InputRefused, Sandbox, TookTooLong, Unavailable
from tests.harness.bounds import within

TASKS = "tests.harness.sandbox_tasks"
LIMIT_S = 30.0


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Provide a sandbox with two children."""
    sandbox = Sandbox(TASKS, children=2, memory_bytes_max=1 << 30, reply_bytes_max=1 << 20)
    yield sandbox
    await sandbox.close()


async def test_sandbox_returns_what_a_task_returns(sandbox: Sandbox) -> None:
    """Plain values, bytes included, pass both ways."""
    value = {"bytes": b"\x00\xff", "list": [1, 2.5, None, "ä"]}
    assert value == await sandbox.run("echo", value, limit_s=LIMIT_S)


async def test_sandbox_reuses_its_child(sandbox: Sandbox) -> None:
    """A child that finished a task serves the next one."""
    first, second = [await sandbox.run("pid", limit_s=LIMIT_S) for _ in range(2)]
    assert first == second


async def test_sandbox_leaves_the_processor_to_its_parent(sandbox: Sandbox) -> None:
    """A child has a lower priority than its parent, and so has the session that it leads."""
    process, session = await sandbox.run("priority", limit_s=LIMIT_S)
    assert str(os.getpriority(os.PRIO_PROCESS, 0) + NICE) == process
    assert session in (str(NICE), "FileNotFoundError")


async def test_sandbox_carries_no_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child sees no key, no address and no path of ours."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    seen = await sandbox.run("environment", limit_s=LIMIT_S)
    assert set() == {name for name in seen if not name.startswith(("OPENBLAS", "OMP", "L", "TZ"))}


@pytest.mark.parametrize(
    ("task", "arguments"),
    [
        ("connect", (80,)),
        ("read", ("/etc/passwd",)),
        ("read", ("/proc/1/environ",)),
        ("write", ("/tmp/wokflow-escaped",)),
        ("spawn", ()),
        ("fork", ()),
        ("kill", (os.getpid(),)),
    ],
)
async def test_sandbox_keeps_a_task_inside(sandbox: Sandbox, task: str, arguments: tuple[object, ...]) -> None:
    """No connection, file, program or process is within reach."""
    answer = await sandbox.run(task, *arguments, limit_s=LIMIT_S)
    assert answer in ("PermissionError", "OSError", "ConnectionRefusedError")


async def test_sandbox_hides_the_files_of_this_deployment(sandbox: Sandbox, tmp_path: Path) -> None:
    """A file of the parent's, such as the store's, cannot be read."""
    secret = tmp_path / "appendonly.aof"
    secret.write_text("balance")
    assert "PermissionError" == await sandbox.run("read", str(secret), limit_s=LIMIT_S)


async def test_sandbox_reports_its_layers(sandbox: Sandbox) -> None:
    """The protections in force are known after the first task."""
    await sandbox.run("pid", limit_s=LIMIT_S)
    assert {"limits", "no network", "read-only files", "system calls"} <= set(sandbox.layers or ())


async def test_sandbox_raises_invalid_input_when_a_task_refuses(sandbox: Sandbox) -> None:
    """A ValueError of a task comes back with its sentence, and its child goes on."""
    pid = await sandbox.run("pid", limit_s=LIMIT_S)
    with pytest.raises(InputRefused, match="the file is empty"):
        await sandbox.run("refuse", "the file is empty", limit_s=LIMIT_S)
    assert pid == await sandbox.run("pid", limit_s=LIMIT_S)


async def test_sandbox_shows_no_text_of_an_unexpected_error(sandbox: Sandbox) -> None:
    """An error that no task should raise is reported by its type alone."""
    with pytest.raises(Crashed, match="KeyError") as failure:
        await sandbox.run("fail", limit_s=LIMIT_S)
    assert "secret" not in str(failure.value)


async def test_sandbox_raises_unavailable_when_a_part_is_missing(sandbox: Sandbox) -> None:
    """A module that is not installed is not the fault of the input."""
    with pytest.raises(Unavailable, match="no_such_module"):
        await sandbox.run("missing", limit_s=LIMIT_S)


@pytest.mark.parametrize("task", ["spin", "sleep"])
async def test_sandbox_ends_a_task_at_its_limit(sandbox: Sandbox, task: str) -> None:
    """The work itself ends with its time, and a neighbour is not disturbed."""
    neighbour = asyncio.create_task(sandbox.run("sleep", 1.0, limit_s=LIMIT_S))
    pid = await sandbox.run("pid", limit_s=LIMIT_S)
    with pytest.raises(TookTooLong):
        await sandbox.run(task, *([LIMIT_S] if task == "sleep" else []), limit_s=0.3)
    assert not Path(f"/proc/{pid}").exists()
    assert "rested" == await neighbour
    assert pid != await sandbox.run("pid", limit_s=LIMIT_S)


@pytest.mark.parametrize(("task", "arguments"), [("segfault", ()), ("fill", (2 << 20,))])
async def test_sandbox_replaces_a_child_that_died(sandbox: Sandbox, task: str, arguments: tuple[object, ...]) -> None:
    """A crash, or a reply past its bound, costs that task alone."""
    with pytest.raises(Crashed):
        await sandbox.run(task, *arguments, limit_s=LIMIT_S)
    assert 3 == await sandbox.run("size", [1, 2, 3], limit_s=LIMIT_S)


async def test_sandbox_bounds_the_memory_of_a_child(sandbox: Sandbox) -> None:
    """A task that wants more memory than its child may have fails by itself."""
    with pytest.raises(Crashed, match="MemoryError"):
        await sandbox.run("fill", 2 << 30, limit_s=LIMIT_S)


async def test_sandbox_limits_each_child() -> None:
    """The kernel bounds memory, files and processor time, and ends the child with its parent, as another user."""
    sandbox = Sandbox(TASKS, children=1, memory_bytes_max=1 << 30, file_bytes_max=7_000)
    seen = await sandbox.run("limits", limit_s=LIMIT_S)
    used_s = seen.pop("RLIMIT_CPU") - LIMIT_S
    expected = {"RLIMIT_AS": 1 << 30, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": 7_000, "RLIMIT_NOFILE": OPEN_FILES_MAX}
    user = NOBODY if "own user" in (sandbox.layers or ()) else os.geteuid()
    assert {**expected, "user": user, "signal": signal.SIGKILL, "dumpable": 0} == seen
    assert 0 < used_s < LIMIT_S
    await sandbox.close()


def test_child_of_root_becomes_another_user_where_that_may_read_our_files(tmp_path: Path) -> None:
    """A child has the rights of root only if nobody else may read the files that it has to import."""
    code = "import os; from shared.sandbox import lockdown as l; l._nobody_reads = lambda *paths: True; "
    code += "print(l._drop_rights(''), *os.getresuid())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=30, check=True)
    layers, *users = done.stdout.decode().replace("'own user'", "own").split()
    expected = ("[own]", str(NOBODY)) if os.geteuid() == 0 else ("[]", str(os.geteuid()))
    assert (expected[0], [expected[1]] * 3) == (layers, users)
    tmp_path.chmod(0o700)
    assert not _nobody_reads(tmp_path)


async def test_sandbox_ignores_what_a_library_prints(sandbox: Sandbox) -> None:
    """Output of a library does not end up among the replies."""
    assert "quiet" == await sandbox.run("noise", limit_s=LIMIT_S)


async def test_sandbox_raises_busy_when_every_child_works() -> None:
    """A task waits for a free child no longer than it was allowed to."""
    sandbox = Sandbox(TASKS, children=1, waiting_max=1)
    first = asyncio.create_task(sandbox.run("sleep", LIMIT_S, limit_s=LIMIT_S))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await sandbox.run("pid", limit_s=LIMIT_S, wait_s=0.1)
    waiting = asyncio.create_task(sandbox.run("pid", limit_s=LIMIT_S))
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="waiting already"):
        await sandbox.run("pid", limit_s=LIMIT_S)
    first.cancel()
    assert await waiting
    await sandbox.close()


async def test_heavy_tasks_leave_a_child_free(sandbox: Sandbox) -> None:
    """While more heavy tasks run and wait than there are children, a light one runs at once."""
    heavy = [asyncio.create_task(sandbox.run("sleep", LIMIT_S, limit_s=LIMIT_S, heavy=True)) for _ in range(4)]
    assert 1 == await sandbox.run("size", [1], limit_s=LIMIT_S)
    assert not any(task.done() for task in heavy)
    assert 2 >= len(sandbox.pids)
    for task in heavy:
        task.cancel()
    await asyncio.gather(*heavy, return_exceptions=True)
    assert 2 == await sandbox.run("size", [1, 2], limit_s=LIMIT_S, heavy=True)


async def test_heavy_task_leaves_the_started_child_to_others(sandbox: Sandbox) -> None:
    """A heavy task starts a child of its own, so that a light one need not wait for a start."""
    light = await sandbox.run("pid", limit_s=LIMIT_S)
    heavy = await sandbox.run("pid", limit_s=LIMIT_S, heavy=True)
    assert light != heavy
    again = [await sandbox.run("pid", limit_s=LIMIT_S, heavy=True) for _ in range(3)]
    assert {light, heavy} >= set(again)
    assert {light, heavy} == sandbox.pids


async def test_waiting_heavy_tasks_leave_room_for_others() -> None:
    """A full queue of heavy tasks refuses further ones, and none of the others."""
    sandbox = Sandbox(TASKS, children=2, waiting_max=1)
    heavy = [asyncio.create_task(sandbox.run("sleep", LIMIT_S, limit_s=LIMIT_S, heavy=True)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="waiting already"):
        await sandbox.run("pid", limit_s=LIMIT_S, heavy=True)
    assert 0 == await sandbox.run("size", [], limit_s=LIMIT_S)
    for task in heavy:
        task.cancel()
    await asyncio.gather(*heavy, return_exceptions=True)
    await sandbox.close()


async def test_idle_child_gives_its_memory_back() -> None:
    """A sandbox has no child before its first task, and none after a while without tasks."""
    sandbox = Sandbox(TASKS, children=1, file_bytes_max=1, idle_s=0.2)
    assert set() == sandbox.pids
    pid = await sandbox.run("pid", limit_s=LIMIT_S)
    async with within(2):
        while sandbox.pids:
            await asyncio.sleep(0.02)
    assert pid != await sandbox.run("pid", limit_s=LIMIT_S)
    await sandbox.close()


async def test_close_ends_children_that_start_or_work() -> None:
    """A child that is starting or working ends with its sandbox, and its task raises."""
    sandbox = Sandbox(TASKS, children=2)
    working = asyncio.create_task(sandbox.run("sleep", LIMIT_S, limit_s=LIMIT_S))
    await asyncio.sleep(0.2)
    starting = asyncio.create_task(sandbox.run("sleep", LIMIT_S, limit_s=LIMIT_S))
    while len(sandbox.pids) < 2:
        await asyncio.sleep(0.001)
    await sandbox.close()
    assert set() == sandbox.pids
    for error in await asyncio.gather(working, starting, return_exceptions=True):
        assert isinstance(error, Crashed | Unavailable)
