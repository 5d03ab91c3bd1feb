"""The operations beside the API: outputs, this document, and what a deployment is watched by."""

from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST

from gateway.openapi.operation import Answer, Operation, Parameter

TAG = "operations"
ASSET_HEADERS = ("ETag", "Last-Modified", "Content-Disposition", "Cache-Control")


class Health(Struct):
    """The process lives."""

    status: str


class Readiness(Struct):
    """Whether the process can serve, and which part is missing."""

    status: str
    parts: dict[str, str]


ASSET = Operation(
    method="get",
    path="/assets/{path}",
    id="readAsset",
    tag="Outputs",
    summary="Fetch an output",
    text="What `result_url` points to; the address is all that protects it. Takes ranges and conditional requests.",
    access="open",
    parameters=(
        Parameter(
            name="path",
            place="path",
            required=True,
            text="As in the URL that the generation gave; it has slashes in it.",
            schema={"type": "string"},
            example="2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.png",
        ),
        Parameter(
            name="Range", place="header", text="One range of bytes; several are ignored.", schema={"type": "string"}
        ),
        Parameter(name="If-None-Match", place="header", text="ETags you have already.", schema={"type": "string"}),
    ),
    answers=(
        Answer(text="The output.", headers=ASSET_HEADERS, media_type="*/*"),
        Answer(status=206, text="The range.", headers=(*ASSET_HEADERS, "Content-Range"), media_type="*/*"),
        Answer(status=304, text="You have it already.", headers=ASSET_HEADERS, media_type=""),
        Answer(status=416, text="The range is outside the output.", headers=("Content-Range",), media_type=""),
    ),
    refusals=("not_found", "internal_error", "unavailable"),
)


def _machine(path: str, name: str, summary: str, *answers: Answer, parameters: tuple[Parameter, ...] = ()) -> Operation:
    return Operation(
        method="get",
        path=path,
        id=name,
        tag=TAG,
        summary=summary,
        access="open",
        parameters=parameters,
        answers=answers,
        refusals=("internal_error",),
    )


UNCHANGED = Answer(status=304, text="You have it already.", headers=("ETag",), media_type="")
WELL, ILL = "Every part is there.", "A part is missing, and which."
READY = Readiness(status="ok", parts={"gateway": "ok", "store": "ok", "storage": "ok"})
NOT_READY = Readiness(status="unavailable", parts={"gateway": "ok", "store": "no answer within 1 s", "storage": "ok"})
PAGE_PART = Operation(
    method="get",
    path="/pages/{name}",
    id="readPagePart",
    tag=TAG,
    summary="A style, script or picture of our pages",
    access="open",
    parameters=(
        Parameter(
            name="name",
            place="path",
            required=True,
            text="A file's name.",
            schema={"type": "string"},
            example="docs.css",
        ),
    ),
    answers=(Answer(text="The file.", headers=("ETag",), media_type="*/*"), UNCHANGED),
    refusals=("not_found", "internal_error"),
)
CALLBACK_NAME = "019e07f2aa187c3e9f216b1f0c9d2e47f3b81c60a27d4e95b8c1d07a6e52f493"
CALLBACK = Operation(
    method="post",
    path="/callbacks/{provider}/{token}",
    id="receiveCallback",
    tag=TAG,
    summary="Where a provider says that it has news",
    text="For providers: the address is made for one generation; what is posted there only makes us look sooner.",
    access="open",
    parameters=(
        Parameter(
            name="provider",
            place="path",
            required=True,
            text="The provider's name.",
            schema={"type": "string"},
            example="local",
        ),
        Parameter(
            name="token",
            place="path",
            required=True,
            text="What the generation's address ends in.",
            schema={"type": "string"},
            example=CALLBACK_NAME,
        ),
    ),
    answers=(Answer(text="Noted.", shapes=(Health,), examples={"ok": Health(status="ok")}),),
    refusals=("not_found", "payload_too_large", "internal_error", "unavailable"),
)
OPERATIONS = (
    ASSET,
    CALLBACK,
    _machine(
        "/healthz",
        "readHealth",
        "Whether the process lives",
        Answer(text="It does.", shapes=(Health,), examples={"ok": Health(status="ok")}),
    ),
    _machine(
        "/readyz",
        "readReadiness",
        "Whether the process can serve",
        Answer(text=WELL, shapes=(Readiness,), examples={"ready": READY}),
        Answer(status=503, text=ILL, shapes=(Readiness,), examples={"not ready": NOT_READY}),
    ),
    _machine(
        "/metrics",
        "readMetrics",
        "The process's metrics",
        Answer(text="In Prometheus' text format.", media_type=CONTENT_TYPE_LATEST),
    ),
    _machine(
        "/openapi.json",
        "readDocument",
        "This document",
        Answer(text="OpenAPI 3.1.", headers=("ETag",)),
        UNCHANGED,
    ),
    _machine(
        "/docs",
        "readDocs",
        "This document as a page",
        Answer(text="A page that reads /openapi.json.", headers=("ETag",), media_type="text/html"),
        UNCHANGED,
    ),
    _machine(
        "/account/api-keys",
        "readKeysPage",
        "The page for people's API keys and balance",
        Answer(text="A page that asks for a key.", headers=("ETag",), media_type="text/html"),
        UNCHANGED,
    ),
    _machine(
        "/account/webhooks",
        "readWebhooksPage",
        "The page for people's webhook endpoints",
        Answer(text="A page that asks for a key.", headers=("ETag",), media_type="text/html"),
        UNCHANGED,
    ),
    PAGE_PART,
    _machine(
        "/sdk/wokgen.ts",
        "readSdk",
        "The TypeScript SDK in one file",
        Answer(text="Download it and import it: it needs no package.", headers=("ETag",), media_type="text/plain"),
        UNCHANGED,
    ),
)
