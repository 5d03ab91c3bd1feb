"""The catalogue: models, the providers that serve them, and the plans of accounts. See `catalogue_file.py`."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain.bounds import DailyBounds
from shared.domain.described import EXPECTED

# Kind `image` is the module shared/domain/kinds/image.py, and so on for the others.
KINDS = ("image", "video", "text", "voice", "music", "upscale", "interrogate", "enhance")

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
Bound = Annotated[int | float | None, Meta(extra_json_schema={EXPECTED: "a number"})]


class Route(Struct, frozen=True, kw_only=True):
    """A route: a provider that serves a model."""

    provider: Name
    model: Title  # the provider's name of the model
    cost_micros: int | None = None  # our cost of one generation, micro-USD; None: not known
    weight: Annotated[float, Meta(ge=0.001, le=1_000_000)] = (
        1  # its share of the generations under the policy `weighted`
    )


class Limit(Struct, frozen=True, kw_only=True):
    """A model's limits of one input field, within the limits of its kind."""

    default: object = None  # used when the client sends no value; None: the provider decides
    min: Bound = None  # of a number its value, of a text or list its length
    max: Bound = None
    choices: Annotated[
        tuple[object, ...], Meta(extra_json_schema={EXPECTED: "a list"})
    ] = ()  # empty: any value within the limits
    required: bool = False


class Model(Struct, frozen=True, kw_only=True):
    """A model that clients can order."""

    id: ModelId
    name: Title
    kind: str  # one of KINDS
    ui_price_micros: int
    price_micros: int  # the price through the API, in whole cents
    resolution: Annotated[str, Meta(min_length=1, max_length=20)] | None = None  # as shown, such as "1K"
    duration_s: Annotated[int, Meta(ge=1, le=86_400)] | None = None  # of the output, as shown
    timeout_s: Annotated[int, Meta(ge=1, le=86_400)]  # a generation that takes longer fails and is refunded
    prompt_chars_max: Annotated[int, Meta(ge=1, le=20_000)] | None = None  # None: the kind's limit
    hidden: bool = False  # never chosen for a call that names no model
    input: dict[str, Limit]  # the fields of `input` that clients may send
    routing: Policy = "order"  # orders the routes
    routes: tuple[Route, ...]


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


class Mode(Struct, frozen=True, kw_only=True):
    """A mode of the WokGen calls: style words appended to the prompt."""

    style: Annotated[str, Meta(min_length=1, max_length=1000)]


class Catalogue(Struct, frozen=True, kw_only=True):
    """The checked contents of the catalogue file. Dictionaries keep the order of the file."""

    markup_percent: Decimal
    models: dict[str, Model]
    plans: dict[str, Plan]
    providers: dict[str, Provider]
    modes: dict[str, Mode] = {}  # msgspec copies a default

    def model(self, model_id: str) -> Model | None:
        """Return the model with this id, or None."""
        return self.models.get(model_id)

    def cost_of(self, model: Model, route: Route) -> int:
        """Return our cost of a route, micro-USD. An unknown one counts as the price, or as 0 without an API key."""
        if route.cost_micros is not None:
            return route.cost_micros
        return 0 if self.providers[route.provider].key_env is None else model.ui_price_micros

    def costs(self, provider: str) -> dict[tuple[str, str], int]:
        """Return a provider's known costs in micro-USD, by our model id and the provider's name of the model."""
        return {
            (model.id, route.model): route.cost_micros
            for model in self.models.values()
            for route in model.routes
            if route.provider == provider and route.cost_micros is not None
        }
