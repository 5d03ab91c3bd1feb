import re
from decimal import Decimal
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.catalogue import KINDS, Catalogue, Limit, Plan, Provider, Route
from shared.domain.catalogue_file import CatalogueError, parse
from shared.domain.price_rule import PricePart, PriceRow, PriceRule, flat

KNOWN_KINDS = ", ".join(KINDS)
TEXT = dedent("""\
    markup_percent = 5

    [plans.guest]
    daily_quota = 10
    concurrency = 2
    backlog_max = 20

    [providers.local]
    [providers.far]
    key_env = "FAR_KEY"
    base_url = "https://far.example/v1"
    concurrency = 4
    rate_per_s = 2.5

    [[models]]  # line 15
    id = "local/image"
    name = "Image"
    kind = "image"
    price_cents = 10
    resolution = "1K"
    routes = [
      { provider = "far", model = "Far/Image", cost_cents = 4.5 },
      { provider = "local", model = "artist" },
    ]

    [models.input]
    width = { default = 512, min = 64, max = 1024 }
    seed = {}
    quality = { choices = ["standard"] }
    image_urls = { max = 2, required = true }

    [[models]]  # line 32
    id = "local/video"
    name = "Video"
    kind = "video"
    price_cents = "0.5"
    duration_s = 3
    timeout_s = 100
    routes = [{ provider = "local", model = "clip" }]

    [models.input.seconds]
    default = 3
    max = 10
""")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return parse(TEXT)


def refusal(old: str, new: str) -> CatalogueError:
    """Return the error after the first `old` in the text is replaced by `new`."""
    assert old in TEXT
    with pytest.raises(CatalogueError) as caught:
        parse(TEXT.replace(old, new, 1))
    return caught.value


def test_model_is_parsed_completely(catalogue: Catalogue) -> None:
    """Prices become micro-USD, the API price includes the mark-up, and routes keep their order and cost."""
    model = catalogue.models["local/image"]
    assert ("Image", "image", 100_000, 105_000) == (model.name, model.kind, model.ui_price_micros, model.price_micros)
    assert ("1K", None) == (model.resolution, model.duration_s)
    far = Route(provider="far", model="Far/Image", cost=flat(45_000))
    assert (far, Route(provider="local", model="artist")) == model.routes
    assert Limit(default=512, min=64, max=1024) == model.input["width"]
    assert Limit(choices=("standard",)) == model.input["quality"]
    assert Limit(max=2, required=True) == model.input["image_urls"]


def test_fractional_price_is_exact(catalogue: Catalogue) -> None:
    """Half a cent is 5 000 micro-USD, and the API charges 5 % more."""
    model = catalogue.models["local/video"]
    assert (5_000, 5_250) == (model.ui_price_micros, model.price_micros)


METERED = """\
    [models.price]
    minimum_cents = 2
    parts = [
      { per = "order", cents = 1 },
      { per = "second", cents = 4, rows = [{ when = { seconds = 10 }, cents = 3.5 }] },
    ]

    [models.input.seconds]
"""


def metered(old: str = "", new: str = "") -> Catalogue:
    """Return the catalogue with a price per second, and `old` in that price replaced."""
    text = TEXT.replace('price_cents = "0.5"\n', "").replace("[models.input.seconds]\n", dedent(METERED))
    assert old in text
    return parse(text.replace(old, new, 1) if old else text)


def test_price_may_be_a_table_of_parts() -> None:
    """Parts per unit, with rows for some inputs, become a rule that is charged with the exact mark-up."""
    model = metered().models["local/video"]
    rows = (PriceRow(when={"seconds": 10}, micros=35_000),)
    parts = (PricePart(per="order", micros=10_000), PricePart(per="second", micros=40_000, rows=rows))
    assert PriceRule(parts=parts, minimum_micros=20_000) == model.price
    assert 136_500 == model.sale({"seconds": 3}, "a boat").reserved_micros == model.price_micros
    assert 378_000 == model.sale({"seconds": 10}, "a boat").reserved_micros


