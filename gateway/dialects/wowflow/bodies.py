"""The bodies of the WOWFLOW API. Field names are the documented ones."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.admission.webhook_url import WebhookUrl
from shared.domain.catalogue import KINDS
from shared.domain.described import NOT_BLANK, NOTICES, SIMULATED, Link, count, doc, link, replaced, timestamp
from shared.domain.fields import PROMPT_CHARS_MAX
from shared.domain.generation import TERMINAL
from shared.domain.kind import kind_of
from shared.domain.metadata import SENT, SHOWN, Metadata
from shared.domain.price_rule import UNIT_SIZE
from shared.domain.pricing import PRICE_CENTS_MAX

STAGES = ["backlog", "queued", "submitting", "pending", "uncertain", *TERMINAL]
INPUT_FIELDS = frozenset(name for kind in KINDS for name in kind_of(kind).fields)
Kind = Annotated[str, doc("The kind of model.", examples=list(KINDS))]


class CreateGeneration(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/generations. Any other field is refused, because it would have no effect."""

    nested: ClassVar[Mapping[str, frozenset[str]]] = {"input": INPUT_FIELDS}
    model: Annotated[
        str | None,
        replaced("The id of a model from `GET /api/v1/models`.", required=True, type="string", minLength=1),
    ] = None
    prompt: Annotated[
        str | None,
        replaced(
            "A description of the output to generate.",
            required=True,
            type="string",
            minLength=1,
            maxLength=PROMPT_CHARS_MAX,
            pattern=NOT_BLANK,
        ),
    ] = None
    input: Annotated[
        object,
        replaced(
            "More parameters of the model. Each model lists its own.",
            anyOf=[{"$ref": "#/components/schemas/Input"}, {"type": "null"}],
        ),
    ] = None
    native: Annotated[
        dict[str, object] | None,
        doc(
            "Fields of the provider itself, under its own names: `native_fields` of a model lists them. Only routes "
            "that know them serve the request. An error names a field by its JSON pointer, such as `/native/duration`.",
            examples=[{"resolution": "2K"}],
        ),
    ] = None
    max_cost_cents: Annotated[
        Annotated[int, Meta(ge=0, le=PRICE_CENTS_MAX)] | None,
        doc("Refuse the request with `over_max_cost` if it could cost more."),
    ] = None
    metadata: Annotated[Metadata | None, SENT] = None
    webhook_url: WebhookUrl = None


class QuoteLine(Struct, kw_only=True):
    """One part of a price: so much per unit."""

    unit: Annotated[str, doc("The unit that is counted.", examples=list(UNIT_SIZE))]
    quantity: Annotated[float, doc("The most units that the order can use.")]
    unit_micros: Annotated[int, count("The price of one unit before the mark-up, in millionths of a dollar.")]


class Quote(Struct, kw_only=True):
    """The price of a request, which is neither charged nor stored."""

    model: Annotated[str, doc("The id of the model.")]
    price_cents: Annotated[int, count("The most that it can cost, rounded up to a cent.")]
    price_usd: Annotated[float, doc("`price_cents` in dollars, for display.")]
    price_micros: Annotated[int, count("The exact amount of `price_cents`, in millionths of a dollar.")]
    metered: Annotated[bool, doc("Whether it may cost less, depending on the delivered outputs or the used tokens.")]
    breakdown: Annotated[tuple[QuoteLine, ...], doc("The parts of the price.")]
    minimum_micros: Annotated[int, count("The least that it costs before the mark-up, in millionths of a dollar.")]
    ceiling_micros: Annotated[
        int | None, count("The most that it costs before the mark-up, in millionths of a dollar.")
    ]
    markup_percent: Annotated[float, doc("The mark-up on the sum of the parts, in percent.")]
    providers: Annotated[tuple[str, ...], doc("The providers that can serve it, in the order to try them.")]
    affordable: Annotated[bool, doc("Whether the balance covers it now.")]
    simulated: Annotated[bool, doc("Whether the local provider would stand in for the model's own one.")]


