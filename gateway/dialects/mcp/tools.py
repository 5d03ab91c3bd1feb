"""The tools of the MCP server: each takes typed arguments, and returns the shapes of our own API."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from gateway import auth, routing
from gateway.body import convert
from gateway.context import CONTEXT
from gateway.dialects.mcp.bodies import (
    BalanceArguments,
    GenerateArguments,
    GetArguments,
    ListModels,
    QuoteArguments,
    WaitArguments,
)
from gateway.dialects.names import find_model, is_offered
from gateway.dialects.placing import find_own, place
from gateway.dialects.wowflow.handlers import generation_entry, model_entry
from gateway.dialects.wowflow.money import balance_of
from gateway.dialects.wowflow.quotes import quote_entry
from gateway.offers import GenerationRequest, find_able
from gateway.stored_files import request_images
from shared.domain.errors import Refused
from shared.domain.generation import Generation
from shared.domain.money import MICROS_PER_CENT
from shared.store import accounts

DIALECT = "mcp"
KEY_PREFIX = "mcp-"  # of the Idempotency-Keys that we make
SHOWN = ("id", "name", "type", "price_usd", "resolution", "duration_sec", "simulated")  # of a model
Run = Callable[[web.Request, str, Any], Awaitable[dict[str, object]]]


class Tool(Struct, frozen=True, kw_only=True):
    """A tool: its arguments, and the function that runs it for an account."""

    name: str
    arguments: type[Struct]
    run: Run
    read_only: bool = True


async def list_models(request: web.Request, account: str, given: ListModels) -> dict[str, object]:
    """Return the models on offer that fit, with their prices."""
    context, text = request.app[CONTEXT], (given.search or "").lower()
    found = [
        model
        for model in context.catalogue.models.values()
        if is_offered(context, model)
        and given.type in (None, model.kind)
        and text in f"{model.id} {model.name}".lower()
    ]
    entries = [msgspec.to_builtins(model_entry(model)) for model in found[: given.limit]]
    models = [
        {name: one[name] for name in SHOWN if one[name] is not None} | {"pricing": one["pricing"]["text"]}
        for one in entries
    ]
    return {"models": models, "more": len(found) > given.limit}


async def quote(request: web.Request, account: str, given: QuoteArguments) -> dict[str, object]:
    """Return the price of an order."""
    holder = await accounts.find(request.app[CONTEXT].store, account)
    if holder is None:
        raise auth.account_gone()
    able = find_able(await build_order(request, given))
    return builtins(quote_entry(able, holder.topup - holder.spent))


async def generate(request: web.Request, account: str, given: GenerateArguments) -> dict[str, object]:
    """Order a generation, and wait for it. An agent that repeats itself gets the same one."""
    order = await build_order(request, given)
    wanted = (order.candidates[0].model.id, given.prompt, given.input, given.variation)
    body = await asyncio.to_thread(identify, wanted) if order.uploads else identify(wanted)
    order = msgspec.structs.replace(
        order,
        body=body,
        idempotency_key=KEY_PREFIX + body.hex(),
        wait_s=wait_of(request, given.wait_s),
        cost_max_micros=given.max_cost_cents * MICROS_PER_CENT,
    )
    accepted = await place(request, order, {})
    return show(request, accepted.generation) | {"repeated": accepted.replayed}


async def wait(request: web.Request, account: str, given: WaitArguments) -> dict[str, object]:
    """Return a generation when it ends, or once the time is over."""
    context = request.app[CONTEXT]
    found = await find_own(context, account, given.id)
    if found.open:
        found = await context.watch.wait_until_ended(account, found.id, wait_of(request, given.wait_s)) or found
    return show(request, found)


async def get_generation(request: web.Request, account: str, given: GetArguments) -> dict[str, object]:
    """Return a generation as it is."""
    return show(request, await find_own(request.app[CONTEXT], account, given.id))


async def read_balance(request: web.Request, account: str, given: BalanceArguments) -> dict[str, object]:
    """Return the balance. A key without the scope `read` is refused, as in our own API."""
    auth.require_scope(request, "read")
    return builtins(await balance_of(request.app[CONTEXT], account))


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(name="list_models", arguments=ListModels, run=list_models),
        Tool(name="quote", arguments=QuoteArguments, run=quote),
        Tool(name="generate", arguments=GenerateArguments, run=generate, read_only=False),
        Tool(name="wait", arguments=WaitArguments, run=wait),
        Tool(name="get_generation", arguments=GetArguments, run=get_generation),
        Tool(name="balance", arguments=BalanceArguments, run=read_balance),
    )
}


async def build_order(request: web.Request, given: QuoteArguments) -> GenerationRequest:
    """Return the order of some arguments, without a key and a wait. Raises Refused."""
    context, key_hash = request.app[CONTEXT], auth.key_hash(request)
    if not given.prompt.strip():
        raise Refused("missing_prompt", "is required: describe what to generate.", field="prompt")
    images = request_images(context, key_hash)
    return GenerationRequest(
        dialect=DIALECT,
        candidates=routing.of_model(context, find_model(context, given.model).model.id),
        address=auth.caller_address(request),
        key_hash=key_hash,
        prompt=given.prompt,
        input=await images.take_all(given.input),
        uploads=tuple(images.uploads),
        body=b"",
    )


def identify(wanted: object) -> bytes:
    """Return the same short bytes for the same values, in any sequence of their names."""
    return blake2b(json.dumps(["generate", wanted], sort_keys=True).encode(), digest_size=20).digest()


def wait_of(request: web.Request, given_s: int) -> int:
    """Return the seconds to wait, at most as long as this deployment allows."""
    return min(given_s, request.app[CONTEXT].settings.prefer_wait_s)


def show(request: web.Request, generation: Generation) -> dict[str, object]:
    """Return a generation as our own API shows it."""
    return builtins(generation_entry(request.app[CONTEXT], generation))


def builtins(shape: Struct) -> dict[str, object]:
    """Return a type of our own API as JSON values."""
    found: dict[str, object] = msgspec.to_builtins(shape)
    return found


async def call(request: web.Request, account: str, tool: Tool, arguments: object) -> dict[str, object]:
    """Run a tool with arguments that fit it, and return its result. Raises Refused."""
    return await tool.run(request, account, convert(arguments, tool.arguments))
