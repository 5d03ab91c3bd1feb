"""Open Stripe for a gateway, if its keys are set."""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from shared.ops.settings import STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, Settings, SettingsError, secret

if TYPE_CHECKING:
    from gateway.billing.stripe_api import StripeApi


@contextlib.asynccontextmanager
async def open_stripe(settings: Settings) -> AsyncIterator["StripeApi | None"]:
    """Yield Stripe's API, or None if its keys are not set. Raises SettingsError if only one is."""
    key, webhook_secret = secret(STRIPE_SECRET_KEY), secret(STRIPE_WEBHOOK_SECRET)
    if not key or not webhook_secret:
        if key or webhook_secret:
            raise SettingsError(f"Set both {STRIPE_SECRET_KEY} and {STRIPE_WEBHOOK_SECRET}, or none of them.")
        yield None
        return
    from gateway.billing.stripe_api import StripeApi  # noqa: PLC0415 - its import takes a quarter of a second

    stripe = StripeApi(key, webhook_secret, settings.stripe_url)
    try:
        yield stripe
    finally:
        await stripe.close()
