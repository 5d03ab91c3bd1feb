"""The five calls of the deployed SDK (1.0.0), under /api/v1."""

from aiohttp import web

from gateway.body import read_json
from gateway.caller import Caller, read_quota
from gateway.context import CONTEXT, GatewayContext
from gateway.dialects.wokgen.bodies import JobRequest, UpscaleRequest
from gateway.dialects.wokgen.handlers import find_job
from gateway.dialects.wokgen.jobs import failure_of, output_urls
from gateway.dialects.wokgen.order import submit
from gateway.dialects.wokgen_v1.bodies import (
    AccountV1,
    AssetPageV1,
    AssetV1,
    GenerateV1,
    JobV1,
    ProcessV1,
    ResultV1,
)
from gateway.history.generations import scan_generations
from gateway.responses import json_response, mark_replay
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Generation, Outcome
from shared.domain.ids import job_id
from shared.domain.times import rfc3339
from shared.store import accounts

SCANNED_MAX = 1000  # newest generations that a page of assets is cut from
PAGE_MAX, PAGE_DEFAULT, PAGES_MAX = 100, 20, 10_000
STATUS = {"backlog": "pending", "queued": "pending", COMPLETED: "succeeded", FAILED: "failed"}


async def generate(request: web.Request, caller: Caller) -> web.Response:
    """Generate images."""
    body, raw = await read_json(request, GenerateV1)
    return await _submit(request, caller, body, raw)


async def read_job(request: web.Request, caller: Caller) -> web.Response:
    """Answer a job."""
    context = request.app[CONTEXT]
    return json_response(job_v1(context, await find_job(context, caller, request.match_info["id"])))


async def list_assets(request: web.Request, caller: Caller) -> web.Response:
    """Answer a page of finished images, newest first."""
    context, mode = request.app[CONTEXT], request.query.get("mode")
    page = positive_number(request, "page", 1, PAGES_MAX)
    count = positive_number(request, "limit", PAGE_DEFAULT, PAGE_MAX)
    found: list[Generation] = []
    with context.lists.count(caller.account):
        async for batch in scan_generations(context, caller.account, SCANNED_MAX):
            images = (generation for generation in batch if is_image(generation.outcome))
            found += [image for image in images if mode in (None, image.spec.input.get("mode"))]
    start = (page - 1) * count
    items = tuple(asset_v1(context, generation) for generation in found[start : start + count])
    more = start + count < len(found)
    return json_response(AssetPageV1(items=items, total=len(found), page=page, limit=count, has_more=more))


async def process_asset(request: web.Request, caller: Caller) -> web.Response:
    """Enlarge a finished image."""
    context = request.app[CONTEXT]
    body, raw = await read_json(request, ProcessV1)
    source = await find_job(context, caller, request.match_info["id"])
    if source.outcome is None or not is_image(source.outcome):
        raise Refused("conflict", "This asset has no image to process.")
    url = output_urls(context, source.outcome)[0]
    upscale = UpscaleRequest(image_url=url, scale=body.scale, provider=body.provider)
    # The same body for another asset is another request.
    return await _submit(request, caller, upscale, raw + source.id.encode())


async def read_account(request: web.Request, caller: Caller) -> web.Response:
    """Answer the caller's account and its daily quota."""
    context = request.app[CONTEXT]
    account, quota = await accounts.find(context.store, caller.account), await read_quota(context, caller.account)
    return json_response(
        AccountV1(
            id=caller.account,
            name=account.name if account else "Guest",
            email=None,
            plan=account.plan if account else "guest",
            quota_used=quota.used,
            quota_limit=quota.limit,
        )
    )


async def _submit(request: web.Request, caller: Caller, body: JobRequest, raw: bytes) -> web.Response:
    """Submit a call and answer its result; a failure is a result too."""
    context = request.app[CONTEXT]
    accepted = await submit(context, caller, body, raw, request.headers.get("Idempotency-Key", ""))
    generation = accepted.generation
    response = json_response(result_v1(context, generation), 202 if generation.open else 200)
    return mark_replay(response, replayed=accepted.replayed)


def result_v1(context: GatewayContext, generation: Generation) -> ResultV1:
    """Return a generation as the result of its call."""
    job, facts = job_v1(context, generation), generation.outcome.facts if generation.outcome else {}
    seed = facts.get("seed", generation.spec.input.get("seed"))
    return ResultV1(
        job_id=job.id,
        status=STATUS.get(generation.state, "pending"),
        result_url=job.result_url,
        result_urls=job.result_urls,
        prompt=job.prompt,
        mode=job.mode,
        provider=generation.provider,
        seed=seed if isinstance(seed, int) else None,
        duration_ms=None if generation.closed_ms is None else generation.closed_ms - generation.created_ms,
        credits_used=0 if generation.state == FAILED else 1,
        simulated=job.simulated,
        error=job.error,
        code=job.code,
    )


def job_v1(context: GatewayContext, generation: Generation) -> JobV1:
    """Return a generation as a job."""
    urls = output_urls(context, generation.outcome) if generation.outcome else ()
    mode = generation.spec.input.get("mode")
    job = JobV1(
        id=job_id(generation.id),
        status=STATUS.get(generation.state, "processing"),
        result_url=urls[0] if urls else None,
        result_urls=urls,
        prompt=generation.spec.prompt,
        mode=mode if isinstance(mode, str) else None,
        created_at=rfc3339(generation.created_ms),
        updated_at=rfc3339(generation.closed_ms or generation.started_ms or generation.created_ms),
        simulated=generation.spec.simulated,
    )
    if generation.state == FAILED:
        job.error, job.code = failure_of(generation)
    return job


def asset_v1(context: GatewayContext, generation: Generation) -> AssetV1:
    """Return a generation as an asset."""
    job = job_v1(context, generation)
    fields = {name: getattr(job, name) for name in JobV1.__struct_fields__}
    return AssetV1(**fields, url=job.result_url, image_url=job.result_url)


def is_image(outcome: Outcome | None) -> bool:
    """Return whether the first output is an image. A failed generation has no output."""
    return outcome is not None and bool(outcome.outputs) and outcome.outputs[0].media_type.startswith("image/")


def positive_number(request: web.Request, name: str, default: int, most: int) -> int:
    """Return a whole number of the query, from 1 to `most`; more counts as `most`. Raises Refused."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text[:9]) < 1:
        raise Refused("invalid_request", "must be a whole number from 1.", field=name)
    return min(int(text[:9]), most)
