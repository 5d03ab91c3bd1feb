"""The operations that pay."""

from gateway.accept import IDEMPOTENCY_KEY_CHARS_MAX
from gateway.api.billing import handlers
from gateway.api.billing.bodies import CreateCheckout, CreatedCheckout
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
)
