"""The WokGen API: seven calls that wait for their result, and the jobs behind them. Decode -> accept -> encode."""

import contextlib
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web
from msgspec import Struct

from gateway import errors
from gateway.body import json_body, limit
from gateway.caller import Caller, caller_of, headers, quota_of, seconds_left
from gateway.cancel import cancel
from gateway.context import DESK, Desk
from gateway.dialects.shape import render
from gateway.dialects.wokgen_answers import Jobs, answer, failure
from gateway.dialects.wokgen_asks import Ask
from gateway.dialects.wokgen_order import order
from shared.domain.errors import Refused, StoreDown
from shared.domain.generation import FAILED, Generation
from shared.domain.ids import generation_id, job_id
from shared.ops import metrics
from shared.store import generations

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Act = Callable[[web.Request, Caller], Awaitable[web.Response]]


def limited(act: Act) -> Handler:
    """`act` for whoever calls, with the day's quota in the headers of every answer, refusals included."""

    async def handle(request: web.Request) -> web.Response:
        caller = await caller_of(request)
        try:
            response = await act(request, caller)
        except Refused as refused:
            response = refusal(refused)
        except web.HTTPRequestEntityTooLarge as large:
            response = refusal(errors.from_http(large.status, request.path, ""))
        # What was done is done: an answer is not lost because the quota cannot be told with it.
        with contextlib.suppress(StoreDown, Refused):
            quota = await quota_of(request.app[DESK], caller.account)
            response.headers.update(headers(quota))
            if response.status == 429:
                response.headers.setdefault("Retry-After", str(seconds_left(quota)))
        return response

    return handle


def call(shape: type[Ask]) -> Handler:
    """The handler of one of the seven POSTs; `shape` is its body."""

    async def act(request: web.Request, caller: Caller) -> web.Response:
        desk = request.app[DESK]
        asked, body = await json_body(request, shape)
        made = await order(desk, caller, asked, body, request.headers.get("Idempotency-Key", ""))
        generation = made.generation
        if generation.state == FAILED:
            response = json_answer(upstream(generation), 502)
        else:
            response = json_answer(answer(desk, generation), 202 if generation.open else 200)
        return marked(response, replayed=made.replayed)

    return limited(act)


def marked(response: web.Response, *, replayed: bool) -> web.Response:
    """The answer, telling whether an earlier request with this Idempotency-Key made the generation."""
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def refusal(refused: Refused) -> web.Response:
    """A refusal in this dialect's shape."""
    metrics.of(metrics.REFUSED, "wokgen", refused.code).inc()
    response = json_answer(render("wokgen", refused), errors.status(refused))
    if refused.retry_after_s is not None:
        response.headers["Retry-After"] = str(refused.retry_after_s)
    return response


def upstream(generation: Generation) -> dict[str, object]:
    """A failed generation as an error: the provider's own reason, and where to read of it. Its place is given back."""
    message, code = failure(generation)
    return {"error": message, "code": code, "jobId": job_id(generation.id)}


async def read_job(request: web.Request, caller: Caller) -> web.Response:
    """GET /api/jobs/{jobId}."""
    desk = request.app[DESK]
    return json_answer(answer(desk, await job_of(desk, caller, request.match_info["jobId"])), 200)


async def list_jobs(request: web.Request, caller: Caller) -> web.Response:
    """GET /api/jobs: the account's newest; a guest has no list."""
    desk, count = request.app[DESK], limit(request.query)
    found = await generations.list_newest(desk.store, caller.account, count)
    return json_answer(Jobs(tuple(answer(desk, generation) for generation in found)), 200)


async def cancel_job(request: web.Request, caller: Caller) -> web.Response:
    """POST /api/jobs/{jobId}/cancel."""
    desk = request.app[DESK]
    job = await job_of(desk, caller, request.match_info["jobId"])
    return json_answer(answer(desk, await cancel(desk, caller.account, job.id)), 200)


async def job_of(desk: Desk, caller: Caller, name: str) -> Generation:
    """The caller's generation behind a job id, or behind its own id. Raises Refused("not_found")."""
    known = generation_id(name if name.startswith("job_") else "job_" + name.replace("-", ""))
    found = await generations.view(desk.store, caller.account, known) if known else None
    if found is None:
        raise Refused("not_found", "You have no job with this id.")
    return found


def json_answer(value: dict[str, object] | Struct, status: int) -> web.Response:
    """JSON in this dialect."""
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
