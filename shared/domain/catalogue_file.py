"""The reader of the catalogue's TOML files. A mistake in them stops the start and is reported with its line.

One file is the catalogue. It may `include` others, which have providers and models only.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Annotated

import tomli
from msgspec import Meta, Struct, structs

from shared.domain.catalogue import KINDS, Catalogue, Mode, Model, Plan, Policy, Provider, Route
from shared.domain.catalogue_aliases import read_aliases
from shared.domain.catalogue_limits import read_limit, with_shown_defaults
from shared.domain.catalogue_lines import line_of
from shared.domain.catalogue_natives import NativeReader, check_native, read_native, read_nothing
from shared.domain.catalogue_prices import check_price, read_micros, read_price
from shared.domain.catalogue_simulation import check_simulated
from shared.domain.catalogue_table import Problem, Table
from shared.domain.kind import Kind, kind_of
from shared.domain.margins import losing_input
from shared.domain.native_schema import NativeSchema
from shared.domain.pricing import basis_points

MARKUP_PERCENT_DEFAULT = 5
PLAN_OPTIONAL = (
    *("beyond_quota", "creates_per_s", "reads_per_s"),
    *("daily_attempts", "daily_requests", "daily_mb_in", "daily_mb_stored", "daily_cost_cents"),
    *("included_cents", "monthly_cents"),
)
OPTIONAL = (
    "price_cents",
    "price",
    "api_price_cents",
    "resolution",
    "duration_s",
    "timeout_s",
    "input",
    "hidden",
    "prompt_chars_max",
    "routing",
)  # optional keys of a model


OPTIONAL_AT_TOP = ("markup_percent", "min_margin_percent", "modes", "include", "routing", "aliases")


class CatalogueError(ValueError):
    """A mistake in the catalogue. `line` counts from 1, None if unknown; `file` is an included file's name."""

    def __init__(self, line: int | None, message: str, file: str | None = None) -> None:
        where = ([file] if file else []) + ([f"line {line}"] if line else [])
        super().__init__(": ".join([*([", ".join(where)] if where else []), message]))
        self.line, self.message, self.file = line, message, file


class _Defaults(Struct, frozen=True):
    """Defaults of all models."""

    routing: Policy
    markup: Decimal
    min_margin_percent: Annotated[int, Meta(ge=0, le=1_000)]


class _Source(Struct, frozen=True):
    """One file of the catalogue; `file` is its name if it is included."""

    file: str | None
    text: str
    table: Table

    @contextmanager
    def locate_problems(self) -> Iterator[None]:
        """Turn a Problem into a CatalogueError with the line in this file."""
        try:
            yield
        except Problem as problem:
            raise CatalogueError(line_of(self.text, problem.at), problem.message, self.file) from None


def list_includes(text: str) -> tuple[str, ...]:
    """Return the names of the files that a catalogue includes, in order. Raises CatalogueError."""
    main = _source(None, text)
    names: list[str] = []
    with main.locate_problems():
        for name in main.table.items("include") if "include" in main.table.raw else ():
            if not isinstance(name, str) or not name or name in names:
                raise main.table.problem("include", f"include must name files, each once, not {name!r}")
            names.append(name)
    return tuple(names)


def parse(text: str, parts: Mapping[str, str] | None = None, natives: NativeReader = read_nothing) -> Catalogue:
    """Return the catalogue in `text` and its included `parts`, by file name. Raises CatalogueError.

    `natives` reads a schema of native fields that one of these files names.
    """
    main = _source(None, text)
    return _catalogue(main, [_source(file, part) for file, part in (parts or {}).items()], natives)


def _source(file: str | None, text: str) -> _Source:
    try:
        return _Source(file, text, Table(tomli.loads(text, parse_float=Decimal), (), file or "the catalogue"))
    except ValueError as error:
        message, _, position = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", position)
        last = text.count("\n") + 1 if position.startswith("end of") else None
        raise CatalogueError(int(line[1]) if line else last, f"this is not valid TOML: {message}", file) from None
    except RecursionError:
        raise CatalogueError(None, "this is not valid TOML: nested too deeply", file) from None


def _catalogue(main: _Source, parts: list[_Source], natives: NativeReader) -> Catalogue:
    table = main.table
    with main.locate_problems():
        table.check_keys(["plans", "providers", "models"], list(OPTIONAL_AT_TOP))
        defaults = _defaults(table)
    providers: dict[str, Provider] = {}
    for source in (main, *parts):
        with source.locate_problems():
            if source is not main:
                source.table.check_keys([], ["providers", "models"])
            _read_providers(source.table, into=providers)
    with main.locate_problems():
        plans = {name: _plan(name, entry) for name, entry in table.tables("plans", "plan")}
        if "guest" not in plans:
            raise table.problem("plans", "plan 'guest' is missing: add it, callers without an API key are on it")
    models: dict[str, Model] = {}
    for source in (main, *parts):
        with source.locate_problems():
            _read_models(source, defaults, providers, natives, into=models)
    with main.locate_problems():
        modes = {name: _mode(entry) for name, entry in table.tables("modes", "mode")}
        aliases = read_aliases(table, models)
    return Catalogue(
        markup_percent=defaults.markup,
        routing=defaults.routing,
        models=models,
        plans=plans,
        providers=providers,
        modes=modes,
        aliases=aliases,
    )


def _read_providers(table: Table, *, into: dict[str, Provider]) -> None:
    for name, entry in table.tables("providers", "provider"):
        if name in into:
            raise entry.problem("", "another provider has this name: rename one of them")
        into[name] = _provider(name, entry)


