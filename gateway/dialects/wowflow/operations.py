"""The operations of the WOWFLOW API."""

from msgspec import UNSET, structs

from gateway.dialects.wowflow import examples, handlers, money
from gateway.dialects.wowflow.bodies import (
    Balance,
    CreateGeneration,
    GenerationEntry,
    ModelDetail,
    ModelEntry,
    Quote,
    Transaction,
)
from gateway.examples import GENERATION_FILTERS, GENERATION_ID, IDEMPOTENCY_KEY, PAGE, PAGE_HEADERS, PROMPT
from gateway.history.transactions import KINDS
from gateway.openapi.snippets import POLLING
from gateway.operation import BODIED, KEYED, DataList, Operation, OperationResponse, Parameter, path_parameter
from shared.domain.catalogue import Catalogue, Model
from shared.domain.inputs import prompt_chars_max
from shared.domain.money import cents_up
from shared.domain.price_text import price_text

TAG = "Generations"
ID = Parameter(
    name="id",
    place="query",
    text="Return this generation instead of the list.",
    schema={"type": "string", "format": "uuid"},
    example=GENERATION_ID,
)
PREFER = Parameter(
    name="Prefer",
    place="header",
    text="`wait=N` holds the response until the generation ends, for at most N seconds. "
    f"Values above the limit, {handlers.WAIT_MAX_S} unless this deployment is set otherwise, count as the limit.",
    schema={"type": "string", "examples": ["wait=5"]},
)
BALANCE = Operation(
    method="get",
    path="/api/v1/balance",
    handler=money.read_balance,
    id="readBalance",
    scopes=("read",),
    tag="Money",
    summary="Check the balance",
    text="The balance, and the top-ups and charges that it is made of.",
    responses=(OperationResponse(text="The balance.", shapes=(Balance,), examples={"balance": examples.BALANCE}),),
    refusals=KEYED,
)
TRANSACTION_TYPE = Parameter(
    name="type",
    place="query",
    text="Only transactions of this type.",
    schema={"type": "string", "enum": list(KINDS)},
)
OF_GENERATIONS = tuple(
    structs.replace(one, text=one.text.replace("generations", "transactions of generations"))
    for one in GENERATION_FILTERS
    if one.name in ("status", "model", "key", "metadata.NAME")
)
TRANSACTIONS = Operation(
    method="get",
    path="/api/v1/transactions",
    handler=money.list_transactions,
    id="listTransactions",
    scopes=("read",),
    tag="Money",
    summary="List the transactions",
    text="Top-ups, charges, refunds and corrections, newest first, page by page. With `Accept: text/csv` the response "
    "is a file with all of them, or the newest `limit`. Its times are in UTC, and its amounts in millionths of a "
    "dollar.",
    parameters=(*PAGE, TRANSACTION_TYPE, *OF_GENERATIONS),
    responses=(
        OperationResponse(
            text="The transactions.",
            shapes=(DataList[Transaction],),
            examples={"transactions": examples.TRANSACTIONS},
            headers=PAGE_HEADERS,
            also=("text/csv",),
        ),
    ),
    refusals=("invalid_request", "rate_limited", *KEYED),
)


def operations(catalogue: Catalogue) -> tuple[Operation, ...]:
    """Return the operations, with examples for every model of a catalogue."""
    offered = list(catalogue.models.values()) or [examples.NO_MODEL]
    shown = next((model for model in offered if model.kind == "image"), offered[0])
    return (
        _list_models(offered),
        _show_model(shown),
        _create(offered, shown),
        _quote(shown),
        _read(shown),
        _cancel(shown),
        BALANCE,
        TRANSACTIONS,
    )


def _list_models(offered: list[Model]) -> Operation:
    models: DataList[ModelEntry] = DataList(data=tuple(handlers.model_entry(model) for model in offered))
    return Operation(
        method="get",
        path="/api/v1/models",
        handler=handlers.list_models,
        id="listModels",
        scopes=("generate", "read"),
        tag=TAG,
        summary="List the models",
        text="Every model on offer, with its price.",
        responses=(OperationResponse(text="The models.", shapes=(DataList[ModelEntry],), examples={"models": models}),),
        refusals=KEYED,
    )


def _show_model(shown: Model) -> Operation:
    detail = ModelDetail(
        id=shown.id,
        name=shown.name,
        type=shown.kind,
        price_cents=cents_up(shown.price_micros),
        pricing=price_text(*shown.api_price),
        prompt_chars_max=prompt_chars_max(shown),
        input={"type": "object", "properties": {"width": {"type": "integer", "minimum": 64, "maximum": 2048}}},
    )
    return Operation(
        method="get",
        path="/api/v1/models/{id}",
        pattern="/api/v1/models/{id:.{1,200}}",
        handler=handlers.show_model,
        id="readModel",
        tag=TAG,
        summary="Read a model",
        text="Its price, and the JSON Schema of its `input`. Needs no key.",
        access="open",
        parameters=(path_parameter("id", "The model's id. It contains slashes.", shown.id),),
        responses=(OperationResponse(text="The model.", shapes=(ModelDetail,), examples={"model": detail}),),
        refusals=("not_found", "internal_error"),
    )


