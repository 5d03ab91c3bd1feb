"""Example bodies of the WOWFLOW API."""

from msgspec import UNSET, structs

from gateway import examples
from gateway.dialects.wowflow.bodies import Balance, GenerationEntry, Quote, Transaction
from gateway.dialects.wowflow.quotes import quote_entry
from gateway.offers import AbleRoute
from gateway.operation import DataList
from shared.domain.catalogue import Model, Route
from shared.domain.money import cents_up
from shared.domain.price_rule import flat

NO_MODEL = Model(  # for a deployment that offers nothing yet
    id="maker/model",
    name="A Model",
    kind="image",
    price=flat(100_000),
    api_price_micros=110_000,
    timeout_s=600,
    input={},
    routes=(Route(provider="maker", model="model"),),
)
BALANCE = Balance(
    balance_cents=1234,
    balance_usd=12.34,
    total_topup_cents=5000,
    total_spent_cents=3766,
    balance_micros=12_347_500,
    total_topup_micros=50_000_000,
    total_spent_micros=37_652_500,
)
REFUND = Transaction(
    sequence=3,
    type="refund",
    amount_cents=11,
    amount_usd=0.11,
    amount_micros=105_000,
    created_at=examples.COMPLETED_AT,
    generation_id=examples.GENERATION_ID,
    reference=None,
)
CHARGE = structs.replace(
    REFUND,
    sequence=2,
    type="spend",
    amount_cents=-11,
    amount_usd=-0.11,
    amount_micros=-105_000,
    created_at=examples.CREATED_AT,
)
TOP_UP = Transaction(
    sequence=1,
    type="topup",
    amount_cents=5000,
    amount_usd=50.0,
    amount_micros=50_000_000,
    created_at=examples.ACCOUNT_CREATED_AT,
    generation_id=None,
    reference="invoice-2026-117",
)
TRANSACTIONS: DataList[Transaction] = DataList(data=(REFUND, CHARGE, TOP_UP))


def input_of(model: Model) -> dict[str, object]:
    """Return a model's defaults, and a value for each required field without a default."""
    defaults = {name: limit.default for name, limit in model.input.items() if limit.default is not None}
    required = {name: limit for name, limit in model.input.items() if limit.required}
    urls = {"image_urls": [examples.IMAGE_URL], "image_url": examples.IMAGE_URL}
    return defaults | {name: urls.get(name, next(iter(limit.choices), limit.min)) for name, limit in required.items()}


def native_of(model: Model) -> dict[str, object] | None:
    """Return URLs for the media that a model's first route requires and no input field of ours fills."""
    schema = model.routes[0].native
    urls = {"video": f"{examples.ASSET_URL}.mp4", "audio": f"{examples.ASSET_URL}.mp3"}
    needed = {} if schema is None else schema.own_media
    found = {name: urls.get(field.role, examples.IMAGE_URL) for name, field in needed.items()}
    return {name: [url] if "array" in needed[name].types else url for name, url in found.items()} or None


def generation_entries(model: Model) -> tuple[GenerationEntry, GenerationEntry, GenerationEntry]:
    """Return the same generation while it is processing, completed and failed."""
    processing = GenerationEntry(
        id=examples.GENERATION_ID,
        status="processing",
        model=model.id,
        cost_cents=cents_up(model.price_micros),
        cost_usd=cents_up(model.price_micros) / 100,
        cost_micros=model.price_micros,
        created_at=examples.CREATED_AT,
        type=model.kind,
        provider=model.routes[0].provider,
        simulated=model.simulated,
        stage="queued",
        queue_position=0,
    )
    ended = structs.replace(processing, queue_position=UNSET, completed_at=examples.COMPLETED_AT)
    url = f"{examples.ASSET_URL}.{'mp4' if model.kind == 'video' else 'png'}"
    completed = structs.replace(
        ended,
        status="completed",
        stage="completed",
        result_url=url,
        result_urls=(url,),
        expires_at=examples.EXPIRES_AT,
    )
    failed = structs.replace(
        ended,
        status="failed",
        stage="failed",
        cost_cents=0,
        cost_usd=0.0,
        cost_micros=0,
        refunded_cents=processing.cost_cents,
        refunded_micros=processing.cost_micros,
        error="The provider rejected the prompt.",
        error_code="content_policy",
    )
    return processing, completed, failed


def quote_of(model: Model) -> Quote:
    """Return the quote of an order with the defaults."""
    given = input_of(model)
    sale = model.sale(given, examples.PROMPT)
    first = AbleRoute(model, model.routes[0], given, sale, sale.reserved_micros)
    return quote_entry([first], balance_micros=first.price_micros)
