"""The bodies of the account's own API."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from shared.domain.described import count, doc, timestamp
from shared.domain.events import SECURITY_EVENTS
from shared.domain.money import AMOUNT_USD_MAX


class AccountEntry(Struct, kw_only=True):
    """An account, and its low-balance alert."""

    id: Annotated[str, doc("The account's id.")]
    name: Annotated[str, doc("The owner's name.")]
    plan: Annotated[str, doc("The plan: how much the account can run at once, and in a day.")]
    created_at: Annotated[str, timestamp("When it was created.")]
    low_balance_cents: Annotated[int, count("The low-balance threshold. 0: no alert.")]


class ChangeAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of PATCH /api/v1/account."""

    low_balance_cents: Annotated[
        int, Meta(ge=0, le=100 * AMOUNT_USD_MAX), doc("The low-balance threshold. 0: no alert.")
    ]


class ErasureEntry(Struct, kw_only=True):
    """The begin of an erasure. Nobody can use the account any more."""

    id: Annotated[str, doc("The account's id.")]
    requested_at: Annotated[str, timestamp("When it was requested.")]
    keys: Annotated[int, count("Keys that were revoked.")]
    endpoints: Annotated[int, count("Webhook endpoints that were removed.")]


class CreateKey(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/keys."""

    kind: Annotated[Literal["wowflow", "wokgen"], doc("The kind decides the prefix: `wf_live_` or `wok_`.")] = "wowflow"


class KeyEntry(Struct, kw_only=True):
    """An active key. The key itself is shown once, when it is created."""

    id: Annotated[str, doc("The key's id.")]
    kind: Annotated[str, doc("The kind of key.", enum=["wowflow", "wokgen"])]
    hint: Annotated[str, doc("The key's prefix and its last four characters.")]
    created_at: Annotated[str, timestamp("When it was created.")]
    key: Annotated[str | UnsetType, doc("The key. Shown once, in the response that creates it.")] = UNSET


class SecurityEntry(Struct, kw_only=True):
    """A security event: a key or webhook endpoint of the account was made, changed or removed."""

    at: Annotated[str, timestamp("When it happened.")]
    type: Annotated[str, doc("What happened.", examples=list(SECURITY_EVENTS))]
    subject: Annotated[str, doc("The id of the key or endpoint.")]
    detail: Annotated[str, doc("The key's hint, or the endpoint's URL.")]
    by: Annotated[str, doc("The id of the key that the call was made with. `operator`: the operator did it.")]
