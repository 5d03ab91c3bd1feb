"""The way of a request from aiohttp's server to its handler.

aiohttp's router builds a match for each request, and wraps the handler in its middlewares. The match of a path without
parameters is always the same. So such a path is looked up, and its handler is called by our only middleware.
"""

from collections.abc import Awaitable

from aiohttp import hdrs, web

from gateway.middleware import handle_request


class ExactPaths:
    """The handlers of an application by method and path. Everything else takes the way of aiohttp."""

    def __init__(self, app: web.Application, otherwise: "web.Server") -> None:
        self._matches = find_exact(app)
        self._otherwise = otherwise.request_handler

    def handle(self, request: web.Request) -> Awaitable[web.StreamResponse]:
        """Return what answers a request."""
        found = self._matches.get((request.method, request.raw_path.partition("?")[0]))
        if found is None or hdrs.EXPECT in request.headers:
            return self._otherwise(request)
        request._match_info = found
        return handle_request(request, found.handler)


def find_exact(app: web.Application) -> dict[tuple[str, str], web.UrlMappingMatchInfo]:
    """Return the match of each path without parameters, by its method and path."""
    found: dict[tuple[str, str], web.UrlMappingMatchInfo] = {}
    for resource in app.router.resources():
        for route in resource if isinstance(resource, web.PlainResource) else ():
            match = web.UrlMappingMatchInfo({}, route)
            match.add_app(app)
            match.freeze()
            found.setdefault((route.method, resource.canonical), match)
    return found


def use_exact_paths(runner: web.AppRunner) -> None:
    """Let the server of a runner that is set up look paths up."""
    server = runner.server
    assert server is not None  # noqa: S101  # setup() sets it
    server.request_handler = ExactPaths(runner.app, server).handle  # type: ignore[assignment]  # of web.Request
