"""The check that no input sells a model below the cost of a route that may serve it."""

from collections.abc import Iterator
from itertools import islice, product

from shared.domain.catalogue import Limit, Model, Route
from shared.domain.inputs import InvalidInput, check_values, prompt_chars_max
from shared.domain.kind import kind_of
from shared.domain.kinds.text import MESSAGES_CHARS_MAX
from shared.domain.native_input import NATIVE
from shared.domain.native_schema import NativeSchema
from shared.domain.price_rule import PriceRule, Unit, same
from shared.domain.quantities import MESSAGES, most_of

COUNTED = (
    "count",
    "seconds",
    "width",
    "height",
    "length",
    "words_max",
    "max_tokens",
)  # fields that quantities depend on
WRITTEN: frozenset[Unit] = frozenset({"1k_characters", "1m_input_tokens"})  # units that depend on the prompt
INPUTS_MAX = 20_000
LONGEST_CONVERSATION = {MESSAGES: [{"role": "user", "content": "x" * MESSAGES_CHARS_MAX}]}


def losing_input(model: Model, route: Route, margin_percent: int) -> dict[str, object] | None:
    """Return an input whose UI price is not `margin_percent` above a route's cost, or None.

    Prices and costs are linear in each quantity between two limits of the input, so the limits are enough.
    """
    if route.cost is None:
        return None
    if model.price.flat_micros is not None and route.cost.flat_micros is not None:
        return {} if _loses(model.price.flat_micros, route.cost.flat_micros, margin_percent) else None
    written = (model.price.units | route.cost.units) & WRITTEN
    prompts = ("x", "x" * prompt_chars_max(model)) if written else ("x",)
    longest = [{}, LONGEST_CONVERSATION] if written and MESSAGES in model.input else [{}]
    limits = inputs_at_limits(model, model.price, route.cost, native=route.native)
    for given in (one | extra for one in limits for extra in longest):
        price, cost = model.price.agreed(given), route.cost.agreed(given)
        for prompt in prompts:
            most = most_of(model.kind, given, prompt, model.duration_s)
            if _loses(price.cost(most), cost.cost(most), margin_percent):
                return given
    return None


def inputs_at_limits(
    model: Model, *rules: PriceRule, native: NativeSchema | None = None
) -> Iterator[dict[str, object]]:
    """Yield the valid inputs at the limits of each field that some rules depend on, at most INPUTS_MAX.

    With a route's native schema they have the values of its fields that change the cost, too.
    """
    compared: dict[str, list[object]] = {}
    for field, value in (condition for rule in rules for condition in rule.conditions()):
        compared.setdefault(field, []).append(value)
    fields = {name: limit for name, limit in model.input.items() if name in compared or name in COUNTED}
    values = [_limits(model, name, limit, compared.get(name, [])) for name, limit in fields.items()]
    own: list[dict[str, object]] = _native_facts(native, compared) if native else [{}]
    others = {name: value for name, value in model.typical_input().items() if name not in fields}
    for facts, chosen in islice(product(own, product(*values)), INPUTS_MAX):
        given = {name: value for name, value in zip(fields, chosen, strict=True) if value is not None}
        yield others | given | facts


def _limits(model: Model, name: str, limit: Limit, compared: list[object]) -> list[object]:
    """Return the valid values at a field's limits, and those that rules compare it with; None stands for no value."""
    hard = kind_of(model.kind).fields[name].bounds or (None, None)
    ends: list[object] = [hard[0] if limit.min is None else limit.min, hard[1] if limit.max is None else limit.max]
    if limit.choices:
        numbers = [value for value in limit.choices if isinstance(value, int | float)]
        # Between two numbers the price is linear, except at those that a rule names.
        ends = [min(numbers), max(numbers)] if len(numbers) == len(limit.choices) else list(limit.choices)
    absent = [] if limit.required or limit.default is not None else [None]
    default = [] if limit.default is None or None not in ends else [limit.default]
    found = [*absent, *default, *ends, *compared]
    return [value for value in _distinct(found) if _is_valid(model, name, value)]


def _distinct(values: list[object]) -> list[object]:
    return [value for index, value in enumerate(values) if not any(same(value, one) for one in values[:index])]


def _is_valid(model: Model, name: str, value: object) -> bool:
    """Return whether an input may have a value in a field."""
    try:
        check_values(kind_of(model.kind), {name: value}, model.input)
    except InvalidInput:
        return False
    return True


def _native_facts(native: NativeSchema, compared: dict[str, list[object]]) -> list[dict[str, object]]:
    """Return the combinations of the native fields that some rules depend on, an absent one with its default."""
    names = [name for name in native.fields if NATIVE + name in compared]
    values = [_distinct([None, *(native.fields[name].choices or compared[NATIVE + name])]) for name in names]
    chosen = islice(product(*values), INPUTS_MAX)
    return [dict(native.cost_facts(dict(zip(names, one, strict=True)))) for one in chosen]


def _loses(price: int, cost: int, margin_percent: int) -> bool:
    return price * 100 < cost * (100 + margin_percent)
