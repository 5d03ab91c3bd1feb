"""The events of Stripe that move money, decoded strictly. Every other event is ignored."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from shared.domain.errors import Refused
from shared.domain.money import MICROS_PER_CENT

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,100}$")]
ACCOUNT, CENTS, PLAN = "wokflow_account", "wokflow_cents", "wokflow_plan"  # metadata of payments
CENTS_MIN, CENTS_MAX = 500, 100_000  # of one top-up
PAID = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
REFUNDED = ("refund.created", "refund.updated", "refund.failed")
WITHDRAWN, REINSTATED = "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"
SUBSCRIBED = "customer.subscription."  # with whatever happened to the subscription
Shape = TypeVar("Shape", bound=Struct)
UNDONE = ("failed", "canceled")  # statuses of a refund whose money came back


class CheckoutSession(Struct, frozen=True):
    """A checkout session."""

    mode: str
    payment_status: str
    currency: str | None
    amount_subtotal: int | None  # in cents, without taxes
    payment_intent: Id | None
    metadata: dict[str, str] | None


class Taking(Struct, frozen=True):
    """A refund or a dispute of a payment."""

    id: Id
    amount: int  # in cents
    currency: str
    payment_intent: Id | None
    status: str | None


class Subscribed(Struct, frozen=True):
    """A subscription, whose state is read at Stripe: the event may be late."""

    id: Id
    customer: Id
    metadata: dict[str, str] | None


class Data(Struct, frozen=True):
    """The object of an event."""

    object: msgspec.Raw


class StripeEvent(Struct, frozen=True):
    """An event as Stripe sends it."""

    id: Id
    type: Annotated[str, Meta(max_length=100)]
    data: Data


def decode_event(body: bytes) -> StripeEvent:
    """Return the event in a signed body. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=StripeEvent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("invalid_request", f"This is not an event of Stripe: {error}") from None


def decode_session(event: StripeEvent) -> CheckoutSession:
    """Return the checkout session of an event. Raises Refused."""
    return _decode(event, CheckoutSession)


def decode_taking(event: StripeEvent) -> Taking:
    """Return the refund or dispute of an event. Raises Refused."""
    return _decode(event, Taking)


def decode_subscribed(event: StripeEvent) -> Subscribed:
    """Return the subscription of an event. Raises Refused."""
    return _decode(event, Subscribed)


def taken_micros(taking: Taking) -> int:
    """Return the amount that a refund or dispute of a top-up takes. Raises Refused if no top-up has as much."""
    if taking.currency != "usd":
        raise Refused("invalid_request", "The currency of a refund or dispute must be usd.")
    if not 1 <= taking.amount <= CENTS_MAX:
        raise Refused("invalid_request", "The amount of a refund or dispute is not within that of any top-up.")
    return taking.amount * MICROS_PER_CENT


def paid_micros(session: CheckoutSession) -> int:
    """Return the amount that a paid session adds. Raises Refused if it is not what the account ordered."""
    ordered, cents = (session.metadata or {}).get(CENTS), session.amount_subtotal
    if session.currency != "usd":
        raise Refused("invalid_request", "The currency of a top-up must be usd.")
    if cents is None or not CENTS_MIN <= cents <= CENTS_MAX or str(cents) != ordered:
        raise Refused("invalid_request", "The amount that was paid is not the amount that was ordered.")
    return cents * MICROS_PER_CENT


def _decode(event: StripeEvent, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(event.data.object, type=shape)
    except msgspec.DecodeError as error:
        raise Refused("invalid_request", f"The object of this event is not as documented: {error}") from None
