"""Run the processes of a Procfile in one terminal: `python -m deploy.run [Procfile]`.

honcho does the work. Its own command is not used because it gives each process a PORT of its own, and kills whoever
still drains five seconds after the first one left.
"""

import signal
import sys
from pathlib import Path

from honcho import manager
from honcho.environ import parse_procfile

from shared.ops.settings import SettingsError, load

STORE_S = 20  # past drain_s, what the store needs to leave last


def main() -> int:
    """Run until one process ends, or until we are told to stop; then 0, whatever a stopped process returned."""
    procfile = Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/Procfile")
    try:
        manager.KILL_WAIT = int(load().drain_s) + STORE_S
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    house = manager.Manager()
    for name, command in parse_procfile(procfile.read_text()).processes.items():
        house.add_process(name, command)
    house.loop()
    stopped = {128 + signal.SIGINT, 128 + signal.SIGTERM}
    return 0 if house.returncode in stopped else int(house.returncode)


if __name__ == "__main__":
    sys.exit(main())
