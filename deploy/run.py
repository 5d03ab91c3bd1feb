"""Run the processes of a Procfile in one terminal: `python -m deploy.run [Procfile]`.

A command with `{provider}` in it is run once for each provider of the catalogue that is configured: a key that is set
brings its worker along.

honcho does the work. Its own command is not used because it gives each process a PORT of its own, and kills whoever
still drains five seconds after the first one left.
"""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from honcho import manager
from honcho.environ import parse_procfile

from shared.domain.catalogue_file import CatalogueError
from shared.ops import catalogue_files
from shared.ops.settings import SettingsError, load

PROVIDER = "{provider}"
STORE_S = 20  # past drain_s, what the store needs to leave last


def main() -> int:
    """Run until one process ends, or until we are told to stop; then 0, whatever a stopped process returned."""
    procfile = Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/Procfile")
    try:
        settings = load()
        manager.KILL_WAIT = int(settings.drain_s) + STORE_S
        processes = list(each(procfile.read_text(), settings.catalogue))
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


if __name__ == "__main__":
    sys.exit(main())
