"""python -m deploy.healthy: exit status 0 if the process in this container lives, whichever role it has.

A gateway answers /healthz on PORT, the other roles on METRICS_PORT.
"""

import sys
from urllib.error import URLError
from urllib.request import urlopen

from shared.ops.settings import SettingsError, load

PATIENCE_S = 2.0


def answers(port: int) -> bool:
    """Whether somebody on this machine answers /healthz with 200 on that port."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_S) as response:  # ours, http
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def main() -> int:
    """0 if the gateway or another role answers here."""
    try:
        settings = load()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if any(answers(port) for port in (settings.port, settings.metrics_port) if port) else 1


if __name__ == "__main__":
    sys.exit(main())
