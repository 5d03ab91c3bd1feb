"""The offers of an order: each route that can serve a request, with the validated input and its price."""

from collections.abc import Mapping, Sequence

from msgspec import UNSET, Struct

from gateway.admission.images import Upload
from gateway.exchange import EXCHANGE
from gateway.guests import GuestNetwork
from shared.domain import catalogue
from shared.domain.catalogue import Model
from shared.domain.errors import Refused
from shared.domain.generation import FallbackRoute, Spec
from shared.domain.inputs import InvalidInput, validate_input, validate_prompt
from shared.domain.margins import WRITTEN
from shared.domain.money import dollars
from shared.domain.native_input import NativeInput
from shared.domain.native_order import fit_order
from shared.domain.price_rule import Sale
from shared.store.ledger import RouteOffer

OFFERS_MAX = 8  # providers that one generation can try
PLAIN = "plain routes"  # their name among what a model remembers


class Candidate(Struct, frozen=True):
    """A model and one of its routes, from gateway/routing.py. Its `input`, if set, replaces the request's."""

    model: Model
    route: catalogue.Route
    input: object = UNSET


class GenerationRequest(Struct, frozen=True, kw_only=True):
    """A request for a generation, decoded from a dialect. `candidates` are in the order to try them."""

    dialect: str
    candidates: Sequence[Candidate]
    prompt: str
    input: object
    body: bytes  # with the path: a repetition under the same Idempotency-Key must equal it
    address: str  # of the caller
    key_hash: str = ""
    guest: str = ""
    payer: str = "balance"
    networks: tuple[GuestNetwork, ...] = ()  # of a guest, shared with others
    uploads: tuple[Upload, ...] = ()  # images that `input` names by their paths
    idempotency_key: str = ""
    wait_s: float = 0
    cost_max_micros: int | None = None  # refuse an order that could cost more
    native: Mapping[str, object] = {}  # fields of a provider; only routes that know them can serve the request
    metadata: dict[str, str] | None = None
    webhook_url: str = ""  # that gets the end, next to the account's endpoints
    streamed: bool = False  # a text is to be read while it is written


def build_offers(request: GenerationRequest) -> tuple[RouteOffer, ...]:
    """Return one way for each provider that can serve the request. Raises Refused("invalid_input")."""
    able = find_able(request)
    return tuple(offer_of(request, one, able) for one in able)


class AbleRoute(Struct, frozen=True):
    """A model and a route that can serve a request, with the validated input and its price."""

    model: Model
    route: catalogue.Route
    values: dict[str, object]
    sale: Sale
    price_micros: int  # the most that it can cost
    native: NativeInput | None = None  # the values under the provider's own names
    plain: bool = False  # the same for every order without an input

    @property
    def facts(self) -> dict[str, object]:
        """Return everything that a price can depend on: the input, and native fields that change the cost."""
        return self.values | (self.native.costs if self.native else {})


def find_able(request: GenerationRequest) -> list[AbleRoute]:
    """Return the routes that can serve a request, one for each provider. Raises Refused("invalid_input").

    Only the first model of a provider counts, because its other models reject the same inputs. An input that the first
    candidate rejects is refused. A later candidate that rejects it is skipped.
    """
    able: list[AbleRoute] = []
    for candidate in list_knowing(request) if request.native else request.candidates:
        if able and (len(able) == OFFERS_MAX or candidate.route.provider in [one.route.provider for one in able]):
            continue
        try:
            able.append(fit_route(request, candidate))
        except InvalidInput as invalid:
            if not able:
                raise Refused("invalid_input", f"{invalid.message}.", field=invalid.field) from None
    return able if request.cost_max_micros is None else within_cap(able, request.cost_max_micros, request.payer)


def list_knowing(request: GenerationRequest) -> Sequence[Candidate]:
    """Return the candidates whose routes know the native fields of a request. Raises Refused if none has any.

    If each of them lacks a field, the first one is left, so that the refusal names that field.
    """
    schemas = [(one, one.route.native.fields) for one in request.candidates if one.route.native is not None]
    if not schemas:
        raise Refused("invalid_input", "must be left out: no route of this model has native fields.", field="native")
    return [one for one, fields in schemas if request.native.keys() <= fields.keys()] or [schemas[0][0]]


def fit_route(request: GenerationRequest, candidate: Candidate) -> AbleRoute:
    """Return a candidate's route with the input that it takes, and its price. Raises InvalidInput."""
    model, route = candidate.model, candidate.route
    given = request.input if candidate.input is UNSET else candidate.input
    if route.native is None and (given is None or given == {}):
        validate_prompt(request.prompt, model)
        plain = find_plain(model, route)
        if plain is not None:
            return plain
    values, native = fit_order(model, route.native, given, request.prompt, request.native)
    facts = values | (native.costs if native else {})
    sale = model.sale(facts, request.prompt)
    return AbleRoute(model, route, values, sale, sale.reserved_micros, native)


def find_plain(model: Model, route: catalogue.Route) -> AbleRoute | None:
    """Return a route for an order without an input, or None if its prices depend on the prompt or on the usage.

    Most orders have no input, so the model remembers it. Raises InvalidInput.
    """
    known: dict[tuple[str, str], AbleRoute | None] = vars(model).setdefault(PLAIN, {})
    key = (route.provider, route.model)
    if key not in known:
        values, rules = validate_input(model, None), (model.price, model.api_price[0], route.cost or model.price)
        sale = model.sale(values, "")
        priced = sale.metered or any(rule.units & WRITTEN for rule in rules)
        known[key] = None if priced else AbleRoute(model, route, values, sale, sale.reserved_micros, plain=True)
    return known[key]


def within_cap(able: list[AbleRoute], cap: int, payer: str) -> list[AbleRoute]:
    """Return the routes that cost no more than the caller allows. Raises Refused("over_max_cost")."""
    if payer == "quota":
        return able
    affordable = [one for one in able if one.price_micros <= cap]
    if able and not affordable:
        least = min(one.price_micros for one in able)
        reason = f"This can cost {dollars(least)}, more than `max_cost_cents` allows. Nothing was charged."
        raise Refused("over_max_cost", reason)
    return affordable


def offer_of(request: GenerationRequest, one: AbleRoute, able: Sequence[AbleRoute]) -> RouteOffer:
    """Return the way of a candidate, with the others as its fallback routes."""
    model, sale = one.model, one.sale
    # The price must be the same for whoever serves it: another model needs an equal one, unless the plan pays.
    routes: tuple[FallbackRoute, ...] = ()
    if len(able) > 1:
        routes = tuple(
            FallbackRoute(other.route.provider, other.route.model, other.model.id, other.native)
            for other in able
            if other is not one
            and other.route.simulated == one.route.simulated
            and (request.payer == "quota" or other.sale == sale)
        )
    metered = sale if not one.plain and sale.metered and request.payer != "quota" else None
    spec = Spec(
        request.dialect,
        model.kind,
        model.id,
        one.route.model,
        request.prompt,
        one.values,
        routes,
        EXCHANGE.get().trace,
        metered,
        simulated=one.route.simulated,
        native=one.native,
        metadata=request.metadata,
        streamed=request.streamed,
    )
    return RouteOffer(
        provider=one.route.provider, price_micros=one.price_micros, spec=spec, run_ms=model.timeout_s * 1000
    )
