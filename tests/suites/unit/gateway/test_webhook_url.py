"""The URLs that orders may name for their end."""

import pytest

from gateway.admission.webhook_url import check_webhook_url
from shared.domain.errors import Refused
from shared.domain.public_address import PRIVATE_NETWORKS

PRIVATE = (
    "https://127.0.0.1/a",
    "https://10.1.2.3/a",
    "https://[::1]/a",
    "https://store.internal/a",
    "https://localhost",
)


@pytest.mark.parametrize("url", [*PRIVATE, "http://example.com/a", "https://user@example.com/a", "hooks", ""])
def test_order_webhook_is_refused_when_it_is_not_public(url: str) -> None:
    """A private address, a local name and a URL that is not https are refused under the field's name."""
    with pytest.raises(Refused) as refused:
        check_webhook_url(url, ())
    assert ("invalid_input", "webhook_url") == (refused.value.code, refused.value.field)


def test_order_webhook_may_be_private_where_the_operator_allows_it() -> None:
    """An operator's own networks are allowed, and no URL is an empty text."""
    assert ["http://10.1.2.3/a", ""] == [
        check_webhook_url(url, PRIVATE_NETWORKS) for url in ("http://10.1.2.3/a", None)
    ]
