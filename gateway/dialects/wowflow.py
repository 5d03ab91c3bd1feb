"""The WOWFLOW API: decode -> accept -> encode, and nothing else. Field names are the documented ones."""

import re

import msgspec
from aiohttp import web
from msgspec import UNSET, Struct, UnsetType

from gateway import auth, routing
from gateway.accept import Wanted, accept, upstream_refusal
from gateway.body import json_body, limit
from gateway.cancel import cancel
from gateway.context import DESK, Desk
from shared.domain.catalogue import Model
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Generation
from shared.domain.ids import canonical_uuid
from shared.domain.money import cents, usd
from shared.domain.times import rfc3339
from shared.store import accounts, generations, ledger
from shared.store.ledger import LedgerEntry

WAIT_MAX_S = 60
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?(?=$|[,;\s])")
KIND_OF_LINE = {"top_up": "topup", "reserve": "spend", "settle": "refund", "credit": "refund"}
DAY_MS = 86_400_000


class CreateGeneration(Struct, kw_only=True):
    """Body of POST /api/v1/generations."""

    model: str | None = None
    prompt: str | None = None
    input: object = None


class ModelEntry(Struct, kw_only=True):
    """One entry of GET /api/v1/models."""

    id: str
    name: str
    type: str
    price_cents: int
    price_usd: float
    resolution: str | None
    duration_sec: int | None


class GenerationEntry(Struct, kw_only=True):
    """A generation. `status` is processing, completed or failed; `stage` says more while it is processing."""

    id: str
    status: str
    model: str
    cost_cents: int
    cost_usd: float
    created_at: str
    type: str
    provider: str
    stage: str
    refunded_cents: int = 0
    queue_position: int | UnsetType = UNSET
    result_url: str | UnsetType = UNSET
    result_urls: tuple[str, ...] | UnsetType = UNSET
    result_text: str | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    result_expires_at: str | UnsetType = UNSET  # only where a result could not be copied from its provider
    completed_at: str | UnsetType = UNSET
    late_urls: tuple[str, ...] | UnsetType = UNSET  # finished by the provider after the refund; not charged
    error: str | UnsetType = UNSET
    error_code: str | UnsetType = UNSET


class Balance(Struct, kw_only=True):
    """GET /api/v1/balance: balance_cents = total_topup_cents - total_spent_cents, always."""

    balance_cents: int
    balance_usd: float
    total_topup_cents: int
    total_spent_cents: int
    currency: str = "USD"


class Transaction(Struct, kw_only=True):
    """One movement of money; the amount is signed. `type` is topup, spend or refund."""

    type: str
    amount_cents: int
    amount_usd: float
    created_at: str
    generation_id: str | None
    reference: str | None


async def models(request: web.Request) -> web.Response:
    """GET /api/v1/models: every model that can be ordered, with its API price."""
    await auth.account_id(request)
    return _json({"data": [_model(model) for model in routing.models(request.app[DESK])]})


async def create(request: web.Request) -> web.Response:
    """POST /api/v1/generations: 201 as soon as it is charged and durably queued, or after Prefer: wait=N."""
    desk, hashed = request.app[DESK], auth.key_hash(request)
    asked, body = await json_body(request, CreateGeneration)
    if not asked.model:
        raise Refused("missing_model", "is required: the id of a model from GET /api/v1/models.", field="model")
    if not asked.prompt or not asked.prompt.strip():
        raise Refused("missing_prompt", "is required: describe what to generate.", field="prompt")
    wait_s = preferred_wait_s(", ".join(request.headers.getall("Prefer", ())))
    made = await accept(
        desk,
        Wanted(
            dialect="wowflow",
            key_hash=hashed,
            choices=routing.of_model(desk, asked.model),
            prompt=asked.prompt,
            input=asked.input,
            body=body,
            idempotency_key=request.headers.get("Idempotency-Key", ""),
            wait_s=wait_s,
        ),
    )
    refusal = upstream_refusal(made.generation) if wait_s else None
    if refusal is not None:
        raise refusal
    headers = {"Location": f"/api/v1/generations?id={made.generation.id}"}
    if made.replayed:
        headers["Idempotent-Replayed"] = "true"
    if wait_s:
        headers["Preference-Applied"] = f"wait={wait_s}"
    return _json(entry(desk, made.generation), status=201, headers=headers)


