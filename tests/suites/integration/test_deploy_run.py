"""`make run` without make: deploy/run.py supervises the processes of a Procfile."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.harness.processes import POLL_EVERY_S, Process, make_folder

ROLES = {"gateway": "-m gateway", "deliver": "-m workers deliver", "sweep": "-m workers sweep"}
UNUSABLE = 2
SLOW = (
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep(5.5), print('finished'), exit(0))); "
    "print('ready'); signal.pause()"
)

READER = (
    "import signal, itertools; n = itertools.count(1); "
    "signal.signal(signal.SIGHUP, lambda *_: print('read', next(n), flush=True)); print('ready', flush=True); "
    "[signal.pause() for _ in n]"
)
CLOSED_TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.executable, [sys.executable, "-m", "deploy.run", sys.argv[1]])
seen = b""
while b"stays started" not in seen:
    seen += os.read(terminal, 4096)
os.close(terminal)
os.waitpid(pid, 0)
print("the runner ended", flush=True)
"""


def start(procfile: str, **env: str) -> Process:
    """Start the runner on a Procfile of these lines."""
    file = make_folder("run") / "Procfile"
    file.write_text(procfile)
    return Process("run", sys.executable, "-m", "deploy.run", str(file), env=env).start()


async def test_run_passes_port_on_unchanged() -> None:
    """PORT reaches every process unchanged, and stays unset if it was."""
    lines = "".join(f'{name}: echo "{name}=${{PORT:-none}}."; sleep 60\n' for name in ("store", "gateway"))
    with_port = start(lines, PORT="9123")
    for expected in ("store=9123.", "gateway=9123."):
        await with_port.wait_for_log(expected)
    without_port = start(lines)
    for expected in ("store=none.", "gateway=none."):
        await without_port.wait_for_log(expected)
    for process in (with_port, without_port):
        assert process.running
        assert 0 == await process.stop()


async def test_run_waits_for_every_process_on_ctrl_c() -> None:
    """Ctrl-C stops every process and waits for the slow ones, also past the five seconds of honcho."""
    slow = f'{sys.executable} -c "{SLOW}"'
    process = start(f"slow: exec {slow}\nquick: sleep 60\n")
    await process.wait_for_log("ready")
    process.send(signal.SIGINT)
    assert 0 == await process.wait_for_exit()
    assert "finished" in process.output


async def test_run_stops_every_process_when_one_fails() -> None:
    """When a process fails the others are stopped, and its exit status is the runner's."""
    process = start("fails: sh -c 'sleep 0.2; exit 7'\nstays: sleep 60\n")
    assert 7 == await process.wait_for_exit()


async def test_run_names_a_setting_it_cannot_use() -> None:
    """An unusable setting is named before any process starts."""
    process = start("stays: sleep 60\n", DRAIN_S="soon")
    assert UNUSABLE == await process.wait_for_exit()
    assert process.output.startswith("DRAIN_S=soon is not valid: it must be a number from 0 to ")
    assert "Traceback" not in process.output


async def test_run_starts_a_process_for_each_configured_provider() -> None:
    """A command with {provider} in it runs once for each provider that needs no key or whose key is set."""
    process = start("worker: echo 'Worker of {provider}.'; sleep 60\n", FAL_KEY="a-key", REPLICATE_API_TOKEN="")
    for expected in ("Worker of local.", "Worker of fal.", "worker-fal"):
        await process.wait_for_log(expected)
    assert "replicate" not in process.output
    assert 0 == await process.stop()


async def test_run_explains_a_catalogue_it_cannot_read() -> None:
    """A mistake in the catalogue ends the start with its place, and so does a missing catalogue."""
    broken = make_folder("catalogue") / "catalogue.toml"
    broken.write_text("models = 1")
    for catalogue, words in ((broken, "plans is missing"), (broken.parent / "none", "No such file")):
        process = start("worker: echo {provider}\n", CATALOGUE=str(catalogue))
        assert UNUSABLE == await process.wait_for_exit()
        assert words in process.output
        assert "Traceback" not in process.output


async def test_run_gives_every_worker_a_metrics_port() -> None:
    """With METRICS_PORT each worker gets a port of its own, the others none, and Prometheus gets all of them."""
    folder = make_folder("ports")
    lines = "".join(f'{name}: echo "{name}=$METRICS_PORT."; sleep 60 # {role}\n' for name, role in ROLES.items())
    running = start(lines, METRICS_PORT="9300", PORT="9299", DATA_DIR=str(folder))
    for expected in ("gateway=9300.", "deliver=9300.", "sweep=9301."):
        await running.wait_for_log(expected)
    [entry] = json.loads((folder / "metrics-targets.json").read_text())
    assert ["127.0.0.1:9299", "127.0.0.1:9300", "127.0.0.1:9301"] == entry["targets"]
    assert 0 == await running.stop()


