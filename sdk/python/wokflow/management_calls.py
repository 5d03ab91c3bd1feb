"""The calls that manage an account: its webhook endpoints and its API keys."""

from collections.abc import Mapping

from wokflow.calls import Call, segment, to, to_list
from wokflow.models.account import Account
from wokflow.models.endpoints import WebhookDelivery, WebhookEndpoint
from wokflow.models.keys import ApiKey

WEBHOOKS = "/api/v1/webhooks"
KEYS = "/api/v1/keys"


def change_account(body: Mapping[str, object]) -> Call[Account]:
    """Change the account."""
    return Call("PATCH", "/api/v1/account", to(Account), body=body)


def create_webhook(body: Mapping[str, object]) -> Call[WebhookEndpoint]:
    """Create an endpoint."""
    return Call("POST", WEBHOOKS, to(WebhookEndpoint), body=body, is_repeatable=False)


def list_webhooks() -> Call[list[WebhookEndpoint]]:
    """List the endpoints."""
    return Call("GET", WEBHOOKS, to_list(WebhookEndpoint))


def delete_webhook(endpoint_id: str) -> Call[None]:
    """Delete an endpoint."""
    return Call("DELETE", f"{WEBHOOKS}/{segment(endpoint_id)}", lambda _: None)


def list_deliveries(endpoint_id: str, query: Mapping[str, str]) -> Call[list[WebhookDelivery]]:
    """List the deliveries to an endpoint."""
    return Call("GET", f"{WEBHOOKS}/{segment(endpoint_id)}/deliveries", to_list(WebhookDelivery), query=query)


def enable_webhook(endpoint_id: str) -> Call[WebhookEndpoint]:
    """Enable an endpoint."""
    return Call("POST", f"{WEBHOOKS}/{segment(endpoint_id)}/enable", to(WebhookEndpoint))


def rotate_webhook_secret(endpoint_id: str) -> Call[WebhookEndpoint]:
    """Replace the secret of an endpoint."""
    return Call("POST", f"{WEBHOOKS}/{segment(endpoint_id)}/rotate", to(WebhookEndpoint), is_repeatable=False)


def redeliver_webhook(endpoint_id: str, delivery_id: str) -> Call[None]:
    """Post a delivery again."""
    path = f"{WEBHOOKS}/{segment(endpoint_id)}/deliveries/{segment(delivery_id)}/redeliver"
    return Call("POST", path, lambda _: None)


def replay_webhooks(endpoint_id: str, body: Mapping[str, object]) -> Call[tuple[int, int | None]]:
    """Post events again that an endpoint missed. The response has how many, and where to continue."""
    path = f"{WEBHOOKS}/{segment(endpoint_id)}/replay"
    return Call("POST", path, lambda value: (int(value["queued"]), value.get("next")), body=body)


def create_api_key(body: Mapping[str, object]) -> Call[ApiKey]:
    """Create a key."""
    return Call("POST", KEYS, to(ApiKey), body=body, is_repeatable=False)


def list_api_keys() -> Call[list[ApiKey]]:
    """List the active keys."""
    return Call("GET", KEYS, to_list(ApiKey))


def change_api_key(key_id: str, body: Mapping[str, object]) -> Call[ApiKey]:
    """Change a key."""
    return Call("PATCH", f"{KEYS}/{segment(key_id)}", to(ApiKey), body=body)


def rotate_api_key(key_id: str, body: Mapping[str, object]) -> Call[ApiKey]:
    """Replace a key."""
    return Call("POST", f"{KEYS}/{segment(key_id)}/rotate", to(ApiKey), body=body, is_repeatable=False)


def revoke_api_key(key_id: str) -> Call[None]:
    """Revoke a key."""
    return Call("DELETE", f"{KEYS}/{segment(key_id)}", lambda _: None)
