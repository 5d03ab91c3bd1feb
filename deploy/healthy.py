"""python -m deploy.healthy: exit with status 0 if the process of this container is healthy, whatever its role.

A gateway serves /healthz on PORT, other roles on METRICS_PORT.
"""

import sys
from urllib.error import URLError
from urllib.request import urlopen

from shared.ops.settings import SettingsError, load

TIMEOUT_S = 2.0


def is_healthy(netloc: str) -> bool:
    """Return whether /healthz at that address of this machine responds with 200."""
    try:
        with urlopen(f"http://{netloc}/healthz", timeout=TIMEOUT_S) as response:  # our own address
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def main() -> int:
    """Return exit status 0 if the gateway or another role is healthy."""
    try:
        settings = load()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    ports = [port for port in (settings.port, settings.metrics_port) if port]
    return 0 if any(is_healthy(settings.local_netloc(port)) for port in ports) else 1


if __name__ == "__main__":
    sys.exit(main())
