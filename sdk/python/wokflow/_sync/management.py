"""The calls that manage an account: its webhook endpoints and its API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Unpack

from wokflow import management_calls as calls
from wokflow._sync.transport import Transport
from wokflow.models.account import Account
from wokflow.models.endpoints import WebhookDelivery, WebhookEndpoint
from wokflow.models.keys import ApiKey
from wokflow.orders import AccountChanges, KeyChanges, NewKey, body_of, query_of

OVERLAP_S_DEFAULT = 86_400


class Management(Transport):
    """The part of a client that manages an account."""

    def change_account(self, **changes: Unpack[AccountChanges]) -> Account:
        """Change the alert of a low balance, or the caps of all orders together."""
        return self._send(calls.change_account(body_of(changes)))

    def create_webhook(self, url: str, *, events: Sequence[str] = ()) -> WebhookEndpoint:
        """Add an endpoint. Save its `secret` for `verify_webhook`: it is shown only in this response."""
        return self._send(calls.create_webhook({"url": url, "events": list(events)}))

    def list_webhooks(self) -> list[WebhookEndpoint]:
        """Return all endpoints, the oldest first."""
        return self._send(calls.list_webhooks())

    def delete_webhook(self, endpoint_id: str) -> None:
        """Delete an endpoint."""
        self._send(calls.delete_webhook(endpoint_id))

    def list_deliveries(
        self, endpoint_id: str, *, limit: int | None = None, before: str | None = None
    ) -> list[WebhookDelivery]:
        """Return the deliveries to an endpoint with every attempt, the newest first."""
        return self._send(calls.list_deliveries(endpoint_id, query_of({"limit": limit, "before": before})))

    def enable_webhook(self, endpoint_id: str) -> WebhookEndpoint:
        """Enable an endpoint that was disabled because it failed."""
        return self._send(calls.enable_webhook(endpoint_id))

    def rotate_webhook_secret(self, endpoint_id: str) -> WebhookEndpoint:
        """Replace the secret of an endpoint. For 24 hours, the old and the new `secret` sign every post."""
        return self._send(calls.rotate_webhook_secret(endpoint_id))

    def redeliver_webhook(self, endpoint_id: str, delivery_id: str) -> None:
        """Post a delivery again, in whatever state it is."""
        self._send(calls.redeliver_webhook(endpoint_id, delivery_id))

    def replay_webhooks(self, endpoint_id: str, *, since: datetime | str, which: Literal["failed", "missing"]) -> int:
        """Post all events again that an endpoint missed since a time. Return how many are queued."""
        body, queued = body_of({"since": since, "which": which}), 0
        place: int | None = 0
        while place is not None:
            more, place = self._send(calls.replay_webhooks(endpoint_id, {**body, "next": place}))
            queued += more
        return queued

    def create_api_key(self, **fields: Unpack[NewKey]) -> ApiKey:
        """Create a key. Save its `key`: it is shown only in this response."""
        return self._send(calls.create_api_key(body_of(fields)))

    def list_api_keys(self) -> list[ApiKey]:
        """Return the active keys, the oldest first."""
        return self._send(calls.list_api_keys())

    def change_api_key(self, key_id: str, **changes: Unpack[KeyChanges]) -> ApiKey:
        """Change the name or the limits of a key."""
        return self._send(calls.change_api_key(key_id, body_of(changes)))

    def rotate_api_key(self, key_id: str, *, overlap_s: int = OVERLAP_S_DEFAULT) -> ApiKey:
        """Replace a key. The old one works for `overlap_s` more; the new `key` is shown only in this response."""
        return self._send(calls.rotate_api_key(key_id, {"overlap_s": overlap_s}))

    def revoke_api_key(self, key_id: str) -> None:
        """Revoke a key. It stops working at once."""
        self._send(calls.revoke_api_key(key_id))