def _defaults(table: Table) -> _Defaults:
    try:
        markup = Decimal(basis_points(table.raw.get("markup_percent", MARKUP_PERCENT_DEFAULT))) / 100
    except ValueError as error:
        raise table.problem("markup_percent", f"markup_percent {error}") from None
    own: dict[str, object] = {name: table.raw[name] for name in ("routing", "min_margin_percent") if name in table.raw}
    return table.convert({"routing": "order", "min_margin_percent": 0, **own, "markup": markup}, _Defaults)


def _read_models(
    source: _Source,
    defaults: _Defaults,
    providers: dict[str, Provider],
    natives: NativeReader,
    *,
    into: dict[str, Model],
) -> None:
    table = source.table
    for number, raw in enumerate(table.items("models") if "models" in table.raw else ()):
        entry = Table(raw, ("models", number), f"model {number + 1}")
        model = _model(entry, defaults, providers, partial(natives, source.file))
        if model.id in into:
            raise entry.problem("id", "another model has this id: rename one of them")
        into[model.id] = model


def _mode(table: Table) -> Mode:
    table.check_keys(["style"], [])
    return table.convert(table.raw, Mode)


def _provider(name: str, table: Table) -> Provider:
    optional = [
        "adapter",
        "key_env",
        "callback_secret_env",
        "base_url",
        "concurrency",
        "rate_per_s",
        "connect_s",
        "credit_cents",
    ]
    table.check_keys([], optional)
    plain = {key: value for key, value in table.raw.items() if key != "credit_cents"}
    credit = read_micros(table, "credit_cents") if "credit_cents" in table.raw else None
    return table.convert({**plain, "name": name, "credit_micros": credit}, Provider)


def _plan(name: str, table: Table) -> Plan:
    table.check_keys(["daily_quota", "concurrency", "backlog_max"], PLAN_OPTIONAL)
    # Unlimited has to be written out, so that a forgotten quota is never the most generous one.
    quota = None if table.raw["daily_quota"] == "unlimited" else table.raw["daily_quota"]
    return table.convert({**table.raw, "name": name, "daily_quota": quota}, Plan)


def _model(table: Table, defaults: _Defaults, providers: dict[str, Provider], natives: Callable[[str], bytes]) -> Model:
    raw = table.raw
    if isinstance(raw.get("id"), str):
        table.what = f"model {raw['id']!r}"
    table.check_keys(["id", "name", "kind", "routes"], OPTIONAL)
    if raw["kind"] not in KINDS:
        raise table.problem("kind", f"unknown kind {raw['kind']!r}: use one of {', '.join(KINDS)}")
    kind = kind_of(str(raw["kind"]))
    model = _bare_model(table, defaults, kind)
    if (model.prompt_chars_max or 0) > kind.prompt_chars_max:
        message = f"prompt_chars_max must be at most {kind.prompt_chars_max}, the limit of kind {kind.name!r}"
        raise table.problem("prompt_chars_max", message)
    limits = {field: read_limit(entry, kind, field) for field, entry in table.tables("input", f"{table.what}: input")}
    model = with_shown_defaults(structs.replace(model, input=limits))
    entries = [
        Table(route, (*table.at, "routes", number), f"{table.what}: route {number + 1}")
        for number, route in enumerate(table.items("routes"))
    ]
    schemas = [read_native(entry, natives) for entry in entries]
    check_price(model, model.price, table, "price", [schema for schema in schemas if schema])
    routes = tuple(_route(entry, providers, model, schema) for entry, schema in zip(entries, schemas, strict=True))
    if not routes:
        raise table.problem("routes", "routes must not be empty: add at least one route")
    for number, route in enumerate(routes):
        if not route.below_cost:
            _check_margin(table, model, route, number, defaults.min_margin_percent)
    return structs.replace(model, routes=routes)


def _check_margin(table: Table, model: Model, route: Route, number: int, margin_percent: int) -> None:
    given = losing_input(model, route, margin_percent)
    if given is not None:
        sold = f"for the input {given} " if given else ""
        wanted = f"its cost at {route.provider}" + (f" and {margin_percent} %" if margin_percent else "")
        message = f"the price {sold}is below {wanted}: raise it, or give the reason as `below_cost` of the route"
        raise Problem((*table.at, "routes", number, "cost_cents"), f"{table.what}: {message}")


def _bare_model(table: Table, defaults: _Defaults, kind: Kind) -> Model:
    """Return a model without its input and routes."""
    values = {key: value for key, value in table.raw.items() if key not in ("price_cents", "price", "api_price_cents")}
    values |= {"price": {"parts": [{"per": "order", "micros": 0}]}, "input": {}, "routes": []}
    model = table.convert({"timeout_s": kind.timeout_s, "routing": defaults.routing, **values}, Model)
    own = read_micros(table, "api_price_cents") if "api_price_cents" in table.raw else None
    mark_up = basis_points(defaults.markup)
    return structs.replace(model, price=read_price(table, "price"), api_price_micros=own, basis_points=mark_up)


def _route(table: Table, providers: dict[str, Provider], model: Model, native: NativeSchema | None) -> Route:
    table.check_keys(["provider", "model"], ["cost_cents", "cost", "weight", "below_cost", "simulated", "native"])
    known = list(providers)
    if table.raw["provider"] not in known:
        names = ", ".join(known) or "none"
        raise table.problem(
            "provider", f"unknown provider {table.raw['provider']!r}: use one of {names}, or add it under [providers]"
        )
    cost = None
    if "cost" in table.raw or "cost_cents" in table.raw:
        cost = read_price(table, "cost")
        check_price(model, cost, table, "cost", [native] if native else [])
    if native is not None:
        check_native(model, native, table)
    plain = {key: value for key, value in table.raw.items() if key not in ("cost_cents", "cost", "native")}
    route = structs.replace(table.convert(plain, Route), cost=cost, native=native)
    check_simulated(table, route, model, providers[route.provider])
    return route
