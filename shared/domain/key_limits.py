"""Limits of API keys: their scopes, expiry, models, kinds, networks and budgets."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network

from msgspec import Struct

from shared.domain.errors import Refused
from shared.domain.money import dollars

SCOPES = ("generate", "read", "webhooks", "manage")
KEY_NAME_CHARS_MAX = 100
WORDS_MAX, WORD_CHARS_MAX = 50, 200  # of models, kinds and networks
BUDGETS_MAX = 8  # that count the orders of one key: its own, and those of the keys that made it
V4_BITS = 96  # IPv4 addresses have these many bits in front: they are part of ::ffff:0:0/96
ADDRESSES_REMEMBERED = 4096
NONE = "-"
EXPIRED = Refused("invalid_api_key", "This API key has expired. Create a key at /account/api-keys.")


class SpendCaps(Struct, frozen=True, kw_only=True):
    """The most that may be taken from the balance, micro-USD; None: no cap."""

    day: int | None = None
    month: int | None = None
    total: int | None = None

    def __bool__(self) -> bool:
        return self != NO_CAPS

    @property
    def words(self) -> str:
        """Return the caps as the scripts read them."""
        return " ".join(NONE if cap is None else str(cap) for cap in (self.day, self.month, self.total))


NO_CAPS = SpendCaps()


class Spent(Struct, frozen=True, kw_only=True):
    """The sums of a budget: of this UTC day, of this month, and since it began, micro-USD."""

    day: int = 0
    month: int = 0
    total: int = 0


class KeyLimits(Struct, frozen=True, kw_only=True):
    """The limits of a key. An empty list allows everything."""

    scopes: tuple[str, ...] = ()
    expires_ms: int | None = None
    models: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()  # such as 192.0.2.0/24
    budget: str = ""  # the id of its own budget
    above: tuple[str, ...] = ()  # the budgets of the keys that made it

    @property
    def budgets(self) -> frozenset[str]:
        """Return the budgets that count its orders."""
        return frozenset((*self.above, *filter(None, (self.budget,))))

    @property
    def fields(self) -> tuple[str, ...]:
        """Return names and values as the scripts store them, with an empty value for no limit."""
        lists = {"scopes": self.scopes, "models": self.models, "kinds": self.kinds, "above": self.above}
        values = {name: " ".join(words) for name, words in lists.items()} | {
            "networks": " ".join(map(network_bits, self.networks)),
            "expires_ms": "" if self.expires_ms is None else str(self.expires_ms),
            "budget": self.budget,
        }
        return tuple(part for pair in values.items() for part in pair)

    def allows_address(self, bits: str) -> bool:
        """Return whether the key works from an address, given as `address_bits` returns it."""
        return not self.networks or any(bits.startswith(network_bits(one)) for one in self.networks)

    def allows_model(self, kind: str, model: str) -> bool:
        """Return whether the key may order a model of that kind."""
        return (not self.kinds or kind in self.kinds) and (not self.models or model in self.models)

    def has_scope(self, *scopes: str) -> bool:
        """Return whether the key has one of the scopes, or all that there are if none is given."""
        return not self.scopes or any(one in self.scopes for one in scopes)

    def is_within(self, maker: "KeyLimits") -> bool:
        """Return whether a key with these limits can do nothing that `maker` cannot."""
        lists = ((self.scopes, maker.scopes), (self.models, maker.models), (self.kinds, maker.kinds))
        return (
            all(not theirs or (mine and set(mine) <= set(theirs)) for mine, theirs in lists)
            and (maker.expires_ms is None or (self.expires_ms is not None and self.expires_ms <= maker.expires_ms))
            and (not maker.networks or _are_inside(self.networks, maker.networks))
            and maker.budgets <= self.budgets
        )

    def inherit(self, maker: "KeyLimits") -> "KeyLimits":
        """Return these limits with those of `maker` where they set none. Raises Refused if they allow more."""
        if len(maker.budgets) >= BUDGETS_MAX:
            raise Refused("forbidden", "This API key may not make further keys: too many budgets count its orders.")
        made = KeyLimits(
            scopes=self.scopes or maker.scopes,
            expires_ms=maker.expires_ms if self.expires_ms is None else self.expires_ms,
            models=self.models or maker.models,
            kinds=self.kinds or maker.kinds,
            networks=self.networks or maker.networks,
            budget=self.budget,
            above=tuple(sorted({*self.above, *maker.budgets} - {self.budget})),
        )
        if not made.is_within(maker):
            raise MORE_THAN_MAKER
        return made


NO_LIMITS = KeyLimits()
MORE_THAN_MAKER = Refused("forbidden", "This needs a key without limits, or with more than the key of this request.")


def read_limits(fields: Mapping[str, str]) -> KeyLimits:
    """Return limits from the fields of a stored record."""
    expires = fields.get("expires_ms", "")
    return KeyLimits(
        scopes=tuple(fields.get("scopes", "").split()),
        expires_ms=int(expires) if expires else None,
        models=tuple(fields.get("models", "").split()),
        kinds=tuple(fields.get("kinds", "").split()),
        networks=tuple(map(_network_of, fields.get("networks", "").split())),
        budget=fields.get("budget", ""),
        above=tuple(fields.get("above", "").split()),
    )


def check_name(name: str) -> str:
    """Return the name of a key. Raises Refused for one that is too long, or not printable."""
    name = name.strip()
    if len(name) > KEY_NAME_CHARS_MAX or not name.isprintable():
        reason = f"must have at most {KEY_NAME_CHARS_MAX} printable characters."
        raise Refused("invalid_request", reason, field="name")
    return name


def check_words(field: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return words of a list, each once. Raises Refused for too many, or one with a space."""
    found = tuple(dict.fromkeys(words))
    if len(found) > WORDS_MAX:
        raise Refused("invalid_request", f"must have at most {WORDS_MAX} entries.", field=field)
    if any(not 0 < len(one) <= WORD_CHARS_MAX or not one.isprintable() or " " in one for one in found):
        raise Refused("invalid_request", "must have entries without spaces.", field=field)
    return found