def test_api_price_of_its_own_replaces_the_mark_up() -> None:
    """A model may state its API price; the UI price stays."""
    model = parse(TEXT.replace("price_cents = 10", "price_cents = 10\napi_price_cents = 11")).models["local/image"]
    assert (100_000, 110_000) == (model.ui_price_micros, model.price_micros)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('per = "order"', 'per = "minute"', "unknown unit 'minute': use one of order, output, second"),
        ("when = { seconds = 10 }", "when = { sound = true }", "depends on 'sound', which is not an input field"),
        ("when = { seconds = 10 }", "when = { seconds = 11 }", "no input has: seconds must be at most 10"),
        ("when = { seconds = 10 }", "when = {}", "when must name fields and their values"),
        ("minimum_cents = 2", "minimum_cents = 2\nceiling_cents = 1", "must not be less than minimum_cents"),
        ("cents = 4,", "cents = -4,", "cents must be from 0"),
        ('{ per = "order", cents = 1 }', "5", "part 1 must be a table"),
        ('per = "second"', 'per = "megapixel"', "price needs a ceiling_cents, or a default for width"),
        ('per = "second"', 'per = "1m_output_tokens"', "price is not bounded: nothing bounds 1m_output_tokens"),
        ("[models.price]", "price_cents = 1\n[models.price]", "give price_cents or price, not both"),
    ],
)
def test_price_that_cannot_be_reserved_is_refused(old: str, new: str, words: str) -> None:
    """An unknown unit, a condition that no input meets and a quantity without a bound are refused."""
    with pytest.raises(CatalogueError, match=words):
        metered(old, new)


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("cost_cents = 13.1", "the price for the input {'seconds': 1} is below its cost at local: raise it"),
        ("cost = { parts = [{ per = 'second', cents = 4 }] }", "the price for the input {'seconds': 10} is below"),
    ],
)
def test_price_below_a_routes_cost_is_refused(route: str, words: str) -> None:
    """A model that some input sells below a route's cost does not load, unless the route says why."""
    for reason in ("", ', below_cost = "for new customers"'):
        change = ('model = "clip" }', f'model = "clip", {route}{reason} }}')
        if reason:
            assert "for new customers" == metered(*change).models["local/video"].routes[0].below_cost
            continue
        with pytest.raises(CatalogueError, match=re.escape(words)) as caught:
            metered(*change)
        assert caught.value.line


def test_margin_is_checked_against_the_cost() -> None:
    """With `min_margin_percent`, a price has to be that much above the cost of each route."""
    assert parse(f"min_margin_percent = 122\n{TEXT}")
    with pytest.raises(CatalogueError, match="is below its cost at far and 123 %"):
        parse(f"min_margin_percent = 123\n{TEXT}")


def test_timeout_defaults_to_kind(catalogue: Catalogue) -> None:
    """An image has 600 s and a video 3600 s unless the model sets another limit."""
    assert (600, 100) == tuple(model.timeout_s for model in catalogue.models.values())
    assert 3_600 == parse(TEXT.replace("timeout_s = 100\n", "")).models["local/video"].timeout_s


def test_plans_and_providers_are_parsed_by_name(catalogue: Catalogue) -> None:
    """Plans and providers are parsed under their names."""
    assert {"guest": Plan(name="guest", daily_quota=10, concurrency=2, backlog_max=20)} == catalogue.plans
    assert Provider(name="local") == catalogue.providers["local"]
    far = Provider(name="far", key_env="FAR_KEY", base_url="https://far.example/v1", concurrency=4, rate_per_s=2.5)
    assert far == catalogue.providers["far"]


def test_prompt_limit_stays_within_kind() -> None:
    """A model may have a shorter prompt limit than its kind, never a longer one."""
    voice = TEXT.replace('"image"', '"voice"').partition("[models.input]")[0].replace("resolution", "prompt_chars_max")
    assert 5_000 == parse(voice.replace('"1K"', "5000")).models["local/image"].prompt_chars_max
    with pytest.raises(CatalogueError, match="prompt_chars_max must be at most 5000, the limit of kind 'voice'"):
        parse(voice.replace('"1K"', "5001"))


