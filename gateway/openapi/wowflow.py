"""The WOWFLOW API's operations."""

from msgspec import UNSET, structs

from gateway.accept import IDEMPOTENCY_KEY_CHARS_MAX
from gateway.body import LIMIT_DEFAULT, LIMIT_MAX
from gateway.dialects.wowflow import WAIT_MAX_S, Balance, CreateGeneration, GenerationEntry, ModelEntry, Transaction
from gateway.openapi.operation import Answer, Listed, Operation, Parameter
from gateway.openapi.refusals import BODIED, KEYED
from gateway.openapi.snippets import POLLING
from shared.domain.catalogue import Catalogue, Model, Route
from shared.domain.inputs import prompt_chars_max
from shared.domain.money import cents, usd

TAG = "Generations"
GENERATION_ID = "019e07f2-aa18-7c3e-9f21-6b1f0c9d2e47"
PROMPT = "a misty forest at dawn, soft light, cinematic"
PICTURE_URL = "https://example.com/picture.png"
CREATED_AT, COMPLETED_AT, EXPIRES_AT = (
    "2026-05-08T14:23:11.000Z",
    "2026-05-08T14:23:32.000Z",
    "2026-06-07T14:23:32.000Z",
)
NO_MODEL = Model(  # for the examples of a deployment that sells nothing yet
    id="maker/model",
    name="A Model",
    kind="image",
    ui_price_micros=100_000,
    price_micros=110_000,
    timeout_s=600,
    input={},
    routes=(Route(provider="maker", model="model"),),
)
LIMIT = Parameter(
    name="limit",
    place="query",
    text=f"How many at most; {LIMIT_MAX} and more count as {LIMIT_MAX}.",
    schema={"type": "integer", "minimum": 1, "default": LIMIT_DEFAULT},
)
ID = Parameter(
    name="id",
    place="query",
    text="Answer this one generation instead of the list.",
    schema={"type": "string", "format": "uuid"},
    example=GENERATION_ID,
)
PREFER = Parameter(
    name="Prefer",
    place="header",
    text=f"`wait=N` holds the answer until the generation ends, for N seconds at most and never over {WAIT_MAX_S}.",
    schema={"type": "string", "examples": ["wait=5"]},
)
IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    place="header",
    text="A name of your own for this request. Sent again within 24 hours with the same body, it answers the first "
    "generation again and charges nothing.",
    schema={"type": "string", "maxLength": IDEMPOTENCY_KEY_CHARS_MAX, "pattern": "^[ -~]*$"},
)


def operations(catalogue: Catalogue, base_url: str) -> tuple[Operation, ...]:
    """Models, generations and money."""
    sold = list(catalogue.models.values()) or [NO_MODEL]
    shown = next((model for model in sold if model.kind == "image"), sold[0])
    made = (_create(sold, shown, base_url), _read(shown, base_url), _cancel(shown, base_url))
    return (_models(sold), *made, BALANCE, TRANSACTIONS)


def _models(sold: list[Model]) -> Operation:
    entries = tuple(
        ModelEntry(
            id=model.id,
            name=model.name,
            type=model.kind,
            price_cents=cents(model.price_micros),
            price_usd=usd(model.price_micros),
            resolution=model.resolution,
            duration_sec=model.duration_s,
        )
        for model in sold
    )
    listed: Listed[ModelEntry] = Listed(data=entries)
    return Operation(
        method="get",
        path="/api/v1/models",
        id="listModels",
        tag=TAG,
        summary="List the models",
        text="Every model that can be ordered, with its price.",
        answers=(Answer(text="The models.", shapes=(Listed[ModelEntry],), examples={"models": listed}),),
        refusals=KEYED,
    )


def _create(sold: list[Model], shown: Model, base_url: str) -> Operation:
    processing, completed, _ = _entries(shown, base_url)
    plain = {"prompt only": CreateGeneration(model=shown.id, prompt=PROMPT, input=UNSET)}
    asked = {
        model.id: CreateGeneration(
            model=model.id,
            prompt=PROMPT[: prompt_chars_max(model)],
            input=_example_input(model),
        )
        for model in sold
    }
    return Operation(
        method="post",
        path="/api/v1/generations",
        id="createGeneration",
        tag=TAG,
        summary="Create a generation",
        text="Charges the price and answers as soon as the generation is safely queued. A generation that fails is "
        "refunded. Read it until it ends, have a webhook tell you, or ask to wait with `Prefer: wait=N`.",
        parameters=(IDEMPOTENCY_KEY, PREFER),
        body=CreateGeneration,
        bodies=plain | asked,
        answers=(
            Answer(
                status=201,
                text="The generation: charged and queued, or as it is after the wait.",
                shapes=(GenerationEntry,),
                examples={"at once": processing, "after Prefer: wait=30": completed},
                headers=("Location", "Idempotent-Replayed", "Preference-Applied"),
                links=("readGenerations", "cancelGeneration"),
            ),
        ),
        refusals=(
            *("missing_model", "missing_prompt", "unknown_model", "invalid_input", *BODIED, *KEYED),
            *("insufficient_balance", "idempotency_key_reuse", "rate_limited", "upstream_error"),
        ),
    )


