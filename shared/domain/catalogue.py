"""The catalogue: models, the providers that serve them, and the plans of accounts. See `catalogue_file.py`."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property, partial
from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain.bounds import DailyBounds
from shared.domain.described import EXPECTED
from shared.domain.native_schema import NativeSchema
from shared.domain.price_rule import PriceRule, Sale, flat
from shared.domain.quantities import most_of

# Kind `image` is the module shared/domain/kinds/image.py, and so on for the others.
KINDS = ("image", "video", "text", "voice", "music", "upscale", "interrogate", "enhance")

LOCAL = "local"  # the adapter of the local provider, and the maker in the ids of its own models
ID_PATTERN = r"\A[A-Za-z0-9][A-Za-z0-9._:-]*(/[A-Za-z0-9][A-Za-z0-9._:-]*)*\Z"
NAME_PATTERN = r"\A[a-z][a-z0-9_]*\Z"  # a provider's name is also the name of its adapter's module

ModelId = Annotated[
    str, Meta(max_length=100, pattern=ID_PATTERN, extra_json_schema={EXPECTED: 'an id such as "maker/model-1"'})
]
Name = Annotated[
    str, Meta(max_length=40, pattern=NAME_PATTERN, extra_json_schema={EXPECTED: "a word of a-z, 0-9 and _"})
]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
EnvName = Annotated[
    str, Meta(pattern=r"\A[A-Z][A-Z0-9_]*\Z", extra_json_schema={EXPECTED: "the NAME of an environment variable"})
]
HttpUrl = Annotated[str, Meta(pattern=r"\Ahttps?://[^\s/]+\S*\Z", extra_json_schema={EXPECTED: "an http or https URL"})]
PerSecond = Annotated[float, Meta(ge=0.01, le=1_000_000)]
Policy = Literal["order", "cheapest", "fastest", "weighted"]  # see routing.py
DailyLimit = Annotated[int, Meta(ge=0, le=1_000_000_000)] | None
ATTEMPTS_PER_QUOTA = 3
OrderCost = Callable[[Mapping[str, object], str], Sale]  # of a validated input and a prompt
Bound = Annotated[int | float | None, Meta(extra_json_schema={EXPECTED: "a number"})]


class Route(Struct, frozen=True, kw_only=True):
    """A route: a provider that serves a model."""

    provider: Name
    model: Title  # the provider's name of the model
    cost: PriceRule | None = None  # our cost of a generation; None: not known
    below_cost: Annotated[str, Meta(max_length=200)] = ""  # the reason to sell below this cost, or below the margin
    weight: Annotated[float, Meta(ge=0.001, le=1_000_000)] = (
        1  # its share of the generations under the policy `weighted`
    )
    simulated: bool = False  # the local provider stands in for a model of somebody else
    native: NativeSchema | None = None  # the provider's own fields; None: only our input fields can be used


class Limit(Struct, frozen=True, kw_only=True):
    """A model's limits of one input field, within the limits of its kind."""

    default: object = None  # used when the client sends no value; None: the provider decides
    min: Bound = None  # of a number its value, of a text or list its length
    max: Bound = None
    choices: Annotated[
        tuple[object, ...], Meta(extra_json_schema={EXPECTED: "a list"})
    ] = ()  # empty: any value within the limits
    required: bool = False