class PricingRow(Struct, kw_only=True):
    """The price of a unit where the input has all these values."""

    when: Annotated[dict[str, str | int | float | bool], doc("The values, by input field.")]
    unit_micros: Annotated[int, count("The price of one unit, in millionths of a dollar.")]


class PricingPart(Struct, kw_only=True):
    """One part of a price. The first row that fits the input replaces `unit_micros`."""

    unit: Annotated[str, doc("The unit that is counted.", examples=list(UNIT_SIZE))]
    unit_micros: Annotated[int, count("The price of one unit, in millionths of a dollar.")]
    rows: Annotated[tuple[PricingRow, ...], doc("The prices of a unit for some inputs.")]


class Pricing(Struct, kw_only=True):
    """How a price is computed: the sum of the parts, within the bounds, plus the mark-up."""

    text: Annotated[str, doc("The price for people, the mark-up included.")]
    parts: Annotated[tuple[PricingPart, ...], doc("The parts that are added.")]
    minimum_micros: Annotated[int, count("The least sum of the parts, in millionths of a dollar.")]
    ceiling_micros: Annotated[int | None, count("The largest sum of the parts, in millionths of a dollar.")]
    markup_percent: Annotated[float, doc("The mark-up on the sum, in percent.")]


class ModelEntry(Struct, kw_only=True):
    """One entry of GET /api/v1/models."""

    id: Annotated[str, doc("The value to send as `model`.")]
    name: Annotated[str, doc("The name for people.")]
    type: Kind
    price_cents: Annotated[int, count("The price of an order with the defaults, rounded up to a cent.")]
    price_usd: Annotated[float, doc("`price_cents` in dollars, for display.")]
    price_micros: Annotated[int, count("The exact price of an order with the defaults, in millionths of a dollar.")]
    pricing: Annotated[Pricing, doc("How the price is computed.")]
    resolution: Annotated[str | None, doc("The resolution of the output, such as `1K`.")]
    duration_sec: Annotated[int | None, doc("The length of the output in seconds.")]
    native_fields: Annotated[
        tuple[str, ...], doc("Fields of its providers that `native` may have; the prompt's own is not among them.")
    ] = ()
    simulated: Annotated[bool, SIMULATED] = False


class ModelDetail(Struct, kw_only=True):
    """GET /api/v1/models/{id}: a model with the schema of its input, as forms need it."""

    id: Annotated[str, doc("The value to send as `model`.")]
    name: Annotated[str, doc("The name for people.")]
    type: Kind
    price_cents: Annotated[int, count("The price of an order with the defaults, rounded up to a cent.")]
    pricing: Annotated[str, doc("How the price is computed, for people.")]
    prompt_chars_max: Annotated[int, count("The most characters that the prompt may have.")]
    simulated: Annotated[bool, SIMULATED] = False
    input: Annotated[dict[str, object], doc("The JSON Schema of `input`: the model's parameters and their limits.")]