async def test_run_ends_in_one_line_when_the_port_is_taken() -> None:
    """A start that could not succeed ends with one line and exit status 2, before any process starts."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = start("gateway: echo started # -m gateway\n", PORT=str(port), DATA_DIR=str(make_folder("data")))
        assert UNUSABLE == await process.wait_for_exit()
    assert f"Port {port} of 127.0.0.1 is taken: stop the program that uses it, or set PORT to a free port.\n" == (
        process.output
    )


async def test_run_leaves_no_orphans_when_it_is_killed() -> None:
    """SIGKILL of the runner, alone or with its whole group, stops every process as a signal would: they drain."""
    slow = f'{sys.executable} -c "{SLOW.replace("5.5", "0.3")}"'
    marks = [make_folder("orphans") / "finished" for _ in range(2)]
    runners = [start(f"slow: exec {slow} >{mark}\nquick: sleep 60 # {mark}\n") for mark in marks]
    for runner, mark in zip(runners, marks, strict=True):
        await runner.wait_until(lambda mark=mark: mark.exists() and "ready" in mark.read_text(), "start")
        await runner.wait_for_log("quick started")
    os.kill(runners[0].pid, signal.SIGKILL)
    runners[1].kill()
    while any(str(mark) in command for mark in marks for command in commands()):
        await asyncio.sleep(POLL_EVERY_S)
    for mark in marks:
        await poll_text(mark, "finished")


async def test_run_stops_everything_when_its_terminal_closes() -> None:
    """A closed terminal stops every process, and the runner waits for them."""
    file = make_folder("terminal") / "Procfile"
    file.write_text(f"stays: sleep 60 # {file}\n")
    process = Process("terminal", sys.executable, "-c", CLOSED_TERMINAL, str(file)).start()
    await process.wait_for_log("the runner ended")
    while any(str(file) in command for command in commands() if "sleep 60" in command):
        await asyncio.sleep(POLL_EVERY_S)


async def test_run_passes_sighup_on() -> None:
    """Without a terminal SIGHUP reaches each process, and ends none, not even one without a handler for it."""
    runner = start(f'reads: exec {sys.executable} -c "{READER}"\nstays: exec sleep 60\n')
    await runner.wait_for_log("ready")
    await runner.wait_for_log("stays started")
    runner.send(signal.SIGHUP)
    await runner.wait_for_log("read ")
    assert runner.running
    assert 0 == await runner.stop()


def commands() -> Iterator[str]:
    """Yield the command line of every running process."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_text(errors="replace")


async def poll_text(path: Path, text: str) -> None:
    """Wait until a file contains a text; the test's own time limit ends it."""
    while text not in path.read_text():
        await asyncio.sleep(POLL_EVERY_S)


async def test_run_gives_every_process_its_own_secrets_alone() -> None:
    """A worker gets its provider's key, gateways and archivers the database, those that seal secrets their key."""
    roles = {
        **ROLES,
        "archive": "-m workers archive",
        "store": "-m shared.store.embedded",
        "fal": "-m workers run fal",
        "openai": "-m workers run openai",
    }
    shown = "$FAL_KEY,$OPENAI_API_KEY,$SECRETS_KEY,$DATABASE_URL,$PROVIDERS"
    lines = "".join(f'{name}: echo "{name}={shown}."; sleep 60 # {role}\n' for name, role in roles.items())
    keys = {"FAL_KEY": "key-of-fal", "OPENAI_API_KEY": "key-of-openai", "SECRETS_KEY": "key-of-hooks"}
    keys["DATABASE_URL"] = "postgresql://of-records"
    running = start(lines, PORT="9298", DATA_DIR=str(make_folder("rights")), REDIS_URL="redis://store", **keys)
    for name, own in (
        ("gateway", ",,key-of-hooks,postgresql://of-records"),
        ("deliver", ",,key-of-hooks,"),
        ("archive", ",,key-of-hooks,postgresql://of-records"),
        ("sweep", ",,,"),
        ("store", ",,,"),
        ("fal", "key-of-fal,,,"),
        ("openai", ",key-of-openai,,"),
    ):
        await running.wait_for_log(f"{name}={own},fal,local,openai.")
    assert 0 == await running.stop()
