"""The operations of the WokGen API: seven calls that wait for their result, and their jobs."""

from typing import Any

from gateway.dialects.wokgen import examples, handlers
from gateway.dialects.wokgen.bodies import JobRequest
from gateway.dialects.wokgen.jobs import JOBS, Job, Jobs
from gateway.examples import GENERATION_FILTERS, IDEMPOTENCY_KEY, PAGE, PAGE_HEADERS
from gateway.operation import BODIED, KEYED, Operation, OperationResponse, Parameter

RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
WAIT_S = 90  # a client waits longer than we do
CHARGED = (
    *("insufficient_balance", "key_budget_exceeded", "spend_cap_exceeded", "account_suspended"),
    *("idempotency_key_reuse", "rate_limited", "quota_exceeded", "upstream_error"),
    *("limit_exceeded", "guest_limit_exceeded", "capacity_exceeded"),
)
REPLAYED = ("Idempotent-Replayed",)
SHARED: dict[str, Any] = {"tag": "WokGen", "access": "optional", "headers": RATE_HEADERS}
ID = Parameter(
    name="jobId",
    place="path",
    required=True,
    text="The job's id, or its generation's id.",
    schema={"type": "string"},
    example=examples.JOB_ID,
)


def _create(path: str, name: str, *, summary: str, text: str, request: JobRequest, completed: Job) -> Operation:
    prompt = request.require_prompt()
    processing = examples.processing(completed, prompt)
    shared: dict[str, Any] = {"shapes": (type(completed),), "headers": REPLAYED, "id_field": "jobId"}
    missing = "missing_prompt" if prompt else "invalid_input"
    return Operation(
        method="post",
        path=path,
        handler=handlers.create_job(type(request)),
        id=name,
        scopes=("generate",),
        summary=summary,
        text=text,
        parameters=(IDEMPOTENCY_KEY,),
        body=type(request),
        bodies={"as documented": request},
        responses=(
            OperationResponse(
                text="The completed job.", examples={"completed": completed}, links=("readJob",), **shared
            ),
            OperationResponse(
                status=202,
                text="The job still runs after the wait, or the request was `async`. Poll the job until it ends.",
                examples={"processing": processing},
                links=("readJob", "cancelJob"),
                **shared,
            ),
        ),
        refusals=(*dict.fromkeys((missing, "invalid_input", "unknown_provider", *BODIED, *KEYED)), *CHARGED),
        timeout_s=WAIT_S,
        **SHARED,
    )


_CANCELED = OperationResponse(
    text="The job as it is now.", shapes=tuple(JOBS.values()), examples={"canceled": examples.CANCELED}
)
OPERATIONS = (
    _create(
        "/api/generate",
        "generateImage",
        summary="Generate an image",
        text="Draws an image from a prompt.",
        request=examples.IMAGE_REQUEST,
        completed=examples.IMAGE,
    ),
    _create(
        "/api/text/generate",
        "generateText",
        summary="Generate a text",
        text="Writes a text from a prompt.",
        request=examples.TEXT_REQUEST,
        completed=examples.TEXT,
    ),
    _create(
        "/api/voice/generate",
        "generateVoice",
        summary="Generate a voice",
        text="Reads a text aloud.",
        request=examples.VOICE_REQUEST,
        completed=examples.VOICE,
    ),
    _create(
        "/api/music/generate",
        "generateMusic",
        summary="Generate music",
        text="Composes music from a prompt.",
        request=examples.MUSIC_REQUEST,
        completed=examples.MUSIC,
    ),
    _create(
        "/api/tools/upscale",
        "upscaleImage",
        summary="Upscale an image",
        text="Enlarges an image.",
        request=examples.UPSCALE_REQUEST,
        completed=examples.UPSCALE,
    ),
    _create(
        "/api/tools/interrogate",
        "interrogateImage",
        summary="Interrogate an image",
        text="Describes an image in words.",
        request=examples.INTERROGATE_REQUEST,
        completed=examples.INTERROGATE,
    ),
    _create(
        "/api/prompt/enhance",
        "enhancePrompt",
        summary="Enhance a prompt",
        text="Improves a prompt.",
        request=examples.ENHANCE_REQUEST,
        completed=examples.ENHANCE,
    ),
    Operation(
        method="get",
        path="/api/jobs/{jobId}",
        handler=handlers.with_quota(handlers.read_job),
        id="readJob",
        scopes=("generate", "read"),
        summary="Read a job",
        text="Poll every few seconds until `status` is `completed` or `failed`. Generations that were created through "
        "the other API are jobs too.",
        parameters=(ID,),
        responses=(
            OperationResponse(
                text="The job.",
                shapes=tuple(JOBS.values()),
                examples={"completed": examples.IMAGE, "failed": examples.FAILED},
            ),
        ),
        refusals=("not_found", *KEYED),
        **SHARED,
    ),
    Operation(
        method="get",
        path="/api/jobs",
        handler=handlers.with_quota(handlers.list_jobs),
        id="listJobs",
        scopes=("read",),
        summary="List the jobs",
        text="Lists the account's jobs, newest first, page by page. Guests have no list: keep the ids of your jobs.",
        parameters=(*PAGE, *GENERATION_FILTERS),
        responses=(
            OperationResponse(text="The jobs.", shapes=(Jobs,), examples={"jobs": examples.LIST}, headers=PAGE_HEADERS),
        ),
        refusals=("invalid_request", "rate_limited", *KEYED),
        **SHARED,
    ),
    Operation(
        method="post",
        path="/api/jobs/{jobId}/cancel",
        handler=handlers.with_quota(handlers.cancel_job),
        id="cancelJob",
        scopes=("generate",),
        summary="Cancel a job",
        text="A job that was not submitted to a provider yet no longer counts against the daily quota. Otherwise we "
        "request the provider to stop, and the job stays `processing` until the provider confirms.",
        parameters=(ID,),
        responses=(_CANCELED,),
        refusals=("not_found", "conflict", *KEYED),
        **SHARED,
    ),
)
