"""The operations next to the APIs: outputs, callbacks, probes, the document and the pages."""

from typing import Annotated, ClassVar

from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import UNSET, Struct, UnsetType
from prometheus_client import CONTENT_TYPE_LATEST

from gateway import assets, callbacks, probes, static
from gateway.context import DOCUMENT, SDK
from gateway.examples import ASSET_PATH
from gateway.home import serve_home, serve_playground
from gateway.operation import Operation, OperationResponse, Parameter
from shared.domain.described import doc

TAG = "operations"
ASSET_HEADERS = ("ETag", "Last-Modified", "Content-Disposition", "Cache-Control")
CALLBACK_TOKEN = "019e07f2aa187c3e9f216b1f0c9d2e47f3b81c60a27d4e95b8c1d07a6e52f493"  # noqa: S105 - an example
UNCHANGED = OperationResponse(status=304, text="Not modified: your copy is current.", headers=("ETag",), media_type="")


class Liveness(Struct):
    """The process is alive."""

    schema_name: ClassVar[str] = "Health"

    status: Annotated[str, doc("Always `ok`.", const="ok")]
    catalogue: Annotated[
        str | UnsetType, doc("The version of the catalogue that this process works with. Only from /healthz.")
    ] = UNSET


class Readiness(Struct):
    """Whether the process can serve requests, and which part fails."""

    status: Annotated[str, doc("Whether every part is ready.", enum=["ok", "unavailable"])]
    parts: Annotated[dict[str, str], doc("Each part by name: `ok`, or what is wrong with it.")]


ALIVE = Liveness(status="ok", catalogue="3f9a1c27d04e")
READY = Readiness(status="ok", parts={"gateway": "ok", "store": "ok", "storage": "ok"})
NOT_READY = Readiness(status="unavailable", parts={"gateway": "ok", "store": "no answer within 1 s", "storage": "ok"})


async def serve_document(request: web.Request) -> web.StreamResponse:
    """Answer the OpenAPI document."""
    return await request.app[DOCUMENT](request)


async def serve_sdk(request: web.Request) -> web.StreamResponse:
    """Answer the TypeScript SDK."""
    return await request.app[SDK](request)


def _text(name: str, text: str, example: str) -> Parameter:
    return Parameter(name=name, place="path", required=True, text=text, schema={"type": "string"}, example=example)


def _get(
    path: str, handler: Handler, name: str, *, summary: str, responses: tuple[OperationResponse, ...]
) -> Operation:
    return Operation(
        method="get",
        path=path,
        handler=handler,
        id=name,
        tag=TAG,
        summary=summary,
        access="open",
        responses=responses,
        refusals=("internal_error",),
    )


def _file(path: str, handler: Handler, name: str, *, summary: str, text: str, media_type: str) -> Operation:
    found = OperationResponse(text=text, headers=("ETag",), media_type=media_type)
    return _get(
        path,
        handler,
        name,
        summary=summary,
        responses=(
            found,
            UNCHANGED,
        ),
    )


ASSET = Operation(
    method="get",
    path="/assets/{path}",
    pattern="/assets/{path:.*}",
    handler=assets.serve_asset,
    id="readAsset",
    tag="Outputs",
    summary="Download an output",
    text="The file behind a `result_url`. Everybody who knows the URL can read it. Supports ranges and conditional "
    "requests.",
    access="open",
    parameters=(
        _text("path", "The path in the URL of the output. It contains slashes.", f"{ASSET_PATH}.png"),
        Parameter(
            name="Range",
            place="header",
            text="One range of bytes. Several ranges are ignored.",
            schema={"type": "string"},
        ),
        Parameter(name="If-None-Match", place="header", text="ETags of your copies.", schema={"type": "string"}),
    ),
    responses=(
        OperationResponse(text="The output.", headers=ASSET_HEADERS, media_type="*/*"),
        OperationResponse(status=206, text="The range.", headers=(*ASSET_HEADERS, "Content-Range"), media_type="*/*"),
        OperationResponse(status=304, text="Not modified: your copy is current.", headers=ASSET_HEADERS, media_type=""),
        OperationResponse(
            status=416, text="The range is outside the output.", headers=("Content-Range",), media_type=""
        ),
    ),
    refusals=("not_found", "internal_error", "unavailable"),
)
CALLBACK = Operation(
    method="post",
    path="/callbacks/{provider}/{token}",
    handler=callbacks.receive_callback,
    id="receiveCallback",
    tag=TAG,
    summary="Receive a provider's callback",
    text="For providers. Each generation has a callback URL of its own. A callback only makes us poll the task sooner.",
    access="open",
    parameters=(
        _text("provider", "The provider's name.", "local"),
        _text("token", "The token of the generation's callback URL.", CALLBACK_TOKEN),
    ),
    responses=(OperationResponse(text="Received.", shapes=(Liveness,), examples={"ok": Liveness(status="ok")}),),
    refusals=("not_found", "payload_too_large", "internal_error", "unavailable"),
)
PROBES = (
    _get(
        "/healthz",
        probes.answer_health,
        "readHealth",
        summary="Check that the process is alive",
        responses=(OperationResponse(text="It is.", shapes=(Liveness,), examples={"ok": ALIVE}),),
    ),
    _get(
        "/readyz",
        probes.answer_readiness,
        "readReadiness",
        summary="Check that the process can serve requests",
        responses=(
            OperationResponse(text="Every part is ready.", shapes=(Readiness,), examples={"ready": READY}),
            OperationResponse(
                status=503, text="A part is not ready.", shapes=(Readiness,), examples={"not ready": NOT_READY}
            ),
        ),
    ),
    _get(
        "/metrics",
        probes.answer_metrics,
        "readMetrics",
        summary="Read the process's metrics",
        responses=(OperationResponse(text="The metrics in Prometheus's text format.", media_type=CONTENT_TYPE_LATEST),),
    ),
    _get(
        "/openapi.json",
        serve_document,
        "readDocument",
        summary="Read this document",
        responses=(
            OperationResponse(text="The document, OpenAPI 3.1.", headers=("ETag",)),
            UNCHANGED,
        ),
    ),
)