def _create(offered: list[Model], shown: Model) -> Operation:
    processing, completed, _ = examples.generation_entries(shown)
    minimal = {"prompt only": CreateGeneration(model=shown.id, prompt=PROMPT, input=UNSET)}
    each = {
        model.id: CreateGeneration(
            model=model.id,
            prompt=PROMPT[: prompt_chars_max(model)],
            input=examples.input_of(model),
            native=examples.native_of(model),
        )
        for model in offered
    }
    return Operation(
        method="post",
        path="/api/v1/generations",
        handler=handlers.create_generation,
        id="createGeneration",
        scopes=("generate",),
        tag=TAG,
        summary="Create a generation",
        text="Charges the price and responds as soon as the generation is durably queued. A generation that fails is "
        "refunded. To get the result, poll it, add a webhook endpoint, or wait for it with `Prefer: wait=N`.",
        parameters=(IDEMPOTENCY_KEY, PREFER),
        body=CreateGeneration,
        bodies=minimal | each,
        responses=(
            OperationResponse(
                status=201,
                text="The generation, charged and queued, or as it is after the wait.",
                shapes=(GenerationEntry,),
                examples={"at once": processing, "after Prefer: wait=30": completed},
                headers=("Location", "Idempotent-Replayed", "Preference-Applied"),
                links=("readGenerations", "cancelGeneration"),
            ),
        ),
        refusals=(
            *("missing_model", "missing_prompt", "unknown_model", "invalid_input", "over_max_cost", *BODIED, *KEYED),
            *("insufficient_balance", "key_budget_exceeded", "spend_cap_exceeded", "account_suspended"),
            *("idempotency_key_reuse", "rate_limited", "upstream_error"),
            *("limit_exceeded", "capacity_exceeded"),
        ),
    )


def _quote(shown: Model) -> Operation:
    return Operation(
        method="post",
        path="/api/v1/generations/quote",
        handler=handlers.quote_generation,
        id="quoteGeneration",
        scopes=("generate", "read"),
        tag=TAG,
        summary="Quote a generation",
        text="The price of a request and the providers that would serve it. Nothing is charged. The body is that of "
        "`POST /api/v1/generations`, and refused for the same reasons.",
        body=CreateGeneration,
        bodies={"prompt only": CreateGeneration(model=shown.id, prompt=PROMPT, input=UNSET)},
        responses=(
            OperationResponse(text="The price.", shapes=(Quote,), examples={"quote": examples.quote_of(shown)}),
        ),
        refusals=(
            "missing_model",
            "missing_prompt",
            "unknown_model",
            "invalid_input",
            "over_max_cost",
            *BODIED,
            *KEYED,
        ),
    )


def _read(shown: Model) -> Operation:
    processing, completed, failed = examples.generation_entries(shown)
    newest: DataList[GenerationEntry] = DataList(data=(processing, completed))
    return Operation(
        method="get",
        path="/api/v1/generations",
        handler=handlers.read_generations,
        id="readGenerations",
        scopes=("generate", "read"),
        tag=TAG,
        summary="Read one generation, or list them",
        text="With `id`, returns that generation: poll every few seconds until `status` is `completed` or `failed`. "
        "Without `id`, lists the account's generations, newest first: all of them, page by page, as far back as the "
        "deployment keeps its history.",
        parameters=(ID, *PAGE, *GENERATION_FILTERS),
        responses=(
            OperationResponse(
                text="The generation, or the list.",
                headers=PAGE_HEADERS,
                shapes=(GenerationEntry, DataList[GenerationEntry]),
                examples={"processing": processing, "completed": completed, "failed": failed, "list": newest},
            ),
        ),
        refusals=("invalid_request", "not_found", "rate_limited", *KEYED),
        samples=POLLING,
    )


def _cancel(shown: Model) -> Operation:
    processing, _, failed = examples.generation_entries(shown)
    canceled = structs.replace(failed, error="Canceled by its owner.", error_code="canceled")
    return Operation(
        method="delete",
        path="/api/v1/generations",
        handler=handlers.cancel_generation,
        id="cancelGeneration",
        scopes=("generate",),
        tag=TAG,
        summary="Cancel a generation",
        text="A generation that was not submitted to a provider yet is refunded in full. Otherwise we request "
        "the provider to stop, and the generation stays `processing` until the provider confirms.",
        parameters=(structs.replace(ID, text="The generation to cancel.", required=True),),
        responses=(
            OperationResponse(
                text="The generation as it is now.",
                shapes=(GenerationEntry,),
                examples={"canceled": canceled, "still processing": processing},
            ),
        ),
        refusals=("not_found", "conflict", *KEYED),
    )
