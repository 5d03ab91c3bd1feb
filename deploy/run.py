"""Run the processes of a Procfile in one terminal: `python -m deploy.run [Procfile]`.

A command with `{provider}` in it is run once for each provider of the catalogue that is configured: a key that is set
brings its worker along. With METRICS_PORT each worker gets a port of its own, from that one on, and a file in DATA_DIR
tells Prometheus about all of them.

honcho does the work. Its own command is not used because it gives each process a PORT of its own, and kills whoever
still drains five seconds after the first one left.
"""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from honcho import manager
from honcho.environ import parse_procfile

from shared.domain.catalogue_file import CatalogueError
from shared.ops import catalogue_files
from shared.ops.settings import Settings, SettingsError, load

PROVIDER = "{provider}"
WORKS = "-m workers"
TARGETS = "metrics-targets.json"
STORE_S = 20  # past drain_s, what the store needs to leave last


def main() -> int:
    """Run until one process ends, or until we are told to stop; then 0, whatever a stopped process returned."""
    procfile = Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/Procfile")
    try:
        settings = load()
        manager.KILL_WAIT = int(settings.drain_s) + STORE_S
        processes = numbered(list(each(procfile.read_text(), settings.catalogue)), settings)
    except (SettingsError, CatalogueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    house = manager.Manager()
    for name, command in processes:
        house.add_process(name, command)
    house.loop()
    stopped = {128 + signal.SIGINT, 128 + signal.SIGTERM}
    return 0 if house.returncode in stopped else int(house.returncode)


def each(procfile: str, catalogue: str) -> Iterator[tuple[str, str]]:
    """Name and command of every process. Raises CatalogueError where the providers are wanted and cannot be read."""
    lines = parse_procfile(procfile).processes
    wanted = any(PROVIDER in command for command in lines.values())
    able = sorted(catalogue_files.configured(catalogue_files.load(catalogue))) if wanted else []
    for name, command in lines.items():
        if PROVIDER not in command:
            yield name, command
            continue
        for provider in able:
            yield f"{name}-{provider}", command.replace(PROVIDER, provider)


def numbered(processes: list[tuple[str, str]], settings: Settings) -> list[tuple[str, str]]:
    """The same with a METRICS_PORT for each worker, noted where deploy/prometheus/prometheus.yml looks."""
    if not settings.metrics_port:
        return processes
    workers = [name for name, command in processes if WORKS in command]
    ports = {name: settings.metrics_port + number for number, name in enumerate(workers)}
    targets = [f"{settings.host}:{port}" for port in (settings.port, *ports.values())]
    note = Path(settings.data_dir) / TARGETS
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps([{"targets": targets}]))
    return [(name, f"export METRICS_PORT={ports[name]}; {line}" if name in ports else line) for name, line in processes]


if __name__ == "__main__":
    sys.exit(main())
