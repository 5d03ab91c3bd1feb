"""Accept an OpenAI call, wait for its result, and answer with it or with what became of it."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Literal

from aiohttp import web
from msgspec import Struct

from gateway import auth, routing
from gateway.accept import upstream_refusal
from gateway.admission.images import Upload
from gateway.admission.webhook_url import check_webhook_url
from gateway.context import CONTEXT
from gateway.dialects.names import NamedModel
from gateway.dialects.placing import add_headers, place
from gateway.dialects.wowflow.handlers import preferred_wait_s
from gateway.offers import GenerationRequest
from gateway.responses import json_response, mark_replay, refusal_response
from shared.domain.described import count, doc
from shared.domain.errors import Refused
from shared.domain.generation import Generation
from shared.domain.metadata import check_metadata

DIALECT = "openai"
SECOND_ROOT = "/openai"  # of the second address, where a proxy has a /v1 of its own
ASYNC = re.compile(r"(?:^|[,;\s])respond-async(?=$|[,;\s])")
OWN_FAULTS = ("content_policy", "invalid_input")  # failures for which the request is the reason
Encode = Callable[[web.Request, Generation, list[str]], Awaitable[web.Response]]


class OpenaiPending(Struct, kw_only=True):
    """A generation that still runs, for a caller who sent `Prefer`."""

    id: Annotated[str, doc("The generation's id.", format="uuid")]
    object: Annotated[Literal["generation"], doc("Always `generation`.")] = "generation"
    status: Annotated[Literal["processing"], doc("Always `processing`.")] = "processing"
    created: Annotated[int, count("When it was accepted, in Unix seconds.")]
    model: Annotated[str, doc("The id of the model that serves it.")]


class Preferred(Struct, frozen=True):
    """How long the caller waits. A detached one gets 202 if the generation still runs then, others an error."""

    wait_s: float
    applied: str = ""

    @property
    def detached(self) -> bool:
        """Return whether the caller sent a preference."""
        return bool(self.applied)


def read_preference(request: web.Request) -> Preferred:
    """Return the preference of a request (RFC 7240). Without one, it waits as long as this gateway allows."""
    most_s = request.app[CONTEXT].settings.prefer_wait_s
    prefer = ", ".join(request.headers.getall("Prefer", ())).lower()
    wait_s = preferred_wait_s(prefer, most_s) if prefer else 0
    if wait_s:
        return Preferred(wait_s, f"wait={wait_s}")
    return Preferred(0, "respond-async") if ASYNC.search(prefer) else Preferred(most_s)


def build_order(
    request: web.Request,
    named: NamedModel,
    identity: bytes,
    preferred: Preferred,
    *,
    prompt: str,
    given: object,
    uploads: Sequence[Upload] = (),
    metadata: dict[str, str] | None = None,
    webhook_url: str | None = None,
) -> GenerationRequest:
    """Return the order of a call. A call is the same under both addresses, for its Idempotency-Key too."""
    return GenerationRequest(
        dialect=DIALECT,
        candidates=routing.of_model(request.app[CONTEXT], named.model.id),
        address=auth.caller_address(request),
        key_hash=auth.key_hash(request),
        prompt=prompt,
        input=given,
        uploads=tuple(uploads),
        body=identity.removeprefix(SECOND_ROOT.encode()),
        idempotency_key=request.headers.get("Idempotency-Key", ""),
        wait_s=preferred.wait_s,
        metadata=check_metadata(metadata),
        webhook_url=check_webhook_url(webhook_url, request.app[CONTEXT].settings.webhook_networks),
    )


class OrderReply(Struct, frozen=True, kw_only=True):
    """How a call is answered. `names` has our input fields as the call names them."""

    preferred: Preferred
    notices: list[str]
    encode: Encode
    names: Mapping[str, str]


async def respond(request: web.Request, order: GenerationRequest, reply: OrderReply) -> web.Response:
    """Accept an order, and answer with its result if it ends in time. Raises Refused, with nothing charged."""
    preferred = reply.preferred
    accepted = await place(request, order, reply.names)
    generation = accepted.generation
    if generation.open and not preferred.detached:
        response = refusal_response(DIALECT, still_processing(generation, order.wait_s))
        # A repetition under the same key goes on waiting. Any other one would be another order.
        response.headers["X-Should-Retry"] = "true" if order.idempotency_key else "false"
        add_headers(response, generation, [*reply.notices, *generation.notices])
    else:
        response = await answer(request, generation, reply.notices, reply.encode)
    if generation.open:
        response.headers["Location"] = f"{request.path}/{generation.id}"
    if preferred.applied:
        response.headers["Preference-Applied"] = preferred.applied
    return mark_replay(response, replayed=accepted.replayed)


async def answer(request: web.Request, generation: Generation, notices: Sequence[str], encode: Encode) -> web.Response:
    """Answer 202 for a generation that runs, its result, or the reason for its failure."""
    told, failure = [*notices, *generation.notices], failure_of(generation)
    if failure is not None:
        response = refusal_response(DIALECT, failure)
    elif generation.open:
        created_s, model = generation.created_ms // 1000, generation.spec.model
        response = json_response(OpenaiPending(id=generation.id, created=created_s, model=model), 202)
    else:
        response = await encode(request, generation, told)
    add_headers(response, generation, told)
    return response


def still_processing(generation: Generation, waited_s: float) -> Refused:
    """Return the refusal of a caller whose generation did not end in time."""
    reason = (
        f"Generation {generation.id} still runs after {waited_s:g} s and is charged. Its result will be at "
        f"GET /api/v1/generations?id={generation.id}. To wait longer, send the same request again with the "
        "Idempotency-Key that it had, or `Prefer: respond-async` to get its id at once."
    )
    return Refused("still_processing", reason)


def failure_of(generation: Generation) -> Refused | None:
    """Return the refusal for a generation that failed, or None. It is refunded already."""
    failure = upstream_refusal(generation)
    if failure is None or generation.outcome is None or generation.outcome.error_code not in OWN_FAULTS:
        return failure
    return Refused(generation.outcome.error_code, failure.reason)