class Model(Struct, frozen=True, kw_only=True, dict=True):
    """A model that clients can order."""

    id: ModelId
    name: Title
    kind: str  # one of KINDS
    price: PriceRule  # the UI's
    api_price_micros: int | None = None  # a flat price through the API, instead of the UI's with its mark-up
    basis_points: int = 0  # the API's mark-up on the UI's price, in hundredths of a percent
    resolution: Annotated[str, Meta(min_length=1, max_length=20)] | None = None  # as shown, such as "1K"
    duration_s: Annotated[int, Meta(ge=1, le=86_400)] | None = None  # of the output, as shown
    timeout_s: Annotated[int, Meta(ge=1, le=86_400)]  # a generation that takes longer fails and is refunded
    prompt_chars_max: Annotated[int, Meta(ge=1, le=20_000)] | None = None  # None: the kind's limit
    hidden: bool = False  # never chosen for a call that names no model
    input: dict[str, Limit]  # the fields of `input` that clients may send
    routing: Policy = "order"  # orders the routes
    routes: tuple[Route, ...]

    @property
    def simulated(self) -> bool:
        """Return whether all of its routes are simulated, as routes on offer are if no real one is configured."""
        return all(route.simulated for route in self.routes)

    @property
    def ui_price_micros(self) -> int:
        """Return the UI price of an order with the defaults and an empty prompt."""
        return self.priced(self.price, self.typical_facts()).reserved_micros

    @property
    def price_micros(self) -> int:
        """Return the API price of an order with the defaults and an empty prompt."""
        return self.sale(self.typical_facts(), "").reserved_micros

    def route_micros(self, route: Route) -> int | None:
        """Return our cost of an order with the defaults and an empty prompt; None if it is not known."""
        return None if route.cost is None else self.priced(route.cost, self.typical_facts(route)).reserved_micros

    @cached_property
    def api_price(self) -> tuple[PriceRule, int]:
        """Return the rule of the API price, and the mark-up on it in hundredths of a percent."""
        return (self.price, self.basis_points) if self.api_price_micros is None else (flat(self.api_price_micros), 0)

    def sale(self, given: Mapping[str, object], prompt: str) -> Sale:
        """Return the API price of an order with a validated input."""
        rule, basis_points = self.api_price
        return self.priced(rule, given, prompt, basis_points)

    def priced(self, rule: PriceRule, given: Mapping[str, object], prompt: str = "", basis_points: int = 0) -> Sale:
        """Return the sale of an order with a validated input under a rule: a price of this model, or a route's cost."""
        return Sale(rule.agreed(given, basis_points), most_of(self.kind, given, prompt, self.duration_s))

    def typical_input(self) -> dict[str, object]:
        """Return the shortest input: the defaults, and the first choice or the least value of a required field."""
        found = {name: limit.default for name, limit in self.input.items() if limit.default is not None}
        needed = {name: limit for name, limit in self.input.items() if limit.required}
        return found | {name: limit.choices[0] if limit.choices else limit.min for name, limit in needed.items()}

    def typical_facts(self, route: Route | None = None) -> dict[str, object]:
        """Return the shortest input, with the defaults of the native fields that change the cost at a route."""
        at = route or next(iter(self.routes), None)
        return self.typical_input() | (at.native.cost_facts({}) if at and at.native else {})


class Plan(Struct, frozen=True, kw_only=True):
    """A plan: the daily quota and the concurrency of an account."""

    name: Name
    daily_quota: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None  # generations a UTC day; None: unlimited
    beyond_quota: bool = False  # generations past the quota are paid from the balance
    concurrency: Annotated[int, Meta(ge=1, le=100_000)]  # jobs at once on one provider's queue
    backlog_max: Annotated[int, Meta(ge=0, le=10_000_000)]  # generations that may wait for a slot
    creates_per_s: PerSecond | None = None  # POSTs a second of one key; None: the deployment's setting
    reads_per_s: PerSecond | None = None  # other requests a second of one key; None: the deployment's setting
    daily_attempts: DailyLimit = None  # orders on the quota, failed ones too; None: three times the quota
    daily_requests: DailyLimit = None  # requests that create; None, here and below: as the settings say
    daily_mb_in: DailyLimit = None  # of requests
    daily_mb_stored: DailyLimit = None  # of inputs that we store
    daily_cost_cents: DailyLimit = None  # our cost of the orders on the quota
    included_cents: Annotated[int, Meta(ge=0, le=100_000_000)] = 0  # credit that is added each month
    monthly_cents: Annotated[int, Meta(ge=50, le=100_000_000)] | None = None  # price; None: it is not for sale

    @property
    def bounds(self) -> DailyBounds:
        """Return the daily bounds of each account of the plan."""
        attempts = self.daily_attempts
        if attempts is None and self.daily_quota is not None:
            attempts = ATTEMPTS_PER_QUOTA * self.daily_quota
        return DailyBounds(
            requests=self.daily_requests,
            attempts=attempts,
            bytes_in=None if self.daily_mb_in is None else self.daily_mb_in * 1_000_000,
            bytes_stored=None if self.daily_mb_stored is None else self.daily_mb_stored * 1_000_000,
            cost_micros=None if self.daily_cost_cents is None else self.daily_cost_cents * 10_000,
        )


