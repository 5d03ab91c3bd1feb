"""The operations of the deployed WokGen SDK (1.0.0)."""

from typing import Any

from msgspec import Struct, structs

from gateway.dialects.wokgen.examples import JOB_ID
from gateway.dialects.wokgen.handlers import Action, with_quota
from gateway.dialects.wokgen.operations import CHARGED, ID, RATE_HEADERS, REPLAYED, WAIT_S
from gateway.dialects.wokgen_v1 import handlers
from gateway.dialects.wokgen_v1.bodies import AccountV1, AssetPageV1, AssetV1, GenerateV1, JobV1, ProcessV1, ResultV1
from gateway.examples import ASSET_URL, COMPLETED_AT, CREATED_AT, IDEMPOTENCY_KEY
from gateway.operation import BODIED, KEYED, Operation, OperationResponse, Parameter, Scope

SHARED: dict[str, Any] = {"tag": "WokGen SDK 1.0", "access": "optional", "headers": RATE_HEADERS}
DRAGON = "pixel art dragon"
IMAGE_JOB_ID = "job_019e07f13c5a7d0e8b42f07a6c1e9d35"
ASSET_ID = structs.replace(ID, name="id", text="The id of a finished image's job.", example=IMAGE_JOB_ID)
PAGES = (
    Parameter(name="mode", place="query", text="Only images of this mode.", schema={"type": "string"}),
    Parameter(
        name="page",
        place="query",
        text="The number of the page, from 1.",
        schema={"type": "integer", "minimum": 1, "default": 1},
    ),
    Parameter(
        name="limit",
        place="query",
        text=f"The most assets on a page. Values above {handlers.PAGE_MAX} count as {handlers.PAGE_MAX}.",
        schema={"type": "integer", "minimum": 1, "default": handlers.PAGE_DEFAULT},
    ),
)
_URL = f"{ASSET_URL}.png"
PENDING = ResultV1(
    job_id=JOB_ID,
    status="pending",
    result_url=None,
    result_urls=(),
    prompt=DRAGON,
    mode="pixel",
    provider="local",
    seed=42,
    duration_ms=None,
    credits_used=1,
)
SUCCEEDED = structs.replace(PENDING, duration_ms=21_000, status="succeeded", result_url=_URL, result_urls=(_URL,))
FAILED = structs.replace(
    PENDING,
    duration_ms=21_000,
    status="failed",
    credits_used=0,
    error="The provider rejected the prompt.",
    code="CONTENT_POLICY",
)
JOB = JobV1(
    id=JOB_ID,
    status="succeeded",
    result_url=_URL,
    result_urls=(_URL,),
    prompt=DRAGON,
    mode="pixel",
    created_at=CREATED_AT,
    updated_at=COMPLETED_AT,
)
ASSET = AssetV1(**structs.asdict(JOB), url=_URL, image_url=_URL)
PAGE = AssetPageV1(items=(ASSET,), total=1, page=1, limit=handlers.PAGE_DEFAULT, has_more=False)
ACCOUNT = AccountV1(id="acct_9f3c2a7d51e84b06", name="Ada", email=None, plan="free", quota_used=3, quota_limit=50)

_RESULT: dict[str, Any] = {"shapes": (ResultV1,), "headers": REPLAYED, "id_field": "jobId", "id_parameter": "id"}
RESULTS = (
    OperationResponse(
        text="The job has ended.",
        examples={"succeeded": SUCCEEDED, "failed": FAILED},
        links=("readJobV1", "processAssetV1"),
        **_RESULT,
    ),
    OperationResponse(
        status=202, text="The job still runs.", examples={"pending": PENDING}, links=("readJobV1",), **_RESULT
    ),
)


def _read(
    path: str,
    name: str,
    *,
    action: Action,
    summary: str,
    example: Struct,
    refusal: str,
    parameters: tuple[Parameter, ...] = (),
    scopes: tuple[Scope, ...] = ("read",),
) -> Operation:
    return Operation(
        method="get",
        path=path,
        handler=with_quota(action),
        id=name,
        scopes=scopes,
        summary=summary,
        parameters=parameters,
        responses=(OperationResponse(text=f"{summary}.", shapes=(type(example),), examples={"now": example}),),
        refusals=(refusal, *KEYED),
        **SHARED,
    )


OPERATIONS = (
    Operation(
        method="post",
        path="/api/v1/generate",
        handler=with_quota(handlers.generate),
        id="generateV1",
        scopes=("generate",),
        summary="Generate images",
        text="Draws images, and waits for them unless the request is `async`.",
        parameters=(IDEMPOTENCY_KEY,),
        body=GenerateV1,
        bodies={"images": GenerateV1(prompt=DRAGON, mode="pixel", size=512, count=1)},
        responses=RESULTS,
        refusals=("missing_prompt", "invalid_input", "unknown_provider", *BODIED, *KEYED, *CHARGED),
        timeout_s=WAIT_S,
        **SHARED,
    ),
    Operation(
        method="post",
        path="/api/v1/assets/{id}/process",
        handler=with_quota(handlers.process_asset),
        id="processAssetV1",
        scopes=("generate",),
        summary="Process an image",
        text="Enlarges a finished image.",
        parameters=(ASSET_ID, IDEMPOTENCY_KEY),
        body=ProcessV1,
        bodies={"upscale": ProcessV1(operation="upscale", scale=2)},
        responses=RESULTS,
        refusals=("invalid_input", "not_found", "conflict", "unknown_provider", *BODIED, *KEYED, *CHARGED),
        timeout_s=WAIT_S,
        **SHARED,
    ),
    _read(
        "/api/v1/jobs/{id}",
        "readJobV1",
        action=handlers.read_job,
        summary="Read a job",
        example=JOB,
        refusal="not_found",
        parameters=(structs.replace(ID, name="id"),),
        scopes=("generate", "read"),
    ),
    _read(
        "/api/v1/assets",
        "listAssetsV1",
        action=handlers.list_assets,
        summary="List the images",
        example=PAGE,
        refusal="invalid_request",
        parameters=PAGES,
    ),
    _read(
        "/api/v1/me",
        "readAccountV1",
        action=handlers.read_account,
        summary="Read the account and its daily quota",
        example=ACCOUNT,
        refusal="rate_limited",
    ),
)
