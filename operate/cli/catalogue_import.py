"""wokflow catalogue import"""

import asyncio
import fnmatch
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path

import aiohttp
import click
from msgspec import Struct

from operate.cli.catalogue_reading import read_catalogue
from operate.cli.command import Command, CommandContext, Failure, open_context
from operate.cli.show import table
from operate.importing import fal, kie, replicate
from operate.importing.files import Changes, ImportFiles
from operate.importing.listing import CatalogueClient, ListError, Listing
from operate.importing.model import ImportedModel, build_model
from operate.importing.price import NotImported
from shared.domain.catalogue import Provider
from shared.domain.money import MICROS_PER_CENT
from shared.ops import own_secrets, settings

MARGIN_PERCENT_MAX = 1_000
SKIPPED_SHOWN_MAX = 20
BASE_URLS = {"kie": "https://api.kie.ai", "fal": "https://api.fal.ai", "replicate": "https://api.replicate.com/v1"}
PER_SECOND = {"kie": kie.PER_SECOND, "fal": fal.PER_SECOND, "replicate": replicate.PER_SECOND}
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, RecursionError)


class Imported(Struct, frozen=True, kw_only=True):
    """The models of an import, and those that it leaves out, each with the reason."""

    models: list[ImportedModel]
    skipped: dict[str, str]


@click.command("import", cls=Command)
@click.argument("provider", type=click.Choice(sorted(BASE_URLS)))
@click.option("--match", default="*", help="Only models whose name fits this pattern, such as 'kling*'.")
@click.option("--file", type=click.Path(path_type=Path), help="The file to write; default: imported_PROVIDER.toml.")
@click.option("--prices", type=click.Path(path_type=Path, exists=True), help="A TOML file of costs by model name.")
@click.option(
    "--margin-percent",
    type=click.IntRange(0, MARGIN_PERCENT_MAX),
    default=20,
    show_default=True,
    help="The margin on the provider's list price.",
)
@click.option("--per-second", type=click.FloatRange(0.1, 100_000), help="Requests a second; default: as allowed.")
@click.option("--dry-run", is_flag=True, help="Show the changes, and write nothing.")
def run_import(
    *,
    provider: str,
    match: str,
    file: Path | None,
    prices: Path | None,
    margin_percent: int,
    per_second: float | None,
    dry_run: bool,
) -> None:
    """Write models of a provider's own catalogue to a file for review.

    Models go to catalogue/imported_PROVIDER.toml next to the catalogue, and their native schemas to the folder native
    next to it. The next run shows what has changed. A model whose price has no bound is left out, with the reason.
    """
    context = open_context()
    found = read_catalogue(context.settings.catalogue)
    if provider not in found.providers:
        raise Failure("unknown_provider", f"The catalogue has no provider {provider!r}: add it under [providers].")
    own_secrets.hide(found)
    entry, own_prices = found.providers[provider], _read_prices(prices)
    target = file or Path(context.settings.catalogue).parent / "catalogue" / f"imported_{provider}.toml"
    files = ImportFiles(target, provider)
    read = partial(_read_models, provider, entry, partial(fnmatch.fnmatchcase, pat=match), per_second)
    build = partial(_build, provider, margin_percent, own_prices)
    try:
        imported = asyncio.run(_import(read, build))
    except ListError as error:
        raise Failure("no_list", f"The models of {provider} cannot be imported: {error}.") from None
    matched = [name for name in files.earlier() if fnmatch.fnmatchcase(name.partition("/")[2], match)]
    changes, was_new = files.compare(imported.models, matched), files.is_new
    if not dry_run:
        files.write(imported.models, matched)
    _show(context, target, imported, changes, first=was_new, written=not dry_run)


async def _import(
    read: Callable[[aiohttp.ClientSession], AsyncIterator[Listing]], build: Callable[[Listing], ImportedModel]
) -> Imported:
    models: dict[str, ImportedModel] = {}
    skipped: dict[str, str] = {}
    async with aiohttp.ClientSession() as session:
        async for listing in read(session):
            try:
                model = build(listing)
            except NotImported as reason:
                skipped[listing.model] = str(reason)
            except UNREADABLE:
                skipped[listing.model] = "its schema has a form that is not known"
            else:
                if model.path in {other.path for name, other in models.items() if name != model.id}:
                    skipped[listing.model] = "its schema would have the name of another one's"
                else:
                    models[model.id] = model
    return Imported(models=list(models.values()), skipped=skipped)


def _read_models(
    provider: str,
    entry: Provider,
    wanted: Callable[[str], bool],
    per_second: float | None,
    session: aiohttp.ClientSession,
) -> AsyncIterator[Listing]:
    key = settings.secret(entry.key_env) if entry.key_env else None
    if key is None and provider != "fal":
        raise Failure("no_key", f"Set {entry.key_env}: the catalogue of {provider} needs the API key.")
    scheme = "Key" if provider == "fal" else "Bearer"
    headers = {"Authorization": f"{scheme} {key}"} if key else {}
    base_url = entry.base_url or BASE_URLS[provider]
    client = CatalogueClient(session, base_url, headers, per_second or PER_SECOND[provider])
    match provider:
        case "kie":
            credit = entry.credit_micros
            return kie.list_models(
                client, wanted, kie.CREDIT_CENTS if credit is None else Decimal(credit) / MICROS_PER_CENT
            )
        case "fal":
            return fal.list_models(client, wanted)
    return replicate.list_models(client, wanted)


def _build(provider: str, margin_percent: int, prices: Mapping[str, object], listing: Listing) -> ImportedModel:
    return build_model(provider, listing, margin_percent, prices.get(listing.model))


def _read_prices(path: Path | None) -> dict[str, object]:
    """Return the operator's costs by model name. Raises Failure."""
    try:
        return tomllib.loads(path.read_text(), parse_float=Decimal) if path else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure("bad_prices", f"{path} is not valid TOML: {error}.") from None


def _show(
    context: CommandContext, target: Path, imported: Imported, changes: Changes, *, first: bool, written: bool
) -> None:
    facts = {
        "file": str(target),
        "written": written,
        "models": len(imported.models),
        "added": list(changes.added),
        "removed": list(changes.removed),
        "changed": list(changes.changed),
        "diff": list(changes.lines),
        "skipped": imported.skipped,
    }
    counts = f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.removed)} removed"
    verb = "written to" if written else "not written to"
    head = f"{len(imported.models)} models {verb} {target}: {counts}, {len(imported.skipped)} left out.\n"
    shown: list[object] = [] if first else [*(f"+ {name}" for name in changes.added), *changes.lines]
    shown += [f"- {name}" for name in changes.removed]
    rows = list(imported.skipped.items())[:SKIPPED_SHOWN_MAX]
    more = len(imported.skipped) - len(rows)
    parts = [table(("left out", "because"), rows)] if rows else []
    hint = "Review it, name it in `include` of the catalogue, and run `wokflow catalogue check`."
    context.show(facts, head, *map(str, shown), *parts, *([f"... and {more} more"] if more else []), hint)
