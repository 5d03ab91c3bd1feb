"""Wire the gateway: the routes, the middleware, and the parts that live as long as the application."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from aiohttp import web

from gateway import guests, routes, routing, static
from gateway.account_operator import start_erasing
from gateway.addresses import located_handler, warn_without_address
from gateway.admission.bounds import build_admission
from gateway.admission.large_bodies import BODIES_EACH, BODIES_MAX, REASON
from gateway.admission.lists import Lists
from gateway.admission.slots import Slots
from gateway.api.admin.caller import FAILURES
from gateway.api.admin.failures import KeyFailures
from gateway.api.admin.handlers import CHECK_LOCK
from gateway.billing.opening import open_stripe
from gateway.body import BODY_BYTES_MAX
from gateway.callback_secrets import CallbackSecrets
from gateway.context import CONTEXT, DOCUMENT, FOLLOWER, SCOPES, SDK, GatewayContext
from gateway.dialects.wowflow.handlers import models_body
from gateway.edge import headers
from gateway.edge.rates import RateLimits
from gateway.home import home_handler, playground_handler
from gateway.live_catalogue import CatalogueParts, LiveCatalogue
from gateway.middleware import handle_request
from gateway.openapi.document import document_handler
from gateway.openapi.schemas import model_bodies
from gateway.people.mail import open_mailer
from gateway.people.pages import set_up_templates
from gateway.people.passwords import Passwords
from gateway.speeds import Speeds
from gateway.watch import Watch
from shared.domain.catalogue import Catalogue
from shared.ops import catalogue_files
from shared.ops.catalogue_follower import CatalogueFollower
from shared.ops.settings import Settings
from shared.ops.storage import Storage
from shared.records.history import open_history
from shared.store import accounts, keys, providers
from shared.store.connect import Store, retry_at_start
from shared.store.guard import open_guarded_store
from shared.store.processes import announce
from shared.store.secret import ensure_deployment_secret

UPLOADS_MAX, UPLOADS_EACH = 16, 4  # files that are received at a time: of all accounts, and of one
EXPORTS_MAX = 2  # of all accounts
EXPORTING = "An export of your account is under way. Wait for it."
READERS_MAX = 100_000  # connections are the limit
READING = "Your key reads as many events as it may at a time. End another reader first."
SENDING = f"Your account sends {UPLOADS_EACH} files at the moment. Send one after the other."


def build_app(settings: Settings) -> web.Application:
    """Return the application. Raises SettingsError for an invalid catalogue."""
    catalogue = catalogue_files.load_deployed(settings)
    follower = CatalogueFollower(settings, catalogue)
    first = build_parts(settings, catalogue, follower)
    storage = Storage.open(settings.assets)
    app = web.Application(middlewares=[handle_request], client_max_size=BODY_BYTES_MAX)
    set_up_templates(app)
    app[FOLLOWER] = follower
    app[DOCUMENT] = serve_current_document
    app[SDK] = located_handler(static.sdk, settings)
    app.cleanup_ctx.append(lambda app: open_context(app, settings, first, storage))
    table = routes.operations(catalogue)
    app[SCOPES] = routes.scopes(table)
    app.add_routes([*routes.routes(table), *routes.unlisted_routes()])
    return app


def build_parts(settings: Settings, catalogue: Catalogue, follower: CatalogueFollower) -> CatalogueParts:
    """Return the parts of a catalogue. Raises SettingsError for an unusable key, and OSError if a page is missing."""
    configured = catalogue_files.configured(catalogue, settings.elsewhere, follower.dropped)
    offered = routing.offered(catalogue, configured, simulates=settings.simulates)
    table = routes.operations(offered)
    return CatalogueParts(
        catalogue=catalogue,
        configured=configured,
        admission=build_admission(settings, catalogue),
        document=located_handler(lambda url: document_handler(table, offered, url), settings),
        home=home_handler(offered.models.values()),
        playground=playground_handler(offered.models.values()),
        models=models_body(offered.models.values()),
        model_bodies=model_bodies(offered),
    )


async def serve_current_document(request: web.Request) -> web.StreamResponse:
    """Answer the OpenAPI document of the catalogue in force."""
    return await request.app[CONTEXT].live.current.document(request)


def build_admin_app(app: web.Application, settings: Settings) -> web.Application:
    """Return the application of the admin API, which works with the parts of `app` and starts after it."""

    async def share_context(admin: web.Application) -> None:
        admin[CONTEXT] = app[CONTEXT]

    table = routes.admin_operations()
    admin = web.Application(middlewares=[handle_request], client_max_size=BODY_BYTES_MAX)
    admin[CHECK_LOCK], admin[FAILURES] = asyncio.Lock(), KeyFailures()
    admin[DOCUMENT] = document_handler(table, None, settings.admin_url)
    admin.on_startup.append(share_context)
    admin.add_routes(routes.routes(table))
    return admin


async def open_context(
    app: web.Application, settings: Settings, first: CatalogueParts, storage: Storage
) -> AsyncIterator[None]:
    """Open the parts that handlers work with, and close them with the application."""
    trusted, follower = guests.networks(settings.trusted_proxies), app[FOLLOWER]
    async with (
        open_guarded_store(settings, "gateway") as store,
        Watch(store) as watch,
        Watch(store, keys.FEEDS) as feeds,
        Speeds(store, routing.measured(first.catalogue)) as speeds,
        open_history(settings.records_url) as history,
        open_stripe(settings) as stripe,
        open_mailer(settings) as mailer,
    ):
        warn_without_address(settings)
        await retry_at_start(store, partial(publish, store, first.catalogue))
        context = GatewayContext(
            settings=settings,
            live=LiveCatalogue(first),
            follower=follower,
            store=store,
            storage=storage,
            watch=watch,
            feeds=feeds,
            event_slots=Slots(READERS_MAX, settings.event_readers_per_key, READING),
            speeds=speeds,
            trusted=trusted,
            rates=RateLimits(settings, first.catalogue.plans, trusted),
            secret=await retry_at_start(store, partial(ensure_deployment_secret, store)),
            callback_secrets=CallbackSecrets(store),
            lists=Lists(),
            history=history,
            mailer=mailer,
            passwords=Passwords(),
            upload_slots=Slots(UPLOADS_MAX, UPLOADS_EACH, SENDING),
            large_bodies=Slots(BODIES_MAX, BODIES_EACH, REASON),
            stripe=stripe,
            export_slots=Slots(EXPORTS_MAX, 1, EXPORTING),
            standing_headers=headers.standing(settings.base_url),
        )
        app[CONTEXT] = context
        follower.apply = partial(apply_catalogue, context)
        async with announce(store, "gateway", follower=follower), start_erasing(context):
            yield


async def publish(store: Store, catalogue: Catalogue) -> None:
    """Write a catalogue's plans and providers to the store, where the Lua verbs read them. Raises StoreDown."""
    await accounts.publish_plans(store, catalogue.plans.values())
    await providers.publish(store, catalogue.providers.values())


async def apply_catalogue(context: GatewayContext, catalogue: Catalogue) -> None:
    """Serve new requests by another catalogue: nothing of it before all of it is ready.

    Raises SettingsError if it cannot be used, and StoreDown.
    """
    parts = await asyncio.to_thread(build_parts, context.settings, catalogue, context.follower)
    await publish(context.store, catalogue)
    context.speeds.measure(routing.measured(catalogue))
    context.rates.use_plans(catalogue.plans)
    context.live.replace(parts)
