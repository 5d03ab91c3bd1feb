"""python -m gateway"""

import sys

import uvloop
from aiohttp import web

from gateway.app import build_app
from shared.domain.catalogue_file import CatalogueError
from shared.ops import logs, settings


def main() -> int:
    """Serve until SIGTERM or SIGINT; the exit status."""
    try:
        config = settings.load()
        app = build_app(config)
    except (settings.SettingsError, CatalogueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure(config, role="gateway")
    web.run_app(
        app,
        host=config.host,
        port=config.port,
        loop=uvloop.new_event_loop(),
        access_log=None,
        print=None,
        shutdown_timeout=config.drain_s,
        handle_signals=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
