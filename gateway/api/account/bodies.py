"""The bodies of the account's own API."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.api.account.key_bodies import SpendCapsBody
from shared.domain.described import count, doc, timestamp
from shared.domain.events import SECURITY_EVENTS
from shared.domain.money import AMOUNT_USD_MAX


class AccountEntry(Struct, kw_only=True):
    """An account, and its low-balance alert."""

    id: Annotated[str, doc("The account's id.")]
    name: Annotated[str, doc("The owner's name.")]
    plan: Annotated[str, doc("The plan: how much the account can run at once, and in a day.")]
    state: Annotated[str, doc("`suspended`: orders are refused.", enum=["active", "suspended", "closed"])]
    created_at: Annotated[str, timestamp("When it was created.")]
    low_balance_cents: Annotated[int, count("The low-balance threshold. 0: no alert.")]
    spend_caps: Annotated[SpendCapsBody | None, doc("The caps of all its orders together. Null: none.")] = None


class ChangeAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of PATCH /api/v1/account. Fields that are left out stay."""

    low_balance_cents: Annotated[
        Annotated[int, Meta(ge=0, le=100 * AMOUNT_USD_MAX)] | UnsetType, doc("The low-balance threshold. 0: no alert.")
    ] = UNSET
    spend_caps: Annotated[SpendCapsBody | UnsetType | None, doc("The caps of all its orders together. Null: none.")] = (
        UNSET
    )
    reset_spent: Annotated[bool, doc("Whether these caps begin to count from zero.")] = False


class ErasureEntry(Struct, kw_only=True):
    """The begin of an erasure. Nobody can use the account any more."""

    id: Annotated[str, doc("The account's id.")]
    requested_at: Annotated[str, timestamp("When it was requested.")]
    keys: Annotated[int, count("Keys that were revoked.")]
    endpoints: Annotated[int, count("Webhook endpoints that were removed.")]


class SecurityEntry(Struct, kw_only=True):
    """A security event: a key or webhook endpoint of the account was made, changed or removed."""

    at: Annotated[str, timestamp("When it happened.")]
    type: Annotated[str, doc("What happened.", examples=list(SECURITY_EVENTS))]
    subject: Annotated[str, doc("The id of the key or endpoint.")]
    detail: Annotated[str, doc("The key's hint, or the endpoint's URL.")]
    by: Annotated[str, doc("The id of the key that the call was made with. `operator`: the operator did it.")]