class GenerationEntry(Struct, kw_only=True):
    """A generation. `status` is processing, completed or failed; `stage` says more while it is processing."""

    id: Annotated[str, doc("The generation's id.", format="uuid")]
    status: Annotated[str, doc("One of three values, always.", enum=["processing", *TERMINAL])]
    model: Annotated[str, doc("The id of the requested model.")]
    cost_cents: Annotated[
        int,
        count(
            "The most it can cost while it is processing, then the amount charged, rounded up to a cent. 0 after a "
            "full refund."
        ),
    ]
    cost_usd: Annotated[float, doc("`cost_cents` in dollars, for display.")]
    cost_micros: Annotated[int, count("The exact amount of `cost_cents`, in millionths of a dollar.")]
    created_at: Annotated[str, timestamp("When it was accepted.")]
    type: Kind
    provider: Annotated[str, doc("The provider that serves it.")]
    simulated: Annotated[bool, SIMULATED] = False
    stage: Annotated[str, doc("More detail than `status`. New values may be added.", examples=STAGES)]
    refunded_cents: Annotated[int, count("The amount refunded, and what the operator credited later.")] = 0
    refunded_micros: Annotated[int, count("The exact amount of `refunded_cents`, in millionths of a dollar.")] = 0
    queue_position: Annotated[int | UnsetType, count("How many generations are ahead of it, while it waits.")] = UNSET
    result_url: Annotated[str | UnsetType, link("The first output.")] = UNSET
    result_urls: Annotated[tuple[Link, ...] | UnsetType, doc("All outputs.", minItems=1)] = UNSET
    result_text: Annotated[str | UnsetType, doc("The result of a text generation.")] = UNSET
    expires_at: Annotated[str | UnsetType, timestamp("When the outputs are deleted here.")] = UNSET
    result_expires_at: Annotated[
        str | UnsetType,
        timestamp("When the provider deletes an output that could not be copied here: fetch it before. Else absent."),
    ] = UNSET
    completed_at: Annotated[str | UnsetType, timestamp("When it completed or failed.")] = UNSET
    usage_reported: Annotated[
        bool | UnsetType,
        doc("Present if the price counts tokens. False: the provider reported none, so the reservation was charged."),
    ] = UNSET
    late_urls: Annotated[
        tuple[Link, ...] | UnsetType, doc("Outputs that the provider finished after the refund. Not charged.")
    ] = UNSET
    error: Annotated[str | UnsetType, doc("The reason for the failure, for people.")] = UNSET
    error_code: Annotated[str | UnsetType, doc("The reason for the failure, for programs.")] = UNSET
    notices: Annotated[tuple[str, ...] | UnsetType, NOTICES] = UNSET
    metadata: Annotated[Metadata | UnsetType, SHOWN] = UNSET


class Balance(Struct, kw_only=True):
    """GET /api/v1/balance: balance_cents = total_topup_cents - total_spent_cents, always."""

    balance_cents: Annotated[
        int,
        doc(
            "The balance you can spend, always `total_topup_cents - total_spent_cents`. It is negative after a "
            "dispute of a payment whose money was spent: orders are refused then."
        ),
    ]
    balance_usd: Annotated[float, doc("`balance_cents` in dollars, for display.")]
    total_topup_cents: Annotated[int, doc("All top-ups, less what refunds and disputes of payments took back.")]
    total_spent_cents: Annotated[
        int, count("All charges minus all refunds, rounded up. A generation counts as soon as it is accepted.")
    ]
    balance_micros: Annotated[int, doc("The exact balance, in millionths of a dollar.")]
    total_topup_micros: Annotated[int, doc("The exact sum of all top-ups.")]
    total_spent_micros: Annotated[int, count("The exact sum of all charges minus all refunds.")]
    currency: Annotated[str, doc("Always USD.", const="USD")] = "USD"


class Transaction(Struct, kw_only=True):
    """One movement of money; the amount is signed. `type` is topup, spend, refund or correction."""

    sequence: Annotated[int, count("Its number in the account's ledger: the cursor for `before` and `after`.")]
    type: Annotated[
        str,
        doc(
            "The type of transaction. A correction is a dispute of a payment, the end of a closed account's balance, "
            "or stands for lines that a restore from a backup lost or took back.",
            enum=["topup", "spend", "refund", "correction"],
        ),
    ]
    amount_cents: Annotated[
        int, doc("The signed amount, negative for a charge; a charge or refund is rounded up to a cent.")
    ]
    amount_usd: Annotated[float, doc("`amount_cents` in dollars, for display.")]
    amount_micros: Annotated[int, doc("The exact signed amount, in millionths of a dollar.")]
    created_at: Annotated[str, timestamp("When it was booked.")]
    generation_id: Annotated[str | None, doc("The generation of a charge or refund.", format="uuid")]
    reference: Annotated[
        str | None, doc("The reference of a top-up or dispute, or the lines that a correction is about, such as 5-8.")
    ]
