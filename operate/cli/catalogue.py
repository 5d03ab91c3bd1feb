"""wokflow catalogue"""

import click
from msgspec import to_builtins

from operate.cli.catalogue_import import run_import
from operate.cli.catalogue_reading import read_catalogue
from operate.cli.command import Group, open_context
from operate.cli.live_models import check_live, describe
from operate.cli.show import table
from shared.domain.catalogue import Model
from shared.domain.money import dollars
from shared.ops import own_secrets

catalogue = Group("catalogue", help="Check the models, plans and providers on sale.")
catalogue.add_command(run_import)


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