class Provider(Struct, frozen=True, kw_only=True):
    """A provider. The adapter of provider `fal` is workers/providers/fal.py."""

    name: Name
    adapter: Name | None = None  # the adapter's module; None: the provider's name
    key_env: EnvName | None = None  # the environment variable with our API key; None: it needs no key
    callback_secret_env: EnvName | None = None  # the environment variable with the secret that signs its callbacks
    base_url: HttpUrl | None = None  # None: the adapter's default
    connect_s: Annotated[float, Meta(ge=0.1, le=120)] = 10.0  # a provider that takes longer to connect is down
    concurrency: Annotated[int, Meta(ge=1, le=100_000)] | None = None  # generations at once; None: not limited
    rate_per_s: Annotated[float, Meta(ge=0.001, le=100_000)] | None = None  # submits a second; None: no limit
    credit_micros: int | None = None  # the price of one of its credits, micro-USD; None: not known

    @property
    def local(self) -> bool:
        """Return whether it generates on this machine, with our own small models."""
        return (self.adapter or self.name) == LOCAL


class Mode(Struct, frozen=True, kw_only=True):
    """A mode of the WokGen calls: style words appended to the prompt."""

    style: Annotated[str, Meta(min_length=1, max_length=1000)]


class Catalogue(Struct, frozen=True, kw_only=True, dict=True):
    """The checked contents of the catalogue file. Dictionaries keep the order of the file."""

    markup_percent: Decimal
    routing: Policy = "order"  # orders the providers of a call that names none
    models: dict[str, Model]
    plans: dict[str, Plan]
    providers: dict[str, Provider]
    modes: dict[str, Mode] = {}  # msgspec copies a default
    aliases: dict[str, tuple[str, ...]] = {}  # names that clients have built in; the first model on offer serves them
    version: str = ""  # of the files' contents

    @cached_property
    def by_kind(self) -> dict[str, tuple[Model, ...]]:
        """Return the models of each kind that may serve a call that names none."""
        listed = [model for model in self.models.values() if not model.hidden]
        return {kind: tuple(model for model in listed if model.kind == kind) for kind in KINDS}

    def model(self, model_id: str) -> Model | None:
        """Return the model with this id, or None."""
        return self.models.get(model_id)

    def cost_of(self, model: Model, route: Route, given: Mapping[str, object], prompt: str) -> int:
        """Return our cost of an order at a route, in micro-USD, at most.

        An unknown cost counts as the UI price, or as 0 at a provider without an API key.
        """
        if route.cost is None and self.providers[route.provider].key_env is None:
            return 0
        return model.priced(route.cost or model.price, given, prompt).reserved_micros

    def targets(self, provider: str) -> dict[str, str]:
        """Return a provider's names of the models that are routed to it, each with its kind."""
        models = self.models.values()
        return {route.model: model.kind for model in models for route in model.routes if route.provider == provider}

    def costs(self, provider: str) -> dict[tuple[str, str], OrderCost]:
        """Return a provider's known costs, by our model id and the provider's name of the model."""
        return {
            (model.id, route.model): partial(model.priced, route.cost)
            for model in self.models.values()
            for route in model.routes
            if route.provider == provider and route.cost is not None
        }
