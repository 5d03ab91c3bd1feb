"""The bodies of the calls that pay."""

from typing import Annotated

from msgspec import Meta, Struct

from gateway.billing.events import CENTS_MAX, CENTS_MIN
from shared.domain.described import count, doc, timestamp


class CreateCheckout(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/account/checkout."""

    amount_cents: Annotated[
        int, Meta(ge=CENTS_MIN, le=CENTS_MAX), doc("The amount to add to the balance, in US cents.", examples=[2000])
    ]


class CreateSubscription(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/account/subscription."""

    plan: Annotated[str, Meta(max_length=50), doc("The plan. Its price is charged each month.", examples=["plus"])]


class CreatedSubscription(Struct, kw_only=True):
    """A page on which a person subscribes, or the change of a subscription."""

    plan: Annotated[str, doc("The plan.")]
    monthly_cents: Annotated[int, count("Its price in a month, in US cents.")]
    url: Annotated[
        str | None,
        doc("The page. Open it in a browser. Null: the account had a subscription, which has this plan from now on."),
    ]


class CreatedPortal(Struct, kw_only=True):
    """A page of Stripe for the account's invoices, cards and subscription."""

    url: Annotated[str, doc("The page. Open it in a browser.")]


class CreatedCheckout(Struct, kw_only=True):
    """A page on which a person pays."""

    id: Annotated[str, doc("The id of the checkout session at Stripe.")]
    url: Annotated[str, doc("The page. Open it in a browser.")]
    amount_cents: Annotated[int, count("The amount that the payment adds to the balance.")]
    expires_at: Annotated[str, timestamp("When the page expires.")]
