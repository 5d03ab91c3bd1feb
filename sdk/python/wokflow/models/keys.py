"""The JSON of the API: keys. Generated from the OpenAPI document by sdk/scripts/python_models.py."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from wokflow.models.account import SpendCaps


@dataclass(frozen=True, kw_only=True)
class SpentAmounts:
    """The amounts that orders have taken, less refunds, as the caps count them."""

    day_micros: int
    """Today, in micro-dollars."""

    month_micros: int
    """This month, in micro-dollars."""

    total_micros: int
    """Since the count began, in micro-dollars."""


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """An active key. The key itself is shown once, when it is created."""

    id: str
    """The key's id."""

    kind: Literal["wowflow", "wokgen"]
    """The kind of key."""

    hint: str
    """The key's prefix and its last four characters."""

    created_at: datetime
    """When it was created. RFC 3339, UTC, milliseconds."""

    name: str
    """Its name."""

    scopes: tuple[str, ...]
    """Calls that the key may make. `generate`: create and cancel generations, read them by id, and upload. `read`:
    lists, balance and usage. `webhooks`: endpoints. `manage`: keys and the account. Empty: all of it."""

    expires_at: datetime | datetime | None = None
    """When the key stops working. RFC 3339. Null: never."""

    models: tuple[str, ...]
    """The models that the key may order. Empty: all."""

    kinds: tuple[str, ...]
    """The kinds that the key may order. Empty: all."""

    ip_addresses: tuple[str, ...]
    """The addresses or networks that the key works from. Empty: all."""

    spend_caps: SpendCaps | None = None
    """The caps of its own budget. Null: it has none."""

    spent: SpentAmounts | None = None
    """The amounts that its own budget has counted. Null: it has none."""

    last_used_at: datetime | datetime | None = None
    """When it was last used, to a minute. RFC 3339. Null: never."""

    key: str | None = field(default=None, repr=False)
    """The key. Shown once, in the response that creates it."""
