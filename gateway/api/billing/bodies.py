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


class CreatedCheckout(Struct, kw_only=True):
    """A page on which a person pays."""

    id: Annotated[str, doc("The id of the checkout session at Stripe.")]
    url: Annotated[str, doc("The page. Open it in a browser.")]
    amount_cents: Annotated[int, count("The amount that the payment adds to the balance.")]
    expires_at: Annotated[str, timestamp("When the page expires.")]
