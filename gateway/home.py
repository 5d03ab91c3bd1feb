"""The pages that show the catalogue: `/` with every model and its price, and the playground."""

from collections.abc import Iterable
from html import escape

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway import static
from gateway.context import CONTEXT
from shared.domain.catalogue import KINDS, Model
from shared.domain.price_text import price_text

MARK = "<!-- models -->"
TITLES = {
    "image": "Images",
    "video": "Videos",
    "text": "Texts",
    "voice": "Voices",
    "music": "Music",
    "upscale": "Enlarging images",
    "interrogate": "Describing images",
    "enhance": "Improving prompts",
}


async def serve_home(request: web.Request) -> web.StreamResponse:
    """Answer the page of the catalogue in force."""
    return await request.app[CONTEXT].live.current.home(request)


def home_handler(models: Iterable[Model]) -> Handler:
    """Return the handler of the page that lists these models. Raises OSError if the page is missing."""
    text = (static.FOLDER / "home.html").read_text()
    return static.handler(text.replace(MARK, models_html(models)).encode(), "text/html")


async def serve_playground(request: web.Request) -> web.StreamResponse:
    """Answer the page where people try the models of the catalogue in force."""
    return await request.app[CONTEXT].live.current.playground(request)


def playground_handler(models: Iterable[Model]) -> Handler:
    """Return the handler of the playground with these models. Raises OSError if the page is missing."""
    text = (static.FOLDER / "playground.html").read_text()
    return static.handler(text.replace(MARK, options_html(models)).encode(), "text/html")


def options_html(models: Iterable[Model]) -> str:
    """Return the models as options of a select, a group for each kind, with every value escaped."""
    listed = list(models)
    kinds = [(kind, [model for model in listed if model.kind == kind]) for kind in KINDS]
    return "\n".join(_group(kind, found) for kind, found in kinds if found)


def _group(kind: str, models: list[Model]) -> str:
    options = "".join(f'<option value="{escape(model.id)}">{escape(model.name)}</option>' for model in models)
    return f'          <optgroup label="{TITLES[kind]}">{options}</optgroup>'


def models_html(models: Iterable[Model]) -> str:
    """Return one table for each kind that has a model, with every value escaped."""
    listed = list(models)
    kinds = [(kind, [model for model in listed if model.kind == kind]) for kind in KINDS]
    return "\n".join(_table(kind, found) for kind, found in kinds if found)


def _table(kind: str, models: list[Model]) -> str:
    title = TITLES[kind]
    rows = "\n".join(_row(model) for model in models)
    return (
        f'    <h3 id="{kind}">{title}</h3>\n'
        f'    <div class="table" role="region" aria-labelledby="{kind}" tabindex="0"><table>\n'
        '      <thead><tr><th scope="col">Model</th><th scope="col">Id</th><th scope="col">Price</th></tr></thead>\n'
        f"      <tbody>\n{rows}\n      </tbody></table></div>"
    )


def _row(model: Model) -> str:
    simulated = ' <span class="badge">simulated</span>' if model.simulated else ""
    price = escape(price_text(*model.api_price))
    return (
        f"        <tr><td>{escape(model.name)}{simulated}</td><td><code>{escape(model.id)}</code></td>"
        f"<td>{price}</td></tr>"
    )
