"""The bounds of an order, from the settings and the guest plan, and the routes of guests."""

from msgspec import structs

from gateway.admission.bounds import Admission, build_admission
from gateway.guests import GuestNetwork
from shared.domain.catalogue import Provider
from shared.domain.price_rule import flat
from shared.ops.settings import Settings
from tests.harness.factories import load_catalogue

CATALOGUE = load_catalogue()
MODEL = CATALOGUE.models["test/paid"]  # 10 cents
ROUTE = MODEL.routes[0]
KEYED = structs.replace(
    CATALOGUE, providers={**CATALOGUE.providers, ROUTE.provider: Provider(name=ROUTE.provider, key_env="A_KEY")}
)


def admission(**settings: object) -> Admission:
    """Return the bounds of a deployment with these settings."""
    return build_admission(Settings(**settings), CATALOGUE)  # type: ignore[arg-type]


def test_default_bounds_of_guests() -> None:
    """All guests may cost a dollar a day, those of a /56 have four quotas, and those of a /48 eight."""
    networks = (GuestNetwork("network:a", 1), GuestNetwork("network:b", 2))
    lines = admission().bounds("guest_1", networks).splitlines()
    scopes = {line.split()[0]: line.split()[1:] for line in lines}
    assert ["account", "network:a", "network:b", "guests", "all"] == list(scopes)
    assert "1000000" == scopes["guests"][4]
    assert ("40", "80") == (scopes["network:a"][1], scopes["network:b"][1])


def test_holder_of_a_key_is_in_no_scope_of_guests() -> None:
    """An account counts for itself and for everybody."""
    lines = admission(total_requests_per_day=7, account_mb_in_per_day=0).bounds("", ()).splitlines()
    assert ["account 1000000 - - 2000000000 -", "all 7 - - 100000000000 -"] == lines


def test_guests_use_routes_of_at_most_a_cent() -> None:
    """A route's cost decides; an unknown one counts as the price, or as nothing without an API key."""
    cheap, dear = (structs.replace(ROUTE, cost=flat(micros)) for micros in (10_000, 10_001))
    ours = admission()
    assert ours.allows_guest(CATALOGUE, MODEL, cheap)
    assert not ours.allows_guest(CATALOGUE, MODEL, dear)
    assert ours.allows_guest(CATALOGUE, MODEL, ROUTE)
    assert not ours.allows_guest(KEYED, MODEL, ROUTE)
    assert admission(guest_cost_cents_max=10).allows_guest(KEYED, MODEL, ROUTE)
    assert not admission(guest_providers="local, kie").allows_guest(CATALOGUE, MODEL, cheap)
