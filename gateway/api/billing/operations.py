"""The operations that pay."""

from gateway.accept import IDEMPOTENCY_KEY_CHARS_MAX
from gateway.api.billing import handlers
from gateway.api.billing.bodies import (
    CreateCheckout,
    CreatedCheckout,
    CreatedPortal,
    CreatedSubscription,
    CreateSubscription,
)
from gateway.examples import ACCOUNT_CREATED_AT
from gateway.operation import BODIED, KEYED, Operation, OperationResponse, Parameter

CHECKOUT = CreatedCheckout(
    id="cs_live_a1",
    url="https://checkout.stripe.com/c/pay/cs_live_a1",
    amount_cents=2000,
    expires_at=ACCOUNT_CREATED_AT,
)
ONCE = Parameter(
    name="Idempotency-Key",
    place="header",
    text="A name of your own for this request. Sending it again returns the same page.",
    schema={"type": "string", "maxLength": IDEMPOTENCY_KEY_CHARS_MAX, "pattern": "^[ -~]*$"},
)

OPERATIONS = (
    Operation(
        method="post",
        path="/api/v1/account/checkout",
        handler=handlers.create_checkout,
        id="createCheckout",
        scopes=("manage",),
        tag="Money",
        summary="Pay for a top-up",
        text="Creates a page at Stripe on which a person pays. The balance grows once Stripe reports the payment. 404 "
        "if payments are not set up.",
        parameters=(ONCE,),
        body=CreateCheckout,
        bodies={"twenty dollars": CreateCheckout(amount_cents=2000)},
        responses=(
            OperationResponse(status=201, text="The page.", shapes=(CreatedCheckout,), examples={"page": CHECKOUT}),
        ),
        refusals=("not_found", "not_signed_in", *BODIED, *KEYED),
    ),
    Operation(
        method="post",
        path="/api/v1/account/subscription",
        handler=handlers.create_subscription,
        id="createSubscription",
        scopes=("manage",),
        tag="Money",
        summary="Subscribe to a plan",
        text="Creates a page at Stripe on which a person subscribes. The account has the plan once Stripe reports the "
        "payment. A subscription that exists changes its plan at once, and the difference is charged. 404 if payments "
        "are not set up.",
        parameters=(ONCE,),
        body=CreateSubscription,
        bodies={"plus": CreateSubscription(plan="plus")},
        responses=(
            OperationResponse(
                status=201,
                text="The page.",
                shapes=(CreatedSubscription,),
                examples={"page": CreatedSubscription(plan="plus", monthly_cents=900, url=CHECKOUT.url)},
            ),
            OperationResponse(
                text="The subscription was changed.",
                shapes=(CreatedSubscription,),
                examples={"changed": CreatedSubscription(plan="pro", monthly_cents=2900, url=None)},
            ),
        ),
        refusals=("not_found", "not_signed_in", "conflict", *BODIED, *KEYED),
    ),
    Operation(
        method="post",
        path="/api/v1/account/portal",
        handler=handlers.create_portal,
        id="createPortal",
        scopes=("manage",),
        tag="Money",
        summary="Manage payments",
        text="Creates a page at Stripe with the account's invoices, cards and subscription. A subscription is ended "
        "there. 404 if payments are not set up.",
        responses=(
            OperationResponse(
                status=201,
                text="The page.",
                shapes=(CreatedPortal,),
                examples={"page": CreatedPortal(url="https://billing.stripe.com/p/session/live_a1")},
            ),
        ),
        refusals=("not_found", "not_signed_in", *KEYED),
    ),
)
