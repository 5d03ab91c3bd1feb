"""JSON responses."""

from collections.abc import Mapping

import msgspec
from aiohttp import web


def json_response(value: object, status: int = 200, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a response with `value` as its JSON body."""
    return web.Response(
        body=msgspec.json.encode(value), status=status, headers=headers, content_type="application/json"
    )


def list_response(entries: object) -> web.Response:
    """Return a response with a list of entries under `data`."""
    return json_response({"data": entries})
