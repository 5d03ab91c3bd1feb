"""The operations of the WokGen SDK in the field."""

from typing import Any

from msgspec import Struct, structs

from gateway.dialects.wokgen_v1 import (
    PAGE_DEFAULT,
    PAGE_MAX,
    AccountV1,
    AssetPageV1,
    AssetV1,
    GenerateV1,
    JobV1,
    ProcessV1,
    ResultV1,
)
from gateway.openapi.operation import Answer, Operation, Parameter
from gateway.openapi.refusals import BODIED, KEYED
from gateway.openapi.wokgen import ID, JOB_ID, PAID, RATE_HEADERS, REPLAYED, WAIT_S
from gateway.openapi.wowflow import COMPLETED_AT, CREATED_AT, IDEMPOTENCY_KEY

TAG = "WokGen SDK 1.0"
_ALIKE: dict[str, Any] = {"tag": TAG, "access": "optional", "headers": RATE_HEADERS}
DRAGON = "pixel art dragon"
PICTURE_ID = "job_019e07f13c5a7d0e8b42f07a6c1e9d35"
ASSET_ID = structs.replace(ID, name="id", text="The id of a finished picture's job.", example=PICTURE_ID)
PAGES = (
    Parameter(name="mode", place="query", text="Only pictures of this mode.", schema={"type": "string"}),
    Parameter(
        name="page",
        place="query",
        text="Which page, from 1.",
        schema={"type": "integer", "minimum": 1, "default": 1},
    ),
    Parameter(
        name="limit",
        place="query",
        text=f"How many on a page; {PAGE_MAX} and more count as {PAGE_MAX}.",
        schema={"type": "integer", "minimum": 1, "default": PAGE_DEFAULT},
    ),
)


def operations(base_url: str) -> tuple[Operation, ...]:
    """The five calls."""
    url = f"{base_url}/assets/2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.png"
    return (*_orders(url), *_readings(url))


def _orders(url: str) -> tuple[Operation, ...]:
    answers = _results(url)
    generate = Operation(
        method="post",
        path="/api/v1/generate",
        id="generateV1",
        summary="Generate pictures",
        text="Draws, and waits for it unless `async` says not to.",
        parameters=(IDEMPOTENCY_KEY,),
        body=GenerateV1,
        bodies={"pictures": GenerateV1(prompt=DRAGON, mode="pixel", size=512, count=1)},
        answers=answers,
        refusals=("missing_prompt", "invalid_input", "unknown_provider", *BODIED, *KEYED, *PAID),
        timeout_s=WAIT_S,
        **_ALIKE,
    )
    process = Operation(
        method="post",
        path="/api/v1/assets/{id}/process",
        id="processAssetV1",
        summary="Process a picture",
        text="Makes a finished picture larger.",
        parameters=(ASSET_ID, IDEMPOTENCY_KEY),
        body=ProcessV1,
        bodies={"upscale": ProcessV1(operation="upscale", scale=2)},
        answers=answers,
        refusals=("invalid_input", "not_found", "conflict", "unknown_provider", *BODIED, *KEYED, *PAID),
        timeout_s=WAIT_S,
        **_ALIKE,
    )
    return generate, process


def _results(url: str) -> tuple[Answer, ...]:
    pending = ResultV1(
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
    ended = structs.replace(pending, duration_ms=21_000)
    succeeded = structs.replace(ended, status="succeeded", result_url=url, result_urls=(url,))
    why = {"error": "The provider refused the prompt.", "code": "CONTENT_POLICY"}
    failed = structs.replace(ended, status="failed", credits_used=0, **why)
    alike: dict[str, Any] = {"shapes": (ResultV1,), "headers": REPLAYED, "named": "jobId", "taken": "id"}
    examples = {"succeeded": succeeded, "failed": failed}
    return (
        Answer(text="How it ended.", examples=examples, links=("readJobV1", "processAssetV1"), **alike),
        Answer(status=202, text="Still running.", examples={"pending": pending}, links=("readJobV1",), **alike),
    )


def _readings(url: str) -> tuple[Operation, ...]:
    job = JobV1(
        id=JOB_ID,
        status="succeeded",
        result_url=url,
        result_urls=(url,),
        prompt=DRAGON,
        mode="pixel",
        created_at=CREATED_AT,
        updated_at=COMPLETED_AT,
    )
    asset = AssetV1(**structs.asdict(job), url=url, image_url=url)
    page = AssetPageV1(items=(asset,), total=1, page=1, limit=PAGE_DEFAULT, has_more=False)
    account = AccountV1(id="acct_9f3c2a7d51e84b06", name="Ada", email=None, plan="free", quota_used=3, quota_limit=50)
    return (
        _read(
            "/api/v1/jobs/{id}",
            "readJobV1",
            "Read a job",
            JobV1,
            job,
            "not_found",
            parameters=(structs.replace(ID, name="id"),),
        ),
        _read(
            "/api/v1/assets",
            "listAssetsV1",
            "List the pictures",
            AssetPageV1,
            page,
            "invalid_request",
            parameters=PAGES,
        ),
        _read(
            "/api/v1/me",
            "readAccountV1",
            "Who calls, and how much of the day is used",
            AccountV1,
            account,
            "rate_limited",
        ),
    )


def _read(
    path: str,
    name: str,
    summary: str,
    shape: type[Struct],
    example: Struct,
    *refusals: str,
    parameters: tuple[Parameter, ...] = (),
) -> Operation:
    return Operation(
        method="get",
        path=path,
        id=name,
        summary=summary,
        parameters=parameters,
        answers=(Answer(text="As it is now.", shapes=(shape,), examples={"now": example}),),
        refusals=(*refusals, *KEYED),
        **_ALIKE,
    )
