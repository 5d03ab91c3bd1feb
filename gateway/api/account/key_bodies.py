"""The bodies of the calls on API keys."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.operation import Scope
from shared.domain.account import Account, Key
from shared.domain.described import count, doc, timestamp
from shared.domain.errors import Refused
from shared.domain.key_limits import (
    KEY_NAME_CHARS_MAX,
    WORDS_MAX,
    KeyLimits,
    SpendCaps,
    Spent,
    check_name,
    check_networks,
    check_words,
)
from shared.domain.money import AMOUNT_USD_MAX, MICROS_PER_CENT
from shared.domain.times import rfc3339
from shared.ops.clock import CLOCK

KindName = Literal["image", "video", "text", "voice", "music", "upscale", "interrogate", "enhance"]
Moment = Annotated[datetime, Meta(tz=True)]
Cents = Annotated[int, Meta(ge=0, le=100 * AMOUNT_USD_MAX)]
OVERLAP_S, OVERLAP_S_MAX = 86_400, 30 * 86_400

NAME = doc("A name for people.", maxLength=KEY_NAME_CHARS_MAX)
SCOPES_TEXT = doc(
    "Calls that the key may make. `generate`: create and cancel generations, read them by id, and upload. `read`: "
    "lists, balance and usage. `webhooks`: endpoints. `manage`: keys and the account. Empty: all of it.",
)
EXPIRES = doc("When the key stops working. RFC 3339. Null: never.", format="date-time")
MODELS = doc("The models that the key may order. Empty: all.", maxItems=WORDS_MAX)
KINDS = doc("The kinds that the key may order. Empty: all.")
ADDRESSES = doc(
    "The addresses or networks that the key works from. Empty: all.", maxItems=WORDS_MAX, examples=["192.0.2.0/24"]
)


class SpendCapsBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The most that may be taken from the balance in a day, in a month (UTC) and in total. Null: no cap."""

    schema_name = "SpendCaps"

    day_cents: Annotated[Cents | None, doc("In a day, in cents.")] = None
    month_cents: Annotated[Cents | None, doc("In a calendar month, in cents.")] = None
    total_cents: Annotated[Cents | None, doc("In total, in cents.")] = None

    @property
    def caps(self) -> SpendCaps:
        """Return the caps in micro-USD."""
        values = (self.day_cents, self.month_cents, self.total_cents)
        day, month, total = (None if cents is None else cents * MICROS_PER_CENT for cents in values)
        return SpendCaps(day=day, month=month, total=total)


class SpentEntry(Struct, kw_only=True):
    """The amounts that orders have taken, less refunds, as the caps count them."""

    schema_name = "Spent"

    day_micros: Annotated[int, count("Today, in micro-dollars.")]
    month_micros: Annotated[int, count("This month, in micro-dollars.")]
    total_micros: Annotated[int, count("Since the count began, in micro-dollars.")]