def test_credit_price_is_parsed() -> None:
    """A credit's price has up to four decimals of a cent, becomes micro-USD, and is None by default."""
    priced = parse(TEXT.replace("rate_per_s = 2.5", "credit_cents = 0.022")).providers
    assert (220, None) == (priced["far"].credit_micros, priced["local"].credit_micros)


def test_model_is_found_by_id(catalogue: Catalogue) -> None:
    """A model is found by its id; an unknown id is None."""
    assert catalogue.models["local/video"] == catalogue.model("local/video")
    assert catalogue.model("nobody/nothing") is None


def test_mark_up_defaults_to_5_percent(catalogue: Catalogue) -> None:
    """The mark-up is optional and may have decimals."""
    assert Decimal(5) == catalogue.markup_percent == parse(TEXT.replace("markup_percent = 5", "")).markup_percent
    assert Decimal("2.5") == parse(TEXT.replace("= 5", "= 2.5", 1)).markup_percent


def test_unlimited_quota_must_be_explicit() -> None:
    """A plan without a quota says "unlimited"; a missing quota is an error."""
    assert parse(TEXT.replace("= 10", '= "unlimited"', 1)).plans["guest"].daily_quota is None
    assert "line 3: plan 'guest': daily_quota is missing" == str(refusal("daily_quota = 10\n", ""))


