"""The WokGen API: seven calls that wait for their result, and their jobs. Decode, accept, encode."""

import contextlib
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway import errors
from gateway.body import read_json
from gateway.caller import Caller, identify_caller, quota_headers, read_quota, seconds_left
from gateway.cancel import cancel
from gateway.context import CONTEXT, GatewayContext
from gateway.dialects.wokgen.bodies import JobRequest
from gateway.dialects.wokgen.jobs import failure_of, job_of
from gateway.dialects.wokgen.order import submit
from gateway.history.generations import find_generation
from gateway.listing import show_generations
from gateway.responses import json_response, mark_replay, refusal_response
from shared.domain.errors import Refused, StoreDown
from shared.domain.generation import FAILED, Generation
from shared.domain.ids import generation_id, job_id

Action = Callable[[web.Request, Caller], Awaitable[web.Response]]


def with_quota(action: Action) -> Handler:
    """Return a handler that identifies the caller and adds the day's quota to every response, refusals included."""

    async def handle(request: web.Request) -> web.Response:
        caller = await identify_caller(request)
        try:
            response = await action(request, caller)
        except Refused as refused:
            response = refusal_response("wokgen", refused)
        except web.HTTPRequestEntityTooLarge as large:
            response = refusal_response("wokgen", errors.from_http(large.status, request.path, ""))
        # The request took effect: its response is not lost because the quota cannot be read.
        with contextlib.suppress(StoreDown, Refused):
            quota = await read_quota(request.app[CONTEXT], caller.account)
            response.headers.update(quota_headers(quota))
            if response.status == 429:
                response.headers.setdefault("Retry-After", str(seconds_left(quota)))
        return response

    return handle


def create_job(shape: type[JobRequest]) -> Handler:
    """Return the handler of one of the seven calls; `shape` is its body."""

    async def handle(request: web.Request, caller: Caller) -> web.Response:
        context = request.app[CONTEXT]
        body, raw = await read_json(request, shape, with_media=True)
        accepted = await submit(context, caller, body, raw, request.headers.get("Idempotency-Key", ""))
        generation = accepted.generation
        if generation.state == FAILED:
            response = json_response(upstream_error(generation), 502)
        else:
            response = json_response(job_of(context, generation), 202 if generation.open else 200)
        return mark_replay(response, replayed=accepted.replayed)

    return with_quota(handle)


def upstream_error(generation: Generation) -> dict[str, object]:
    """Return a failed generation as an error: the provider's own reason, and the job."""
    message, code = failure_of(generation)
    return {"error": message, "code": code, "jobId": job_id(generation.id)}


async def read_job(request: web.Request, caller: Caller) -> web.Response:
    """Answer a job."""
    context = request.app[CONTEXT]
    return json_response(job_of(context, await find_job(context, caller, request.match_info["jobId"])))


async def list_jobs(request: web.Request, caller: Caller) -> web.Response:
    """Answer a page of the account's jobs."""
    jobs, headers = await show_generations(request, caller.account, job_of, job_id)
    return json_response({"jobs": jobs}, headers=headers)


async def cancel_job(request: web.Request, caller: Caller) -> web.Response:
    """Cancel a job and answer it."""
    context = request.app[CONTEXT]
    generation = await find_job(context, caller, request.match_info["jobId"])
    return json_response(job_of(context, await cancel(context, caller.account, generation.id)))


async def find_job(context: GatewayContext, caller: Caller, name: str) -> Generation:
    """Return the caller's generation by its job id or its own id. Raises Refused("not_found")."""
    known = generation_id(name if name.startswith("job_") else "job_" + name.replace("-", ""))
    found = await find_generation(context, caller.account, known) if known else None
    if found is None:
        raise Refused("not_found", "You have no job with this id.")
    return found
