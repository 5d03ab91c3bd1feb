"""The MCP server: JSON-RPC over one POST (Streamable HTTP), without sessions and without streams of its own."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from aiohttp import web
from msgspec import UNSET

from gateway import auth, errors
from gateway.body import read_json
from gateway.dialects.mcp.bodies import McpError, McpMessage, McpResponse
from gateway.dialects.mcp.tools import DIALECT, TOOLS, Tool, call
from gateway.openapi.schemas import components, name_of
from gateway.responses import json_response
from shared.domain.errors import Refused
from shared.ops import metrics
from shared.ops.storage import media_type_of
from shared.version import VERSION

METHOD_NOT_FOUND, INVALID_PARAMS = -32601, -32602
PROTOCOLS = ("2025-11-25", "2025-06-18", "2025-03-26")  # the newest first
INSTRUCTIONS = (
    "Generate images, videos, texts, voices and music with many models. Choose a model with list_models, check its "
    "price with quote, then call generate with the most that it may cost. Show the user the links of the outputs."
)
LINKS_MAX = 16


async def handle_message(request: web.Request) -> web.Response:
    """Answer a request with its response, and a notification with 202."""
    account = await auth.authenticate(request)
    message, _ = await read_json(request, McpMessage, with_media=True)
    if message.id is UNSET or not message.method:
        return web.Response(status=202)
    result = await answer(request, account, message)
    if isinstance(result, McpError):
        return json_response(McpResponse(id=message.id, error=result))
    return json_response(McpResponse(id=message.id, result=result))


async def answer(request: web.Request, account: str, message: McpMessage) -> dict[str, object] | McpError:
    """Return the result of a request, or its error."""
    params = message.params or {}
    match message.method:
        case "initialize":
            return initialize(params)
        case "ping":
            return {}
        case "tools/list":
            return {"tools": list_tools()}
        case "tools/call":
            tool = TOOLS.get(str(params.get("name")))
            if tool is None:
                return McpError(code=INVALID_PARAMS, message=f"Unknown tool. Known: {', '.join(TOOLS)}.")
            return await call_tool(request, account, tool, params.get("arguments") or {})
    return McpError(code=METHOD_NOT_FOUND, message="This server has tools alone: see tools/list.")


def initialize(params: dict[str, object]) -> dict[str, object]:
    """Return what this server can do, in the client's version of the protocol if we know it."""
    wanted = params.get("protocolVersion")
    return {
        "protocolVersion": wanted if wanted in PROTOCOLS else PROTOCOLS[0],
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "wokflow", "title": "Wokflow", "version": VERSION},
        "instructions": INSTRUCTIONS,
    }


async def call_tool(request: web.Request, account: str, tool: Tool, arguments: object) -> dict[str, object]:
    """Return the result of a tool: its JSON, and a link for each output. A refusal is a result that is an error."""
    try:
        found = await call(request, account, tool, arguments)
    except Refused as refused:
        if errors.status_of(refused) in (401, 403):
            raise
        metrics.of(metrics.REFUSED, DIALECT, refused.code).inc()
        said = {"code": refused.code, "message": refused.message}
        return {"content": [text_of(said)], "structuredContent": said, "isError": True}
    failed = found.get("status") == "failed"
    return {"content": [text_of(found), *links_of(found)], "structuredContent": found, "isError": failed}


def text_of(value: Mapping[str, object]) -> dict[str, object]:
    """Return a result as JSON in a text, for hosts that show nothing else."""
    return {"type": "text", "text": msgspec.json.encode(value).decode()}


def links_of(found: dict[str, Any]) -> list[dict[str, object]]:
    """Return a link for each output of a generation."""
    urls = found.get("result_urls") or ()
    return [
        {"type": "resource_link", "uri": url, "name": url.rpartition("/")[2], "mimeType": media_type_of(url)}
        for url in urls[:LINKS_MAX]
    ]


@cache
def list_tools() -> list[dict[str, object]]:
    """Return the tools, with the schemas of their arguments."""
    return [
        {
            "name": tool.name,
            "description": " ".join((tool.arguments.__doc__ or "").split()),
            "inputSchema": schema_of(tool.arguments),
            "annotations": {"readOnlyHint": tool.read_only, "destructiveHint": False, "idempotentHint": True},
        }
        for tool in TOOLS.values()
    ]


def schema_of(arguments: type[msgspec.Struct]) -> dict[str, object]:
    """Return the JSON Schema of a tool's arguments."""
    found: dict[str, object] = components((arguments,), {arguments})[name_of(arguments)]
    return {name: found[name] for name in ("type", "properties", "required")} | {"additionalProperties": False}