def check_networks(field: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Return addresses and networks in canonical form, such as 192.0.2.7/32. Raises Refused."""
    try:
        found = [str(ip_network(text, strict=False)) for text in check_words(field, texts)]
        return tuple(dict.fromkeys(one for one in found if network_bits(one)))
    except ValueError:
        raise Refused("invalid_request", "must have addresses or networks such as 192.0.2.0/24.", field=field) from None


@lru_cache(ADDRESSES_REMEMBERED)
def address_bits(address: str) -> str:
    """Return an IP address as 128 binary digits, those of ::ffff:a.b.c.d for IPv4; empty for another text."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    return f"{int(found) if found.version == 6 else 0xFFFF << 32 | int(found):0128b}"


@lru_cache(ADDRESSES_REMEMBERED)
def network_bits(network: str) -> str:
    """Return the binary digits that the addresses of a network begin with. Raises ValueError."""
    found = ip_network(network)
    return address_bits(str(found.network_address))[: found.prefixlen + (V4_BITS if found.version == 4 else 0)]


def _network_of(bits: str) -> str:
    number = int(bits.ljust(128, "0"), 2)
    if len(bits) >= V4_BITS and number >> 32 == 0xFFFF:
        return f"{ip_address(number & 0xFFFFFFFF)}/{len(bits) - V4_BITS}"
    return f"{ip_address(number.to_bytes(16, 'big'))}/{len(bits)}"


def _are_inside(networks: Iterable[str], others: Iterable[str]) -> bool:
    bits = tuple(map(network_bits, others))
    found = [network_bits(one).startswith(bits) for one in networks]
    return bool(found) and all(found)


def forbids(what: str, name: str) -> Refused:
    """Return the refusal of a request that a key does not allow."""
    reason = {
        "scope": f"This API key lacks the scope `{name}`.",
        "address": "This API key does not work from your address.",
        "kind": f"This API key does not allow the kind `{name}`.",
        "model": f"This API key does not allow the model `{name}`.",
    }[what]
    return Refused("forbidden", f"{reason} Use another key, or change its limits.")


def over_budget(budget: str, period: str, cap: int, spent: int) -> Refused:
    """Return the refusal of an order that does not fit into a budget: a key's, or its account's."""
    left, when = dollars(max(cap - spent, 0)), {"day": " today", "month": " this month", "total": ""}[period]
    reset = {"day": " The day ends at midnight UTC.", "month": " The month ends in UTC.", "total": ""}[period]
    if budget.startswith("key_"):
        reason = f"This API key may spend {dollars(cap)}{when}, and {left} of it is left: this costs more.{reset}"
        return Refused("key_budget_exceeded", reason)
    reason = f"Your account may spend {dollars(cap)}{when}, and {left} of it is left: this costs more.{reset}"
    return Refused("spend_cap_exceeded", reason)