class CreateKey(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/keys. A limit that is left out is that of the key of the request."""

    kind: Annotated[Literal["wowflow", "wokgen"], doc("The kind decides the prefix: `wf_live_` or `wok_`.")] = "wowflow"
    name: Annotated[str, NAME] = ""
    scopes: Annotated[tuple[Scope, ...], SCOPES_TEXT] = ()
    expires_at: Annotated[Moment | None, EXPIRES] = None
    models: Annotated[tuple[str, ...], MODELS] = ()
    kinds: Annotated[tuple[KindName, ...], KINDS] = ()
    ip_addresses: Annotated[tuple[str, ...], ADDRESSES] = ()
    spend_caps: Annotated[SpendCapsBody | None, doc("A budget of the key's own. Null: none.")] = None

    @property
    def caps(self) -> SpendCaps:
        """Return the caps of its budget."""
        return SpendCaps() if self.spend_caps is None else self.spend_caps.caps

    def read(self) -> tuple[str, KeyLimits]:
        """Return the name and the limits. Raises Refused."""
        return check_name(self.name), KeyLimits(
            scopes=tuple(dict.fromkeys(self.scopes)),
            expires_ms=_ms(self.expires_at),
            models=check_words("models", self.models),
            kinds=tuple(dict.fromkeys(self.kinds)),
            networks=check_networks("ip_addresses", self.ip_addresses),
        )


class ChangeKey(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of PATCH /api/v1/keys/{id}. Fields that are left out stay."""

    name: Annotated[str | UnsetType, NAME] = UNSET
    scopes: Annotated[tuple[Scope, ...] | UnsetType, SCOPES_TEXT] = UNSET
    expires_at: Annotated[Moment | UnsetType | None, EXPIRES] = UNSET
    models: Annotated[tuple[str, ...] | UnsetType, MODELS] = UNSET
    kinds: Annotated[tuple[KindName, ...] | UnsetType, KINDS] = UNSET
    ip_addresses: Annotated[tuple[str, ...] | UnsetType, ADDRESSES] = UNSET
    spend_caps: Annotated[SpendCapsBody | UnsetType | None, doc("The caps of its own budget. Null: none.")] = UNSET
    reset_spent: Annotated[bool, doc("Whether the key's own budget begins to count from zero.")] = False

    @property
    def changes_budget(self) -> bool:
        """Return whether it changes the key's budget."""
        return self.spend_caps is not UNSET or self.reset_spent

    def caps_of(self, key: Key) -> SpendCaps:
        """Return the caps that the key's budget gets."""
        if self.spend_caps is UNSET:
            return key.caps
        return SpendCaps() if self.spend_caps is None else self.spend_caps.caps

    def read(self, key: Key) -> tuple[str, KeyLimits]:
        """Return the name and the limits that a key gets. Raises Refused."""
        old = key.limits
        expires_ms = old.expires_ms if self.expires_at is UNSET else _ms(self.expires_at)
        networks = old.networks if self.ip_addresses is UNSET else check_networks("ip_addresses", self.ip_addresses)
        return key.name if self.name is UNSET else check_name(self.name), KeyLimits(
            scopes=old.scopes if self.scopes is UNSET else tuple(dict.fromkeys(self.scopes)),
            expires_ms=expires_ms,
            models=old.models if self.models is UNSET else check_words("models", self.models),
            kinds=old.kinds if self.kinds is UNSET else tuple(dict.fromkeys(self.kinds)),
            networks=networks,
            budget=old.budget,
            above=old.above,
        )


class RotateKey(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/keys/{id}/rotate."""

    overlap_s: Annotated[
        int, Meta(ge=0, le=OVERLAP_S_MAX), doc("For how many seconds the old key goes on working.")
    ] = OVERLAP_S


class KeyEntry(Struct, kw_only=True):
    """An active key. The key itself is shown once, when it is created."""

    id: Annotated[str, doc("The key's id.")]
    kind: Annotated[str, doc("The kind of key.", enum=["wowflow", "wokgen"])]
    hint: Annotated[str, doc("The key's prefix and its last four characters.")]
    created_at: Annotated[str, timestamp("When it was created.")]
    name: Annotated[str, doc("Its name.")] = ""
    scopes: Annotated[tuple[str, ...], SCOPES_TEXT] = ()
    expires_at: Annotated[str | None, EXPIRES] = None
    models: Annotated[tuple[str, ...], MODELS] = ()
    kinds: Annotated[tuple[str, ...], KINDS] = ()
    ip_addresses: Annotated[tuple[str, ...], ADDRESSES] = ()
    spend_caps: Annotated[SpendCapsBody | None, doc("The caps of its own budget. Null: it has none.")] = None
    spent: Annotated[SpentEntry | None, doc("The amounts that its own budget has counted. Null: it has none.")] = None
    last_used_at: Annotated[
        str | None, doc("When it was last used, to a minute. RFC 3339. Null: never.", format="date-time")
    ] = None
    key: Annotated[str | UnsetType, doc("The key. Shown once, in the response that creates it.")] = UNSET


def key_entry(key: Key) -> KeyEntry:
    """Return a key as the API shows it."""
    limits, has_budget = key.limits, bool(key.limits.budget)
    return KeyEntry(
        id=key.id,
        kind=key.kind,
        hint=key.hint,
        created_at=rfc3339(key.created_ms),
        name=key.name,
        scopes=limits.scopes,
        expires_at=None if limits.expires_ms is None else rfc3339(limits.expires_ms),
        models=limits.models,
        kinds=limits.kinds,
        ip_addresses=limits.networks,
        spend_caps=caps_body(key.caps) if has_budget else None,
        spent=spent_entry(key.spent) if has_budget else None,
        last_used_at=None if key.used_ms is None else rfc3339(key.used_ms),
    )


def caps_body(caps: SpendCaps) -> SpendCapsBody:
    """Return caps as the API shows them."""
    day, month, total = (None if cap is None else cap // MICROS_PER_CENT for cap in (caps.day, caps.month, caps.total))
    return SpendCapsBody(day_cents=day, month_cents=month, total_cents=total)


def spent_entry(spent: Spent) -> SpentEntry:
    """Return the amounts of a budget as the API shows them."""
    return SpentEntry(day_micros=spent.day, month_micros=spent.month, total_micros=spent.total)


def account_caps(account: Account) -> SpendCapsBody | None:
    """Return the caps of an account as the API shows them, or None."""
    return caps_body(account.caps) if account.caps else None


def _ms(moment: datetime | None) -> int | None:
    """Return the Unix ms of an expiry. Raises Refused for one that is past."""
    if moment is None:
        return None
    expires_ms = int(moment.timestamp() * 1000)
    if expires_ms <= CLOCK.now_ms():
        raise Refused("invalid_request", "must be in the future.", field="expires_at")
    return expires_ms