def _html(path: str, page: str, name: str, summary: str) -> Operation:
    text = "The page." if page == "docs" else "The page. You sign in with an API key."
    return _file(path, static.page(page), name, summary=summary, text=text, media_type="text/html")


def operations() -> tuple[Operation, ...]:
    """Return the operations. Raises OSError if a page is missing from the installation."""
    sdk = _file(
        "/sdk/wokgen.ts",
        serve_sdk,
        "readSdk",
        summary="Download the TypeScript SDK",
        text="The SDK in one file, without dependencies.",
        media_type="text/plain",
    )
    return (
        ASSET,
        CALLBACK,
        *PROBES,
        _file(
            "/",
            serve_home,
            "readHome",
            summary="Open the page that leads to the others",
            text="The page.",
            media_type="text/html",
        ),
        _file(
            "/playground",
            serve_playground,
            "readPlayground",
            summary="Open the page to try the models",
            text="The page. You sign in with an API key, or try it as a guest.",
            media_type="text/html",
        ),
        _docs(),
        _html("/account/gallery", "gallery", "readGalleryPage", "Open the page of your generations"),
        _html("/account/usage", "usage", "readUsagePage", "Open the page of your usage"),
        _html("/account/billing", "billing", "readBillingPage", "Open the page of your balance and top-ups"),
        _html("/account/team", "team", "readTeamPage", "Open the page of the people of your account"),
        _html("/account/settings", "settings", "readSettingsPage", "Open the page of your password, sessions and data"),
        _html("/account/api-keys", "api-keys", "readKeysPage", "Open the page for API keys and balance"),
        _html("/account/webhooks", "webhooks", "readWebhooksPage", "Open the page for webhook endpoints"),
        _page_part(),
        sdk,
        _named_file(
            "/sdk/{name}",
            static.sdk_packages(),
            "readSdkPackage",
            summary="Download a package of an SDK",
            text="The wheel of the Python SDK, or the npm tarball of the TypeScript SDK, if this installation has "
            "them. `wokspec-sdk.tgz` is the tarball of its version.",
            example="wokspec-sdk.tgz",
        ),
    )


def admin_operations() -> tuple[Operation, ...]:
    """Return the operations next to the admin API: its document, and a page to read it."""
    health, _, _, document = PROBES
    return (health, document, _docs(), _page_part())


def _docs() -> Operation:
    return _html("/docs", "docs", "readDocs", "Read this document as a page")


def _page_part() -> Operation:
    summary = "Read a stylesheet, script or image of the pages"
    return _named_file("/pages/{name}", static.page_parts(), "readPagePart", summary=summary, example="docs.css")


def _named_file(path: str, handler: Handler, name: str, *, summary: str, example: str, text: str = "") -> Operation:
    return Operation(
        method="get",
        path=path,
        handler=handler,
        id=name,
        tag=TAG,
        summary=summary,
        text=text,
        access="open",
        parameters=(_text("name", "The file's name.", example),),
        responses=(OperationResponse(text="The file.", headers=("ETag",), media_type="*/*"), UNCHANGED),
        refusals=("not_found", "internal_error"),
    )
