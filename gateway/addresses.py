"""The gateway's URL in links of responses: PUBLIC_URL, or else the address that the client used.

A gateway that listens on every address has no URL of its own. The Host header names the one that reached it, and only
the client that sent the header sees links to it. Webhooks have no such client, so a warning demands PUBLIC_URL.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from shared.ops.setting_checks import check_public_url
from shared.ops.settings import Settings

ADDRESSES_MAX = 8  # texts that are held for other addresses than our own
HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")

CURRENT = ContextVar("base_url", default="")

log = structlog.get_logger()


def note_address(request: web.Request, settings: Settings) -> None:
    """Use the request's own address in the links of its response, if this gateway has no other."""
    CURRENT.set(address_of(request, settings))


def address_of(request: web.Request, settings: Settings) -> str:
    """Return the gateway's URL as this client sees it, without a trailing slash. An invalid Host header is ignored."""
    if settings.is_public_url_known:
        return settings.base_url
    url = f"http://{request.headers.get('Host', '')}"
    return url if HOST.fullmatch(url[7:]) and check_public_url(url) is None else settings.base_url


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
