"""Simulated routes and `auto` over the shipped catalogue: the local provider never stands in for a configured one."""

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from gateway import routing
from gateway.admission.bounds import build_admission
from gateway.admission.images import RequestImages
from gateway.dialects.wokgen import examples
from gateway.dialects.wokgen.bodies import JobRequest
from gateway.dialects.wokgen.order import capable
from gateway.offers import GenerationRequest, build_offers
from shared.domain.catalogue import KINDS, Model, Policy
from shared.domain.errors import Refused
from shared.ops.settings import Settings
from shared.store.ledger import RouteOffer
from tests.harness.factories import load_shipped_catalogue

SHIPPED = load_shipped_catalogue()
DOCUMENTED = "google/nano-banana-2-pro-1k"
KEYED = ("kie", "openai", "elevenlabs")
CALLS = 200
POLICIES: tuple[Policy, ...] = ("order", "cheapest", "fastest", "weighted")
BODIES: dict[str, JobRequest] = {
    body.kind: body
    for body in (
        examples.IMAGE_REQUEST,
        examples.TEXT_REQUEST,
        examples.VOICE_REQUEST,
        examples.MUSIC_REQUEST,
        examples.UPSCALE_REQUEST,
        examples.INTERROGATE_REQUEST,
        examples.ENHANCE_REQUEST,
    )
}


def make_context(*keyed: str, simulate: str = "auto", policy: Policy = "order", **took_ms: float) -> Any:
    """Return a context with the keys of some providers."""
    settings = Settings(simulate=simulate)
    return SimpleNamespace(
        live=SimpleNamespace(current=SimpleNamespace(catalogue=structs.replace(SHIPPED, routing=policy), of_model={})),
        catalogue=structs.replace(SHIPPED, routing=policy),
        configured=frozenset({"local", *keyed}),
        settings=settings,
        speeds=SimpleNamespace(of=lambda kind: took_ms),
        admission=build_admission(settings, SHIPPED),
    )


def offers_of(context: Any) -> tuple[RouteOffer, ...]:
    """Return the offers of an order of the documented model."""
    candidates = routing.of_model(context, DOCUMENTED)
    return build_offers(
        GenerationRequest(dialect="wowflow", candidates=candidates, prompt="a fox", input=None, body=b"", address="")
    )


def models_on_offer(context: Any) -> list[Model]:
    """Return the models that the gateway lists."""
    simulates = context.settings.simulates
    return list(routing.offered(context.catalogue, context.configured, simulates=simulates).models.values())


@pytest.mark.parametrize("simulate", ["auto", "on", "off"])
@pytest.mark.parametrize("keyed", [("kie",), KEYED])
def test_simulated_route_is_no_fallback_when_a_real_one_is_configured(keyed: tuple[str, ...], simulate: str) -> None:
    """An order with a real route offers only real routes, as fallbacks too."""
    offers = offers_of(make_context(*keyed, simulate=simulate))
    assert {"kie"} == {offer.provider for offer in offers}
    for offer in offers:
        assert "local" not in [route.provider for route in offer.spec.routes]
        assert not offer.spec.simulated


def test_simulated_route_serves_when_no_real_one_is_configured() -> None:
    """Without a key of its routes the documented model is simulated, and model and specification say so."""
    context = make_context("openai")
    assert [("local", True, ())] == [
        (offer.provider, offer.spec.simulated, offer.spec.routes) for offer in offers_of(context)
    ]
    assert [DOCUMENTED] == [model.id for model in models_on_offer(context) if model.simulated]
    assert [] == [model.id for model in models_on_offer(make_context("kie")) if model.simulated]


def test_model_is_not_on_offer_when_simulation_is_off() -> None:
    """Without a key and without simulation the model is unknown, and the local models are on offer."""
    context = make_context(simulate="off")
    with pytest.raises(Refused) as refused:
        routing.of_model(context, DOCUMENTED)
    assert "unknown_model" == refused.value.code
    assert {"local"} == {model.id.partition("/")[0] for model in models_on_offer(context)}


@pytest.mark.parametrize("kind", KINDS)
def test_auto_never_goes_to_the_local_provider_when_keys_are_set(kind: str) -> None:
    """With three keys, every call of each kind has only real routes for its documented body, under every policy."""
    for policy in POLICIES:
        context = make_context(*KEYED, policy=policy, kie=20, openai=10)
        for _ in range(CALLS // len(POLICIES)):
            candidates = routing.of_kind(context, kind, routing.AUTO)
            assert candidates
            assert "local" not in [one.route.provider for one in candidates]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_documented_body_is_served_by_a_real_provider(body: JobRequest) -> None:
    """A real provider can serve each documented body under `auto`."""
    context = make_context(*KEYED)
    context.base_url = "http://127.0.0.1:1"
    fields = await body.build_input(context, RequestImages(context.base_url))
    given = {name: value for name, value in fields.items() if value is not None}
    candidates = routing.of_kind(context, body.kind, body.preferred_provider, body.preferred_model)
    assert capable(candidates, body.require_prompt(), given, body)


def test_named_local_provider_serves_without_simulating() -> None:
    """A call that names the local provider gets its own models first, and simulates nothing if a key is set."""
    candidates = routing.of_kind(make_context("kie"), "image", "local", DOCUMENTED)
    assert "local/artist" == candidates[0].model.id
    assert not any(one.route.simulated for one in candidates)
    assert {"local"} == {one.route.provider for one in routing.of_kind(make_context(), "image", "kie")}


def test_cheapest_policy_orders_the_providers_of_a_call() -> None:
    """Under `cheapest`, `auto` goes to the provider whose first model costs us the least."""
    found = {}
    for policy in ("order", "cheapest"):
        candidates = routing.of_kind(make_context("kie", "luma", policy=policy), "image", routing.AUTO)
        found[policy] = list(dict.fromkeys(one.route.provider for one in candidates))
    assert {"order": ["luma", "kie"], "cheapest": ["kie", "luma"]} == found


@pytest.mark.parametrize("kind", KINDS)
def test_auto_works_for_guests_when_keys_are_set(kind: str) -> None:
    """A guest's call goes to the real providers within the guest ceiling, or else to the local provider."""
    context = make_context(*KEYED)
    for candidate in routing.of_kind(context, kind, routing.AUTO, guest=True):
        assert context.admission.allows_guest(SHIPPED, candidate.model, candidate.route)
    cheap = routing.of_kind(make_context("together"), "image", routing.AUTO, guest=True)
    assert {"together"} == {one.route.provider for one in cheap}