def test_error_names_line_and_known_values() -> None:
    """The error starts with the line and lists the known values."""
    assert f"line 35: model 'local/video': unknown kind 'images': use one of {KNOWN_KINDS}" == str(
        refusal('"video"', '"images"')
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("markup_percent = 5", "markup_percent = -5", 1, "markup_percent must be from 0 to 1000"),
        ("markup_percent = 5", "markup_percent = 5.555", 1, "markup_percent has more than 2 decimals"),
        ("markup_percent = 5", "markup = 5", 1, "unknown key 'markup': use one of plans, providers, models, mark"),
        ("[plans.guest]", "[plans.other]", 3, "plan 'guest' is missing"),
        ("[plans.guest]", "[plans.Guest]", 3, "plan 'Guest': name must be a word of a-z"),
        ("daily_quota = 10", "daily_quota = -1", 4, "plan 'guest': daily_quota must be a whole number from 0"),
        ("daily_quota = 10", 'daily_quota = "lots"', 4, "plan 'guest': daily_quota must be"),
        ("concurrency = 2", "concurrency = 0", 5, "plan 'guest': concurrency must be a whole number from 1"),
        ("backlog_max = 20", "backlog_max = 2.0", 6, "plan 'guest': backlog_max must be a whole number from 0"),
        ("backlog_max = 20", "", 3, "plan 'guest': backlog_max is missing"),
        ("backlog_max = 20", "backlog_max = 20\nspeed = 1", 7, "plan 'guest': unknown key 'speed'"),
        ("[providers.far]", "[providers.far-away]", 9, "provider 'far-away': name must be"),
        ('"FAR_KEY"', '"sk-secret"', 10, "provider 'far': key_env must be the NAME of an environment variable"),
        ('"https://far', '"ftp://far', 11, "provider 'far': base_url must be an http or https URL"),
        ("concurrency = 4", "concurrency = 0", 12, "provider 'far': concurrency must be a whole number from 1"),
        ("rate_per_s = 2.5", "rate_per_s = 0", 13, "provider 'far': rate_per_s must be a number from 0.001"),
        ("rate_per_s = 2.5", "rate_per_s = nan", 13, "provider 'far': rate_per_s must be a number from 0.001"),
        (
            'resolution = "1K"',
            "prompt_chars_max = 20001",
            20,
            "prompt_chars_max must be a whole number from 1",
        ),
        ('resolution = "1K"', "prompt_chars_max = 0", 20, "model 'local/image': prompt_chars_max must be"),
        ("rate_per_s = 2.5", "credit_cents = -1", 13, "provider 'far': credit_cents must be from 0 to"),
        ('id = "local/image"', 'id = "local/"', 16, "model 'local/': id must be an id such as"),
        ('id = "local/image"', 'id = "a b"', 16, "model 'a b': id must be an id such as"),
        ('id = "local/image"', "id = 5", 16, "model 1: id must be an id such as"),
        ('id = "local/image"', "", 15, "model 1: id is missing"),
        ('id = "local/video"', 'id = "local/image"', 33, "model 'local/image': another model has this id"),
        ('name = "Video"', 'name = ""', 34, "model 'local/video': name must be a text"),
        ('name = "Video"', "name = 1979-05-27", 34, "model 'local/video': name must be a text"),
        ('kind = "video"', 'kind = ["video"]', 35, f"unknown kind ['video']: use one of {KNOWN_KINDS}"),
        ("price_cents = 10", "price_cents = -1", 19, "price_cents must be from 0 to"),
        ("price_cents = 10", "price_cents = 0.00001", 19, "price_cents has more than 4 decimals"),
        ("price_cents = 10", "price_cents = true", 19, "price_cents is not a number"),
        ("price_cents = 10", "price_cents = inf", 19, "price_cents must be from 0 to"),
        (
            "price_cents = 10",
            "prize = 10",
            19,
            "unknown key 'prize': use one of id, name, kind, routes, price_cents, price",
        ),
        ("price_cents = 10", "", 15, "model 'local/image': price_cents is missing"),
        ("duration_s = 3", "duration_s = 0", 37, "duration_s must be a whole number from 1"),
        ("timeout_s = 100", "timeout_s = 1e9", 38, "timeout_s must be a whole number from 1"),
        ('resolution = "1K"', "resolution = 1024", 20, "resolution must be a text"),
        ('[{ provider = "local", model = "clip" }]', "[]", 39, "model 'local/video': routes must not be empty"),
        ('[{ provider = "local", model = "clip" }]', '"local"', 39, "model 'local/video': routes must be a list"),
        ('[{ provider = "local", model = "clip" }]', '["local"]', 39, "model 'local/video': route 1 must be a table"),
        (
            'provider = "local", model = "clip"',
            'provider = "lokal", model = "clip"',
            39,
            "'lokal': use one of local, far",
        ),
        (
            'provider = "local", model = "clip"',
            'provider = ["local"], model = "clip"',
            39,
            "unknown provider ['local']",
        ),
        ('provider = "local", model = "clip"', 'provider = "local"', 39, "route 1: model is missing"),
        ('model = "clip"', "model = 3", 39, "route 1: model must be a text"),
        ('model = "artist"', 'model = "artist", cost = 3', 21, "route 2: cost must be a table"),
        ('id = "local/image"', 'id = "far/image"', 21, "the local provider only simulates this model: add simulated"),
        ('id = "local/video"', 'id = "localvideo"', 39, "the local provider only simulates this model: add simulated"),
        ('model = "artist"', 'model = "artist", simulated = true', 21, "simulated is for the local provider's routes"),
        ("cost_cents = 4.5", "cost_cents = 4.5, simulated = true", 21, "route 1: simulated is for the local provider"),
        ("cost_cents = 4.5", 'simulated = "yes"', 21, "route 1: simulated must be true or false"),
        ("cost_cents = 4.5", "cost_cents = -4.5", 21, "route 1: cost_cents must be from 0"),
        (
            "seed = {}",
            "tempo = {}",
            28,
            "input 'tempo': kind 'image' does not have this field: use one of width, height",
        ),
        ("seed = {}", "seed = 7", 28, "input 'seed' must be a table"),
        ("seed = {}", "seed = { minimum = 7 }", 28, "input 'seed': unknown key 'minimum': use one of default, min"),
        ("default = 512", "default = 2000", 27, "input 'width': default must be at most 1024"),
        ("default = 512", 'default = "512"', 27, "input 'width': default must be a whole number from 64 to 2048"),
        ("default = 512", "default = 512.0", 27, "input 'width': default must be a whole number from 64 to 2048"),
        ("min = 64", "min = 32", 27, "input 'width': min must be from 64 to 2048, the limits of kind 'image'"),
        ("min = 64", "min = nan", 27, "input 'width': min must be from 64 to 2048"),
        ("min = 64", "min = true", 27, "input 'width': min must be a number"),
        ("min = 64", "min = 1025", 27, "input 'width': min must not be greater than max"),
        ("max = 1024", "max = 4096", 27, "input 'width': max must be from 64 to 2048"),
        ("max = 2,", "max = 15,", 30, "input 'image_urls': max must be from 0 to 14"),
        ("required = true", 'required = "yes"', 30, "input 'image_urls': required must be true or false"),
        ("max = 1024", "max = 1024, required = true", 27, "required has no effect on a field with a default"),
        ('choices = ["standard"]', 'choices = "standard"', 29, "input 'quality': choices must be a list"),
        ('choices = ["standard"]', 'choices = ["best"]', 29, "input 'quality': choices must be one of hd, standard"),
        ('choices = ["standard"]', 'choices = ["standard"], default = "hd"', 29, "default must be one of standard"),
        ('choices = ["standard"]', "max = 5", 29, "max has no meaning here, because the value is one of hd, standard"),
        ("default = 3\n", "default = 31\n", 42, "input 'seconds': default must be a whole number from 1 to 30"),
        ("default = 3\n", "default = 11\n", 42, "input 'seconds': default must be at most 10"),
    ],
)
def test_mistake_is_reported_with_its_line(old: str, new: str, line: int, words: str) -> None:
    """Each mistake is an error with its line and its reason."""
    error = refusal(old, new)
    assert line == error.line, error
    assert words in error.message
    assert str(error).startswith(f"line {line}: ")


