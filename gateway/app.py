"""Wire the gateway: the routes, the middleware, and the parts that live as long as the application."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from aiohttp import web

from gateway import guests, routes, routing, static
from gateway.addresses import located_handler, warn_without_address
from gateway.admission.bounds import build_admission
from gateway.admission.lists import Lists
from gateway.api.admin.caller import FAILURES
from gateway.api.admin.failures import KeyFailures
from gateway.api.admin.handlers import CHECK_LOCK
from gateway.body import BODY_BYTES_MAX
from gateway.callback_secrets import CallbackSecrets
from gateway.context import CATALOGUE, CONTEXT, DOCUMENT, SDK, GatewayContext
from gateway.edge import headers
from gateway.edge.rates import RateLimits
from gateway.middleware import handle_request
from gateway.openapi.document import document_handler
from gateway.speeds import Speeds
from gateway.watch import Watch
from shared.domain.catalogue import Catalogue
from shared.ops import catalogue_files
from shared.ops.settings import Settings
from shared.ops.storage import Storage
from shared.store import accounts, providers
from shared.store.connect import retry_at_start
from shared.store.guard import open_guarded_store
from shared.store.processes import announce
from shared.store.secret import ensure_deployment_secret


def build_app(settings: Settings) -> web.Application:
    """Return the application. Raises SettingsError for an invalid catalogue."""
    catalogue = catalogue_files.load_deployed(settings)
    configured = catalogue_files.configured(catalogue, settings.elsewhere)
    offered = routing.offered(catalogue, configured, simulates=settings.simulates)
    storage = Storage.open(settings.assets)
    table = routes.operations(offered)
    app = web.Application(middlewares=[handle_request], client_max_size=BODY_BYTES_MAX)
    app[CATALOGUE] = catalogue
    app[DOCUMENT] = located_handler(lambda url: document_handler(table, offered, url), settings)
    app[SDK] = located_handler(static.sdk, settings)
    app.cleanup_ctx.append(lambda app: open_context(app, settings, catalogue, storage, configured))
    app.add_routes(routes.routes(table))
    return app


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
    app: web.Application, settings: Settings, catalogue: Catalogue, storage: Storage, configured: frozenset[str]
) -> AsyncIterator[None]:
    """Open the parts that handlers work with, and close them with the application."""
    trusted = guests.networks(settings.trusted_proxies)
    async with (
        open_guarded_store(settings, "gateway") as store,
        Watch(store) as watch,
        announce(store, "gateway"),
        Speeds(store, routing.measured(catalogue)) as speeds,
    ):
        warn_without_address(settings)
        await retry_at_start(store, partial(accounts.publish_plans, store, catalogue.plans.values()))
        await retry_at_start(store, partial(providers.publish, store, catalogue.providers.values()))
        app[CONTEXT] = GatewayContext(
            settings=settings,
            catalogue=catalogue,
            store=store,
            storage=storage,
            watch=watch,
            speeds=speeds,
            trusted=trusted,
            rates=RateLimits(settings, catalogue.plans, trusted),
            secret=await retry_at_start(store, partial(ensure_deployment_secret, store)),
            callback_secrets=CallbackSecrets(store),
            admission=build_admission(settings, catalogue),
            lists=Lists(),
            configured=configured,
            standing_headers=headers.standing(settings.base_url),
        )
        yield
