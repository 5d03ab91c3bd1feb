"""The page at `/` lists every model with its price, and shows names as text."""

import re

from msgspec import structs

from gateway import static
from gateway.home import MARK, TITLES, models_html
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


def test_page_file_has_one_place_for_the_models() -> None:
    """The file of the page names the place of the tables exactly once."""
    assert 1 == (static.FOLDER / "home.html").read_text().count(MARK)
