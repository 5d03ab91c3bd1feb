"""The page at `/` lists every model with its price, and shows names as text."""

import re

import msgspec
from msgspec import structs

from gateway import static
from gateway.home import MARK, TITLES, models_html, options_html
from gateway.openapi.schemas import model_bodies
from shared.domain.catalogue import KINDS
from tests.harness.factories import load_shipped_catalogue

CATALOGUE = load_shipped_catalogue()
MODELS = tuple(CATALOGUE.models.values())


def test_page_lists_every_model_once() -> None:
    """Each model of the catalogue has one row, with its id and a price in dollars."""
    rows = re.findall(r"<tr><td>.*?<code>(.*?)</code></td><td>(.*?)</td></tr>", models_html(MODELS))
    assert sorted(model.id for model in MODELS) == sorted(name for name, _ in rows)
    assert all("$" in price for _, price in rows)


def test_page_titles_every_kind() -> None:
    """Every kind has a title, and a kind without a model has no table."""
    assert set(KINDS) == set(TITLES)
    assert "" == models_html(())


def test_page_shows_markup_in_a_name_as_text() -> None:
    """A model's name from a catalogue cannot become an element or leave its cell."""
    shown = models_html([structs.replace(MODELS[0], name='<img src=x onerror="alert(1)">&')])
    assert "<img" not in shown
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;" in shown


def test_playground_offers_every_model_by_kind() -> None:
    """Each model is one option of its kind's group, and a name from a catalogue stays text."""
    shown = options_html(MODELS)
    assert sorted(model.id for model in MODELS) == sorted(re.findall('<option value="([^"]+)">', shown))
    assert {TITLES[model.kind] for model in MODELS} == set(re.findall('<optgroup label="([^"]+)">', shown))
    assert "<img" not in options_html([structs.replace(MODELS[0], name="<img src=x>", id='"><img src=x>')])


def test_files_of_the_pages_have_one_place_for_the_models() -> None:
    """The file of each page names the place of the models exactly once."""
    assert [1, 1] == [(static.FOLDER / name).read_text().count(MARK) for name in ("home.html", "playground.html")]


def test_every_model_has_a_description_for_forms() -> None:
    """The description of a model has the schema of its input, with the model's own limits."""
    bodies = {name: msgspec.json.decode(body) for name, body in model_bodies(CATALOGUE).items()}
    assert bodies.keys() == CATALOGUE.models.keys()
    assert {"id", "name", "type", "price_cents", "pricing", "prompt_chars_max", "simulated", "input"} == set(
        bodies["local/artist"]
    )
    assert 512 == bodies["local/artist"]["input"]["properties"]["width"]["default"]
