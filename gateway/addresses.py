"""The gateway's URL in links of responses: PUBLIC_URL, or else the address that the client used.

A gateway that listens on every address has no URL of its own. The Host header names the one that reached it, and only
the client that sent the header sees links to it. Webhooks have no such client, so a warning demands PUBLIC_URL.
"""

import re
from collections.abc import Callable
from functools import lru_cache

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from shared.ops.setting_checks import check_public_url
from shared.ops.settings import Settings

HOSTS_REMEMBERED = 64
ADDRESSES_MAX = 8  # texts that are held for other addresses than our own
HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")

log = structlog.get_logger()


def address_of(request: web.Request, settings: Settings) -> str:
    """Return the gateway's URL as this client sees it, without a trailing slash. An invalid Host header is ignored."""
    return url_of(request.headers.get("Host", ""), settings)


def url_of(host: str, settings: Settings) -> str:
    """Return the gateway's URL as a client that sent this Host header sees it."""
    found = "" if settings.is_public_url_known else _url_of(host)
    return found or _own_url(settings.public_url, settings.host, settings.port)


@lru_cache(1)  # a page of a list needs it for hundreds of outputs
def _own_url(public_url: str, host: str, port: int) -> str:
    return Settings(public_url=public_url, host=host, port=port).base_url


@lru_cache(HOSTS_REMEMBERED)
def _url_of(host: str) -> str:
    """Return the URL of a Host header, or an empty text for an invalid one."""
    url = f"http://{host}"
    return url if HOST.fullmatch(host) and check_public_url(url) is None else ""


def warn_without_address(settings: Settings) -> None:
    """Log a warning if links in webhooks cannot lead anywhere but to this machine."""
    if not settings.is_public_url_known:
        log.warning("public_url.missing", host=settings.host, links=settings.base_url, fix="set PUBLIC_URL")


def located_handler(make: Callable[[str], Handler], settings: Settings) -> Handler:
    """Return a handler of a text that names the gateway's URL. `make` returns the handler for one URL."""
    handlers = {settings.base_url: make(settings.base_url)}

    async def serve(request: web.Request) -> web.StreamResponse:
        url = address_of(request, settings)
        if url not in handlers and len(handlers) < ADDRESSES_MAX:
            handlers[url] = make(url)
        return await handlers.get(url, handlers[settings.base_url])(request)

    return serve