def _example_input(model: Model) -> dict[str, object]:
    """The defaults of a model, and something for what has none and is required."""
    given = {name: limit.default for name, limit in model.input.items() if limit.default is not None}
    needed = {name: limit.choices for name, limit in model.input.items() if limit.required}
    shown = {name: [PICTURE_URL] if name == "image_urls" else PICTURE_URL for name in needed}
    return given | {name: next(iter(choices), shown[name]) for name, choices in needed.items()}


def _read(model: Model, base_url: str) -> Operation:
    processing, completed, failed = _entries(model, base_url)
    newest: Listed[GenerationEntry] = Listed(data=(processing, completed))
    return Operation(
        method="get",
        path="/api/v1/generations",
        id="readGenerations",
        tag=TAG,
        summary="Read one generation, or list the newest",
        text="With `id` that generation: ask every few seconds until `status` is `completed` or `failed`. Without `id` "
        "the account's newest generations.",
        parameters=(ID, LIMIT),
        answers=(
            Answer(
                text="The generation, or the list.",
                shapes=(GenerationEntry, Listed[GenerationEntry]),
                examples={"processing": processing, "completed": completed, "failed": failed, "list": newest},
            ),
        ),
        refusals=("invalid_request", "not_found", *KEYED),
        samples=POLLING,
    )


def _cancel(model: Model, base_url: str) -> Operation:
    processing, _, failed = _entries(model, base_url)
    canceled = structs.replace(failed, error="Canceled by its owner.", error_code="canceled")
    return Operation(
        method="delete",
        path="/api/v1/generations",
        id="cancelGeneration",
        tag=TAG,
        summary="Cancel a generation",
        text="Refunded in full while no provider has it. Afterwards the provider is asked to stop, and what it answers "
        "counts: the generation is `processing` until then.",
        parameters=(structs.replace(ID, text="The generation to cancel.", required=True),),
        answers=(
            Answer(
                text="The generation as it is now.",
                shapes=(GenerationEntry,),
                examples={"canceled": canceled, "asked to stop": processing},
            ),
        ),
        refusals=("not_found", "conflict", *KEYED),
    )


def _entries(model: Model, base_url: str) -> tuple[GenerationEntry, GenerationEntry, GenerationEntry]:
    """The same generation while it is processing, completed and failed."""
    processing = GenerationEntry(
        id=GENERATION_ID,
        status="processing",
        model=model.id,
        cost_cents=cents(model.price_micros),
        cost_usd=usd(model.price_micros),
        created_at=CREATED_AT,
        type=model.kind,
        provider=model.routes[0].provider,
        stage="queued",
        queue_position=0,
    )
    ended = structs.replace(processing, queue_position=UNSET, completed_at=COMPLETED_AT)
    url = f"{base_url}/assets/2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.{'mp4' if model.kind == 'video' else 'png'}"
    completed = structs.replace(
        ended, status="completed", stage="completed", result_url=url, result_urls=(url,), expires_at=EXPIRES_AT
    )
    failed = structs.replace(
        ended,
        status="failed",
        stage="failed",
        cost_cents=0,
        cost_usd=0.0,
        refunded_cents=processing.cost_cents,
        error="The provider refused the prompt.",
        error_code="content_policy",
    )
    return processing, completed, failed


BALANCE = Operation(
    method="get",
    path="/api/v1/balance",
    id="readBalance",
    tag="Money",
    summary="Check the balance",
    text="What is left, and what it was made of.",
    answers=(
        Answer(
            text="The balance.",
            shapes=(Balance,),
            examples={
                "balance": Balance(
                    balance_cents=1234, balance_usd=12.34, total_topup_cents=5000, total_spent_cents=3766
                )
            },
        ),
    ),
    refusals=KEYED,
)
_BOOKED: Listed[Transaction] = Listed(
    data=(
        Transaction(
            type="refund",
            amount_cents=11,
            amount_usd=0.11,
            created_at=COMPLETED_AT,
            generation_id=GENERATION_ID,
            reference=None,
        ),
        Transaction(
            type="spend",
            amount_cents=-11,
            amount_usd=-0.11,
            created_at=CREATED_AT,
            generation_id=GENERATION_ID,
            reference=None,
        ),
        Transaction(
            type="topup",
            amount_cents=5000,
            amount_usd=50.0,
            created_at="2026-05-01T09:00:00.000Z",
            generation_id=None,
            reference="invoice-2026-117",
        ),
    )
)
TRANSACTIONS = Operation(
    method="get",
    path="/api/v1/transactions",
    id="listTransactions",
    tag="Money",
    summary="List the transactions",
    text="What moved money: top-ups, charges and refunds, newest first.",
    parameters=(LIMIT,),
    answers=(Answer(text="The transactions.", shapes=(Listed[Transaction],), examples={"transactions": _BOOKED}),),
    refusals=("invalid_request", *KEYED),
)
