"""The webhook of a single order: a URL that gets its end, next to the account's endpoints."""

from typing import Annotated

from shared.domain import endpoint_url
from shared.domain.described import doc
from shared.domain.endpoint_url import URL_CHARS_MAX
from shared.domain.errors import Refused
from shared.domain.public_address import Networks

WebhookUrl = Annotated[
    str | None,
    doc(
        "A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are "
        "signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.",
        maxLength=URL_CHARS_MAX,
        examples=["https://example.com/hooks/wokflow"],
    ),
]


def check_webhook_url(given: str | None, networks: Networks, *, field: str = "webhook_url") -> str:
    """Return the URL of an order, or an empty text without one. Raises Refused("invalid_input")."""
    if given is None:
        return ""
    try:
        return endpoint_url.validate(given, networks=networks)
    except ValueError as error:
        reason = str(error).removeprefix("url ")
        raise Refused("invalid_input", reason, field=field) from None
