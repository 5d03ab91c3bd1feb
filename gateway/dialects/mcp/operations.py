"""The operation of the MCP server."""

from gateway.dialects.mcp.bodies import McpMessage, McpResponse
from gateway.dialects.mcp.server import PROTOCOLS, handle_message
from gateway.operation import BODIED, KEYED, Operation, OperationResponse

PONG = McpResponse(id=1, result={})
OPERATIONS = (
    Operation(
        method="post",
        path="/mcp",
        handler=handle_message,
        id="mcp",
        scopes=("generate", "read"),
        tag="MCP",
        summary="Send a message to the MCP server",
        text="Streamable HTTP without sessions: each request gets one JSON response, and a notification gets 202. "
        f"Versions of the protocol: {', '.join(PROTOCOLS)}. A tool that is refused has a result with `isError`.",
        body=McpMessage,
        bodies={
            "tools": McpMessage(jsonrpc="2.0", id=1, method="tools/list"),
            "ping": McpMessage(jsonrpc="2.0", id=1, method="ping"),
        },
        responses=(
            OperationResponse(text="The response.", shapes=(McpResponse,), examples={"ping": PONG}),
            OperationResponse(status=202, text="A notification is taken.", media_type=""),
        ),
        refusals=("rate_limited", *BODIED, *KEYED),
    ),
)
