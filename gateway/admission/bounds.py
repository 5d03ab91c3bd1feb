"""Admission: the daily bounds of an order, and the routes that guests may use. The accept script checks the bounds."""

from collections.abc import Sequence

from msgspec import Struct

from gateway.guests import GuestNetwork
from shared.domain.bounds import DailyBounds, line_of
from shared.domain.catalogue import Catalogue, Model, Route
from shared.domain.money import MICROS_PER_CENT
from shared.ops.settings import Settings

MB = 1_000_000
GUEST_PLAN = "guest"


class Admission(Struct, frozen=True, kw_only=True):
    """The bounds of this deployment, as lines for the script, and the limits of a guest's route."""

    account: str
    guests: str
    everybody: str
    network_attempts: int | None  # of the guests in an IPv6 /56; larger networks have several times as many
    guest_cost_max_micros: int
    guest_providers: frozenset[str]  # empty: all

    def bounds(self, guest: str, networks: Sequence[GuestNetwork]) -> str:
        """Return the scopes and limits of an order. `networks` are those that a guest shares with others."""
        if not guest:
            return self.account + self.everybody
        lines = "".join(
            line_of(network.scope, DailyBounds(attempts=self.network_attempts * network.shares))
            for network in networks
            if self.network_attempts is not None
        )
        return self.account + lines + self.guests + self.everybody

    def allows_guest(self, catalogue: Catalogue, model: Model, route: Route) -> bool:
        """Return whether guests may use a route: its provider is allowed, and its cost for us is low enough."""
        if self.guest_providers and route.provider not in self.guest_providers:
            return False
        return catalogue.cost_of(model, route, model.typical_facts(route), "") <= self.guest_cost_max_micros


def build_admission(settings: Settings, catalogue: Catalogue) -> Admission:
    """Return the bounds that the settings and the catalogue's guest plan stand for."""
    quota = catalogue.plans[GUEST_PLAN].daily_quota
    shared = None if quota is None or not settings.guests_per_network else quota * settings.guests_per_network
    own = DailyBounds(
        requests=_limit(settings.account_requests_per_day),
        bytes_in=_limit(settings.account_mb_in_per_day, MB),
        bytes_stored=_limit(settings.account_mb_stored_per_day, MB),
        cost_micros=_limit(settings.account_cost_cents_per_day, MICROS_PER_CENT),
    )
    guests = DailyBounds(
        requests=_limit(settings.guests_requests_per_day),
        attempts=_limit(settings.guests_attempts_per_day),
        bytes_in=_limit(settings.guests_mb_in_per_day, MB),
        bytes_stored=_limit(settings.guests_mb_stored_per_day, MB),
        cost_micros=_limit(settings.guests_cost_cents_per_day, MICROS_PER_CENT),
    )
    everybody = DailyBounds(
        requests=_limit(settings.total_requests_per_day),
        attempts=_limit(settings.total_attempts_per_day),
        bytes_in=_limit(settings.total_mb_in_per_day, MB),
        bytes_stored=_limit(settings.total_mb_stored_per_day, MB),
        cost_micros=_limit(settings.total_cost_cents_per_day, MICROS_PER_CENT),
    )
    return Admission(
        account=line_of("account", own),
        guests=line_of("guests", guests),
        everybody=line_of("all", everybody),
        network_attempts=shared,
        guest_cost_max_micros=round(settings.guest_cost_cents_max * MICROS_PER_CENT),
        guest_providers=frozenset(filter(None, map(str.strip, settings.guest_providers.split(",")))),
    )


def _limit(number: float, unit: int = 1) -> int | None:
    return round(number * unit) or None
