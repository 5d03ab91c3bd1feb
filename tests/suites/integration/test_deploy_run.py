"""`make run` without make: the processes of a Procfile under one roof."""

import json
import signal
import sys

from tests.harness.processes import Process, a_folder

ROLES = {"gateway": "-m gateway", "deliver": "-m workers deliver", "sweep": "-m workers sweep"}
SLOW = (
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep(5.5), print('finished'), exit(0))); "
    "print('ready'); signal.pause()"
)


def house(procfile: str, **env: str) -> Process:
    """The runner on a Procfile of these lines, started."""
    file = a_folder("house") / "Procfile"
    file.write_text(procfile)
    return Process("house", sys.executable, "-m", "deploy.run", str(file), env=env).start()


async def test_every_process_sees_the_port_as_given() -> None:
    """PORT reaches every process unchanged, and stays unset if it was."""
    lines = "".join(f'{name}: echo "{name}=${{PORT:-none}}."; sleep 60\n' for name in ("store", "gateway"))
    with_port = house(lines, PORT="9123")
    for expected in ("store=9123.", "gateway=9123."):
        await with_port.logged(expected)
    without_port = house(lines)
    for expected in ("store=none.", "gateway=none."):
        await without_port.logged(expected)
    for process in (with_port, without_port):
        assert process.running
        assert 0 == await process.stop()


async def test_ctrl_c_lets_everyone_finish() -> None:
    """Ctrl-C asks every process to stop and waits for the slow ones, also past the five seconds of honcho."""
    slow = f'{sys.executable} -c "{SLOW}"'
    process = house(f"slow: exec {slow}\nquick: sleep 60\n")
    await process.logged("ready")
    process.send(signal.SIGINT)
    assert 0 == await process.ended()
    assert "finished" in process.output


async def test_failure_ends_everyone() -> None:
    """When a process fails the others are stopped and the failure is the exit code."""
    process = house("fails: sh -c 'sleep 0.2; exit 7'\nstays: sleep 60\n")
    assert 7 == await process.ended()


async def test_bad_setting_is_explained() -> None:
    """A setting that cannot be used is named before anything starts."""
    process = house("stays: sleep 60\n", DRAIN_S="soon")
    assert 1 == await process.ended()
    assert process.output.startswith("DRAIN_S: ")
    assert "Traceback" not in process.output


async def test_each_configured_provider_has_its_process() -> None:
    """A command with {provider} in it is run once for each provider that needs no key or whose key is set."""
    process = house("worker: echo 'I work for {provider}.'; sleep 60\n", FAL_KEY="a key", REPLICATE_API_TOKEN="")
    for expected in ("I work for local.", "I work for fal.", "worker-fal"):
        await process.logged(expected)
    assert "replicate" not in process.output
    assert 0 == await process.stop()


async def test_a_catalogue_that_cannot_be_read_is_explained() -> None:
    """A catalogue with a mistake in it stops the start with its place, and so does one that is not there."""
    broken = a_folder("catalogue") / "catalogue.toml"
    broken.write_text("models = 1")
    for catalogue, words in ((broken, "plans is missing"), (broken.parent / "none", "No such file")):
        process = house("worker: echo {provider}\n", CATALOGUE=str(catalogue))
        assert 1 == await process.ended()
        assert words in process.output
        assert "Traceback" not in process.output


async def test_every_worker_gets_a_port_for_its_metrics() -> None:
    """With METRICS_PORT each worker gets a port of its own, the others none, and Prometheus is told of all."""
    folder = a_folder("ports")
    lines = "".join(f'{name}: echo "{name}=$METRICS_PORT."; sleep 60 # {role}\n' for name, role in ROLES.items())
    running = house(lines, METRICS_PORT="9300", PORT="9299", DATA_DIR=str(folder))
    for expected in ("gateway=9300.", "deliver=9300.", "sweep=9301."):
        await running.logged(expected)
    [told] = json.loads((folder / "metrics-targets.json").read_text())
    assert ["127.0.0.1:9299", "127.0.0.1:9300", "127.0.0.1:9301"] == told["targets"]
    assert 0 == await running.stop()
