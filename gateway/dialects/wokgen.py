"""The WokGen API: seven calls that wait for their result, and the jobs behind them. Decode -> accept -> encode."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web
from msgspec import Struct

from gateway import errors, routing
from gateway.accept import Made, Wanted, accept
from gateway.body import json_body, limit
from gateway.caller import Caller, caller_of, headers, quota_of, seconds_left
from gateway.cancel import cancel
from gateway.desk import DESK, Desk
from gateway.dialects.shape import render
from gateway.dialects.wokgen_answers import answer
from gateway.dialects.wokgen_asks import Ask
from shared.domain.errors import Refused
from shared.domain.generation import FAILED, Generation
from shared.domain.ids import generation_id
from shared.store import generations

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Act = Callable[[web.Request, Caller], Awaitable[web.Response]]


def limited(act: Act) -> Handler:
    """`act` for whoever calls, with the day's quota in the headers of every answer, refusals included."""

    async def handle(request: web.Request) -> web.Response:
        desk, caller = request.app[DESK], await caller_of(request)
        try:
            response = await act(request, caller)
            refused = None
        except Refused as refusal:
            refused = refusal
            response = json_answer(render("wokgen", refused), errors.status(refused))
        quota = await quota_of(desk, caller.account)
        response.headers.update(headers(quota))
        if refused is not None and refused.code == "quota_exceeded":
            response.headers["Retry-After"] = str(seconds_left(quota))
        elif refused is not None and refused.retry_after_s is not None:
            response.headers["Retry-After"] = str(refused.retry_after_s)
        return response

    return handle


def call(shape: type[Ask]) -> Handler:
    """The handler of one of the seven POSTs; `shape` is its body."""

    async def act(request: web.Request, caller: Caller) -> web.Response:
        desk = request.app[DESK]
        asked, body = await json_body(request, shape)
        made = await order(desk, caller, asked, body, request.headers.get("Idempotency-Key", ""))
        if made.generation.state == FAILED:
            raise upstream(made.generation)
        response = json_answer(answer(desk, made.generation), 202 if made.generation.open else 200)
        if made.replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    return limited(act)


async def order(desk: Desk, caller: Caller, asked: Ask, body: bytes, idempotency_key: str) -> Made:
    """Accept what was asked for, and wait for it unless it is to be `async`."""
    choices = routing.of_kind(desk, asked.kind, asked.wanted_provider, asked.hint())
    known = choices[0].model.input
    values = {name: value for name, value in (await asked.input(desk)).items() if name in known and value is not None}
    return await accept(
        desk,
        Wanted(
            dialect="wokgen",
            choices=choices,
            prompt=asked.words(),
            input=values,
            body=body,
            key_hash=caller.key_hash,
            guest=caller.guest,
            payer="quota",
            idempotency_key=idempotency_key,
            wait_s=0 if asked.detached else desk.settings.wokgen_wait_s,
        ),
    )


def upstream(generation: Generation) -> Refused:
    """A failed generation as an error: the provider's reason, with its slot of the day given back."""
    outcome = generation.outcome
    code = (outcome.error_code if outcome else None) or "upstream_error"
    return Refused(code, f"{(outcome.error if outcome else None) or 'The provider refused this.'}")


async def read_job(request: web.Request, caller: Caller) -> web.Response:
    """GET /api/jobs/{jobId}."""
    desk = request.app[DESK]
    return json_answer(answer(desk, await job_of(desk, caller, request.match_info["jobId"])), 200)


async def list_jobs(request: web.Request, caller: Caller) -> web.Response:
    """GET /api/jobs: the account's newest; a guest has no list."""
    desk, count = request.app[DESK], limit(request.query)
    found = await generations.newest(desk.store, caller.account, count)
    return json_answer({"jobs": [answer(desk, generation) for generation in found]}, 200)


async def cancel_job(request: web.Request, caller: Caller) -> web.Response:
    """POST /api/jobs/{jobId}/cancel."""
    desk = request.app[DESK]
    job = await job_of(desk, caller, request.match_info["jobId"])
    return json_answer(answer(desk, await cancel(desk, caller.account, job.id)), 200)


async def job_of(desk: Desk, caller: Caller, job_id: str) -> Generation:
    """The caller's generation behind a job id. Raises Refused("not_found")."""
    name = generation_id(job_id)
    found = await generations.view(desk.store, caller.account, name) if name else None
    if found is None:
        raise Refused("not_found", "You have no job with this id.")
    return found


def json_answer(value: dict[str, object] | Struct, status: int) -> web.Response:
    """JSON in this dialect."""
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