def test_pasted_api_key_is_not_repeated() -> None:
    """An API key written in place of its variable's name does not appear in the error."""
    assert "sk-secret" not in str(refusal('"FAR_KEY"', '"sk-secret"'))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = \n", 2),
        ("a = 1\na = 2\n", 2),
        ("a = 1\n\nb = [1,\n", 4),
        ("x = " + "[" * 10_000, None),
        ("x = " + "9" * 10_000, None),
    ],
)
def test_invalid_toml_is_reported_with_its_line(text: str, line: int | None) -> None:
    """A syntax error has the line that the TOML reader reports."""
    with pytest.raises(CatalogueError, match="not valid TOML") as caught:
        parse(text)
    assert line == caught.value.line


GUEST = "[providers]\n[plans.guest]\ndaily_quota = 1\nconcurrency = 1\nbacklog_max = 1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "plans is missing"),
        ("plans = 1\nproviders = 2\nmodels = 3", "providers must be a table"),
        ("plans = {}\nproviders = {}\nmodels = {}", "plan 'guest' is missing"),
        ("models = {}\n" + GUEST, "models must be a list"),
        ("models = [1]\n" + GUEST, "model 1 must be a table"),
    ],
)
def test_toml_of_another_shape_is_refused(text: str, words: str) -> None:
    """TOML that is not a catalogue is refused with the same error type."""
    with pytest.raises(CatalogueError, match=words):
        parse(text)


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """No text makes the parser raise another error than its own."""
    with pytest.raises(CatalogueError):
        parse(text)


def test_aliases_name_models_in_order() -> None:
    """An alias has one model or several, in the order to try them."""
    found = parse(f'{TEXT}\n[aliases]\n"dall-e-3" = "local/image"\nb = ["local/video", "local/image"]\n')
    assert {"dall-e-3": ("local/image",), "b": ("local/video", "local/image")} == found.aliases


@pytest.mark.parametrize(
    ("aliases", "words"),
    [
        ('"gpt-image-1" = "maker/none"', "there is no model 'maker/none'"),
        ('"gpt-image-1" = []', "the list is empty"),
        ('"local/image" = "local/video"', "is the id of a model"),
        ('"a b" = "local/video"', "is not a name"),
        ('"gpt-image-1" = 7', "there is no model 7"),
    ],
)
def test_alias_must_name_models(aliases: str, words: str) -> None:
    """A mistake in the aliases is reported with its line."""
    with pytest.raises(CatalogueError, match=words) as caught:
        parse(f"{TEXT}\n[aliases]\n{aliases}\n")
    assert TEXT.count("\n") + 3 == caught.value.line
