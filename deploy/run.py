"""Run the processes of a Procfile in one terminal: `python -m deploy.run [Procfile]`.

A command with `{provider}` in it runs once for each configured provider of the catalogue, so setting a key also starts
its worker. With METRICS_PORT each worker gets its own port, counted from that one. A file in DATA_DIR lists the ports
for Prometheus.

honcho runs the processes. Its own command does not fit. It gives each process a PORT of its own, and it kills whatever
still drains five seconds after the first process ended.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from honcho import manager
from honcho.environ import parse_procfile

from deploy import preflight
from deploy.bound import BoundProcess, Lifeline
from shared.ops import catalogue_files, own_secrets
from shared.ops.hangup import Terminal
from shared.ops.settings import Settings, SettingsError, load, other_environment

PROVIDER = "{provider}"
WORKS, RUNS, GATEWAY = "-m workers", "-m workers run ", "-m gateway"
DISPATCHER, ARCHIVER = "-m workers deliver", "-m workers archive"
TARGETS = "metrics-targets.json"
STORE_S = 20  # how long the store, which stops last, may take after drain_s
UNUSABLE = 2


def main() -> int:
    """Run until one process ends or a signal arrives; return the exit status, 0 after a signal."""
    terminal = Terminal()
    procfile = Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/Procfile")
    try:
        settings = load()
        manager.KILL_WAIT = int(settings.drain_s) + STORE_S
        processes = list(expand(procfile.read_text(), settings))
        ports = metrics_ports(processes, settings)
        preflight.check(settings, [command for _, command in processes], ports.values())
        if ports:
            write_targets(settings, ports)
    except (SettingsError, OSError) as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    supervisor = manager.Manager()
    supervisor._process_ctor = partial(BoundProcess, Lifeline(), manager.KILL_WAIT)
    signal.signal(signal.SIGHUP, lambda *_: hang_up(terminal, supervisor))
    environments = Environments(settings)
    for name, command in processes:
        line = f"export METRICS_PORT={ports[name]}; {command}" if name in ports else command
        supervisor.add_process(name, line, env=environments.of(command))
    supervisor.loop()
    stopped = {128 + signal.SIGINT, 128 + signal.SIGTERM}
    return 0 if supervisor.returncode in stopped else int(supervisor.returncode)


def hang_up(terminal: Terminal, supervisor: manager.Manager) -> None:
    """Stop if the terminal was closed. Otherwise let every process read its catalogue again, by its own SIGHUP."""
    if terminal.closed:
        silence()  # a line that cannot be printed would end the runner before its processes
        os.kill(os.getpid(), signal.SIGTERM)
        return
    for state in supervisor._processes.values():
        if state.get("pid") is not None and state.get("returncode") is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(state["pid"], signal.SIGHUP)


def silence() -> None:
    """Drop whatever this process prints from now on."""
    with open(os.devnull, "w") as nowhere:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere.fileno(), stream.fileno())


class Environments:
    """The environment of each process: no key of a provider but its own."""

    def __init__(self, settings: Settings) -> None:
        self._catalogue = catalogue_files.load_deployed(settings, compiled=False)
        self._providers = ",".join(sorted(catalogue_files.configured(self._catalogue, settings.elsewhere)))

    def of(self, command: str) -> dict[str, str]:
        """Return the environment of a process by its command. It names the configured providers, without their keys."""
        _, _, provider = command.partition(RUNS)
        needs = own_secrets.Needs(
            provider=" ".join(provider.split()[:1]),
            sealed=any(role in command for role in (GATEWAY, DISPATCHER, ARCHIVER)),
            records=any(role in command for role in (GATEWAY, ARCHIVER)),
            payments=GATEWAY in command,
            mail=GATEWAY in command,
        )
        hidden = own_secrets.foreign_variables(self._catalogue, needs)
        return other_environment(hidden, PROVIDERS=self._providers)


def expand(procfile: str, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield name and command of every process. Raises SettingsError if providers are needed but cannot be read."""
    lines = parse_procfile(procfile).processes
    needed = any(PROVIDER in command for command in lines.values())
    catalogue = catalogue_files.load_deployed(settings, compiled=False) if needed else None
    configured = sorted(catalogue_files.configured(catalogue, settings.elsewhere)) if catalogue else []
    for name, command in lines.items():
        if PROVIDER not in command:
            yield name, command
            continue
        for provider in configured:
            yield f"{name}-{provider}", command.replace(PROVIDER, provider)


def metrics_ports(processes: list[tuple[str, str]], settings: Settings) -> dict[str, int]:
    """Return the METRICS_PORT of each worker by its process's name; empty if METRICS_PORT is not set."""
    if not settings.metrics_port:
        return {}
    workers = [name for name, command in processes if WORKS in command]
    return {name: settings.metrics_port + number for number, name in enumerate(workers)}


def write_targets(settings: Settings, ports: dict[str, int]) -> None:
    """Write the list of processes that deploy/prometheus/prometheus.yml reads."""
    targets = [settings.local_netloc(port) for port in (settings.port, *ports.values())]
    file = Path(settings.data_dir) / TARGETS
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([{"targets": targets}]))


if __name__ == "__main__":
    sys.exit(main())