async def read(request: web.Request) -> web.Response:
    """GET /api/v1/generations: one by ?id=, or the newest ?limit= of the account."""
    desk, count = request.app[DESK], limit(request.query)
    account = await auth.account_id(request)
    if "id" not in request.query:
        found = await generations.list_newest(desk.store, account, count)
        return _json({"data": [entry(desk, generation) for generation in found]})
    generation_id = canonical_uuid(request.query["id"])
    generation = await generations.view(desk.store, account, generation_id) if generation_id else None
    if generation is None:
        raise Refused("not_found", "Your account has no generation with this id.")
    return _json(entry(desk, generation))


async def delete(request: web.Request) -> web.Response:
    """DELETE /api/v1/generations?id=: stop it, refunded in full unless a provider has it already."""
    account = await auth.account_id(request)
    generation_id = canonical_uuid(request.query.get("id", ""))
    if generation_id is None:
        raise Refused("not_found", "Your account has no generation with this id.")
    return _json(entry(request.app[DESK], await cancel(request.app[DESK], account, generation_id)))


async def balance(request: web.Request) -> web.Response:
    """GET /api/v1/balance."""
    account = await accounts.find(request.app[DESK].store, await auth.account_id(request))
    if account is None:
        raise Refused("invalid_api_key", "This API key's account is gone.")
    left = cents(account.topup) - cents(account.spent)
    return _json(
        Balance(
            balance_cents=left,
            balance_usd=left / 100,
            total_topup_cents=cents(account.topup),
            total_spent_cents=cents(account.spent),
        )
    )


async def transactions(request: web.Request) -> web.Response:
    """GET /api/v1/transactions: what moved money, newest first."""
    count = limit(request.query)
    account = await auth.account_id(request)
    found = await ledger.list_movements(request.app[DESK].store, account, count)
    return _json({"data": [_transaction(line) for line in found]})


def preferred_wait_s(prefer: str) -> int:
    """Seconds of `Prefer: wait=N` (RFC 7240), at most 60; 0 without one or for nonsense, which is to be ignored."""
    found = WAIT.search(prefer.lower())
    return min(int(found[1]), WAIT_MAX_S) if found else 0


def entry(desk: Desk, generation: Generation) -> GenerationEntry:
    """A generation as this dialect shows it."""
    shown = GenerationEntry(
        id=generation.id,
        status=generation.state if not generation.open else "processing",
        model=generation.spec.model,
        cost_cents=cents(generation.price_micros),
        cost_usd=usd(generation.price_micros),
        created_at=rfc3339(generation.created_ms),
        type=generation.spec.kind,
        provider=generation.provider,
        stage=generation.state,
        refunded_cents=cents(generation.refund_micros),
    )
    if generation.position is not None:
        shown.queue_position = generation.position
    if generation.closed_ms is not None:
        shown.completed_at = rfc3339(generation.closed_ms)
    outcome = generation.outcome
    if generation.state == COMPLETED and outcome is not None:
        urls = tuple(output.url(desk.settings.base_url) for output in outcome.outputs)
        if urls:
            kept_ms = desk.settings.asset_retention_days * DAY_MS
            shown.result_url, shown.result_urls = urls[0], urls
            shown.expires_at = rfc3339((generation.closed_ms or generation.created_ms) + kept_ms)
        if outcome.expires_ms is not None:
            shown.expires_at = shown.result_expires_at = rfc3339(outcome.expires_ms)
        if outcome.text is not None:
            shown.result_text = outcome.text
    if generation.late is not None:
        shown.late_urls = tuple(output.url(desk.settings.base_url) for output in generation.late.outputs)
    if generation.state == FAILED and outcome is not None:
        shown.error = outcome.error or "failed"
        shown.error_code = outcome.error_code or "failed"
    return shown


def _model(model: Model) -> ModelEntry:
    return ModelEntry(
        id=model.id,
        name=model.name,
        type=model.kind,
        price_cents=cents(model.price_micros),
        price_usd=usd(model.price_micros),
        resolution=model.resolution,
        duration_sec=model.duration_s,
    )


def _transaction(line: LedgerEntry) -> Transaction:
    top_up = line.kind == "top_up"
    return Transaction(
        type=KIND_OF_LINE[line.kind],
        amount_cents=cents(line.amount_micros),
        amount_usd=usd(line.amount_micros),
        created_at=rfc3339(line.at_ms),
        generation_id=None if top_up else line.reference,
        reference=line.reference if top_up else None,
    )


def _json(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, headers=headers, content_type="application/json"
    )
