"""Webhooks of single orders. Each order names its own URL, and one endpoint of the account has their secret and log."""

import secrets

from shared.domain.signing import new_secret
from shared.ops import sealing
from shared.store.webhooks import SECRET_BYTES

PREFIX = "ep_orders_"  # of the endpoint's id, before the account's


def endpoint_id(account_id: str) -> str:
    """Return the id of the endpoint of an account's orders. The first order with a URL creates it."""
    return PREFIX + account_id


def encode_hook(url: str) -> str:
    """Return an order's URL for the accept script, with the secret that the account's endpoint gets if it is new."""
    return f"{url} {sealing.seal(new_secret(secrets.token_bytes(SECRET_BYTES)))}"
