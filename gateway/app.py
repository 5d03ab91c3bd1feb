"""The only wiring: routes, the middleware, and what is started before the first request and stopped after the last."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from gateway import callbacks, guests, probes, routing, static
from gateway.api import account, webhooks
from gateway.api.admin.calls import CHECKING
from gateway.api.admin.routes import ROUTES
from gateway.assets import assets_handler
from gateway.body import BODY_BYTES_MAX
from gateway.context import DESK, Desk
from gateway.dialects import wokgen, wokgen_v1, wowflow
from gateway.dialects.wokgen_asks import Enhance, Generate, Interrogate, Music, Text, Upscale, Voice
from gateway.middleware import outermost
from gateway.openapi.document import openapi_handler
from gateway.speeds import Speeds
from gateway.watch import Watch
from shared.domain.catalogue import Catalogue
from shared.ops import catalogue_files
from shared.ops.settings import Settings
from shared.ops.storage import Storage
from shared.store import accounts, providers
from shared.store.connect import open_store
from shared.store.processes import announce
from shared.store.secret import ensure_deployment_secret

WOWFLOW = (
    web.get("/api/v1/models", wowflow.models),
    web.post("/api/v1/generations", wowflow.create),
    web.get("/api/v1/generations", wowflow.read),
    web.delete("/api/v1/generations", wowflow.delete),
    web.get("/api/v1/balance", wowflow.balance),
    web.get("/api/v1/transactions", wowflow.transactions),
)
WOKGEN = (
    web.post("/api/generate", wokgen.call(Generate)),
    web.post("/api/text/generate", wokgen.call(Text)),
    web.post("/api/voice/generate", wokgen.call(Voice)),
    web.post("/api/music/generate", wokgen.call(Music)),
    web.post("/api/tools/upscale", wokgen.call(Upscale)),
    web.post("/api/tools/interrogate", wokgen.call(Interrogate)),
    web.post("/api/prompt/enhance", wokgen.call(Enhance)),
    web.get("/api/jobs", wokgen.limited(wokgen.list_jobs)),
    web.get("/api/jobs/{jobId}", wokgen.limited(wokgen.read_job)),
    web.post("/api/jobs/{jobId}/cancel", wokgen.limited(wokgen.cancel_job)),
    web.post("/api/v1/generate", wokgen.limited(wokgen_v1.generate)),
    web.get("/api/v1/jobs/{id}", wokgen.limited(wokgen_v1.read_job)),
    web.get("/api/v1/assets", wokgen.limited(wokgen_v1.list_assets)),
    web.post("/api/v1/assets/{id}/process", wokgen.limited(wokgen_v1.process_asset)),
    web.get("/api/v1/me", wokgen.limited(wokgen_v1.me)),
)
OWN = (
    web.get("/api/v1/account", account.read_account),
    web.patch("/api/v1/account", account.change_account),
    web.post("/api/v1/keys", account.create_key),
    web.get("/api/v1/keys", account.list_keys),
    web.delete("/api/v1/keys/{id}", account.revoke_key),
    web.post("/api/v1/webhooks", webhooks.create_endpoint),
    web.get("/api/v1/webhooks", webhooks.list_endpoints),
    web.delete("/api/v1/webhooks/{id}", webhooks.delete_endpoint),
    web.post("/api/v1/webhooks/{id}/enable", webhooks.enable_endpoint),
    web.post("/api/v1/webhooks/{id}/rotate", webhooks.rotate_secret),
    web.get("/api/v1/webhooks/{id}/deliveries", webhooks.list_deliveries),
    web.post("/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver", webhooks.redeliver),
    web.post("/api/v1/webhooks/{id}/replay", webhooks.replay_events),
)


def build_app(settings: Settings) -> web.Application:
    """The gateway. Raises CatalogueError for a catalogue that cannot be used."""
    catalogue = catalogue_files.load(settings.catalogue)
    storage = Storage.open(settings.assets)
    app = web.Application(middlewares=[outermost], client_max_size=BODY_BYTES_MAX)
    app[CHECKING] = asyncio.Lock()
    app.cleanup_ctx.append(lambda app: parts(app, settings, catalogue, storage))
    app.add_routes(
        [
            web.get("/healthz", probes.healthz),
            web.get("/readyz", probes.readyz),
            web.get("/metrics", probes.metrics),
            web.get("/assets/{path:.*}", assets_handler(storage)),
            web.get("/openapi.json", openapi_handler(routing.offered(catalogue), settings.base_url)),
            web.get("/docs", static.page("docs")),
            web.get("/pages/{name}", static.parts()),
            web.get("/sdk/wokgen.ts", static.sdk()),
            web.get("/account/api-keys", static.page("api-keys")),
            web.get("/account/webhooks", static.page("webhooks")),
            web.post("/callbacks/{provider}/{token}", callbacks.receive),
            *WOWFLOW,
            *WOKGEN,
            *OWN,
            *ROUTES,
        ]
    )
    return app


async def parts(
    app: web.Application, settings: Settings, catalogue: Catalogue, storage: Storage
) -> AsyncIterator[None]:
    """What the handlers work with, for as long as the application runs."""
    async with (
        open_store(
            settings.store_url, name="gateway", durability=settings.durability, timeout_s=settings.store_timeout_s
        ) as store,
        Watch(store) as watch,
        announce(store, "gateway"),
        Speeds(store, routing.measured(catalogue)) as speeds,
    ):
        await accounts.publish_plans(store, catalogue.plans.values())
        await providers.publish(store, catalogue.providers.values())
        app[DESK] = Desk(
            settings=settings,
            catalogue=catalogue,
            store=store,
            storage=storage,
            watch=watch,
            speeds=speeds,
            trusted=guests.networks(settings.trusted_proxies),
            secret=await ensure_deployment_secret(store),
            configured=catalogue_files.configured(catalogue),
        )
        yield
