"""wokflow catalogue"""

import click
from msgspec import to_builtins

from operate.cli.command import Failure, Group, open_context
from operate.cli.live_models import check_live, describe
from operate.cli.show import table
from shared.domain.catalogue import Catalogue, Model
from shared.domain.catalogue_file import CatalogueError
from shared.domain.money import dollars
from shared.ops import catalogue_files, own_secrets


def read_catalogue(path: str) -> Catalogue:
    """Read a catalogue file and the files it includes. Raises Failure naming the line that is wrong."""
    try:
        found = catalogue_files.load(path)
        catalogue_files.compile_natives(found)
        return found
    except CatalogueError as error:
        raise Failure("bad_catalogue", f"{path}: {error}") from None
    except OSError as error:
        message = f"Cannot read {path} ({error.strerror}): give the path of a catalogue, or set CATALOGUE."
        raise Failure("no_catalogue", message) from None


catalogue = Group("catalogue", help="Check the models, plans and providers on sale.")


@catalogue.command()
@click.argument("path", required=False)
@click.option("--live", is_flag=True, help="Also compare each route with its provider's own list of models.")
def check(path: str | None, live: bool) -> None:
    """Check a catalogue file and list its models. Without PATH, check the one in use.

    With --live, exit status 1 if a provider does not list a model any more, or ends it within 30 days.
    """
    context = open_context()
    file = path or context.settings.catalogue
    found = read_catalogue(file)
    models = found.models.values()
    rows = [
        (model.id, model.kind, dollars(model.ui_price_micros), dollars(model.price_micros), _routes(model))
        for model in models
    ]
    facts = {
        "path": file,
        "plans": list(found.plans),
        "models": [
            {
                "id": model.id,
                "kind": model.kind,
                "ui_price_micros": model.ui_price_micros,
                "price_micros": model.price_micros,
                "routing": model.routing,
                "routes": [{"provider": route.provider, "model": route.model} for route in model.routes],
            }
            for model in models
        ],
    }
    counts = f"{len(rows)} models, {found.markup_percent} % mark-up, plans {', '.join(found.plans)}"
    own_secrets.hide(found)
    checks = check_live(found, file) if live else []
    if live:
        facts["live"] = [to_builtins(one) for one in checks]
    shown = table(("model", "kind", "UI price", "API price", "served by"), rows)
    context.show(facts, f"{file} is valid: {counts}.\n", shown, *(line for one in checks for line in describe(one)))
    if any(one.notices or one.error for one in checks):
        click.get_current_context().exit(1)


def _routes(model: Model) -> str:
    named = ", ".join(f"{route.provider}:{route.model}" for route in model.routes)
    return named if model.routing == "order" else f"{named} ({model.routing})"
